// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ICheckpointAnchor } from "../../src/interfaces/ICheckpointAnchor.sol";
import { CheckpointAnchor } from "../../src/layers/CheckpointAnchor.sol";
import { BlockHeader } from "../../src/libraries/BlockHeader.sol";
import { Quorum } from "../../src/libraries/Quorum.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { Checkpoint } from "../../src/types/Checkpoint.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Roles } from "../../src/types/Roles.sol";
import { LayersBase } from "../utils/Layers.t.sol";
import { State } from "../utils/Trie.sol";

abstract contract CheckpointAnchorBase is LayersBase {
    bytes32 internal constant ROOT = "root";
    bytes32 internal constant OTHER = "other root";

    function submit(uint64 number, uint256 snapshot, bytes[] memory signatures) internal {
        anchor.submit(State.header(number, ROOT), snapshot, signatures);
    }

    function expectSubmitRevert(uint64 number, uint256 snapshot, uint256 signers, bytes memory reason) internal {
        bytes memory header = State.header(number, ROOT);
        bytes[] memory signatures = signed(checkpointOf(number, ROOT), signers);
        vm.expectRevert(reason);
        anchor.submit(header, snapshot, signatures);
    }

    function now_() internal view returns (uint256) {
        return block.timestamp - 1;
    }
}

contract CheckpointAnchorConstructor is CheckpointAnchorBase {
    function test_isFixedForGood() public view {
        assertEq(address(anchor.weights()), address(oracles));
        assertEq(anchor.role(), Roles.ORACLE);
        assertEq(anchor.remoteChainId(), THERE);
        assertEq(address(anchor.parameters()), address(parameters));
        assertEq(anchor.latest(), 0);
    }
}

contract CheckpointAnchorCheckpointDigest is CheckpointAnchorBase {
    function test_isTheTypedHashOfTheDomain() public view {
        Checkpoint memory c = Checkpoint(7, "hash", "state");
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("cortensord"),
                keccak256("1"),
                HERE,
                address(anchor)
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Checkpoint(uint256 chainId,uint64 number,bytes32 hash,bytes32 stateRoot)"),
                THERE,
                uint64(7),
                bytes32("hash"),
                bytes32("state")
            )
        );
        assertEq(anchor.checkpointDigest(c), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }
}

contract CheckpointAnchorSubmit is CheckpointAnchorBase {
    function test_postsWhatTheHeaderSays() public {
        Checkpoint memory c = checkpointOf(10, ROOT);
        bytes[] memory signatures = signed(c, 3);
        vm.expectEmit(address(anchor));
        emit ICheckpointAnchor.CheckpointSubmitted(10, c.hash, ROOT, now_(), block.timestamp + WINDOW);
        vm.prank(stranger);
        submit(10, now_(), signatures);
        ICheckpointAnchor.Posted memory p = anchor.posted(10);
        assertEq(p.hash, c.hash);
        assertEq(p.stateRoot, ROOT);
        assertEq(p.finalAt, block.timestamp + WINDOW);
        assertEq(p.snapshot, now_());
        assertFalse(p.voided);
        assertEq(anchor.latest(), 10);
        assertEq(anchor.latestSnapshot(), now_());
    }

    function test_theWindowIsTheOneAtPosting() public {
        post(10, ROOT);
        uint256 finalAt = anchor.posted(10).finalAt;
        parameters.put(Parameter.CheckpointChallengeSeconds, 5 * WINDOW);
        assertEq(anchor.posted(10).finalAt, finalAt);
        skip(WINDOW);
        assertEq(anchor.stateRoot(10), ROOT);
        post(11, ROOT);
        assertEq(anchor.posted(11).finalAt, block.timestamp + 5 * WINDOW);
    }

    function test_aShorterWindowLetsNoCheckpointOvertakeTheOneBefore() public {
        post(10, ROOT);
        uint256 finalAt = anchor.posted(10).finalAt;
        parameters.put(Parameter.CheckpointChallengeSeconds, 1);
        skip(2);
        post(11, OTHER);
        assertEq(anchor.posted(11).finalAt, finalAt);
    }

    function test_RevertWhen_TheHeaderIsWrong() public {
        bytes[] memory signatures = signed(checkpointOf(10, ROOT), 3);
        bytes memory header = State.header(10, ROOT, 14, "");
        vm.expectRevert(BlockHeader.InvalidHeader.selector);
        anchor.submit(header, now_(), signatures);
        // Another block than the one that was signed gives other signers.
        header = State.header(10, OTHER);
        vm.expectRevert();
        anchor.submit(header, now_(), signatures);
    }

    function testFuzz_RevertWhen_OneFieldOfTheStatementIsAnother(uint8 field) public {
        Checkpoint memory c = checkpointOf(10, ROOT);
        if (field % 3 == 0) c.number = 11;
        else if (field % 3 == 1) c.hash = "hash";
        else c.stateRoot = OTHER;
        bytes[] memory signatures = signed(c, 3);
        bytes memory header = State.header(10, ROOT);
        vm.expectRevert();
        anchor.submit(header, now_(), signatures);
    }

    function test_RevertWhen_SignedForAnotherAnchorOrChain() public {
        Checkpoint memory c = checkpointOf(10, ROOT);
        CheckpointAnchor right = anchor;
        anchor = new CheckpointAnchor(oracles, Roles.ORACLE, THERE, parameters);
        bytes[] memory signatures = signed(c, 3);
        vm.expectRevert();
        right.submit(State.header(10, ROOT), now_(), signatures);
        anchor = new CheckpointAnchor(oracles, Roles.ORACLE, THERE + 1, parameters);
        signatures = signed(c, 3);
        vm.expectRevert();
        right.submit(State.header(10, ROOT), now_(), signatures);
    }

    function test_RevertWhen_NumberNotIncreasing() public {
        post(10, ROOT);
        expectSubmitRevert(
            10, now_(), 3, abi.encodeWithSelector(ICheckpointAnchor.NumberNotIncreasing.selector, 10, 10)
        );
        expectSubmitRevert(9, now_(), 3, abi.encodeWithSelector(ICheckpointAnchor.NumberNotIncreasing.selector, 9, 10));
        post(11, ROOT);
    }

    function test_theFirstMayBeTheGenesisBlock() public {
        postFinal(0, ROOT);
        assertEq(anchor.stateRoot(0), ROOT);
        assertEq(anchor.latestFinal(), 0);
        expectSubmitRevert(0, now_(), 3, abi.encodeWithSelector(ICheckpointAnchor.NumberNotIncreasing.selector, 0, 0));
    }

    function test_RevertWhen_QuorumNotReached() public {
        expectSubmitRevert(10, now_(), 2, abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 2, 4));
        expectSubmitRevert(10, now_(), 0, abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 0, 4));
    }

    /// @dev Two of three is two thirds, and that is not more than two thirds.
    function test_RevertWhen_ExactlyTwoThirds() public {
        vm.prank(governance);
        oracles.remove(vm.addr(keys[3]));
        skip(1);
        expectSubmitRevert(10, now_(), 2, abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 2, 3));
        post(10, ROOT);
    }

    function test_RevertWhen_ASignerIsNoOracle() public {
        address gone = vm.addr(keys[1]);
        vm.prank(governance);
        oracles.remove(gone);
        skip(1);
        expectSubmitRevert(10, now_(), 3, abi.encodeWithSelector(Quorum.NoWeight.selector, gone));
        // At the second before it still was.
        submit(10, now_() - 1, signed(checkpointOf(10, ROOT), 3));
    }

    function test_RevertWhen_ASignerCountsTwice() public {
        bytes[] memory signatures = signed(checkpointOf(10, ROOT), 3);
        signatures[2] = signatures[1];
        address signer = vm.addr(keys[1]);
        bytes memory header = State.header(10, ROOT);
        vm.expectRevert(abi.encodeWithSelector(Quorum.SignersNotSorted.selector, signer, signer));
        anchor.submit(header, now_(), signatures);
    }

    function test_RevertWhen_ASignatureIsMalformed() public {
        bytes[] memory signatures = signed(checkpointOf(10, ROOT), 3);
        signatures[1] = hex"00";
        bytes memory header = State.header(10, ROOT);
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        anchor.submit(header, now_(), signatures);
    }

    function test_RevertWhen_AnotherRole() public {
        anchor = new CheckpointAnchor(oracles, Roles.GUARD, THERE, parameters);
        expectSubmitRevert(10, now_(), 3, abi.encodeWithSelector(Quorum.NoWeight.selector, vm.addr(keys[0])));
    }

    function test_RevertWhen_TheSnapshotIsNotPast() public {
        expectSubmitRevert(
            10, block.timestamp, 3, abi.encodeWithSelector(ICheckpointAnchor.InvalidSnapshot.selector, block.timestamp)
        );
    }

    function test_RevertWhen_TheSnapshotIsTooOld() public {
        skip(2 * AGE_MAX);
        uint256 oldest = block.timestamp - AGE_MAX;
        expectSubmitRevert(
            10, oldest - 1, 3, abi.encodeWithSelector(ICheckpointAnchor.InvalidSnapshot.selector, oldest - 1)
        );
        submit(10, oldest, signed(checkpointOf(10, ROOT), 3));
    }

    function test_RevertWhen_TheSnapshotIsBeforeTheLastOne() public {
        skip(10);
        submit(10, now_() - 1, signed(checkpointOf(10, ROOT), 3));
        expectSubmitRevert(
            11, now_() - 2, 3, abi.encodeWithSelector(ICheckpointAnchor.InvalidSnapshot.selector, now_() - 2)
        );
        submit(11, now_() - 1, signed(checkpointOf(11, ROOT), 3));
    }

    function test_RevertWhen_TooManyPending() public {
        for (uint64 n = 1; n <= 64; ++n) {
            post(n, ROOT);
            skip(1);
        }
        bytes memory reason = abi.encodeWithSelector(ICheckpointAnchor.TooManyPending.selector);
        expectSubmitRevert(65, now_(), 3, reason);
        uint256 firstFinal = anchor.posted(1).finalAt;
        vm.warp(firstFinal - 1);
        expectSubmitRevert(65, now_(), 3, reason);
        vm.warp(firstFinal);
        post(65, ROOT);
        expectSubmitRevert(66, now_(), 3, reason);
        assertEq(anchor.latestFinal(), 1);
    }

    function test_RevertWhen_TheNumberWasVoided() public {
        post(10, ROOT);
        Checkpoint memory other = checkpointOf(10, OTHER);
        anchor.challenge(other, now_(), signed(other, 2));
        expectSubmitRevert(10, now_(), 3, abi.encodeWithSelector(ICheckpointAnchor.Voided.selector, 10));
        // Every other number that is later than what stands may be posted.
        post(9, OTHER);
        assertEq(anchor.latest(), 9);
        expectSubmitRevert(10, now_(), 3, abi.encodeWithSelector(ICheckpointAnchor.Voided.selector, 10));
        post(11, OTHER);
        assertEq(anchor.latest(), 11);
    }
}

contract CheckpointAnchorStateRoot is CheckpointAnchorBase {
    function test_isBelievedFromTheEndOfTheWindowOn() public {
        post(10, ROOT);
        uint256 finalAt = block.timestamp + WINDOW;
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.NotFinal.selector, 10, finalAt));
        anchor.stateRoot(10);
        vm.warp(finalAt - 1);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.NotFinal.selector, 10, finalAt));
        anchor.stateRoot(10);
        vm.warp(finalAt);
        assertEq(anchor.stateRoot(10), ROOT);
        skip(3650 days);
        assertEq(anchor.stateRoot(10), ROOT);
    }

    function test_RevertWhen_UnknownCheckpoint() public {
        postFinal(10, ROOT);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.UnknownCheckpoint.selector, 9));
        anchor.stateRoot(9);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.UnknownCheckpoint.selector, 11));
        anchor.stateRoot(11);
    }

    function test_RevertWhen_Voided() public {
        post(10, ROOT);
        Checkpoint memory other = checkpointOf(10, OTHER);
        anchor.challenge(other, now_(), signed(other, 2));
        skip(WINDOW);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.Voided.selector, 10));
        anchor.stateRoot(10);
    }
}

contract CheckpointAnchorLatestFinal is CheckpointAnchorBase {
    function test_isTheLargestThatIsFinal() public {
        post(10, ROOT);
        skip(60);
        post(20, ROOT);
        skip(60);
        post(30, ROOT);
        vm.warp(anchor.posted(10).finalAt);
        assertEq(anchor.latestFinal(), 10);
        vm.warp(anchor.posted(20).finalAt - 1);
        assertEq(anchor.latestFinal(), 10);
        skip(1);
        assertEq(anchor.latestFinal(), 20);
        skip(60);
        assertEq(anchor.latestFinal(), 30);
    }

    function test_RevertWhen_NoFinalCheckpoint() public {
        vm.expectRevert(ICheckpointAnchor.NoFinalCheckpoint.selector);
        anchor.latestFinal();
        post(10, ROOT);
        vm.expectRevert(ICheckpointAnchor.NoFinalCheckpoint.selector);
        anchor.latestFinal();
    }
}

contract CheckpointAnchorChallenge is CheckpointAnchorBase {
    Checkpoint internal other;

    function setUp() public override {
        super.setUp();
        post(10, ROOT);
        other = checkpointOf(10, OTHER);
    }

    function test_voidsWithMoreThanAThird() public {
        bytes[] memory signatures = signed(other, 2);
        vm.expectEmit(address(anchor));
        emit ICheckpointAnchor.CheckpointVoided(10, checkpointOf(10, ROOT).hash, other.hash);
        vm.prank(stranger);
        anchor.challenge(other, now_(), signatures);
        assertTrue(anchor.posted(10).voided);
        assertEq(anchor.latest(), 0);
    }

    function test_aRootAloneIsAConflict() public {
        other = checkpointOf(10, ROOT);
        other.stateRoot = OTHER;
        anchor.challenge(other, now_(), signed(other, 2));
        assertTrue(anchor.posted(10).voided);
    }

    function test_aHashAloneIsAConflict() public {
        other = checkpointOf(10, ROOT);
        other.hash = "hash";
        anchor.challenge(other, now_(), signed(other, 2));
        assertTrue(anchor.posted(10).voided);
    }

    function test_RevertWhen_MinorityNotReached() public {
        bytes[] memory signatures = signed(other, 1);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.MinorityNotReached.selector, 1, 4));
        anchor.challenge(other, now_(), signatures);
    }

    /// @dev One of three is a third, and that is not more than a third.
    function test_RevertWhen_ExactlyAThird() public {
        vm.prank(governance);
        oracles.remove(vm.addr(keys[3]));
        skip(1);
        bytes[] memory signatures = signed(other, 1);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.MinorityNotReached.selector, 1, 3));
        anchor.challenge(other, now_(), signatures);
        anchor.challenge(other, now_(), signed(other, 2));
    }

    function test_RevertWhen_NoConflict() public {
        Checkpoint memory same = checkpointOf(10, ROOT);
        bytes[] memory signatures = signed(same, 3);
        vm.expectRevert(ICheckpointAnchor.NoConflict.selector);
        anchor.challenge(same, now_(), signatures);
    }

    function test_RevertWhen_UnknownCheckpoint() public {
        other = checkpointOf(11, OTHER);
        bytes[] memory signatures = signed(other, 3);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.UnknownCheckpoint.selector, 11));
        anchor.challenge(other, now_(), signatures);
    }

    function test_RevertWhen_VoidedBefore() public {
        bytes[] memory signatures = signed(other, 2);
        anchor.challenge(other, now_(), signatures);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.Voided.selector, 10));
        anchor.challenge(other, now_(), signatures);
    }

    function test_RevertWhen_ChallengeOver() public {
        uint256 finalAt = anchor.posted(10).finalAt;
        bytes[] memory signatures = signed(other, 4);
        vm.warp(finalAt);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.ChallengeOver.selector, 10, finalAt));
        anchor.challenge(other, now_(), signatures);
        assertEq(anchor.stateRoot(10), ROOT);
        vm.warp(finalAt - 1);
        anchor.challenge(other, now_(), signatures);
    }

    function test_RevertWhen_TheSnapshotIsNotPast() public {
        bytes[] memory signatures = signed(other, 2);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.InvalidSnapshot.selector, block.timestamp));
        anchor.challenge(other, block.timestamp, signatures);
    }

    function test_RevertWhen_TheSnapshotIsBeforeTheCheckpoints() public {
        bytes[] memory signatures = signed(other, 2);
        uint256 own = anchor.posted(10).snapshot;
        skip(10);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.InvalidSnapshot.selector, own - 1));
        anchor.challenge(other, own - 1, signatures);
        anchor.challenge(other, own, signatures);
    }

    function test_RevertWhen_ASignerIsNoOracle() public {
        bytes[] memory signatures = new bytes[](1);
        (address outsider, uint256 key) = makeAddrAndKey("outsider");
        signatures[0] = sign(key, anchor.checkpointDigest(other));
        vm.expectRevert(abi.encodeWithSelector(Quorum.NoWeight.selector, outsider));
        anchor.challenge(other, now_(), signatures);
    }

    function test_RevertWhen_ASignerCountsTwice() public {
        bytes[] memory signatures = signed(other, 2);
        signatures[1] = signatures[0];
        address signer = vm.addr(keys[0]);
        vm.expectRevert(abi.encodeWithSelector(Quorum.SignersNotSorted.selector, signer, signer));
        anchor.challenge(other, now_(), signatures);
    }

    /// @dev Whichever is voided, the others stay as they are, in their order.
    function testFuzz_theOthersStay(uint8 which, uint8 second) public {
        for (uint64 n = 20; n <= 50; n += 10) {
            skip(1);
            post(n, ROOT);
        }
        uint64 gone = 10 * (1 + which % 5);
        uint64 alsoGone = 10 * (1 + second % 5);
        _void(gone);
        if (alsoGone != gone) _void(alsoGone);
        uint64 expectedLatest = 0;
        skip(WINDOW);
        for (uint64 n = 10; n <= 50; n += 10) {
            if (n == gone || n == alsoGone) {
                vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.Voided.selector, n));
                anchor.stateRoot(n);
            } else {
                assertEq(anchor.stateRoot(n), ROOT);
                expectedLatest = n;
            }
        }
        assertEq(anchor.latest(), expectedLatest);
        assertEq(anchor.latestFinal(), expectedLatest);
        expectSubmitRevert(
            expectedLatest - 1,
            now_(),
            3,
            abi.encodeWithSelector(ICheckpointAnchor.NumberNotIncreasing.selector, expectedLatest - 1, expectedLatest)
        );
        post(51, ROOT);
        assertEq(anchor.latest(), 51);
    }

    /// @dev A voided number, however large, does not stand in the way of honest ones.
    function test_aLyingNumberBlocksNothing() public {
        skip(1);
        post(type(uint64).max, ROOT);
        _void(type(uint64).max);
        post(11, ROOT);
        assertEq(anchor.latest(), 11);
    }

    function _void(uint64 number) private {
        Checkpoint memory c = checkpointOf(number, OTHER);
        anchor.challenge(c, now_(), signed(c, 2));
    }
}

contract CheckpointAnchorEquivocation is CheckpointAnchorBase {
    Checkpoint internal first;
    Checkpoint internal second;

    function setUp() public override {
        super.setUp();
        post(10, ROOT);
        first = checkpointOf(10, ROOT);
        second = checkpointOf(10, OTHER);
    }

    function by(uint256 key, Checkpoint memory c) internal view returns (bytes memory) {
        return sign(key, anchor.checkpointDigest(c));
    }

    function test_voidsByOneWhoSignedBoth() public {
        (bytes memory a, bytes memory b) = (by(keys[0], first), by(keys[0], second));
        vm.expectEmit(address(anchor));
        emit ICheckpointAnchor.Equivocation(vm.addr(keys[0]), 10, first.hash, second.hash);
        vm.expectEmit(address(anchor));
        emit ICheckpointAnchor.CheckpointVoided(10, first.hash, second.hash);
        vm.prank(stranger);
        anchor.challengeEquivocation(first, a, second, b);
        assertTrue(anchor.posted(10).voided);
    }

    function test_theOrderDoesNotMatter() public {
        (bytes memory a, bytes memory b) = (by(keys[0], first), by(keys[0], second));
        vm.expectEmit(address(anchor));
        emit ICheckpointAnchor.CheckpointVoided(10, first.hash, second.hash);
        anchor.challengeEquivocation(second, b, first, a);
    }

    /// @dev The fourth oracle's signature was not needed for the quorum, and is evidence all the same.
    function test_evidenceNeedNotBeInTheQuorum() public {
        anchor.challengeEquivocation(first, by(keys[3], first), second, by(keys[3], second));
        assertTrue(anchor.posted(10).voided);
    }

    function test_aRootAloneIsAConflict() public {
        second = first;
        second.stateRoot = OTHER;
        assertEq(anchor.equivocator(first, by(keys[0], first), second, by(keys[0], second)), vm.addr(keys[0]));
    }

    function test_aHashAloneIsAConflict() public {
        second = first;
        second.hash = "hash";
        assertEq(anchor.equivocator(first, by(keys[0], first), second, by(keys[0], second)), vm.addr(keys[0]));
    }

    function test_evidenceHoldsForGood() public {
        (bytes memory a, bytes memory b) = (by(keys[2], first), by(keys[2], second));
        skip(3650 days);
        assertEq(anchor.equivocator(first, a, second, b), vm.addr(keys[2]));
    }

    function test_RevertWhen_NoConflict() public {
        bytes memory a = by(keys[0], first);
        vm.expectRevert(ICheckpointAnchor.NoConflict.selector);
        anchor.equivocator(first, a, first, a);
        // Two blocks of two numbers are no contradiction.
        second = checkpointOf(11, OTHER);
        bytes memory b = by(keys[0], second);
        vm.expectRevert(ICheckpointAnchor.NoConflict.selector);
        anchor.challengeEquivocation(first, a, second, b);
    }

    function test_RevertWhen_DifferentSigners() public {
        (bytes memory a, bytes memory b) = (by(keys[0], first), by(keys[1], second));
        vm.expectRevert(
            abi.encodeWithSelector(ICheckpointAnchor.DifferentSigners.selector, vm.addr(keys[0]), vm.addr(keys[1]))
        );
        anchor.challengeEquivocation(first, a, second, b);
    }

    function test_RevertWhen_ASignatureIsMalformed() public {
        bytes memory a = by(keys[0], first);
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        anchor.challengeEquivocation(first, a, second, "");
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        anchor.challengeEquivocation(first, "", second, a);
    }

    function test_RevertWhen_NeitherWasPosted() public {
        first = checkpointOf(10, "third");
        (bytes memory a, bytes memory b) = (by(keys[0], first), by(keys[0], second));
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.NotPosted.selector, 10));
        anchor.challengeEquivocation(first, a, second, b);
    }

    function test_RevertWhen_TheSignerHadNoWeight() public {
        (address outsider, uint256 key) = makeAddrAndKey("outsider");
        (bytes memory a, bytes memory b) = (by(key, first), by(key, second));
        vm.expectRevert(abi.encodeWithSelector(Quorum.NoWeight.selector, outsider));
        anchor.challengeEquivocation(first, a, second, b);
        // Nor does a seat that was given after the snapshot count.
        vm.prank(governance);
        oracles.add(outsider);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(Quorum.NoWeight.selector, outsider));
        anchor.challengeEquivocation(first, a, second, b);
    }

    function test_aSeatThatWasTakenAfterTheSnapshotCounts() public {
        vm.prank(governance);
        oracles.remove(vm.addr(keys[0]));
        skip(1);
        anchor.challengeEquivocation(first, by(keys[0], first), second, by(keys[0], second));
        assertTrue(anchor.posted(10).voided);
    }

    function test_RevertWhen_ChallengeOver() public {
        (bytes memory a, bytes memory b) = (by(keys[0], first), by(keys[0], second));
        uint256 finalAt = anchor.posted(10).finalAt;
        vm.warp(finalAt);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.ChallengeOver.selector, 10, finalAt));
        anchor.challengeEquivocation(first, a, second, b);
        vm.warp(finalAt - 1);
        anchor.challengeEquivocation(first, a, second, b);
    }

    function test_RevertWhen_UnknownCheckpoint() public {
        first = checkpointOf(12, ROOT);
        second = checkpointOf(12, OTHER);
        (bytes memory a, bytes memory b) = (by(keys[0], first), by(keys[0], second));
        vm.expectRevert(abi.encodeWithSelector(ICheckpointAnchor.UnknownCheckpoint.selector, 12));
        anchor.challengeEquivocation(first, a, second, b);
    }
}
