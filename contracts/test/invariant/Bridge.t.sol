// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ICheckpointAnchor } from "../../src/interfaces/ICheckpointAnchor.sol";
import { IInbox } from "../../src/interfaces/IInbox.sol";
import { BridgeVault } from "../../src/layers/BridgeVault.sol";
import { BridgedCor } from "../../src/layers/BridgedCor.sol";
import { Message } from "../../src/types/Message.sol";
import { BridgeBase, BurnableCor } from "../utils/Bridge.t.sol";
import { State } from "../utils/Trie.sol";

/// @notice Deposits, exits and burns in any order, executed late, in any order, and tried twice.
contract BridgeHandler is BridgeBase {
    uint256 internal constant MESSAGES_MAX = 24;

    mapping(bytes32 => uint256) internal amounts;
    mapping(bytes32 => uint256) public executions;
    /// @dev Wei in messages that were sent and not executed.
    uint256 public goingDown;
    uint256 public goingUp;
    uint256 public burned;

    function contractsOf() external view returns (BurnableCor, BridgeVault, BridgedCor) {
        return (token, vault, bridged);
    }

    function depositSome(bool toBob, uint256 amount) external {
        uint256 has = token.balanceOf(alice);
        if (has == 0 || upper.sent.length == MESSAGES_MAX) return;
        amount = bound(amount, 1, has);
        goingDown += amount;
        amounts[hashOf(upper, deposit(alice, toBob ? bob : alice, amount))] = amount;
    }

    function withdrawSome(bool fromBob, uint256 amount) external {
        address from = fromBob ? bob : alice;
        uint256 has = bridged.balanceOf(from);
        if (has == 0 || lower.sent.length == MESSAGES_MAX) return;
        amount = bound(amount, 1, has);
        goingUp += amount;
        amounts[hashOf(lower, withdraw(from, alice, amount))] = amount;
    }

    function burnSome(bool fromBob, uint256 amount) external {
        address from = fromBob ? bob : alice;
        uint256 has = bridged.balanceOf(from);
        if (has == 0 || lower.sent.length == MESSAGES_MAX) return;
        amount = bound(amount, 1, has);
        enter(lower);
        vm.prank(from);
        bridged.burn(amount);
        goingUp += amount;
        burned += amount;
        Message memory m = note(lower, address(bridged), address(vault), abi.encode(address(0), amount));
        amounts[hashOf(lower, m)] = amount;
    }

    /// @dev Any message, executed before or not; early, it must not pass, and twice neither.
    function executeSome(bool down, uint256 which) external {
        Layer storage from = down ? upper : lower;
        if (from.sent.length == 0) return;
        Message memory m = from.sent[which % from.sent.length];
        bytes32 hash = hashOf(from, m);
        State.Proof memory p = proofOf(from, m);
        uint64 number = anchorState(from, p.stateRoot);
        IInbox inbox = other(from).inbox;
        uint256 finalAt = block.timestamp + WINDOW;
        bytes memory already = abi.encodeWithSelector(IInbox.AlreadyExecuted.selector, hash);
        vm.expectRevert(
            executions[hash] > 0
                ? already
                : abi.encodeWithSelector(ICheckpointAnchor.NotFinal.selector, number, finalAt)
        );
        inbox.execute(m, number, p.account, p.storage_);
        vm.warp(finalAt);
        if (executions[hash] == 0) {
            inbox.execute(m, number, p.account, p.storage_);
            ++executions[hash];
            if (down) goingDown -= amounts[hash];
            else goingUp -= amounts[hash];
        }
        vm.expectRevert(already);
        inbox.execute(m, number, p.account, p.storage_);
    }

    /// @dev A message that nobody sent, with the best proof that there is: that it is absent.
    function executeForged(bool down, uint256 amount) external {
        Layer storage from = down ? upper : lower;
        (address sender, address target) =
            down ? (address(vault), address(bridged)) : (address(bridged), address(vault));
        Message memory m =
            Message(from.chainId, sender, other(from).chainId, target, 1_000_000, abi.encode(bob, amount));
        bytes32 hash = hashOf(from, m);
        State.Proof memory p = proofOf(from, m);
        uint64 number = anchorState(from, p.stateRoot);
        skip(WINDOW);
        IInbox inbox = other(from).inbox;
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotSent.selector, hash));
        inbox.execute(m, number, p.account, p.storage_);
    }

    function hashOf(Layer storage from, Message memory m) private view returns (bytes32) {
        return m.hashAt(address(from.outbox));
    }
}

contract BridgeInvariant is BridgeBase {
    BridgeHandler internal handler;
    uint256 internal constant SUPPLY = 1000 ether;

    function setUp() public override {
        handler = new BridgeHandler();
        handler.setUp();
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = BridgeHandler.depositSome.selector;
        selectors[1] = BridgeHandler.withdrawSome.selector;
        selectors[2] = BridgeHandler.burnSome.selector;
        selectors[3] = BridgeHandler.executeSome.selector;
        selectors[4] = BridgeHandler.executeForged.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
        (token, vault, bridged) = handler.contractsOf();
    }

    function invariant_whatIsLockedIsBelowOrOnItsWay() public view {
        assertEq(vault.locked(), bridged.totalSupply() + handler.goingDown() + handler.goingUp());
        assertEq(token.balanceOf(address(vault)), vault.locked());
        assertGe(vault.locked(), bridged.totalSupply());
    }

    function invariant_nothingIsMadeOrLost() public view {
        assertEq(token.balanceOf(alice) + vault.locked(), token.totalSupply());
        assertLe(SUPPLY - token.totalSupply(), handler.burned());
        assertEq(bridged.balanceOf(alice) + bridged.balanceOf(bob), bridged.totalSupply());
    }
}
