// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochRoots } from "../../src/interfaces/IEpochRoots.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { SumTree } from "../../src/libraries/SumTree.sol";
import { Receipt as TaskReceipt } from "../../src/types/Receipt.sol";
import { SettlementBase } from "../utils/SettlementBase.t.sol";
import { Tree, Trees } from "../utils/Trees.sol";

abstract contract VoidBase is SettlementBase {
    using Trees for Tree;

    Tree internal good;
    Tree internal next;
    IEpochRoots.PayoutProof internal none;

    /// @dev Epoch 1 pays alice 4 and bob 6.
    function setUp() public virtual override {
        super.setUp();
        good = payouts(alice, 4, bob, 6);
        settle(1, good, tasks("a", 10));
    }

    function expectVoid(uint64 epoch, uint64 to, uint64 standing, IEpochRoots.Fault fault) internal {
        vm.expectEmit(address(settlement));
        emit IEpochRoots.EpochsVoided(epoch, to, standing, fault, stranger);
        vm.prank(stranger);
    }

    function expectNoFault() internal {
        vm.expectRevert(IEpochRoots.NoFault.selector);
    }

    function expectInvalidProof() internal {
        vm.expectRevert(IEpochRoots.InvalidProof.selector);
    }

    function expectNotPending(uint64 epoch) internal {
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotPending.selector, epoch));
    }
}

contract SettlementVoidDecreased is VoidBase {
    using Trees for Tree;

    function setUp() public override {
        super.setUp();
        next = payouts(alice, 3, bob, 12);
        settle(2, next, tasks("b", 5));
    }

    function test_anyoneVoidsAnEpochThatTakesFromAnAccount() public {
        expectVoid(2, 2, 1, IEpochRoots.Fault.Decreased);
        settlement.voidDecreased(2, payoutProof(next, 0, alice), payoutProof(good, 0, alice));
        assertVoided(2);
        assertPending(1);
        assertEq(settlement.standingEpoch(), 1);
        assertEq(settlement.latestEpoch(), 2);
        // The money stays.
        assertEq(settlement.funded(), 15);
        assertEq(token.balanceOf(address(settlement)), 15);
    }

    function test_NoFault_whoHasAsMuchOrMore() public {
        expectNoFault();
        settlement.voidDecreased(2, payoutProof(next, 1, bob), payoutProof(good, 1, bob));
        next = payouts(alice, 4, bob, 12);
        settle(3, payouts(alice, 3, bob, 13), tasks("c", 1));
        expectNoFault();
        settlement.voidDecreased(
            3, payoutProof(payouts(alice, 3, bob, 13), 0, alice), payoutProof(payouts(alice, 3, bob, 12), 0, alice)
        );
    }

    function test_NoFault_anotherAccountsLeaf() public {
        expectNoFault();
        settlement.voidDecreased(2, payoutProof(next, 0, alice), payoutProof(good, 1, bob));
    }

    function test_InvalidProof() public {
        IEpochRoots.PayoutProof memory p = payoutProof(good, 0, alice);
        p.cumulative = 5;
        expectInvalidProof();
        settlement.voidDecreased(2, payoutProof(next, 0, alice), p);
        p = payoutProof(next, 0, alice);
        p.cumulative = 2;
        expectInvalidProof();
        settlement.voidDecreased(2, p, payoutProof(good, 0, alice));
    }

    /// @dev Only the very base counts: the first epoch has none.
    function test_InvalidProof_theFirstEpochHasNoBase() public {
        expectInvalidProof();
        settlement.voidDecreased(1, payoutProof(good, 0, alice), payoutProof(good, 0, alice));
        expectInvalidProof();
        settlement.voidDecreased(1, payoutProof(good, 0, alice), none);
    }

    function test_NotPending_onceItIsActiveOrVoidOrUnknown() public {
        IEpochRoots.PayoutProof memory p = payoutProof(next, 0, alice);
        IEpochRoots.PayoutProof memory q = payoutProof(good, 0, alice);
        expectNotPending(3);
        settlement.voidDecreased(3, p, q);
        expectNotPending(0);
        settlement.voidDecreased(0, p, q);
        uint256 state = vm.snapshotState();
        skip(CHALLENGE - 1);
        settlement.voidDecreased(2, p, q);
        expectNotPending(2);
        settlement.voidDecreased(2, p, q);
        vm.revertToState(state);
        skip(CHALLENGE);
        expectNotPending(2);
        settlement.voidDecreased(2, p, q);
    }

    function test_allThatWasBuiltOnItFallsWithItAndTheRestStands() public {
        settle(3, payouts(alice, 7, bob, 13), tasks("c", 5));
        settle(7, payouts(alice, 8, bob, 14), tasks("d", 2));
        expectVoid(2, 7, 1, IEpochRoots.Fault.Decreased);
        settlement.voidDecreased(2, payoutProof(next, 0, alice), payoutProof(good, 0, alice));
        assertPending(1);
        assertVoided(2);
        assertVoided(3);
        assertVoided(7);

        // The next epoch builds on the last that stands and takes over the place; the void ones stay void.
        expectSettleRevert(
            epochOf(7, payouts(bob, 11), tasks("z", 1)),
            abi.encodeWithSelector(IEpochRoots.EpochNotIncreasing.selector, 7, 7)
        );
        Tree memory after_ = payouts(alice, 5, bob, 7);
        assertEq(latestRoot(), good.root());
        settle(8, after_, tasks("e", 2));
        assertEq(settlement.posted(8).position, settlement.posted(2).position);
        assertVoided(2);
        assertVoided(3);
        assertPending(8);
        skip(CHALLENGE);
        assertActive(1);
        assertActive(8);
        assertVoided(2);
        assertVoided(3);
        assertVoided(7);
        assertEq(settlement.activeEpoch(), 8);
        for (uint64 epoch = 2; epoch < 8; ++epoch) {
            vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotActive.selector, epoch));
            settlement.claim(epoch, alice, 3, 0, next.proof(0));
        }
        assertEq(settlement.claim(8, alice, 5, 0, after_.proof(0)), 5);
    }

    function test_anEpochThatIsOlderThanTheFaultKeepsPaying() public {
        skip(CHALLENGE - 1);
        settle(3, payouts(alice, 2, bob, 14), tasks("c", 1));
        skip(1);
        assertEq(settlement.activeEpoch(), 2);
        settlement.voidDecreased(3, payoutProof(payouts(alice, 2, bob, 14), 0, alice), payoutProof(next, 0, alice));
        assertEq(settlement.activeEpoch(), 2);
        assertEq(settlement.standingEpoch(), 2);
        assertEq(settlement.claim(2, bob, 12, 1, next.proof(1)), 12);
    }
}

contract SettlementVoidOmitted is VoidBase {
    using Trees for Tree;

    function test_anAccountThatIsGone_beforeAllOthers() public {
        next = payouts(bob, 6, carol, 5);
        settle(2, next, tasks("b", 1));
        expectVoid(2, 2, 1, IEpochRoots.Fault.Omitted);
        settlement.voidOmitted(2, payoutProof(good, 0, alice), 0, none, payoutProof(next, 0, bob));
        assertVoided(2);
    }

    function test_anAccountThatIsGone_afterAllOthers() public {
        next = payouts(alice, 11);
        settle(2, next, tasks("b", 1));
        expectVoid(2, 2, 1, IEpochRoots.Fault.Omitted);
        settlement.voidOmitted(2, payoutProof(good, 1, bob), 1, payoutProof(next, 0, alice), none);
        assertVoided(2);
    }

    function test_anAccountThatIsGone_betweenTwoOthers() public {
        next = payouts(alice, 4, carol, 7);
        settle(2, next, tasks("b", 1));
        expectVoid(2, 2, 1, IEpochRoots.Fault.Omitted);
        settlement.voidOmitted(
            2, payoutProof(good, 1, bob), 1, payoutProof(next, 0, alice), payoutProof(next, 1, carol)
        );
        assertVoided(2);
    }

    function test_NoFault_anAccountThatIsThere() public {
        next = payouts(alice, 4, bob, 6, carol, 1);
        settle(2, next, tasks("b", 1));
        IEpochRoots.PayoutProof memory a = payoutProof(next, 0, alice);
        IEpochRoots.PayoutProof memory b = payoutProof(next, 1, bob);
        IEpochRoots.PayoutProof memory c = payoutProof(next, 2, carol);
        IEpochRoots.PayoutProof memory inBase = payoutProof(good, 1, bob);
        // As the left neighbour, as the right one, skipped over, and beyond either end.
        expectNoFault();
        settlement.voidOmitted(2, inBase, 2, b, c);
        expectNoFault();
        settlement.voidOmitted(2, inBase, 1, a, b);
        expectNoFault();
        settlement.voidOmitted(2, inBase, 1, a, c);
        expectNoFault();
        settlement.voidOmitted(2, inBase, 2, a, c);
        expectNoFault();
        settlement.voidOmitted(2, inBase, 0, none, a);
        expectNoFault();
        settlement.voidOmitted(2, inBase, 0, none, c);
        expectNoFault();
        settlement.voidOmitted(2, inBase, 3, c, none);
        expectNoFault();
        settlement.voidOmitted(2, inBase, 3, a, none);
        expectNoFault();
        settlement.voidOmitted(2, payoutProof(good, 0, alice), 0, none, a);
    }

    function test_NoFault_anAccountThatTheBaseDoesNotHave() public {
        next = payouts(alice, 4, bob, 7);
        settle(2, next, tasks("b", 1));
        expectInvalidProof();
        settlement.voidOmitted(2, payoutProof(next, 1, bob), 1, payoutProof(next, 0, alice), none);
    }

    function test_InvalidProof_ofANeighbour() public {
        next = payouts(alice, 4, carol, 7);
        settle(2, next, tasks("b", 1));
        IEpochRoots.PayoutProof memory a = payoutProof(next, 0, alice);
        IEpochRoots.PayoutProof memory c = payoutProof(next, 1, carol);
        IEpochRoots.PayoutProof memory inBase = payoutProof(good, 1, bob);
        IEpochRoots.PayoutProof memory other = payoutProof(good, 0, alice);
        expectInvalidProof();
        settlement.voidOmitted(2, inBase, 1, other, c);
        other = payoutProof(good, 1, carol);
        expectInvalidProof();
        settlement.voidOmitted(2, inBase, 1, a, other);
        expectInvalidProof();
        settlement.voidOmitted(2, inBase, 0, none, other);
    }

    function test_IndexOutOfBounds() public {
        next = payouts(alice, 11);
        settle(2, next, tasks("b", 1));
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.IndexOutOfBounds.selector, 2, 1));
        settlement.voidOmitted(2, payoutProof(good, 1, bob), 2, payoutProof(next, 0, alice), none);
    }

    function test_NotPending() public {
        skip(CHALLENGE);
        expectNotPending(1);
        settlement.voidOmitted(1, payoutProof(good, 1, bob), 1, payoutProof(good, 0, alice), none);
    }
}

contract SettlementVoidPayoutsUnsorted is VoidBase {
    using Trees for Tree;

    function test_twoLeavesOfOneAccount() public {
        next = payouts(alice, 4, bob, 6, bob, 1);
        settle(2, next, tasks("b", 1));
        expectVoid(2, 2, 1, IEpochRoots.Fault.PayoutsUnsorted);
        settlement.voidPayoutsUnsorted(2, payoutProof(next, 1, bob), payoutProof(next, 2, bob));
        assertVoided(2);
    }

    function test_twoLeavesOfOneAccountThatAreNotNeighbours() public {
        next = payouts(bob, 6, carol, 4, bob, 1);
        settle(2, next, tasks("b", 1));
        settlement.voidPayoutsUnsorted(2, payoutProof(next, 0, bob), payoutProof(next, 2, bob));
        assertVoided(2);
    }

    function test_leavesOutOfOrder() public {
        next = payouts(carol, 1, alice, 4, bob, 6);
        settle(2, next, tasks("b", 1));
        settlement.voidPayoutsUnsorted(2, payoutProof(next, 0, carol), payoutProof(next, 2, bob));
        assertVoided(2);
    }

    function test_NoFault() public {
        expectNoFault();
        settlement.voidPayoutsUnsorted(1, payoutProof(good, 0, alice), payoutProof(good, 1, bob));
        expectNoFault();
        settlement.voidPayoutsUnsorted(1, payoutProof(good, 1, bob), payoutProof(good, 0, alice));
        expectNoFault();
        settlement.voidPayoutsUnsorted(1, payoutProof(good, 0, alice), payoutProof(good, 0, alice));
    }

    function test_InvalidProof() public {
        expectInvalidProof();
        settlement.voidPayoutsUnsorted(1, payoutProof(good, 0, bob), payoutProof(good, 1, bob));
        expectInvalidProof();
        settlement.voidPayoutsUnsorted(1, payoutProof(good, 0, alice), payoutProof(good, 1, alice));
    }

    function test_NotPending() public {
        skip(CHALLENGE);
        expectNotPending(1);
        settlement.voidPayoutsUnsorted(1, payoutProof(good, 0, alice), payoutProof(good, 1, bob));
    }
}

contract SettlementVoidTasksUnsorted is VoidBase {
    using Trees for Tree;

    function test_oneTaskBilledTwice() public {
        Tree memory t = tasks("b", 1, "b", 2);
        settle(2, payouts(alice, 4, bob, 9), t);
        expectVoid(2, 2, 1, IEpochRoots.Fault.TasksUnsorted);
        settlement.voidTasksUnsorted(2, taskProof(t, 0, "b"), taskProof(t, 1, "b"));
        assertVoided(2);
    }

    function test_tasksOutOfOrder() public {
        Tree memory t = tasks("c", 1, "b", 2);
        settle(2, payouts(alice, 4, bob, 9), t);
        settlement.voidTasksUnsorted(2, taskProof(t, 0, "c"), taskProof(t, 1, "b"));
        assertVoided(2);
    }

    function test_NoFault() public {
        Tree memory t = tasks("b", 1, "c", 2);
        settle(2, payouts(alice, 4, bob, 9), t);
        expectNoFault();
        settlement.voidTasksUnsorted(2, taskProof(t, 0, "b"), taskProof(t, 1, "c"));
        expectNoFault();
        settlement.voidTasksUnsorted(2, taskProof(t, 1, "c"), taskProof(t, 0, "b"));
        expectNoFault();
        settlement.voidTasksUnsorted(2, taskProof(t, 1, "c"), taskProof(t, 1, "c"));
    }

    function test_InvalidProof() public {
        Tree memory t = tasks("b", 1, "c", 2);
        settle(2, payouts(alice, 4, bob, 9), t);
        expectInvalidProof();
        settlement.voidTasksUnsorted(2, taskProof(t, 0, "c"), taskProof(t, 1, "c"));
        expectInvalidProof();
        settlement.voidTasksUnsorted(2, taskProof(t, 0, "b"), taskProof(t, 1, "b"));
    }

    function test_NotPending() public {
        skip(CHALLENGE);
        Tree memory t = tasks("a", 10);
        expectNotPending(1);
        settlement.voidTasksUnsorted(1, taskProof(t, 0, "a"), taskProof(t, 0, "a"));
    }
}

contract SettlementVoidOverbilled is VoidBase {
    using Trees for Tree;

    function leaf(TaskReceipt memory r, bytes32 task, uint128 cost) internal pure returns (Tree memory t) {
        t = Tree(new bytes32[](1), new uint128[](1));
        (t.leaves[0], t.values[0]) = (SumTree.taskLeaf(task, hashOf(r), cost), cost);
    }

    function proof(TaskReceipt memory r, bytes32 task, uint128 cost)
        internal
        pure
        returns (ISettlement.TaskProof memory)
    {
        return ISettlement.TaskProof(task, hashOf(r), cost, 0, "");
    }

    /// @dev A receipt that bills 1 + 3 wei: 7 × 100 and 9 × 300 thousandths, each rounded up.
    function receipt() internal view returns (TaskReceipt memory r) {
        r.task = "b";
        r.session = session;
        r.miner = carol;
        r.promptTokens = 7;
        r.promptPrice = 100;
        r.completionTokens = 9;
        r.completionPrice = 300;
    }

    function test_aLeafThatCostsMoreThanItsReceipt() public {
        TaskReceipt memory r = receipt();
        settle(2, payouts(alice, 4, bob, 11), leaf(r, "b", 5));
        expectVoid(2, 2, 1, IEpochRoots.Fault.Overbilled);
        settlement.voidOverbilled(2, proof(r, "b", 5), r);
        assertVoided(2);
    }

    function test_NoFault_aLeafThatCostsWhatItsReceiptSaysOrLess() public {
        TaskReceipt memory r = receipt();
        settle(2, payouts(alice, 4, bob, 10), leaf(r, "b", 4));
        expectNoFault();
        settlement.voidOverbilled(2, proof(r, "b", 4), r);
        settle(3, payouts(alice, 4, bob, 13), leaf(r, "b", 3));
        expectNoFault();
        settlement.voidOverbilled(3, proof(r, "b", 3), r);
    }

    function test_aLeafWithTheReceiptOfAnotherTask() public {
        TaskReceipt memory r = receipt();
        settle(2, payouts(alice, 4, bob, 10), leaf(r, "c", 4));
        settlement.voidOverbilled(2, proof(r, "c", 4), r);
        assertVoided(2);
    }

    function test_partsAreRoundedUpOneByOne() public {
        TaskReceipt memory r = receipt();
        // 1000 + 2000 thousandths are 3 wei exactly; one thousandth more in each part is one wei more each.
        (r.promptTokens, r.promptPrice, r.completionTokens, r.completionPrice) = (1, 1000, 2, 1000);
        settle(2, payouts(alice, 4, bob, 10), leaf(r, "b", 4));
        settlement.voidOverbilled(2, proof(r, "b", 4), r);
        assertVoided(2);
        (r.promptPrice, r.completionTokens, r.completionPrice) = (1001, 1, 2001);
        settle(3, payouts(alice, 4, bob, 11), leaf(r, "b", 5));
        expectNoFault();
        settlement.voidOverbilled(3, proof(r, "b", 5), r);
    }

    function test_theLargestBillFits() public {
        TaskReceipt memory r = receipt();
        (r.promptTokens, r.completionTokens) = (type(uint32).max, type(uint32).max);
        (r.promptPrice, r.completionPrice) = (type(uint128).max, type(uint128).max);
        settle(2, payouts(alice, 4, bob, 11), leaf(r, "b", 5));
        expectNoFault();
        settlement.voidOverbilled(2, proof(r, "b", 5), r);
    }

    function testFuzz_WrongReceipt_everyFieldIsInTheLeaf(uint8 field) public {
        TaskReceipt memory r = receipt();
        settle(2, payouts(alice, 4, bob, 11), leaf(r, "b", 5));
        bytes memory encoded = abi.encode(r);
        assertEq(encoded.length, 14 * 32);
        uint256 i = field % 14;
        encoded[32 * i + 31] ^= 0x01;
        TaskReceipt memory other = abi.decode(encoded, (TaskReceipt));
        ISettlement.TaskProof memory p = proof(r, "b", 5);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongReceipt.selector, hashOf(other), hashOf(r)));
        settlement.voidOverbilled(2, p, other);
    }

    function test_InvalidProof() public {
        TaskReceipt memory r = receipt();
        settle(2, payouts(alice, 4, bob, 10), leaf(r, "b", 4));
        expectInvalidProof();
        settlement.voidOverbilled(2, proof(r, "b", 5), r);
    }

    function test_NotPending() public {
        TaskReceipt memory r = receipt();
        settle(2, payouts(alice, 4, bob, 11), leaf(r, "b", 5));
        skip(CHALLENGE);
        expectNotPending(2);
        settlement.voidOverbilled(2, proof(r, "b", 5), r);
    }
}

contract SettlementVoidBilledTwice is VoidBase {
    using Trees for Tree;

    Tree internal twice;
    ISettlement.TaskProof internal inFirst;
    ISettlement.TaskProof internal inSecond;

    function setUp() public override {
        super.setUp();
        twice = tasks("a", 7, "b", 2);
        inFirst = taskProof(tasks("a", 10), 0, "a");
        inSecond = taskProof(twice, 0, "a");
    }

    function test_aTaskOfAnEarlierEpoch() public {
        settle(2, payouts(alice, 4, bob, 15), twice);
        expectVoid(2, 2, 1, IEpochRoots.Fault.BilledTwice);
        settlement.voidBilledTwice(2, inSecond, 1, inFirst);
        assertVoided(2);
        assertPending(1);
    }

    function test_aTaskOfAnEpochThatIsActiveAlready() public {
        skip(CHALLENGE);
        settle(2, payouts(alice, 4, bob, 7), tasks("c", 1));
        settle(3, payouts(alice, 4, bob, 16), twice);
        settlement.voidBilledTwice(3, inSecond, 1, inFirst);
        assertPending(2);
        assertVoided(3);
    }

    function test_NoFault_theEarlierEpochIsTheOneThatMayBillIt() public {
        settle(2, payouts(alice, 4, bob, 15), twice);
        expectNoFault();
        settlement.voidBilledTwice(1, inFirst, 2, inSecond);
        expectNoFault();
        settlement.voidBilledTwice(1, inFirst, 1, inFirst);
    }

    function test_NoFault_anEpochThatIsVoidHasBilledNothing() public {
        next = payouts(bob, 6, alice, 6);
        settle(2, next, tasks("b", 2));
        settlement.voidPayoutsUnsorted(2, payoutProof(next, 0, bob), payoutProof(next, 1, alice));
        settle(3, payouts(alice, 6, bob, 6), tasks("b", 2));
        ISettlement.TaskProof memory p = taskProof(tasks("b", 2), 0, "b");
        expectNoFault();
        settlement.voidBilledTwice(3, p, 2, p);
        // Nor once its place is taken and another stands after that.
        settle(4, payouts(alice, 6, bob, 8), tasks("b", 2));
        expectNoFault();
        settlement.voidBilledTwice(4, p, 2, p);
        settlement.voidBilledTwice(4, p, 3, p);
        assertVoided(4);
    }

    function test_NoFault_anotherTask() public {
        settle(2, payouts(alice, 4, bob, 15), twice);
        expectNoFault();
        settlement.voidBilledTwice(2, taskProof(twice, 1, "b"), 1, inFirst);
    }

    function test_InvalidProof() public {
        settle(2, payouts(alice, 4, bob, 15), twice);
        expectInvalidProof();
        settlement.voidBilledTwice(2, inFirst, 1, inFirst);
        expectInvalidProof();
        settlement.voidBilledTwice(2, inSecond, 1, inSecond);
        expectNoFault();
        settlement.voidBilledTwice(2, inSecond, 9, inSecond);
    }

    function test_NotPending() public {
        settle(2, payouts(alice, 4, bob, 15), twice);
        skip(CHALLENGE);
        expectNotPending(2);
        settlement.voidBilledTwice(2, inSecond, 1, inFirst);
    }
}
