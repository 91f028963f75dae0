// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochRoots } from "../../src/interfaces/IEpochRoots.sol";
import { IRewards } from "../../src/interfaces/IRewards.sol";
import { Rewards } from "../../src/l2/Rewards.sol";
import { Quorum } from "../../src/libraries/Quorum.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { RewardRoot } from "../../src/types/RewardRoot.sol";
import { SettlementBase } from "../utils/SettlementBase.t.sol";
import { Tree, Trees } from "../utils/Trees.sol";

abstract contract RewardsBase is SettlementBase {
    using Trees for Tree;

    uint256 internal constant EMISSION = 1000;
    uint64 internal start;
    Rewards internal rewards;

    /// @dev 1,000 wei an epoch, a tenth less every 10 epochs, and 5,000 wei to pay out.
    function setUp() public virtual override {
        super.setUp();
        numbers.put(Parameter.EmissionWei, EMISSION);
        numbers.put(Parameter.EmissionDecayBps, 9000);
        numbers.put(Parameter.EmissionPeriodEpochs, 10);
        rewards = new Rewards(token, registry, numbers);
        start = numbers.currentEpoch();
        vm.startPrank(holder);
        token.transfer(address(rewards), 5000);
        vm.stopPrank();
        vm.prank(stranger);
        token.approve(address(rewards), type(uint256).max);
        skip(EPOCH_SECONDS);
    }

    function rootOf(uint64 epoch, Tree memory t) internal view returns (RewardRoot memory) {
        return RewardRoot(epoch, t.root(), rewards.posted(rewards.standingEpoch()).root, t.total(), t.count());
    }

    function signed(RewardRoot memory r, uint256 count) internal view returns (bytes[] memory) {
        uint256[] memory keys = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            keys[i] = guardKeys[i];
        }
        return signSorted(keys, rewards.rewardDigest(r));
    }

    function post(RewardRoot memory r) internal {
        bytes[] memory signatures = signed(r, 3);
        vm.prank(oracle);
        rewards.post(r, block.timestamp - 1, signatures);
    }

    function post(uint64 epoch, Tree memory t) internal {
        post(rootOf(epoch, t));
    }

    function expectPostRevert(RewardRoot memory r, bytes memory reason) internal {
        bytes[] memory signatures = signed(r, 3);
        vm.expectRevert(reason);
        vm.prank(oracle);
        rewards.post(r, block.timestamp - 1, signatures);
    }
}

contract RewardsPost is RewardsBase {
    using Trees for Tree;

    function test_postsTheRoot() public {
        Tree memory t = payouts(alice, 400, bob, 600);
        RewardRoot memory r = rootOf(start + 1, t);
        bytes[] memory signatures = signed(r, 3);
        vm.expectEmit(address(rewards));
        emit IRewards.EpochRewarded(start + 1, t.root(), 1000, 1000, block.timestamp + CHALLENGE, oracle);
        vm.prank(oracle);
        rewards.post(r, block.timestamp - 1, signatures);
        IEpochRoots.Posted memory p = rewards.posted(start + 1);
        assertEq(p.root, t.root());
        assertEq(p.total, 1000);
        assertEq(p.payouts, 2);
        assertEq(p.tasks, 0);
        assertEq(rewards.bondFor(start + 1), DATA_BOND);
        skip(CHALLENGE);
        assertEq(rewards.claim(start + 1, bob, 600, 1, t.proof(1)), 600);
        assertEq(token.balanceOf(bob), 600);
    }

    function test_EmissionExceeded_oneWeiMoreThanTheEpochsInBetween() public {
        skip(2 * EPOCH_SECONDS);
        expectPostRevert(
            rootOf(start + 3, payouts(alice, 3001)),
            abi.encodeWithSelector(IRewards.EmissionExceeded.selector, 3001, 3000)
        );
        post(start + 3, payouts(alice, 3000));
        skip(EPOCH_SECONDS);
        expectPostRevert(
            rootOf(start + 4, payouts(alice, 4001)),
            abi.encodeWithSelector(IRewards.EmissionExceeded.selector, 1001, 1000)
        );
        post(start + 4, payouts(alice, 4000));
    }

    function test_EmissionExceeded_whatWasNotGivenLapses() public {
        post(start + 1, payouts(alice, 1));
        skip(EPOCH_SECONDS);
        expectPostRevert(
            rootOf(start + 2, payouts(alice, 1002)),
            abi.encodeWithSelector(IRewards.EmissionExceeded.selector, 1001, 1000)
        );
    }

    function test_whatAVoidEpochEmittedIsThereForTheNext() public {
        Tree memory bad = payouts(bob, 500, alice, 500);
        post(start + 1, bad);
        rewards.voidPayoutsUnsorted(start + 1, payoutProof(bad, 0, bob), payoutProof(bad, 1, alice));
        skip(EPOCH_SECONDS);
        post(start + 2, payouts(alice, 2000));
        assertEq(uint8(rewards.statusOf(start + 1)), uint8(IEpochRoots.Status.Voided));
    }

    function test_TotalDecreased() public {
        post(start + 1, payouts(alice, 500));
        skip(EPOCH_SECONDS);
        expectPostRevert(
            rootOf(start + 2, payouts(alice, 499)), abi.encodeWithSelector(IRewards.TotalDecreased.selector, 499, 500)
        );
        post(start + 2, payouts(alice, 500));
    }

    function test_Underfunded_bondsAndWhatWasClaimedDoNotCount() public {
        skip(6 * EPOCH_SECONDS);
        expectPostRevert(
            rootOf(start + 6, payouts(alice, 5001)), abi.encodeWithSelector(IRewards.Underfunded.selector, 5001, 5000)
        );
        post(start + 5, payouts(alice, 5000));
        vm.prank(stranger);
        rewards.challenge(start + 5, IEpochRoots.Part.Payouts, 0);
        skip(EPOCH_SECONDS);
        RewardRoot memory r = rootOf(start + 6, payouts(alice, 5001));
        expectPostRevert(r, abi.encodeWithSelector(IRewards.Underfunded.selector, 5001, 5000));
        rewards.answerPayout(start + 5, payoutProof(payouts(alice, 5000), 0, alice));
        skip(CHALLENGE);
        rewards.claim(start + 5, alice, 5000, 0, "");
        expectPostRevert(r, abi.encodeWithSelector(IRewards.Underfunded.selector, 1, 0));
        vm.prank(holder);
        token.transfer(address(rewards), 1);
        post(r);
    }

    function test_IndexOutOfBounds_thereAreNoTasks() public {
        post(start + 1, payouts(alice, 500));
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.IndexOutOfBounds.selector, 0, 0));
        rewards.challenge(start + 1, IEpochRoots.Part.Tasks, 0);
    }

    function test_NotOracle() public {
        RewardRoot memory r = rootOf(start + 1, payouts(alice, 500));
        bytes[] memory signatures = signed(r, 3);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotOracle.selector, stranger));
        vm.prank(stranger);
        rewards.post(r, block.timestamp - 1, signatures);
    }

    function test_QuorumNotReached() public {
        RewardRoot memory r = rootOf(start + 1, payouts(alice, 500));
        bytes[] memory signatures = signed(r, 2);
        vm.expectRevert(
            abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 2 * uint256(MIN_STAKE), 3 * uint256(MIN_STAKE))
        );
        vm.prank(oracle);
        rewards.post(r, block.timestamp - 1, signatures);
    }

    function test_WrongBase() public {
        RewardRoot memory r = rootOf(start + 1, payouts(alice, 500));
        r.base = "base";
        expectPostRevert(r, abi.encodeWithSelector(IEpochRoots.WrongBase.selector, r.base, bytes32(0)));
    }

    function test_EmptyRoot() public {
        RewardRoot memory r = rootOf(start + 1, payouts(alice, 500));
        r.payouts = 0;
        expectPostRevert(r, abi.encodeWithSelector(IEpochRoots.EmptyRoot.selector));
    }

    function testFuzz_NoWeight_everyFieldIsSigned(uint8 field, uint64 change) public {
        vm.assume(change != 0);
        RewardRoot memory r = rootOf(start + 1, payouts(alice, 500));
        RewardRoot memory other = rootOf(start + 1, payouts(alice, 500));
        field = field % 5;
        if (field == 0) other.epoch ^= change;
        else if (field == 1) other.root ^= bytes32(uint256(change));
        else if (field == 2) other.base ^= bytes32(uint256(change));
        else if (field == 3) other.total ^= change;
        else other.payouts ^= uint32(bound(change, 1, type(uint32).max));
        bytes[] memory all = signed(other, 1);
        vm.expectPartialRevert(Quorum.NoWeight.selector);
        vm.prank(oracle);
        rewards.post(r, block.timestamp - 1, all);
    }
}

contract RewardsEmissionOf is RewardsBase {
    function test_fallsWithEachFullPeriod() public view {
        assertEq(rewards.startEpoch(), start);
        assertEq(rewards.emissionOf(start), 0);
        assertEq(rewards.emissionOf(start + 1), 1000);
        assertEq(rewards.emissionOf(start + 10), 1000);
        assertEq(rewards.emissionOf(start + 11), 900);
        assertEq(rewards.emissionOf(start + 20), 900);
        assertEq(rewards.emissionOf(start + 21), 810);
        assertEq(rewards.emissionOf(start + 31), 729);
        assertEq(rewards.emissionOf(start + 1_000_000), 0);
    }

    function test_noDecayIsForEver() public {
        numbers.put(Parameter.EmissionDecayBps, 10_000);
        assertEq(rewards.emissionOf(type(uint48).max), 1000);
    }

    function test_aChangeHoldsFromItsEpochOn() public {
        uint64 now_ = numbers.currentEpoch();
        numbers.set(Parameter.EmissionWei, 1);
        assertEq(rewards.emissionOf(now_), 1000);
        assertEq(rewards.emissionOf(now_ + 1), 1);
        numbers.set(Parameter.EmissionPeriodEpochs, 1);
        assertEq(rewards.emissionOf(now_), 1000);
        numbers.put(Parameter.EmissionDecayBps, 0);
        assertEq(rewards.emissionOf(now_ + 1), 0);
    }

    /// @dev Squaring rounds down at most a few times 10^-18 below the exact power.
    function testFuzz_isTheDecayOfThePeriodBeforeUpToRounding(uint16 periods) public {
        numbers.put(Parameter.EmissionWei, 1e24);
        uint64 epoch = start + 1 + uint64(bound(periods, 0, 300)) * 10;
        uint256 now_ = rewards.emissionOf(epoch);
        uint256 next = rewards.emissionOf(epoch + 10);
        assertApproxEqAbs(next, now_ * 9000 / 10_000, 1e8);
        assertLe(next, now_);
    }
}

contract RewardsEmissionBetween is RewardsBase {
    function test_isTheSumAfterOneUpToTheOther() public view {
        assertEq(rewards.emissionBetween(start, start + 1), 1000);
        assertEq(rewards.emissionBetween(start + 1, start + 1), 0);
        assertEq(rewards.emissionBetween(start + 9, start + 12), 2800);
        assertEq(rewards.emissionBetween(0, start + 2), 2000);
        assertEq(rewards.emissionBetween(0, start), 0);
        assertEq(rewards.emissionBetween(start + 3, start + 1), 0);
        assertEq(rewards.emissionBetween(0, 5), 0);
    }

    function test_ofMoreThan256EpochsTheNewest() public {
        numbers.put(Parameter.EmissionDecayBps, 10_000);
        assertEq(rewards.emissionBetween(start, start + 255), 255_000);
        assertEq(rewards.emissionBetween(start, start + 256), 256_000);
        assertEq(rewards.emissionBetween(start, start + 257), 256_000);
        assertEq(rewards.emissionBetween(start + 2, start + 257), 255_000);
    }
}
