// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISessionManager } from "../../src/interfaces/ISessionManager.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { Settlement } from "../../src/l2/Settlement.sol";
import { PayoutTree } from "../../src/libraries/PayoutTree.sol";
import { EpochRoot } from "../../src/types/Attestation.sol";
import { Roles } from "../../src/types/Roles.sol";
import { VoucherDebit } from "../../src/types/Voucher.sol";
import { Base } from "../utils/Base.t.sol";
import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

abstract contract SettlementBase is Base {
    bytes32 internal session;
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");

    function setUp() public virtual override {
        super.setUp();
        session = open(1000);
        registerCommittee();
    }

    function epochOf(uint64 epoch, uint256 total) internal view returns (EpochRoot memory) {
        return EpochRoot(epoch, PayoutTree.leaf(alice, total), latestRoot(), total, "tasks");
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

    function expectSettleRevert(EpochRoot memory e, bytes memory reason) internal {
        VoucherDebit[] memory debits = debitsOf(10);
        bytes[] memory signatures = attest(e, debits, 3);
        vm.expectRevert(reason);
        settle(e, debits, block.timestamp - 1, signatures);
    }
}

contract SettlementConstructor is SettlementBase {
    function test_SnapshotOutlivesStake() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.SnapshotOutlivesStake.selector, UNBONDING + 1, UNBONDING));
        new Settlement(token, registry, sessions, treasury, CHALLENGE, UNBONDING + 1);
    }

    function test_ZeroAddress() public {
        vm.expectRevert(ISettlement.ZeroAddress.selector);
        new Settlement(token, registry, sessions, address(0), CHALLENGE, UNBONDING);
    }

    function test_theSplitIsWhole() public view {
        assertEq(
            settlement.MINER_BPS() + settlement.ROUTER_BPS() + settlement.GUARDS_BPS() + settlement.ORACLE_BPS()
                + settlement.TREASURY_BPS(),
            10_000
        );
    }
}

contract SettlementSettle is SettlementBase {
    function test_postsTheRootAndRedeemsTheVouchers() public {
        EpochRoot memory e = epochOf(1, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        bytes[] memory signatures = attest(e, debits, 3);
        vm.expectEmit(address(settlement));
        emit ISettlement.EpochSettled(1, e.root, 10, "tasks", block.timestamp + CHALLENGE, 10, oracle);
        settle(e, debits, block.timestamp - 1, signatures);
        ISettlement.Posted memory p = settlement.posted(1);
        assertEq(p.root, e.root);
        assertEq(p.total, 10);
        assertEq(p.activeAt, block.timestamp + CHALLENGE);
        assertEq(settlement.latestEpoch(), 1);
        assertEq(settlement.activeEpoch(), 0);
        assertEq(settlement.funded(), 10);
        assertEq(token.balanceOf(address(settlement)), 10);
        assertEq(sessions.debitedBy(session, address(settlement)), 10);
    }

    function test_NotOracle() public {
        EpochRoot memory e = epochOf(1, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOracle.selector, stranger));
        vm.prank(stranger);
        settlement.settle(e, debits, block.timestamp - 1, new bytes[](0));
    }

    function test_NotOracle_whenItsStakeIsTooLow() public {
        vm.prank(holder);
        vault.unstake(oracle, 1);
        expectSettleRevert(epochOf(1, 10), abi.encodeWithSelector(ISettlement.NotOracle.selector, oracle));
    }

    function test_EpochNotIncreasing() public {
        expectSettleRevert(epochOf(0, 10), abi.encodeWithSelector(ISettlement.EpochNotIncreasing.selector, 0, 0));
        settleOne(2, session, 5, alice, 5);
        expectSettleRevert(epochOf(2, 10), abi.encodeWithSelector(ISettlement.EpochNotIncreasing.selector, 2, 2));
        expectSettleRevert(epochOf(1, 10), abi.encodeWithSelector(ISettlement.EpochNotIncreasing.selector, 1, 2));
    }

    function test_EmptyRoot() public {
        expectSettleRevert(EpochRoot(1, 0, 0, 10, 0), abi.encodeWithSelector(ISettlement.EmptyRoot.selector));
    }

    function test_WrongBase_beforeTheFirstEpochItIsZero() public {
        EpochRoot memory e = epochOf(1, 10);
        e.base = "base";
        expectSettleRevert(e, abi.encodeWithSelector(ISettlement.WrongBase.selector, e.base, bytes32(0)));
    }

    function testFuzz_WrongBase_anyButTheRootOfTheLatestEpoch(bytes32 base) public {
        settleOne(1, session, 5, alice, 5);
        bytes32 first = latestRoot();
        settleOne(3, session, 8, alice, 8);
        bytes32 latest = latestRoot();
        vm.assume(base != latest);
        EpochRoot memory e = epochOf(4, 10);
        e.base = base;
        expectSettleRevert(e, abi.encodeWithSelector(ISettlement.WrongBase.selector, base, latest));
        e.base = first;
        expectSettleRevert(e, abi.encodeWithSelector(ISettlement.WrongBase.selector, first, latest));
        e.base = 0;
        expectSettleRevert(e, abi.encodeWithSelector(ISettlement.WrongBase.selector, bytes32(0), latest));
    }

    /// @dev The oracle holds back a signed epoch 1 that pays alice, lets guards sign epoch 2 on the same base, and lands both.
    function test_WrongBase_twoEpochsSignedOnOneBaseCannotBothLand() public {
        bytes32 second = open(1000);
        EpochRoot memory held = epochOf(1, 10);
        VoucherDebit[] memory heldDebits = debitsOf(10);
        bytes[] memory heldSignatures = attest(held, heldDebits, 3);
        EpochRoot memory next = EpochRoot(2, PayoutTree.leaf(bob, 15), latestRoot(), 15, "tasks");
        VoucherDebit[] memory nextDebits = single(debitOf(clientKey, second, address(settlement), 1000, 15));
        bytes[] memory nextSignatures = attest(next, nextDebits, 3);

        uint256 state = vm.snapshotState();
        settle(held, heldDebits, block.timestamp - 1, heldSignatures);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongBase.selector, bytes32(0), held.root));
        settle(next, nextDebits, block.timestamp - 1, nextSignatures);
        // Alice has what the held epoch paid her; the second session lost nothing.
        skip(CHALLENGE);
        assertEq(settlement.claim(alice, 10, new bytes32[](0)), 10);
        assertEq(sessions.debitedBy(second, address(settlement)), 0);

        // The other way round the held epoch is stale for good, and its session keeps its money.
        vm.revertToState(state);
        settle(next, nextDebits, block.timestamp - 1, nextSignatures);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EpochNotIncreasing.selector, 1, 2));
        settle(held, heldDebits, block.timestamp - 1, heldSignatures);
        assertEq(sessions.debitedBy(session, address(settlement)), 0);
    }

    function test_TotalDecreased() public {
        settleOne(1, session, 5, alice, 5);
        expectSettleRevert(epochOf(2, 4), abi.encodeWithSelector(ISettlement.TotalDecreased.selector, 4, 5));
    }

    function test_Underfunded() public {
        expectSettleRevert(epochOf(1, 11), abi.encodeWithSelector(ISettlement.Underfunded.selector, 11, 10));
    }

    function test_Underfunded_whatWasSentByHandDoesNotCount() public {
        vm.prank(holder);
        token.transfer(address(settlement), 100);
        expectSettleRevert(epochOf(1, 11), abi.encodeWithSelector(ISettlement.Underfunded.selector, 11, 10));
    }

    function test_aRootNeedsNoDebitsWhenItIsFundedAlready() public {
        settleOne(1, session, 10, alice, 5);
        EpochRoot memory e = epochOf(2, 10);
        VoucherDebit[] memory none = new VoucherDebit[](0);
        settle(e, none, block.timestamp - 1, attest(e, none, 3));
        assertEq(settlement.funded(), 10);
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
            abi.encodeWithSelector(
                ISettlement.QuorumNotReached.selector, 2 * uint256(MIN_STAKE), 3 * uint256(MIN_STAKE)
            )
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
        expectRevertWith(none, block.timestamp - 2, abi.encodeWithSelector(ISettlement.QuorumNotReached.selector, 0, 0));
    }

    function test_SignersNotSorted_oneGuardThreeTimes() public {
        EpochRoot memory e = epochOf(1, 10);
        bytes32 digest = settlement.attestationDigest(e, settlement.hashDebits(debitsOf(10)));
        address guard = vm.addr(guardKeys[0]);
        bytes[] memory signatures = new bytes[](3);
        signatures[0] = signatures[1] = signatures[2] = sign(guardKeys[0], digest);
        expectRevertWith(
            signatures, block.timestamp - 1, abi.encodeWithSelector(ISettlement.SignersNotSorted.selector, guard, guard)
        );
    }

    function test_NotGuard() public {
        uint256[] memory keys = new uint256[](1);
        keys[0] = clientKey;
        EpochRoot memory e = epochOf(1, 10);
        bytes[] memory signatures =
            signSorted(keys, settlement.attestationDigest(e, settlement.hashDebits(debitsOf(10))));
        expectRevertWith(signatures, block.timestamp - 1, abi.encodeWithSelector(ISettlement.NotGuard.selector, client));
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
            signatures, block.timestamp, abi.encodeWithSelector(ISettlement.InvalidSnapshot.selector, block.timestamp)
        );
    }

    function test_InvalidSnapshot_tooOld() public {
        uint256 snapshot = block.timestamp - 1;
        skip(SNAPSHOT_AGE_MAX);
        bytes[] memory signatures = attest(epochOf(1, 10), debitsOf(10), 3);
        expectRevertWith(signatures, snapshot, abi.encodeWithSelector(ISettlement.InvalidSnapshot.selector, snapshot));
    }

    function test_InvalidSnapshot_beforeTheLastOne() public {
        skip(10);
        settleOne(1, session, 5, alice, 5);
        EpochRoot memory e = epochOf(2, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        bytes[] memory signatures = attest(e, debits, 3);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidSnapshot.selector, block.timestamp - 2));
        settle(e, debits, block.timestamp - 2, signatures);
    }

    function testFuzz_aSignatureOverAnythingElseDoesNotCount(uint8 field, uint256 salt) public {
        vm.assume(salt != 0);
        EpochRoot memory e = epochOf(1, 10);
        EpochRoot memory other = epochOf(1, 10);
        VoucherDebit[] memory debits = debitsOf(10);
        bytes32 debitsHash = settlement.hashDebits(debits);
        field = field % 6;
        if (field == 0) other.epoch ^= uint64(bound(salt, 1, type(uint64).max));
        else if (field == 1) other.root ^= bytes32(salt);
        else if (field == 2) other.total ^= salt;
        else if (field == 3) other.tasksRoot ^= bytes32(salt);
        else if (field == 4) other.base ^= bytes32(salt);
        else debitsHash ^= bytes32(salt);
        uint256[] memory keys = new uint256[](1);
        keys[0] = guardKeys[0];
        bytes[] memory signatures = signSorted(keys, settlement.attestationDigest(other, debitsHash));
        // The signature recovers to somebody, but never to a guard.
        vm.expectPartialRevert(ISettlement.NotGuard.selector);
        settle(e, debits, block.timestamp - 1, signatures);
    }
}

contract SettlementClaim is SettlementBase {
    bytes32[] internal noProof;

    function test_NoActiveRoot() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE - 1);
        vm.expectRevert(ISettlement.NoActiveRoot.selector);
        settlement.claim(alice, 10, noProof);
    }

    function test_anyoneClaimsForAnAccountAfterTheWindow() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE);
        assertEq(settlement.activeEpoch(), 1);
        vm.prank(stranger);
        assertEq(settlement.claim(alice, 10, noProof), 10);
        assertEq(token.balanceOf(alice), 10);
        assertEq(settlement.claimed(alice), 10);
    }

    function test_NothingToClaim_twice() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE);
        settlement.claim(alice, 10, noProof);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingToClaim.selector, alice, 10, 10));
        settlement.claim(alice, 10, noProof);
    }

    function test_aPendingRootDoesNotHideTheActiveOne() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE);
        settleOne(2, session, 30, alice, 30);
        assertEq(settlement.activeEpoch(), 1);
        settlement.claim(alice, 10, noProof);
        skip(CHALLENGE);
        assertEq(settlement.claim(alice, 30, noProof), 20);
    }

    function test_severalRootsMayWaitSideBySide() public {
        settleOne(1, session, 10, alice, 10);
        skip(1 minutes);
        settleOne(2, session, 20, alice, 20);
        skip(CHALLENGE - 1 minutes);
        assertEq(settlement.activeEpoch(), 1);
        skip(1 minutes);
        assertEq(settlement.activeEpoch(), 2);
    }

    function test_InvalidProof() public {
        settleOne(1, session, 10, alice, 10);
        skip(CHALLENGE);
        vm.expectRevert(ISettlement.InvalidProof.selector);
        settlement.claim(alice, 11, noProof);
        vm.expectRevert(ISettlement.InvalidProof.selector);
        settlement.claim(bob, 10, noProof);
    }

    /// @dev Even a quorum that signs a root with more than its total cannot take what other epochs brought in.
    function test_TotalExceeded() public {
        bytes32 a = PayoutTree.leaf(alice, 8);
        bytes32 b = PayoutTree.leaf(bob, 8);
        EpochRoot memory e = EpochRoot(1, Hashes.commutativeKeccak256(a, b), 0, 10, 0);
        VoucherDebit[] memory debits = debitsOf(20);
        settle(e, debits, block.timestamp - 1, attest(e, debits, 3));
        skip(CHALLENGE);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = b;
        settlement.claim(alice, 8, proof);
        proof[0] = a;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TotalExceeded.selector, 16, 10));
        settlement.claim(bob, 8, proof);
    }

    function testFuzz_twoLeavesArePaidToTheWei(uint96 x, uint96 y) public {
        x = uint96(bound(x, 1, 499));
        y = uint96(bound(y, 1, 499));
        bytes32 a = PayoutTree.leaf(alice, x);
        bytes32 b = PayoutTree.leaf(bob, y);
        EpochRoot memory e = EpochRoot(1, Hashes.commutativeKeccak256(a, b), 0, uint256(x) + y, 0);
        VoucherDebit[] memory debits = debitsOf(uint256(x) + y);
        settle(e, debits, block.timestamp - 1, attest(e, debits, 3));
        skip(CHALLENGE);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = b;
        settlement.claim(alice, x, proof);
        proof[0] = a;
        settlement.claim(bob, y, proof);
        assertEq(token.balanceOf(alice), x);
        assertEq(token.balanceOf(bob), y);
        assertEq(token.balanceOf(address(settlement)), 0);
    }
}
