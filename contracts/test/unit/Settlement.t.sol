// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochRoots } from "../../src/interfaces/IEpochRoots.sol";
import { ISessionManager } from "../../src/interfaces/ISessionManager.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { Settlement } from "../../src/l2/Settlement.sol";
import { Quorum } from "../../src/libraries/Quorum.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { EpochRoot } from "../../src/types/Attestation.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Roles } from "../../src/types/Roles.sol";
import { VoucherDebit } from "../../src/types/Voucher.sol";
import { SettlementBase } from "../utils/SettlementBase.t.sol";
import { Tree, Trees } from "../utils/Trees.sol";

contract SettlementConstructor is SettlementBase {
    function test_ZeroAddress() public {
        vm.expectRevert(ISettlement.ZeroAddress.selector);
        new Settlement(token, registry, sessions, numbers, address(0));
    }

    function test_namesItsParts() public view {
        assertEq(address(settlement.token()), address(token));
        assertEq(address(settlement.registry()), address(registry));
        assertEq(address(settlement.sessions()), address(sessions));
        assertEq(address(settlement.parameters()), address(numbers));
        assertEq(settlement.treasury(), treasury);
    }
}

contract SettlementSettle is SettlementBase {
    function test_postsTheRootAndRedeemsTheVouchers() public {
        EpochRoot memory e = epochOf(1, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        bytes[] memory signatures = attest(e, debits, 3);
        vm.expectEmit(address(settlement));
        emit ISettlement.SessionCharged(1, session, 10);
        vm.expectEmit(address(settlement));
        emit ISettlement.EpochSettled(1, e.root, 10, e.tasksRoot, block.timestamp + CHALLENGE, 10, oracle);
        settle(e, debits, block.timestamp - 1, signatures);
        IEpochRoots.Posted memory p = settlement.posted(1);
        assertEq(p.root, e.root);
        assertEq(p.tasksRoot, e.tasksRoot);
        assertEq(p.total, 10);
        assertEq(p.payouts, 1);
        assertEq(p.tasks, 1);
        assertEq(p.position, 1);
        assertEq(p.openChallenges, 0);
        assertEq(p.activeAt, block.timestamp + CHALLENGE);
        assertEq(settlement.bondFor(1), DATA_BOND);
        assertEq(settlement.latestEpoch(), 1);
        assertEq(settlement.standingEpoch(), 1);
        assertEq(settlement.activeEpoch(), 0);
        assertEq(settlement.latestSnapshot(), block.timestamp - 1);
        assertPending(1);
        assertStatus(2, IEpochRoots.Status.None);
        assertEq(settlement.funded(), 10);
        assertEq(token.balanceOf(address(settlement)), 10);
        assertEq(sessions.debitedBy(session, address(settlement)), 10);
    }

    function test_NotOracle() public {
        EpochRoot memory e = epochOf(1, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotOracle.selector, stranger));
        vm.prank(stranger);
        settlement.settle(e, debits, block.timestamp - 1, new bytes[](0));
    }

    function test_NotOracle_whenItsStakeIsTooLow() public {
        vm.prank(holder);
        vault.unstake(oracle, 1);
        expectSettleRevert(epochOf(1, 10), abi.encodeWithSelector(IEpochRoots.NotOracle.selector, oracle));
    }

    function test_EpochNotIncreasing() public {
        expectSettleRevert(epochOf(0, 10), abi.encodeWithSelector(IEpochRoots.EpochNotIncreasing.selector, 0, 0));
        settleOne(2, session, 5, alice, 5);
        expectSettleRevert(epochOf(2, 10), abi.encodeWithSelector(IEpochRoots.EpochNotIncreasing.selector, 2, 2));
        expectSettleRevert(epochOf(1, 10), abi.encodeWithSelector(IEpochRoots.EpochNotIncreasing.selector, 1, 2));
    }

    function test_EpochInFuture() public {
        uint64 current = numbers.currentEpoch();
        expectSettleRevert(
            epochOf(current + 1, 10), abi.encodeWithSelector(IEpochRoots.EpochInFuture.selector, current + 1, current)
        );
        settle(epochOf(current, 10));
    }

    function test_EmptyRoot() public {
        bytes memory reason = abi.encodeWithSelector(IEpochRoots.EmptyRoot.selector);
        EpochRoot memory e = epochOf(1, 10);
        e.root = 0;
        expectSettleRevert(e, reason);
        e = epochOf(1, 10);
        e.payouts = 0;
        expectSettleRevert(e, reason);
        e = epochOf(1, 10);
        e.tasksRoot = 0;
        expectSettleRevert(e, reason);
        e = epochOf(1, 10);
        e.tasks = 0;
        expectSettleRevert(e, reason);
    }

    function test_WrongBase_beforeTheFirstEpochItIsZero() public {
        EpochRoot memory e = epochOf(1, 10);
        e.base = "base";
        expectSettleRevert(e, abi.encodeWithSelector(IEpochRoots.WrongBase.selector, e.base, bytes32(0)));
    }

    function testFuzz_WrongBase_anyButTheRootOfTheLatestEpoch(bytes32 base) public {
        settleOne(1, session, 5, alice, 5);
        bytes32 first = latestRoot();
        settleOne(3, session, 8, alice, 8);
        bytes32 latest = latestRoot();
        vm.assume(base != latest);
        EpochRoot memory e = epochOf(4, 10);
        e.base = base;
        expectSettleRevert(e, abi.encodeWithSelector(IEpochRoots.WrongBase.selector, base, latest));
        e.base = first;
        expectSettleRevert(e, abi.encodeWithSelector(IEpochRoots.WrongBase.selector, first, latest));
        e.base = 0;
        expectSettleRevert(e, abi.encodeWithSelector(IEpochRoots.WrongBase.selector, bytes32(0), latest));
    }

    /// @dev The oracle holds back a signed epoch 1 that pays alice, lets guards sign epoch 2 on the same base, and lands both.
    function test_WrongBase_twoEpochsSignedOnOneBaseCannotBothLand() public {
        bytes32 second = open(1000);
        EpochRoot memory held = epochOf(1, 10);
        VoucherDebit[] memory heldDebits = debitsOf(10);
        bytes[] memory heldSignatures = attest(held, heldDebits, 3);
        EpochRoot memory next = epochFor(2, bob, 15);
        VoucherDebit[] memory nextDebits = single(debitOf(clientKey, second, address(settlement), 1000, 15));
        bytes[] memory nextSignatures = attest(next, nextDebits, 3);

        uint256 state = vm.snapshotState();
        settle(held, heldDebits, block.timestamp - 1, heldSignatures);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.WrongBase.selector, bytes32(0), held.root));
        settle(next, nextDebits, block.timestamp - 1, nextSignatures);
        // Alice has what the held epoch paid her; the second session lost nothing.
        skip(CHALLENGE);
        assertEq(settlement.claim(1, alice, 10, 0, ""), 10);
        assertEq(sessions.debitedBy(second, address(settlement)), 0);

        // The other way round the held epoch is stale for good, and its session keeps its money.
        vm.revertToState(state);
        settle(next, nextDebits, block.timestamp - 1, nextSignatures);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.EpochNotIncreasing.selector, 1, 2));
        settle(held, heldDebits, block.timestamp - 1, heldSignatures);
        assertEq(sessions.debitedBy(session, address(settlement)), 0);
    }

    function test_TotalMismatch_payoutsAreWhatTheTasksCost() public {
        settleOne(1, session, 5, alice, 5);
        EpochRoot memory e = epochOf(2, payouts(alice, 10), tasks("x", 4));
        expectSettleRevert(e, abi.encodeWithSelector(ISettlement.TotalMismatch.selector, 10, 9));
        e = epochOf(2, payouts(alice, 10), tasks("x", 6));
        expectSettleRevert(e, abi.encodeWithSelector(ISettlement.TotalMismatch.selector, 10, 11));
        // A sum of 17 bytes is no way around.
        e = epochOf(2, payouts(alice, 4), tasks("x", type(uint128).max));
        expectSettleRevert(
            e, abi.encodeWithSelector(ISettlement.TotalMismatch.selector, 4, uint256(type(uint128).max) + 5)
        );
    }

    function test_Underfunded() public {
        expectSettleRevert(epochOf(1, 11), abi.encodeWithSelector(ISettlement.Underfunded.selector, 11, 10));
    }

    function test_Underfunded_whatWasSentByHandDoesNotCount() public {
        vm.prank(holder);
        token.transfer(address(settlement), 100);
        expectSettleRevert(epochOf(1, 11), abi.encodeWithSelector(ISettlement.Underfunded.selector, 11, 10));
    }

    function test_takesNothingThatAVoidEpochHasTaken() public {
        bytes32 second = open(1000);
        settle(1, payouts(bob, 6, alice, 4), tasks("x", 10));
        settlement.voidPayoutsUnsorted(
            1, payoutProof(payouts(bob, 6, alice, 4), 0, bob), payoutProof(payouts(bob, 6, alice, 4), 1, alice)
        );
        // The same tasks again and one of another session: only that one pays now.
        EpochRoot memory e = epochOf(2, payouts(alice, 4, bob, 9), tasks("x", 10, "y", 3));
        VoucherDebit[] memory debits = new VoucherDebit[](2);
        debits[0] = debitOf(clientKey, session, address(settlement), 1000, 10);
        debits[1] = debitOf(clientKey, second, address(settlement), 1000, 3);
        vm.expectEmit(address(settlement));
        emit ISettlement.SessionCharged(2, session, 10);
        vm.expectEmit(address(settlement));
        emit ISettlement.SessionCharged(2, second, 3);
        settle(e, debits, block.timestamp - 1, attest(e, debits, 3));
        assertEq(sessions.debitedBy(session, address(settlement)), 10);
        assertEq(sessions.debitedBy(second, address(settlement)), 3);
        assertEq(settlement.funded(), 13);
    }

    function test_aVoidEpochPaysTheNextOneInFull() public {
        Tree memory bad = payouts(bob, 6, alice, 4);
        settle(1, bad, tasks("x", 10));
        settlement.voidPayoutsUnsorted(1, payoutProof(bad, 0, bob), payoutProof(bad, 1, alice));
        settle(2, payouts(alice, 4, bob, 6), tasks("x", 10));
        assertEq(settlement.funded(), 10);
        assertEq(sessions.debitedBy(session, address(settlement)), 10);
        // What the session owes beyond that is taken as ever.
        settle(3, payouts(alice, 4, bob, 7), tasks("y", 1));
        assertEq(settlement.funded(), 11);
    }

    /// @dev What a void epoch brought in pays for the next one, which needs no voucher then.
    function test_anEpochNeedsNoVouchersWhenTheMoneyIsThere() public {
        Tree memory bad = payouts(bob, 6, alice, 4);
        settle(1, bad, tasks("x", 10));
        settlement.voidPayoutsUnsorted(1, payoutProof(bad, 0, bob), payoutProof(bad, 1, alice));
        EpochRoot memory e = epochOf(2, payouts(alice, 4, bob, 6), tasks("x", 10));
        VoucherDebit[] memory none = new VoucherDebit[](0);
        settle(e, none, block.timestamp - 1, attest(e, none, 3));
        assertEq(settlement.funded(), 10);
        assertPending(2);
    }

    function test_parametersAreThoseOfTheSettledEpochAndNeverChangeLater() public {
        uint64 epoch = numbers.currentEpoch();
        numbers.set(Parameter.ChallengeSeconds, 2 * CHALLENGE);
        numbers.set(Parameter.DataSeconds, 2 * DATA_SECONDS);
        numbers.set(Parameter.DataBondWei, 2 * DATA_BOND);
        vm.warp((epoch + 1) * EPOCH_SECONDS);
        settle(epochOf(epoch, 10));
        settle(epochOf(epoch + 1, 20));
        uint256 next = block.timestamp;
        // The window is that of the posting.
        assertEq(settlement.posted(epoch).activeAt, next + 2 * CHALLENGE);
        assertEq(settlement.posted(epoch + 1).activeAt, next + 2 * CHALLENGE);
        vm.warp((epoch + 2) * EPOCH_SECONDS);
        numbers.put(Parameter.ChallengeSeconds, 1);
        numbers.put(Parameter.DataSeconds, 1);
        numbers.put(Parameter.DataBondWei, 1);
        assertEq(settlement.posted(epoch + 1).activeAt, next + 2 * CHALLENGE);
        assertEq(settlement.bondFor(epoch), DATA_BOND);
        assertEq(settlement.bondFor(epoch + 1), 2 * DATA_BOND);
        vm.startPrank(stranger);
        settlement.challenge(epoch, IEpochRoots.Part.Payouts, 0);
        settlement.challenge(epoch + 1, IEpochRoots.Part.Payouts, 0);
        vm.stopPrank();
        IEpochRoots.Challenge memory c = settlement.challengeOf(epoch, IEpochRoots.Part.Payouts, 0);
        assertEq(c.bond, DATA_BOND);
        assertEq(c.deadline, block.timestamp + DATA_SECONDS);
        c = settlement.challengeOf(epoch + 1, IEpochRoots.Part.Payouts, 0);
        assertEq(c.bond, 2 * DATA_BOND);
        assertEq(c.deadline, block.timestamp + 2 * DATA_SECONDS);
    }

    function test_aShorterWindowDoesNotOvertake() public {
        settleOne(1, session, 5, alice, 5);
        uint256 activeAt = block.timestamp + CHALLENGE;
        numbers.put(Parameter.ChallengeSeconds, 1);
        settleOne(2, session, 6, alice, 6);
        assertEq(settlement.posted(2).activeAt, activeAt);
    }

    function test_aVoucherThatFailsFailsAll() public {
        EpochRoot memory e = epochOf(1, 10);
        VoucherDebit[] memory debits = single(debitOf(oracleKey, session, address(settlement), 10, 10));
        bytes[] memory signatures = attest(e, debits, 3);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.WrongSigner.selector, session, oracle));
        settle(e, debits, block.timestamp - 1, signatures);
    }
}

contract SettlementQuorum is SettlementBase {
    function settleWith(bytes[] memory signatures, uint256 snapshot) internal {
        settle(epochOf(1, 10), debitsOf(10), snapshot, signatures);
    }

    function expectRevertWith(bytes[] memory signatures, uint256 snapshot, bytes memory reason) internal {
        EpochRoot memory e = epochOf(1, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        vm.expectRevert(reason);
        settle(e, debits, snapshot, signatures);
    }

    function test_QuorumNotReached_exactlyTwoThirds() public {
        bytes[] memory signatures = attest(epochOf(1, 10), debitsOf(10), 2);
        expectRevertWith(
            signatures,
            block.timestamp - 1,
            abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 2 * uint256(MIN_STAKE), 3 * uint256(MIN_STAKE))
        );
    }

    function test_oneWeiMoreThanTwoThirdsIsEnough() public {
        vm.startPrank(holder);
        vault.stake(vm.addr(guardKeys[0]), 1);
        vm.stopPrank();
        skip(1);
        settleWith(attest(epochOf(1, 10), debitsOf(10), 2), block.timestamp - 1);
    }

    function test_QuorumNotReached_withNoGuardsAtAll() public {
        bytes[] memory none = new bytes[](0);
        expectRevertWith(none, block.timestamp - 2, abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 0, 0));
    }

    function test_SignersNotSorted_oneGuardThreeTimes() public {
        EpochRoot memory e = epochOf(1, 10);
        bytes32 digest = settlement.attestationDigest(e, settlement.hashDebits(debitsOf(10)));
        address guard = vm.addr(guardKeys[0]);
        bytes[] memory signatures = new bytes[](3);
        signatures[0] = signatures[1] = signatures[2] = sign(guardKeys[0], digest);
        expectRevertWith(
            signatures, block.timestamp - 1, abi.encodeWithSelector(Quorum.SignersNotSorted.selector, guard, guard)
        );
    }

    function test_NoWeight() public {
        uint256[] memory keys = new uint256[](1);
        keys[0] = clientKey;
        EpochRoot memory e = epochOf(1, 10);
        bytes[] memory signatures =
            signSorted(keys, settlement.attestationDigest(e, settlement.hashDebits(debitsOf(10))));
        expectRevertWith(signatures, block.timestamp - 1, abi.encodeWithSelector(Quorum.NoWeight.selector, client));
    }

    function test_weightsAreThoseOfTheSnapshot() public {
        uint256 snapshot = block.timestamp - 1;
        // A newcomer with most of the stake can neither sign for the snapshot nor outvote it.
        register(uint256(keccak256("whale")), Roles.GUARD, 10_000 ether);
        vm.prank(holder);
        registry.deregister(vm.addr(guardKeys[0]));
        skip(1);
        settleWith(attest(epochOf(1, 10), debitsOf(10), 3), snapshot);
    }

    function test_InvalidSnapshot_now() public {
        bytes[] memory signatures = attest(epochOf(1, 10), debitsOf(10), 3);
        expectRevertWith(
            signatures, block.timestamp, abi.encodeWithSelector(IEpochRoots.InvalidSnapshot.selector, block.timestamp)
        );
    }

    function test_InvalidSnapshot_tooOld() public {
        uint256 snapshot = block.timestamp - 1;
        skip(SNAPSHOT_AGE_MAX);
        bytes[] memory signatures = attest(epochOf(1, 10), debitsOf(10), 3);
        expectRevertWith(signatures, snapshot, abi.encodeWithSelector(IEpochRoots.InvalidSnapshot.selector, snapshot));
        settleWith(signatures, snapshot + 1);
    }

    function test_theSnapshotOfTheLastEpochStillDoes() public {
        settleOne(1, session, 5, alice, 5);
        uint256 snapshot = block.timestamp - 1;
        skip(10);
        EpochRoot memory e = epochOf(2, 10);
        settle(e, debitsOf(10), snapshot, attest(e, debitsOf(10), 3));
    }

    function test_InvalidSignature() public {
        bytes[] memory signatures = attest(epochOf(1, 10), debitsOf(10), 3);
        (bytes32 r, bytes32 vs) = (bytes32(uint256(1)), bytes32(uint256(2)));
        signatures[0] = abi.encodePacked(r, vs);
        expectRevertWith(
            signatures, block.timestamp - 1, abi.encodeWithSelector(StrictSignature.InvalidSignature.selector)
        );
    }

    /// @dev The same statement, signed for another Settlement or another chain.
    function test_NoWeight_aSignatureForAnotherDomain() public {
        bytes[] memory signatures;
        Settlement mine = settlement;
        EpochRoot memory e = epochOf(1, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        settlement = new Settlement(token, registry, sessions, numbers, treasury);
        signatures = attest(e, debits, 3);
        settlement = mine;
        vm.expectRevert();
        settle(e, debits, block.timestamp - 1, signatures);
        vm.chainId(2);
        signatures = attest(e, debits, 3);
        vm.chainId(31_337);
        vm.expectRevert();
        settle(e, debits, block.timestamp - 1, signatures);
    }

    function test_InvalidSnapshot_beforeTheLastOne() public {
        skip(10);
        settleOne(1, session, 5, alice, 5);
        EpochRoot memory e = epochOf(2, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        bytes[] memory signatures = attest(e, debits, 3);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.InvalidSnapshot.selector, block.timestamp - 2));
        settle(e, debits, block.timestamp - 2, signatures);
    }

    function test_NoWeight_guardsSignForEachDebit() public {
        EpochRoot memory e = epochOf(1, 100);
        bytes[] memory signatures = attest(e, debitsOf(100), 1);
        // Of the same voucher the oracle takes one wei more than the guard signed for.
        VoucherDebit[] memory more = debitsOf(101);
        vm.expectPartialRevert(Quorum.NoWeight.selector);
        settle(e, more, block.timestamp - 1, signatures);
    }

    function testFuzz_aSignatureOverAnythingElseDoesNotCount(uint8 field, uint256 salt) public {
        vm.assume(salt != 0);
        EpochRoot memory e = epochOf(1, 10);
        EpochRoot memory other = epochOf(1, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        bytes32 debitsHash = settlement.hashDebits(debits);
        field = field % 9;
        if (field == 0) other.epoch ^= uint64(bound(salt, 1, type(uint64).max));
        else if (field == 1) other.root ^= bytes32(salt);
        else if (field == 2) other.total ^= uint128(bound(salt, 1, type(uint128).max));
        else if (field == 3) other.tasksRoot ^= bytes32(salt);
        else if (field == 4) other.base ^= bytes32(salt);
        else if (field == 5) other.payouts ^= uint32(bound(salt, 1, type(uint32).max));
        else if (field == 6) other.tasks ^= uint32(bound(salt, 1, type(uint32).max));
        else if (field == 7) other.tasksTotal ^= uint128(bound(salt, 1, type(uint128).max));
        else debitsHash ^= bytes32(salt);
        uint256[] memory keys = new uint256[](1);
        keys[0] = guardKeys[0];
        bytes[] memory signatures = signSorted(keys, settlement.attestationDigest(other, debitsHash));
        // The signature recovers to somebody, but never to a guard.
        vm.expectPartialRevert(Quorum.NoWeight.selector);
        settle(e, debits, block.timestamp - 1, signatures);
    }
}

contract SettlementClaim is SettlementBase {
    using Trees for Tree;

    function test_NotActive_beforeTheWindowIsOver() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE - 1);
        assertPending(1);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotActive.selector, 1));
        settlement.claim(1, alice, 10, 0, "");
        skip(1);
        assertActive(1);
        settlement.claim(1, alice, 10, 0, "");
    }

    function test_NotActive_anEpochThatNeverWas() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotActive.selector, 2));
        settlement.claim(2, alice, 10, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NotActive.selector, 0));
        settlement.claim(0, alice, 10, 0, "");
    }

    function test_anyoneClaimsForAnAccountAfterTheWindow() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE);
        assertEq(settlement.activeEpoch(), 1);
        vm.expectEmit(address(settlement));
        emit IEpochRoots.Claimed(alice, 1, 10, 10);
        vm.prank(stranger);
        assertEq(settlement.claim(1, alice, 10, 0, ""), 10);
        assertEq(token.balanceOf(alice), 10);
        assertEq(settlement.claimed(alice), 10);
        assertEq(settlement.totalClaimed(), 10);
    }

    function test_NothingToClaim_twice() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE);
        settlement.claim(1, alice, 10, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NothingToClaim.selector, alice, 10, 10));
        settlement.claim(1, alice, 10, 0, "");
    }

    function test_aPendingRootDoesNotHideTheActiveOne() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE);
        settleOne(2, session, 30, alice, 30);
        assertEq(settlement.activeEpoch(), 1);
        settlement.claim(1, alice, 10, 0, "");
        skip(CHALLENGE);
        assertEq(settlement.activeEpoch(), 2);
        assertEq(settlement.claim(2, alice, 30, 0, ""), 20);
    }

    function test_anOlderActiveRootStillPaysWhatIsLeftOfIt() public {
        settle(1, payouts(alice, 4, bob, 6), tasks("x", 10));
        settle(2, payouts(alice, 10, bob, 10), tasks("y", 10));
        skip(CHALLENGE);
        settlement.claim(2, bob, 10, 1, payouts(alice, 10, bob, 10).proof(1));
        assertEq(settlement.claim(1, alice, 4, 0, payouts(alice, 4, bob, 6).proof(0)), 4);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.NothingToClaim.selector, bob, 6, 10));
        settlement.claim(1, bob, 6, 1, payouts(alice, 4, bob, 6).proof(1));
        assertEq(settlement.claim(2, alice, 10, 0, payouts(alice, 10, bob, 10).proof(0)), 6);
    }

    function test_severalRootsMayWaitSideBySide() public {
        settleOne(1, session, 10, alice, 10);
        skip(1 minutes);
        settleOne(2, session, 20, alice, 20);
        skip(CHALLENGE - 1 minutes);
        assertEq(settlement.activeEpoch(), 1);
        assertPending(2);
        skip(1 minutes);
        assertEq(settlement.activeEpoch(), 2);
        assertActive(1);
    }

    function test_InvalidProof() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE);
        vm.expectRevert(IEpochRoots.InvalidProof.selector);
        settlement.claim(1, alice, 11, 0, "");
        vm.expectRevert(IEpochRoots.InvalidProof.selector);
        settlement.claim(1, bob, 10, 0, "");
        vm.expectRevert(IEpochRoots.InvalidProof.selector);
        settlement.claim(1, alice, 10, 1, "");
    }

    /// @dev A root that drops alice after she was paid, and that nobody voided, cannot take what others brought in.
    function test_TotalExceeded() public {
        settle(1, payouts(alice, 10), tasks("x", 10));
        skip(CHALLENGE);
        settlement.claim(1, alice, 10, 0, "");
        settle(2, payouts(bob, 15), tasks("y", 5));
        skip(CHALLENGE);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.TotalExceeded.selector, 25, 15));
        settlement.claim(2, bob, 15, 0, "");
        settle(3, payouts(bob, 25), tasks("z", 10));
        skip(CHALLENGE);
        // Against the newest active total, whatever root the claim is of.
        assertEq(settlement.claim(2, bob, 15, 0, ""), 15);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.TotalExceeded.selector, 35, 25));
        settlement.claim(3, bob, 25, 0, "");
    }

    function testFuzz_leavesArePaidToTheWei(uint96 x, uint96 y, uint96 z) public {
        uint128[3] memory values = [uint128(bound(x, 1, 333)), uint128(bound(y, 1, 333)), uint128(bound(z, 1, 333))];
        Tree memory t = payouts(alice, values[0], bob, values[1], carol, values[2]);
        settle(1, t, tasks("x", t.total()));
        skip(CHALLENGE);
        address[3] memory accounts = [alice, bob, carol];
        for (uint32 i = 0; i < 3; ++i) {
            assertEq(settlement.claim(1, accounts[i], values[i], i, t.proof(i)), values[i]);
            assertEq(token.balanceOf(accounts[i]), values[i]);
        }
        assertEq(token.balanceOf(address(settlement)), 0);
    }
}
