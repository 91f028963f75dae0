// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IInbox } from "../../src/interfaces/IInbox.sol";
import { ILayerAccount } from "../../src/interfaces/ILayerAccount.sol";
import { IOutbox } from "../../src/interfaces/IOutbox.sol";
import { ISlashRelay } from "../../src/interfaces/ISlashRelay.sol";
import { ISlasher } from "../../src/interfaces/ISlasher.sol";
import { LayerAccount } from "../../src/layers/LayerAccount.sol";
import { SlashRelay } from "../../src/layers/SlashRelay.sol";
import { Message } from "../../src/types/Message.sol";
import { MessagesBase } from "../utils/Messages.t.sol";
import { State } from "../utils/Trie.sol";

/// @notice Stands for StakeVault: one slasher, cases that are proposed once and cancelled once.
contract Slashable is ISlasher {
    address public slasher;
    mapping(bytes32 caseId => uint256) public frozen;
    bytes public lastCall;

    error Refused();

    function setSlasher(address slasher_) external {
        slasher = slasher_;
    }

    function proposeSlash(bytes32 caseId, address, address, uint256 amount, address) external {
        if (msg.sender != slasher || frozen[caseId] != 0) revert Refused();
        frozen[caseId] = amount;
        lastCall = msg.data;
    }

    function cancelSlash(bytes32 caseId) external {
        if (msg.sender != slasher || frozen[caseId] == 0) revert Refused();
        delete frozen[caseId];
    }
}

abstract contract SlashRelayBase is MessagesBase {
    bytes32 internal constant CASE = "case";

    SlashRelay internal relay;
    LayerAccount internal account;
    Slashable internal stakes;
    address internal validation = makeAddr("validation");
    address internal usefulWork = makeAddr("usefulWork");

    function setUp() public override {
        super.setUp();
        stakes = new Slashable();
        address[] memory targets = new address[](1);
        targets[0] = address(stakes);
        address relayAt = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        account = new LayerAccount(upper.inbox, relayAt, targets);
        relay = new SlashRelay(lower.outbox, HERE, address(account), address(stakes), callers());
        stakes.setSlasher(address(account));
        enter(lower);
    }

    function callers() internal view returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (validation, usefulWork);
    }

    function single(bytes memory data) internal view returns (bytes memory) {
        ILayerAccount.Call[] memory calls = new ILayerAccount.Call[](1);
        calls[0] = ILayerAccount.Call(address(stakes), data);
        return abi.encode(calls);
    }

    function proposal() internal view returns (bytes memory) {
        return abi.encodeCall(ISlasher.proposeSlash, (CASE, alice, bob, 5 ether, stranger));
    }

    function propose() internal returns (Message memory) {
        enter(lower);
        vm.prank(validation);
        relay.proposeSlash(CASE, alice, bob, 5 ether, stranger);
        return note(lower, address(relay), address(account), single(proposal()));
    }

    function cancel() internal returns (Message memory) {
        enter(lower);
        vm.prank(validation);
        relay.cancelSlash(CASE);
        return note(lower, address(relay), address(account), single(abi.encodeCall(ISlasher.cancelSlash, (CASE))));
    }
}

contract SlashRelayConstructor is SlashRelayBase {
    function test_isFixedForGood() public view {
        assertEq(address(relay.outbox()), address(lower.outbox));
        assertEq(relay.toChainId(), HERE);
        assertEq(relay.account(), address(account));
        assertEq(relay.stakeVault(), address(stakes));
        assertTrue(relay.isCaller(validation));
        assertTrue(relay.isCaller(usefulWork));
        assertFalse(relay.isCaller(stranger));
    }

    function test_RevertWhen_ZeroAddress() public {
        address[] memory list = callers();
        vm.expectRevert(ISlashRelay.ZeroAddress.selector);
        new SlashRelay(IOutbox(address(0)), HERE, address(account), address(stakes), list);
        vm.expectRevert(ISlashRelay.ZeroAddress.selector);
        new SlashRelay(lower.outbox, HERE, address(0), address(stakes), list);
        vm.expectRevert(ISlashRelay.ZeroAddress.selector);
        new SlashRelay(lower.outbox, HERE, address(account), address(0), list);
        list[1] = address(0);
        vm.expectRevert(ISlashRelay.ZeroAddress.selector);
        new SlashRelay(lower.outbox, HERE, address(account), address(stakes), list);
    }

    function test_RevertWhen_InvalidCallers() public {
        vm.expectRevert(abi.encodeWithSelector(ISlashRelay.InvalidCallers.selector, 0));
        new SlashRelay(lower.outbox, HERE, address(account), address(stakes), new address[](0));
        vm.expectRevert(abi.encodeWithSelector(ISlashRelay.InvalidCallers.selector, 17));
        new SlashRelay(lower.outbox, HERE, address(account), address(stakes), new address[](17));
        address[] memory list = new address[](16);
        for (uint160 i = 0; i < 16; ++i) {
            list[i] = address(i + 1);
        }
        new SlashRelay(lower.outbox, HERE, address(account), address(stakes), list);
    }
}

contract SlashRelayProposeSlash is SlashRelayBase {
    function test_reachesTheVault() public {
        Message memory expected = Message(THERE, address(relay), HERE, address(account), 0, single(proposal()));
        vm.expectEmit(address(relay));
        emit ISlashRelay.SlashProposed(CASE, validation, expected.hashAt(address(lower.outbox)));
        Message memory m = propose();
        assertEq(relay.proposerOf(CASE), validation);
        deliver(lower, m);
        assertEq(stakes.frozen(CASE), 5 ether);
        assertEq(stakes.lastCall(), proposal());
    }

    function test_RevertWhen_NotCaller() public {
        vm.expectRevert(abi.encodeWithSelector(ISlashRelay.NotCaller.selector, stranger));
        vm.prank(stranger);
        relay.proposeSlash(CASE, alice, bob, 1, address(0));
    }

    function test_RevertWhen_CaseExists() public {
        propose();
        vm.expectRevert(abi.encodeWithSelector(ISlashRelay.CaseExists.selector, CASE));
        vm.prank(usefulWork);
        relay.proposeSlash(CASE, alice, bob, 1, address(0));
        cancel();
        vm.expectRevert(abi.encodeWithSelector(ISlashRelay.CaseExists.selector, CASE));
        vm.prank(validation);
        relay.proposeSlash(CASE, alice, bob, 1, address(0));
    }
}

contract SlashRelayCancelSlash is SlashRelayBase {
    function test_reachesTheVault() public {
        deliver(lower, propose());
        enter(lower);
        Message memory expected = Message(
            THERE, address(relay), HERE, address(account), 1, single(abi.encodeCall(ISlasher.cancelSlash, (CASE)))
        );
        vm.expectEmit(address(relay));
        emit ISlashRelay.SlashCancelled(CASE, expected.hashAt(address(lower.outbox)));
        deliver(lower, cancel());
        assertEq(stakes.frozen(CASE), 0);
    }

    /// @dev Nobody can make a cancellation worthless by executing it too early.
    function test_aCancellationThatComesFirstWaits() public {
        Message memory first = propose();
        Message memory second = cancel();
        (State.Proof memory p, uint64 number) = prepare(lower, second);
        vm.chainId(HERE);
        IInbox inbox = upper.inbox;
        vm.expectRevert(Slashable.Refused.selector);
        inbox.execute(second, number, p.account, p.storage_);
        deliver(lower, first);
        assertEq(stakes.frozen(CASE), 5 ether);
        execute(lower, second, p, number);
        assertEq(stakes.frozen(CASE), 0);
    }

    function test_RevertWhen_NotProposer() public {
        propose();
        vm.expectRevert(abi.encodeWithSelector(ISlashRelay.NotProposer.selector, CASE, usefulWork));
        vm.prank(usefulWork);
        relay.cancelSlash(CASE);
        vm.expectRevert(abi.encodeWithSelector(ISlashRelay.NotProposer.selector, bytes32("other"), validation));
        vm.prank(validation);
        relay.cancelSlash("other");
    }
}
