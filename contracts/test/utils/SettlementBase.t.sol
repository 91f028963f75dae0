// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochRoots } from "../../src/interfaces/IEpochRoots.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { SumTree } from "../../src/libraries/SumTree.sol";
import { EpochRoot } from "../../src/types/Attestation.sol";
import { VoucherDebit } from "../../src/types/Voucher.sol";
import { Base } from "./Base.t.sol";
import { Tree, Trees } from "./Trees.sol";

/// @notice A session of 1,000 wei, a committee, and epochs of any payouts and tasks.
abstract contract SettlementBase is Base {
    using Trees for Tree;

    bytes32 internal session;
    /// @dev Ascending.
    address internal alice = address(0xA11CE);
    address internal bob = address(0xB0B0B);
    address internal carol = address(0xCA401);

    function setUp() public virtual override {
        super.setUp();
        session = open(1000);
        registerCommittee();
        vm.startPrank(holder);
        token.approve(address(settlement), type(uint256).max);
        token.transfer(stranger, 10_000 ether);
        vm.stopPrank();
        vm.prank(stranger);
        token.approve(address(settlement), type(uint256).max);
    }

    function payoutsOf(address[] memory accounts, uint128[] memory values) internal pure returns (Tree memory t) {
        t = Tree(new bytes32[](accounts.length), values);
        for (uint256 i = 0; i < accounts.length; ++i) {
            t.leaves[i] = SumTree.payoutLeaf(accounts[i], values[i]);
        }
    }

    function payouts(address a, uint128 x) internal pure returns (Tree memory) {
        address[] memory accounts = new address[](1);
        uint128[] memory values = new uint128[](1);
        (accounts[0], values[0]) = (a, x);
        return payoutsOf(accounts, values);
    }

    function payouts(address a, uint128 x, address b, uint128 y) internal pure returns (Tree memory) {
        address[] memory accounts = new address[](2);
        uint128[] memory values = new uint128[](2);
        (accounts[0], values[0], accounts[1], values[1]) = (a, x, b, y);
        return payoutsOf(accounts, values);
    }

    function payouts(address a, uint128 x, address b, uint128 y, address c, uint128 z)
        internal
        pure
        returns (Tree memory)
    {
        address[] memory accounts = new address[](3);
        uint128[] memory values = new uint128[](3);
        (accounts[0], values[0], accounts[1], values[1], accounts[2], values[2]) = (a, x, b, y, c, z);
        return payoutsOf(accounts, values);
    }

    /// @dev Tasks whose leaves cost what their receipts bill.
    function tasks(bytes32 a, uint128 x) internal pure returns (Tree memory t) {
        t = Tree(new bytes32[](1), new uint128[](1));
        (t.leaves[0], t.values[0]) = (taskLeafOf(a, x), x);
    }

    function tasks(bytes32 a, uint128 x, bytes32 b, uint128 y) internal pure returns (Tree memory t) {
        t = Tree(new bytes32[](2), new uint128[](2));
        (t.leaves[0], t.values[0], t.leaves[1], t.values[1]) = (taskLeafOf(a, x), x, taskLeafOf(b, y), y);
    }

    function taskLeafOf(bytes32 task, uint128 cost) internal pure returns (bytes32) {
        return SumTree.taskLeaf(task, hashOf(receiptOf(task, cost)), cost);
    }

    function payoutProof(Tree memory t, uint32 index, address account)
        internal
        pure
        returns (IEpochRoots.PayoutProof memory)
    {
        return IEpochRoots.PayoutProof(account, t.values[index], index, t.proof(index));
    }

    function taskProof(Tree memory t, uint32 index, bytes32 task) internal pure returns (ISettlement.TaskProof memory) {
        uint128 cost = t.values[index];
        return ISettlement.TaskProof(task, hashOf(receiptOf(task, cost)), cost, index, t.proof(index));
    }

    /// @dev An epoch on the latest root.
    function epochOf(uint64 epoch, Tree memory p, Tree memory t) internal view returns (EpochRoot memory) {
        return EpochRoot(epoch, p.root(), latestRoot(), p.total(), p.count(), t.root(), t.total(), t.count());
    }

    /// @dev As `epochFor`: one task, all of it alice's.
    function epochOf(uint64 epoch, uint256 total) internal view returns (EpochRoot memory) {
        return epochFor(epoch, alice, total);
    }

    function debitsOf(uint256 cumulative) internal view returns (VoucherDebit[] memory) {
        return single(debitOf(clientKey, session, address(settlement), 1000, cumulative));
    }

    function settle(EpochRoot memory e, VoucherDebit[] memory debits, uint256 snapshot, bytes[] memory signatures)
        internal
    {
        vm.prank(oracle);
        settlement.settle(e, debits, snapshot, signatures);
    }

    /// @dev Settles with the session's voucher over what all epochs cost together.
    function settle(EpochRoot memory e) internal {
        VoucherDebit[] memory debits = debitsOf(e.total);
        settle(e, debits, block.timestamp - 1, attest(e, debits, 3));
    }

    function settle(uint64 epoch, Tree memory p, Tree memory t) internal {
        settle(epochOf(epoch, p, t));
    }

    function expectSettleRevert(EpochRoot memory e, bytes memory reason) internal {
        VoucherDebit[] memory debits = debitsOf(10);
        bytes[] memory signatures = attest(e, debits, 3);
        vm.expectRevert(reason);
        settle(e, debits, block.timestamp - 1, signatures);
    }

    function statusOf(uint64 epoch) internal view returns (uint8) {
        return uint8(settlement.statusOf(epoch));
    }

    function assertStatus(uint64 epoch, IEpochRoots.Status status) internal view {
        assertEq(statusOf(epoch), uint8(status));
    }

    function assertVoided(uint64 epoch) internal view {
        assertStatus(epoch, IEpochRoots.Status.Voided);
    }

    function assertPending(uint64 epoch) internal view {
        assertStatus(epoch, IEpochRoots.Status.Pending);
    }

    function assertActive(uint64 epoch) internal view {
        assertStatus(epoch, IEpochRoots.Status.Active);
    }
}
