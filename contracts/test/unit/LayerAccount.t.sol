// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IInbox } from "../../src/interfaces/IInbox.sol";
import { ILayerAccount } from "../../src/interfaces/ILayerAccount.sol";
import { IMessageReceiver } from "../../src/interfaces/IMessageReceiver.sol";
import { LayerAccount } from "../../src/layers/LayerAccount.sol";
import { OracleSet } from "../../src/layers/OracleSet.sol";
import { Message } from "../../src/types/Message.sol";
import { MessagesBase } from "../utils/Messages.t.sol";
import { State } from "../utils/Trie.sol";

/// @notice Appends what it is told.
contract Journal {
    uint256[] public entries;

    error Full();

    function append(uint256 entry) external {
        if (entries.length == 20) revert Full();
        entries.push(entry);
    }

    function count() external view returns (uint256) {
        return entries.length;
    }
}

abstract contract LayerAccountBase is MessagesBase {
    LayerAccount internal account;
    Journal internal journal = new Journal();
    address internal controller = makeAddr("controller");

    function setUp() public override {
        super.setUp();
        address[] memory targets = new address[](2);
        (targets[0], targets[1]) = (address(journal), address(0xBEEF));
        account = new LayerAccount(upper.inbox, controller, targets);
    }

    function callsOf(uint256 count) internal view returns (ILayerAccount.Call[] memory calls) {
        calls = new ILayerAccount.Call[](count);
        for (uint256 i = 0; i < count; ++i) {
            calls[i] = ILayerAccount.Call(address(journal), abi.encodeCall(Journal.append, (i + 1)));
        }
    }

    function command(ILayerAccount.Call[] memory calls) internal {
        vm.prank(address(upper.inbox));
        account.onMessage(controller, abi.encode(calls));
    }
}

contract LayerAccountConstructor is LayerAccountBase {
    function test_isFixedForGood() public view {
        assertEq(address(account.inbox()), address(upper.inbox));
        assertEq(account.remoteSender(), controller);
        assertTrue(account.isTarget(address(journal)));
        assertTrue(account.isTarget(address(0xBEEF)));
        assertFalse(account.isTarget(address(account)));
    }

    function test_RevertWhen_ZeroAddress() public {
        address[] memory targets = new address[](1);
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new LayerAccount(upper.inbox, controller, targets);
        targets[0] = address(journal);
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new LayerAccount(IInbox(address(0)), controller, targets);
        vm.expectRevert(IMessageReceiver.ZeroAddress.selector);
        new LayerAccount(upper.inbox, address(0), targets);
    }

    function test_RevertWhen_InvalidTargets() public {
        vm.expectRevert(abi.encodeWithSelector(ILayerAccount.InvalidTargets.selector, 0));
        new LayerAccount(upper.inbox, controller, new address[](0));
        address[] memory targets = new address[](33);
        for (uint256 i = 0; i < 33; ++i) {
            targets[i] = address(journal);
        }
        vm.expectRevert(abi.encodeWithSelector(ILayerAccount.InvalidTargets.selector, 33));
        new LayerAccount(upper.inbox, controller, targets);
        assembly {
            mstore(targets, 32)
        }
        new LayerAccount(upper.inbox, controller, targets);
    }
}

contract LayerAccountOnMessage is LayerAccountBase {
    function test_carriesOutTheCallsInTheirOrder() public {
        ILayerAccount.Call[] memory calls = callsOf(3);
        Message memory m = send(lower, controller, address(account), abi.encode(calls));
        (State.Proof memory p, uint64 number) = prepare(lower, m);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(account));
            emit ILayerAccount.Called(address(journal), calls[i].data);
        }
        execute(lower, m, p, number);
        assertEq(journal.count(), 3);
        assertEq(journal.entries(0), 1);
        assertEq(journal.entries(2), 3);
    }

    /// @dev The caller that the target sees is the account: it can be a governance.
    function test_governsAContractOfThisLayer() public {
        address[] memory targets = new address[](1);
        targets[0] = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        account = new LayerAccount(upper.inbox, controller, targets);
        OracleSet set = new OracleSet(address(account), new address[](0));
        assertEq(address(set), targets[0]);
        ILayerAccount.Call[] memory calls = new ILayerAccount.Call[](1);
        calls[0] = ILayerAccount.Call(address(set), abi.encodeCall(OracleSet.add, (alice)));
        command(calls);
        assertTrue(set.isOracle(alice));
    }

    function test_RevertWhen_OneCallFailsAllAreUndone() public {
        ILayerAccount.Call[] memory calls = callsOf(16);
        command(calls);
        vm.expectRevert(Journal.Full.selector);
        command(calls);
        assertEq(journal.count(), 16);
    }

    function test_RevertWhen_NotInbox() public {
        vm.expectRevert(abi.encodeWithSelector(IMessageReceiver.NotInbox.selector, controller));
        vm.prank(controller);
        account.onMessage(controller, abi.encode(callsOf(1)));
    }

    function testFuzz_RevertWhen_NotRemoteSender(address sender) public {
        vm.assume(sender != controller);
        vm.expectRevert(abi.encodeWithSelector(IMessageReceiver.NotRemoteSender.selector, sender));
        vm.prank(address(upper.inbox));
        account.onMessage(sender, abi.encode(callsOf(1)));
    }

    function test_RevertWhen_TargetNotAllowed() public {
        ILayerAccount.Call[] memory calls = callsOf(2);
        calls[1].target = address(upper.outbox);
        vm.expectRevert(abi.encodeWithSelector(ILayerAccount.TargetNotAllowed.selector, address(upper.outbox)));
        command(calls);
        assertEq(journal.count(), 0);
    }

    function test_RevertWhen_TheTargetHasNoCode() public {
        ILayerAccount.Call[] memory calls = callsOf(1);
        calls[0].target = address(0xBEEF);
        vm.expectRevert(abi.encodeWithSignature("AddressEmptyCode(address)", address(0xBEEF)));
        command(calls);
    }

    function test_RevertWhen_InvalidCallCount() public {
        ILayerAccount.Call[] memory calls = callsOf(0);
        vm.expectRevert(abi.encodeWithSelector(ILayerAccount.InvalidCallCount.selector, 0));
        command(calls);
        calls = callsOf(17);
        vm.expectRevert(abi.encodeWithSelector(ILayerAccount.InvalidCallCount.selector, 17));
        command(calls);
    }
}
