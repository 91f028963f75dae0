// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochRoots } from "../../src/interfaces/IEpochRoots.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Receipt as TaskReceipt } from "../../src/types/Receipt.sol";
import { SettlementBase } from "../utils/SettlementBase.t.sol";
import { Tree, Trees } from "../utils/Trees.sol";

abstract contract ChallengeBase is SettlementBase {
    using Trees for Tree;

    IEpochRoots.Part internal constant PAYOUTS = IEpochRoots.Part.Payouts;
    IEpochRoots.Part internal constant TASKS = IEpochRoots.Part.Tasks;

    Tree internal paid;
    Tree internal billed;
    uint256 internal activeAt;

    /// @dev Epoch 1 pays alice 4 and bob 6 for the tasks a and b.
    function setUp() public virtual override {
        super.setUp();
        paid = payouts(alice, 4, bob, 6);
        billed = tasks("a", 1, "b", 9);
        settle(1, paid, billed);
        activeAt = block.timestamp + CHALLENGE;
    }

    function challenge(IEpochRoots.Part part, uint32 index) internal {
        vm.prank(stranger);
        settlement.challenge(1, part, index);
    }

    function answerPayout(uint32 index) internal {
        IEpochRoots.PayoutProof memory p = payoutProof(paid, index, index == 0 ? alice : bob);
        vm.prank(carol);
        settlement.answerPayout(1, p);
    }

    function taskOf(uint32 index) internal view returns (ISettlement.TaskProof memory, TaskReceipt memory) {
        bytes32 task = index == 0 ? bytes32("a") : bytes32("b");
        return (taskProof(billed, index, task), receiptOf(task, billed.values[index]));
    }

    function answerTask(uint32 index) internal {
        (ISettlement.TaskProof memory p, TaskReceipt memory r) = taskOf(index);
        vm.prank(carol);
        settlement.answerTask(1, p, r);
    }

    function close(IEpochRoots.Part part, uint32 index) internal {
        vm.prank(carol);
        settlement.closeChallenge(1, part, index);
    }

    function expectNoOpenChallenge(IEpochRoots.Part part, uint32 index) internal {
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NoOpenChallenge.selector, 1, part, index));
    }
}

contract SettlementChallengeLeaf is ChallengeBase {
    using Trees for Tree;

    function test_holdsTheBondAndTheEpoch() public {
        uint256 before = token.balanceOf(stranger);
        vm.expectEmit(address(settlement));
        emit IEpochRoots.ChallengeOpened(1, TASKS, 1, stranger, DATA_BOND, block.timestamp + DATA_SECONDS);
        challenge(TASKS, 1);
        assertEq(before - token.balanceOf(stranger), DATA_BOND);
        assertEq(settlement.bondsHeld(), DATA_BOND);
        assertEq(settlement.posted(1).openChallenges, 1);
        IEpochRoots.Challenge memory c = settlement.challengeOf(1, TASKS, 1);
        assertEq(c.challenger, stranger);
        assertEq(c.bond, DATA_BOND);
        assertEq(c.deadline, block.timestamp + DATA_SECONDS);
        assertFalse(c.closed);
        skip(CHALLENGE + DATA_SECONDS + 1 days);
        assertPending(1);
        assertEq(settlement.activeEpoch(), 0);
    }

    function test_WindowClosed_theLastSecondIsTheOneBefore() public {
        vm.warp(activeAt - 1);
        challenge(PAYOUTS, 0);
        vm.warp(activeAt);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.WindowClosed.selector, activeAt));
        challenge(PAYOUTS, 1);
    }

    function test_NotPending() public {
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotPending.selector, 2));
        settlement.challenge(2, PAYOUTS, 0);
        vm.warp(activeAt);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotPending.selector, 1));
        challenge(PAYOUTS, 0);
    }

    function test_IndexOutOfBounds_eachTreeHasItsOwnCount() public {
        paid = payouts(alice, 4, bob, 6, carol, 1);
        settle(2, paid, tasks("c", 1));
        vm.startPrank(stranger);
        settlement.challenge(2, PAYOUTS, 2);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.IndexOutOfBounds.selector, 3, 3));
        settlement.challenge(2, PAYOUTS, 3);
        settlement.challenge(2, TASKS, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.IndexOutOfBounds.selector, 1, 1));
        settlement.challenge(2, TASKS, 1);
    }

    function test_AlreadyChallenged_openOrAnswered() public {
        challenge(PAYOUTS, 0);
        bytes memory reason = abi.encodeWithSelector(IEpochRoots.AlreadyChallenged.selector, 1, PAYOUTS, 0);
        vm.expectRevert(reason);
        challenge(PAYOUTS, 0);
        answerPayout(0);
        vm.expectRevert(reason);
        challenge(PAYOUTS, 0);
        challenge(TASKS, 0);
        challenge(PAYOUTS, 1);
    }

    function test_bondAndTimeAreThoseOfTheSettledEpoch() public {
        skip(EPOCH_SECONDS);
        numbers.put(Parameter.DataBondWei, 1);
        numbers.put(Parameter.DataSeconds, 1);
        challenge(PAYOUTS, 0);
        IEpochRoots.Challenge memory c = settlement.challengeOf(1, PAYOUTS, 0);
        assertEq(c.bond, DATA_BOND);
        assertEq(c.deadline, block.timestamp + DATA_SECONDS);
    }

    /// @dev A flood costs its author more and more, and whoever answers gets it.
    function test_everyThirtyTwoOpenChallengesTheBondGrows() public {
        uint32 n = 70;
        address[] memory accounts = new address[](n);
        uint128[] memory values = new uint128[](n);
        for (uint32 i = 0; i < n; ++i) {
            (accounts[i], values[i]) = (address(uint160(0xF00000 + i)), 1);
        }
        Tree memory many = payoutsOf(accounts, values);
        settle(2, many, tasks("c", n - 10));
        assertEq(settlement.bondFor(2), DATA_BOND);
        uint256 held;
        vm.startPrank(stranger);
        for (uint32 i = 0; i < n; ++i) {
            uint256 bond = DATA_BOND * (1 + i / 32);
            assertEq(settlement.bondFor(2), bond);
            settlement.challenge(2, PAYOUTS, i);
            assertEq(settlement.challengeOf(2, PAYOUTS, i).bond, bond);
            held += bond;
        }
        assertEq(settlement.bondsHeld(), held);
        // An answer pays the bond that was held for it, not the next one's.
        IEpochRoots.PayoutProof memory p = payoutProof(many, 69, accounts[69]);
        settlement.answerPayout(2, p);
        assertEq(held - settlement.bondsHeld(), 3 * DATA_BOND);
    }
}

contract SettlementAnswerPayout is ChallengeBase {
    using Trees for Tree;

    function setUp() public override {
        super.setUp();
        challenge(PAYOUTS, 1);
    }

    function test_paysTheBondAndLetsTheEpochGoOn() public {
        vm.expectEmit(address(settlement));
        emit IEpochRoots.ChallengeAnswered(1, PAYOUTS, 1, carol, abi.encode(bob, uint128(6)));
        answerPayout(1);
        assertEq(token.balanceOf(carol), DATA_BOND);
        assertEq(settlement.bondsHeld(), 0);
        assertEq(settlement.posted(1).openChallenges, 0);
        assertTrue(settlement.challengeOf(1, PAYOUTS, 1).closed);
        vm.warp(activeAt);
        assertActive(1);
    }

    function test_anAnswerAfterTheWindowLetsItGoOnAtOnce() public {
        vm.warp(activeAt - 1);
        challenge(PAYOUTS, 0);
        answerPayout(0);
        vm.warp(activeAt - 1);
        assertPending(1);
    }

    function test_anOpenChallengeHoldsBackLaterEpochsToo() public {
        vm.warp(activeAt - 1);
        challenge(PAYOUTS, 0);
        // Within its own time the first one is late already.
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.AnswerTooLate.selector, activeAt - CHALLENGE + DATA_SECONDS));
        answerPayout(1);
    }

    function test_aHeldEpochHoldsThoseAfterIt() public {
        answerPayout(1);
        settle(2, payouts(alice, 4, bob, 7), tasks("c", 1));
        vm.warp(activeAt - 1);
        challenge(PAYOUTS, 0);
        vm.warp(activeAt);
        assertPending(1);
        assertPending(2);
        answerPayout(0);
        assertActive(1);
        assertActive(2);
    }

    function test_AnswerTooLate_theLastSecondIsTheDeadline() public {
        uint256 deadline = block.timestamp + DATA_SECONDS;
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.AnswerTooLate.selector, deadline));
        answerPayout(1);
        vm.warp(deadline);
        answerPayout(1);
    }

    function test_InvalidProof() public {
        IEpochRoots.PayoutProof memory p = payoutProof(paid, 1, bob);
        p.cumulative = 5;
        vm.expectRevert(IEpochRoots.InvalidProof.selector);
        settlement.answerPayout(1, p);
        p = payoutProof(paid, 0, alice);
        p.index = 1;
        vm.expectRevert(IEpochRoots.InvalidProof.selector);
        settlement.answerPayout(1, p);
    }

    function test_NoOpenChallenge_anotherLeafOrTwice() public {
        expectNoOpenChallenge(PAYOUTS, 0);
        answerPayout(0);
        answerPayout(1);
        expectNoOpenChallenge(PAYOUTS, 1);
        answerPayout(1);
    }

    function test_NoOpenChallenge_aTaskIsNoPayout() public {
        expectNoOpenChallenge(TASKS, 1);
        answerTask(1);
    }

    function test_NotPending_ofAVoidEpoch() public {
        challenge(TASKS, 0);
        skip(DATA_SECONDS + 1);
        close(TASKS, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotPending.selector, 1));
        answerPayout(1);
    }
}

contract SettlementAnswerTask is ChallengeBase {
    using Trees for Tree;

    function setUp() public override {
        super.setUp();
        challenge(TASKS, 1);
    }

    function test_showsTheReceiptAndPaysTheBond() public {
        (, TaskReceipt memory r) = taskOf(1);
        vm.expectEmit(address(settlement));
        emit IEpochRoots.ChallengeAnswered(1, TASKS, 1, carol, abi.encode(r));
        answerTask(1);
        assertEq(token.balanceOf(carol), DATA_BOND);
        vm.warp(activeAt);
        assertActive(1);
    }

    function test_WrongReceipt() public {
        (ISettlement.TaskProof memory p, TaskReceipt memory r) = taskOf(1);
        r.completionTokens += 1;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongReceipt.selector, hashOf(r), p.receipt));
        settlement.answerTask(1, p, r);
    }

    function test_InvalidProof() public {
        (ISettlement.TaskProof memory p, TaskReceipt memory r) = taskOf(0);
        p.index = 1;
        vm.expectRevert(IEpochRoots.InvalidProof.selector);
        settlement.answerTask(1, p, r);
    }

    function test_AnswerTooLate() public {
        uint256 deadline = block.timestamp + DATA_SECONDS;
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.AnswerTooLate.selector, deadline));
        answerTask(1);
        vm.warp(deadline);
        answerTask(1);
    }

    function test_NotPending() public {
        answerTask(1);
        vm.warp(activeAt);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotPending.selector, 1));
        answerTask(0);
    }
}

contract SettlementCloseChallenge is ChallengeBase {
    using Trees for Tree;

    function test_nobodyAnswered_theEpochFallsAndTheBondGoesBack() public {
        uint256 before = token.balanceOf(stranger);
        challenge(TASKS, 0);
        settle(2, payouts(alice, 4, bob, 7), tasks("c", 1));
        skip(DATA_SECONDS + 1);
        vm.expectEmit(address(settlement));
        emit IEpochRoots.EpochsVoided(1, 2, 0, IEpochRoots.Fault.Unanswered, carol);
        vm.expectEmit(address(settlement));
        emit IEpochRoots.ChallengeClosed(1, TASKS, 0, stranger);
        close(TASKS, 0);
        assertVoided(1);
        assertVoided(2);
        assertEq(token.balanceOf(stranger), before);
        assertEq(settlement.bondsHeld(), 0);
        assertEq(settlement.standingEpoch(), 0);
        skip(CHALLENGE);
        assertEq(settlement.activeEpoch(), 0);
    }

    function test_AnswerNotDue_inTheLastSecond() public {
        challenge(TASKS, 0);
        skip(DATA_SECONDS);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.AnswerNotDue.selector, block.timestamp));
        close(TASKS, 0);
    }

    function test_NoOpenChallenge() public {
        expectNoOpenChallenge(TASKS, 0);
        close(TASKS, 0);
        challenge(TASKS, 0);
        answerTask(0);
        skip(DATA_SECONDS + 1);
        expectNoOpenChallenge(TASKS, 0);
        close(TASKS, 0);
    }

    function test_theBondsOfAVoidEpochGoBackAtOnceAndOnce() public {
        uint256 before = token.balanceOf(stranger);
        challenge(TASKS, 0);
        skip(DATA_SECONDS);
        challenge(PAYOUTS, 0);
        settle(2, payouts(alice, 4, bob, 7), tasks("c", 1));
        vm.prank(stranger);
        settlement.challenge(2, PAYOUTS, 1);
        skip(1);
        close(TASKS, 0);
        assertVoided(1);
        close(PAYOUTS, 0);
        settlement.closeChallenge(2, PAYOUTS, 1);
        assertEq(token.balanceOf(stranger), before);
        assertEq(settlement.bondsHeld(), 0);
        expectNoOpenChallenge(PAYOUTS, 0);
        close(PAYOUTS, 0);
    }

    /// @dev The bonds of a void epoch are not those of the epoch that takes over its place.
    function test_aBondOfAVoidEpochVoidsNoOther() public {
        challenge(TASKS, 0);
        challenge(PAYOUTS, 0);
        skip(DATA_SECONDS + 1);
        close(TASKS, 0);
        settle(2, paid, billed);
        close(PAYOUTS, 0);
        assertPending(2);
        skip(CHALLENGE);
        assertActive(2);
        assertEq(settlement.claim(2, alice, 4, 0, paid.proof(0)), 4);
    }

    /// @dev However late it is asked for, a leaf is shown or the epoch is void one answer's time after the window.
    function test_theTotalDelayIsOneAnswersTime() public {
        vm.warp(activeAt - 1);
        challenge(PAYOUTS, 0);
        vm.warp(activeAt - 1 + DATA_SECONDS);
        answerPayout(0);
        assertActive(1);
    }
}

contract SettlementPending is SettlementBase {
    /// @dev The walk over epochs that wait is bounded, so that no claim can be made too dear.
    function test_TooManyPending() public {
        vm.prank(client);
        token.approve(address(sessions), type(uint256).max);
        session = open(10_000);
        uint64 max = uint64(settlement.PENDING_MAX());
        for (uint64 i = 1; i <= max; ++i) {
            settleNow(i);
        }
        bytes memory reason = abi.encodeWithSelector(IEpochRoots.TooManyPending.selector, max);
        expectSettleRevert(epochOf(max + 1, max + 1), reason);
        skip(CHALLENGE);
        settleNow(max + 1);
        emit log_named_uint("gas: settle after a walk over 1,024 epochs", vm.lastCallGas().gasTotalUsed);
        assertEq(settlement.activeEpoch(), max);
    }

    function settleNow(uint64 epoch) private {
        settleOne(epoch, session, epoch, alice, epoch);
    }
}
