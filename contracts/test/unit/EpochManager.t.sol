// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBeacon } from "../../src/interfaces/IBeacon.sol";
import { IEpochManager } from "../../src/interfaces/IEpochManager.sol";
import { EpochManager } from "../../src/l2/EpochManager.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Roles } from "../../src/types/Roles.sol";
import { WorkBase } from "../utils/MocksWork.sol";

abstract contract EpochManagerBase is WorkBase {
    uint64 internal constant GENESIS = uint64(START / EPOCH);
    uint64 internal constant NEXT = GENESIS + 1;
    bytes32 internal constant SALT = "salt";

    EpochManager internal epochs;
    address[4] internal oracles;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = 0; i < oracles.length; ++i) {
            oracles[i] = makeAddr(string.concat("oracle", vm.toString(i)));
        }
        vm.warp(START - 1);
        for (uint256 i = 0; i < oracles.length; ++i) {
            registry.set(oracles[i], makeAddr("owner"), Roles.ORACLE, 1 ether);
        }
        vm.warp(START);
        epochs = new EpochManager(registry, parameters);
    }

    function commitAs(address oracle, uint64 epoch, bytes32 value) internal {
        bytes32 commitment = epochs.commitmentOf(epoch, oracle, value, SALT);
        vm.prank(oracle);
        epochs.commit(epoch, commitment);
    }

    function revealAs(address oracle, uint64 epoch, bytes32 value) internal {
        vm.prank(oracle);
        epochs.reveal(epoch, value, SALT);
    }

    /// @dev Draws `epoch` with one value from each of the first `count` oracles, and stops at its first second.
    function draw(uint64 epoch, uint256 count) internal {
        vm.warp((epoch - 1) * EPOCH);
        for (uint256 i = 0; i < count; ++i) {
            commitAs(oracles[i], epoch, bytes32(i + epoch));
        }
        skip(300);
        for (uint256 i = 0; i < count; ++i) {
            revealAs(oracles[i], epoch, bytes32(i + epoch));
        }
        vm.warp(epoch * EPOCH);
    }

    function expected(uint64 epoch, bytes32 base, address[] memory who, bytes32[] memory values)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(epochs), epoch, base, who, values));
    }
}

contract EpochManagerConstructorTest is EpochManagerBase {
    function test_genesisIsTheHashOfTheBlockBefore() public view {
        assertEq(epochs.genesisEpoch(), GENESIS);
        assertEq(
            epochs.randomness(GENESIS),
            keccak256(abi.encode(block.chainid, address(epochs), GENESIS, blockhash(block.number - 1)))
        );
        assertTrue(epochs.derived(GENESIS));
        assertEq(epochs.leader(GENESIS, START), address(0));
        assertEq(address(epochs.registry()), address(registry));
        assertEq(address(epochs.parameters()), address(parameters));
        assertEq(epochs.ORACLES_MAX(), 64);
    }
}

contract EpochManagerWindowsTest is EpochManagerBase {
    function test_phasesRunInTheEpochBefore() public view {
        (uint256 commitFrom, uint256 revealFrom, uint256 revealUntil) = epochs.windows(NEXT);
        assertEq(commitFrom, START);
        assertEq(revealFrom, START + 300);
        assertEq(revealUntil, START + 500);
    }

    function test_lengthsAreThoseOfTheEpochBefore() public {
        parameters.putAt(Parameter.BeaconCommitSeconds, GENESIS, 10);
        parameters.putAt(Parameter.BeaconRevealSeconds, GENESIS, 20);
        (, uint256 revealFrom, uint256 revealUntil) = epochs.windows(NEXT);
        assertEq(revealFrom, START + 10);
        assertEq(revealUntil, START + 30);
        (, revealFrom, revealUntil) = epochs.windows(NEXT + 1);
        assertEq(revealFrom, START + EPOCH + 300);
        assertEq(revealUntil, START + EPOCH + 500);
    }

    function test_RevertWhen_BeforeGenesis() public {
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.BeforeGenesis.selector, GENESIS));
        epochs.windows(GENESIS);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.BeforeGenesis.selector, 0));
        epochs.windows(0);
    }

    function test_RevertWhen_PhasesTooLong() public {
        parameters.put(Parameter.BeaconRevealSeconds, EPOCH - 300);
        epochs.windows(NEXT);
        parameters.put(Parameter.BeaconRevealSeconds, EPOCH - 300 + 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.PhasesTooLong.selector, 300, EPOCH - 299, EPOCH));
        epochs.windows(NEXT);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.PhasesTooLong.selector, 300, EPOCH - 299, EPOCH));
        vm.prank(oracles[0]);
        epochs.commit(NEXT, "commitment");
    }
}

contract EpochManagerCommitTest is EpochManagerBase {
    function test_countsAndTells() public {
        bytes32 commitment = epochs.commitmentOf(NEXT, oracles[0], "value", SALT);
        vm.expectEmit(address(epochs));
        emit IEpochManager.RandomnessCommitted(NEXT, oracles[0], commitment);
        vm.prank(oracles[0]);
        epochs.commit(NEXT, commitment);
        (uint256 commits, uint256 reveals) = epochs.countOf(NEXT);
        assertEq(commits, 1);
        assertEq(reveals, 0);
    }

    function test_theCommitmentBindsEverything() public {
        bytes32 commitment = epochs.commitmentOf(NEXT, oracles[0], "value", SALT);
        assertEq(
            commitment, keccak256(abi.encode(block.chainid, address(epochs), NEXT, oracles[0], bytes32("value"), SALT))
        );
        vm.chainId(77);
        assertNotEq(commitment, epochs.commitmentOf(NEXT, oracles[0], "value", SALT));
    }

    function test_onlyInTheCommitPhase() public {
        vm.warp(START + 299);
        commitAs(oracles[0], NEXT, "value");
        vm.warp(START + 300);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotCommitPhase.selector, NEXT));
        vm.prank(oracles[1]);
        epochs.commit(NEXT, "commitment");
        vm.warp(START + EPOCH - 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotCommitPhase.selector, NEXT + 1));
        vm.prank(oracles[1]);
        epochs.commit(NEXT + 1, "commitment");
        vm.warp(START + EPOCH);
        commitAs(oracles[1], NEXT + 1, "value");
    }

    function test_RevertWhen_NotOracle_notActive() public {
        registry.setActive(oracles[0], Roles.ORACLE, false);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotOracle.selector, oracles[0]));
        vm.prank(oracles[0]);
        epochs.commit(NEXT, "commitment");
    }

    function test_RevertWhen_NotOracle_withoutWeightWhenTheDrawBegan() public {
        address late = makeAddr("late");
        registry.set(late, late, Roles.ORACLE, 1 ether);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotOracle.selector, late));
        vm.prank(late);
        epochs.commit(NEXT, "commitment");
        vm.warp(START + EPOCH);
        commitAs(late, NEXT + 1, "value");
    }

    function test_RevertWhen_NotOracle_anotherRole() public {
        vm.warp(START - 1);
        registry.set(stranger, stranger, Roles.GUARD, 1 ether);
        vm.warp(START);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotOracle.selector, stranger));
        vm.prank(stranger);
        epochs.commit(NEXT, "commitment");
    }

    function test_RevertWhen_EmptyCommitment() public {
        vm.expectRevert(IEpochManager.EmptyCommitment.selector);
        vm.prank(oracles[0]);
        epochs.commit(NEXT, 0);
    }

    function test_RevertWhen_AlreadyCommitted() public {
        commitAs(oracles[0], NEXT, "value");
        commitAs(oracles[1], NEXT, "value");
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IEpochManager.AlreadyCommitted.selector, NEXT, oracles[i]));
            vm.prank(oracles[i]);
            epochs.commit(NEXT, "another");
        }
    }

    function test_RevertWhen_TooManyOracles() public {
        vm.warp(START + EPOCH - 1);
        address[] memory many = new address[](65);
        for (uint256 i = 0; i < 65; ++i) {
            many[i] = makeAddr(string.concat("many", vm.toString(i)));
            registry.set(many[i], many[i], Roles.ORACLE, 1);
        }
        vm.warp(START + EPOCH);
        for (uint256 i = 0; i < 64; ++i) {
            commitAs(many[i], NEXT + 1, bytes32(i));
        }
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.TooManyOracles.selector, NEXT + 1));
        vm.prank(many[64]);
        epochs.commit(NEXT + 1, "commitment");
        // A full epoch draws and rotates within a block's gas.
        vm.warp(START + EPOCH + 300);
        for (uint256 i = 0; i < 64; ++i) {
            revealAs(many[i], NEXT + 1, bytes32(i));
        }
        vm.warp(START + EPOCH + 500);
        uint256 gas = gasleft();
        assertEq(epochs.rotation(NEXT + 1).length, 64);
        assertLt(gas - gasleft(), 2_000_000);
        // Once the next draw begins its result is kept: it is read, not computed.
        vm.warp(START + 2 * EPOCH);
        commitAs(many[0], NEXT + 2, "value");
        gas = gasleft();
        epochs.randomness(NEXT + 1);
        assertLt(gas - gasleft(), 50_000);
    }
}

contract EpochManagerRevealTest is EpochManagerBase {
    function setUp() public override {
        super.setUp();
        commitAs(oracles[0], NEXT, "a");
        commitAs(oracles[1], NEXT, "b");
    }

    function test_onlyInTheRevealPhase() public {
        vm.warp(START + 299);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotRevealPhase.selector, NEXT));
        vm.prank(oracles[0]);
        epochs.reveal(NEXT, "a", SALT);
        vm.warp(START + 300);
        vm.expectEmit(address(epochs));
        emit IEpochManager.RandomnessRevealed(NEXT, oracles[0], "a");
        revealAs(oracles[0], NEXT, "a");
        (, uint256 reveals) = epochs.countOf(NEXT);
        assertEq(reveals, 1);
        vm.warp(START + 499);
        revealAs(oracles[1], NEXT, "b");
    }

    function test_RevertWhen_NotRevealPhase_afterIt() public {
        vm.warp(START + 500);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotRevealPhase.selector, NEXT));
        vm.prank(oracles[0]);
        epochs.reveal(NEXT, "a", SALT);
    }

    function test_RevertWhen_NotCommitted() public {
        vm.warp(START + 300);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotCommitted.selector, NEXT, oracles[2]));
        vm.prank(oracles[2]);
        epochs.reveal(NEXT, "a", SALT);
    }

    function test_RevertWhen_AlreadyRevealed() public {
        vm.warp(START + 300);
        revealAs(oracles[0], NEXT, "a");
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.AlreadyRevealed.selector, NEXT, oracles[0]));
        vm.prank(oracles[0]);
        epochs.reveal(NEXT, "a", SALT);
    }

    function testFuzz_RevertWhen_WrongReveal(bytes32 value, bytes32 salt) public {
        vm.assume(value != "a" || salt != SALT);
        vm.warp(START + 300);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEpochManager.WrongReveal.selector,
                epochs.commitmentOf(NEXT, oracles[0], "a", SALT),
                epochs.commitmentOf(NEXT, oracles[0], value, salt)
            )
        );
        vm.prank(oracles[0]);
        epochs.reveal(NEXT, value, salt);
    }

    /// @dev Who repeats another's commitment can never open it, even once value and salt are public.
    function test_RevertWhen_WrongReveal_aCopiedCommitment() public {
        bytes32 copy = epochs.commitmentOf(NEXT, oracles[0], "a", SALT);
        vm.prank(oracles[2]);
        epochs.commit(NEXT, copy);
        vm.warp(START + 300);
        revealAs(oracles[0], NEXT, "a");
        vm.expectRevert(
            abi.encodeWithSelector(
                IEpochManager.WrongReveal.selector, copy, epochs.commitmentOf(NEXT, oracles[2], "a", SALT)
            )
        );
        vm.prank(oracles[2]);
        epochs.reveal(NEXT, "a", SALT);
    }
}

contract EpochManagerRandomnessTest is EpochManagerBase {
    function test_hashesThePreviousAndAllRevealsInTheOrderOfTheCommits() public {
        bytes32 base = epochs.randomness(GENESIS);
        commitAs(oracles[2], NEXT, "c");
        commitAs(oracles[0], NEXT, "a");
        commitAs(oracles[3], NEXT, "never");
        commitAs(oracles[1], NEXT, "b");
        vm.warp(START + 300);
        revealAs(oracles[1], NEXT, "b");
        revealAs(oracles[0], NEXT, "a");
        revealAs(oracles[2], NEXT, "c");
        vm.warp(START + 500);
        address[] memory who = new address[](3);
        (who[0], who[1], who[2]) = (oracles[2], oracles[0], oracles[1]);
        bytes32[] memory values = new bytes32[](3);
        (values[0], values[1], values[2]) = ("c", "a", "b");
        assertEq(epochs.randomness(NEXT), expected(NEXT, base, who, values));
        assertFalse(epochs.derived(NEXT));
    }

    function test_isKnownFromTheEndOfTheRevealsOn() public {
        vm.warp(START + 499);
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoRandomness.selector, NEXT));
        epochs.randomness(NEXT);
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoRandomness.selector, NEXT));
        epochs.derived(NEXT);
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoRandomness.selector, NEXT));
        epochs.silent(NEXT, oracles[0]);
        vm.warp(START + 500);
        epochs.randomness(NEXT);
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoRandomness.selector, NEXT + 1));
        epochs.randomness(NEXT + 1);
    }

    function test_isKnownAtItsStartWhenNoPhasesWereHeld() public {
        parameters.put(Parameter.BeaconCommitSeconds, EPOCH + 1);
        vm.warp(START + EPOCH - 1);
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoRandomness.selector, NEXT));
        epochs.randomness(NEXT);
        vm.warp(START + EPOCH);
        epochs.randomness(NEXT);
        assertTrue(epochs.derived(NEXT));
    }

    function test_phasesMayFillTheEpoch() public {
        parameters.put(Parameter.BeaconCommitSeconds, 800);
        commitAs(oracles[0], NEXT, "a");
        vm.warp(START + EPOCH - 1);
        revealAs(oracles[0], NEXT, "a");
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoRandomness.selector, NEXT));
        epochs.randomness(NEXT);
        vm.warp(START + EPOCH);
        assertFalse(epochs.derived(NEXT));
    }

    function test_RevertWhen_NoRandomness_beforeGenesis() public {
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoRandomness.selector, GENESIS - 1));
        epochs.randomness(GENESIS - 1);
    }

    function test_neverChanges() public {
        draw(NEXT, 2);
        bytes32 first = epochs.randomness(NEXT);
        draw(NEXT + 1, 3);
        bytes32 second = epochs.randomness(NEXT + 1);
        assertNotEq(first, second);
        draw(NEXT + 5, 1);
        bytes32 gap = epochs.randomness(NEXT + 3);
        draw(NEXT + 6, 1);
        assertEq(epochs.randomness(NEXT), first);
        assertEq(epochs.randomness(NEXT + 1), second);
        assertEq(epochs.randomness(NEXT + 3), gap);
    }

    function test_eachDrawBuildsOnTheOneBefore() public {
        draw(NEXT, 2);
        bytes32 base = epochs.randomness(NEXT);
        draw(NEXT + 1, 1);
        address[] memory who = new address[](1);
        who[0] = oracles[0];
        bytes32[] memory values = new bytes32[](1);
        values[0] = bytes32(uint256(NEXT + 1));
        assertEq(epochs.randomness(NEXT + 1), expected(NEXT + 1, base, who, values));
    }

    function test_withoutARevealItFollowsFromTheLastAndIsFlagged() public {
        draw(NEXT, 2);
        bytes32 last = epochs.randomness(NEXT);
        commitAs(oracles[0], NEXT + 1, "never");
        vm.warp((NEXT + 4) * EPOCH);
        for (uint64 e = NEXT + 1; e <= NEXT + 4; ++e) {
            assertTrue(epochs.derived(e));
            assertEq(epochs.randomness(e), keccak256(abi.encode(last, e)));
        }
        assertFalse(epochs.derived(NEXT));
        bytes32 base = epochs.randomness(NEXT + 4);
        draw(NEXT + 5, 1);
        address[] memory who = new address[](1);
        who[0] = oracles[0];
        bytes32[] memory values = new bytes32[](1);
        values[0] = bytes32(uint256(NEXT + 5));
        assertEq(epochs.randomness(NEXT + 5), expected(NEXT + 5, base, who, values));
    }

    /// @dev An oracle that commits and stays silent moves the result no more than one that was never there.
    function testFuzz_oneHonestRevealMakesItUnpredictable(bytes32 honest, bytes32 other) public {
        vm.assume(honest != other);
        uint256 state = vm.snapshotState();
        bytes32 one = drawWith(honest);
        vm.revertToState(state);
        assertNotEq(one, drawWith(other));
    }

    function drawWith(bytes32 value) private returns (bytes32) {
        commitAs(oracles[0], NEXT, value);
        commitAs(oracles[1], NEXT, "b");
        vm.warp(START + 300);
        revealAs(oracles[0], NEXT, value);
        revealAs(oracles[1], NEXT, "b");
        vm.warp(START + 500);
        return epochs.randomness(NEXT);
    }
}

contract EpochManagerUnknownEpochTest is EpochManagerBase {
    function test_isTheNextUntilRevealsMayBegin() public {
        assertEq(epochs.unknownEpoch(), NEXT);
        vm.warp(START + 299);
        assertEq(epochs.unknownEpoch(), NEXT);
        vm.warp(START + 300);
        assertEq(epochs.unknownEpoch(), NEXT + 1);
        vm.warp(START + EPOCH - 1);
        assertEq(epochs.unknownEpoch(), NEXT + 1);
        vm.warp(START + EPOCH);
        assertEq(epochs.unknownEpoch(), NEXT + 1);
    }

    function testFuzz_nobodyKnowsIt(uint256 offset) public {
        vm.warp(START + bound(offset, 0, 3 * EPOCH));
        uint64 unknown = epochs.unknownEpoch();
        assertLe(unknown, epochNow() + 2);
        vm.expectRevert(abi.encodeWithSelector(IBeacon.NoRandomness.selector, unknown));
        epochs.randomness(unknown);
        (, uint256 revealFrom,) = epochs.windows(unknown);
        assertLt(block.timestamp, revealFrom);
    }
}

contract EpochManagerLeaderTest is EpochManagerBase {
    address[] internal order;

    function setUp() public override {
        super.setUp();
        draw(NEXT, 3);
        order = epochs.rotation(NEXT);
    }

    function leaderAt(uint256 offset) internal view returns (address) {
        return epochs.leader(NEXT, NEXT * EPOCH + offset);
    }

    function test_revealersTakeTurnsAndWrapAround() public view {
        assertEq(order.length, 3);
        assertEq(leaderAt(0), order[0]);
        assertEq(leaderAt(99), order[0]);
        assertEq(leaderAt(100), order[1]);
        assertEq(leaderAt(199), order[1]);
        assertEq(leaderAt(200), order[2]);
        assertEq(leaderAt(300), order[0]);
        assertEq(leaderAt(999), order[0]);
    }

    function test_theOrderIsAShuffleThatTheRandomnessGives() public {
        address[] memory shuffled = new address[](3);
        (shuffled[0], shuffled[1], shuffled[2]) = (oracles[0], oracles[1], oracles[2]);
        bytes32 random = epochs.randomness(NEXT);
        for (uint256 i = 3; i > 1; --i) {
            uint256 j = uint256(keccak256(abi.encode(random, i))) % i;
            (shuffled[i - 1], shuffled[j]) = (shuffled[j], shuffled[i - 1]);
        }
        assertEq(order, shuffled);
        // Over many epochs each oracle leads first at some time.
        uint256 seen = 0;
        for (uint64 e = NEXT + 1; e < NEXT + 20; ++e) {
            draw(e, 3);
            address first = epochs.rotation(e)[0];
            for (uint256 i = 0; i < 3; ++i) {
                if (first == oracles[i]) seen |= 1 << i;
            }
        }
        assertEq(seen, 7);
    }

    function test_aHeartbeatStartsTheTurnAnew() public {
        vm.warp(NEXT * EPOCH + 99);
        vm.expectEmit(address(epochs));
        emit IEpochManager.Heartbeat(NEXT, order[0]);
        vm.prank(order[0]);
        epochs.heartbeat(NEXT);
        assertEq(leaderAt(198), order[0]);
        assertEq(leaderAt(199), order[1]);
        assertEq(leaderAt(299), order[2]);
        assertEq(leaderAt(399), order[0]);
    }

    function test_theNextTakesOverAndKeepsItsTurn() public {
        vm.warp(NEXT * EPOCH + 150);
        vm.prank(order[1]);
        epochs.heartbeat(NEXT);
        assertEq(leaderAt(249), order[1]);
        assertEq(leaderAt(250), order[2]);
        assertEq(leaderAt(350), order[0]);
    }

    /// @dev What was asked about the past keeps its answer, whatever comes later.
    function test_thePastNeverChanges() public {
        vm.warp(NEXT * EPOCH + 150);
        vm.prank(order[1]);
        epochs.heartbeat(NEXT);
        vm.warp(NEXT * EPOCH + 380);
        vm.prank(order[0]);
        epochs.heartbeat(NEXT);
        assertEq(leaderAt(99), order[0]);
        assertEq(leaderAt(149), order[1]);
        assertEq(leaderAt(251), order[2]);
        assertEq(leaderAt(479), order[0]);
        assertEq(leaderAt(480), order[1]);
        vm.warp((NEXT + 3) * EPOCH);
        assertEq(leaderAt(251), order[2]);
    }

    function test_twoHeartbeatsInOneSecondAreOne() public {
        vm.warp(NEXT * EPOCH + 50);
        vm.startPrank(order[0]);
        epochs.heartbeat(NEXT);
        epochs.heartbeat(NEXT);
        vm.stopPrank();
        assertEq(leaderAt(149), order[0]);
        assertEq(leaderAt(150), order[1]);
    }

    function test_RevertWhen_NotLeader() public {
        vm.warp(NEXT * EPOCH + 100);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotLeader.selector, order[0], order[1]));
        vm.prank(order[0]);
        epochs.heartbeat(NEXT);
    }

    function test_RevertWhen_NotLeader_nobodyRevealed() public {
        vm.warp((NEXT + 1) * EPOCH);
        assertEq(epochs.leader(NEXT + 1, block.timestamp), address(0));
        assertEq(epochs.rotation(NEXT + 1).length, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotLeader.selector, oracles[0], address(0)));
        vm.prank(oracles[0]);
        epochs.heartbeat(NEXT + 1);
    }

    function test_RevertWhen_NotOracle_aLeaderThatLeft() public {
        registry.setActive(order[0], Roles.ORACLE, false);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.NotOracle.selector, order[0]));
        vm.prank(order[0]);
        epochs.heartbeat(NEXT);
    }

    function test_RevertWhen_OutsideEpoch() public {
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.OutsideEpoch.selector, NEXT, NEXT * EPOCH - 1));
        epochs.leader(NEXT, NEXT * EPOCH - 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.OutsideEpoch.selector, NEXT, (NEXT + 1) * EPOCH));
        epochs.leader(NEXT, (NEXT + 1) * EPOCH);
        vm.warp((NEXT + 1) * EPOCH);
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.OutsideEpoch.selector, NEXT, block.timestamp));
        vm.prank(order[0]);
        epochs.heartbeat(NEXT);
    }

    function test_turnsAreAsLongAsInTheEpoch() public {
        parameters.putAt(Parameter.LeaderSeconds, NEXT, 10);
        assertEq(leaderAt(9), order[0]);
        assertEq(leaderAt(10), order[1]);
    }

    function test_isKnownBeforeTheEpochBegins() public {
        uint64 epoch = NEXT + 1;
        for (uint256 i = 0; i < 2; ++i) {
            commitAs(oracles[i], epoch, "v");
        }
        skip(300);
        for (uint256 i = 0; i < 2; ++i) {
            revealAs(oracles[i], epoch, "v");
        }
        skip(200);
        assertEq(epochs.leader(epoch, epoch * EPOCH), epochs.rotation(epoch)[0]);
        address first = epochs.rotation(epoch)[0];
        vm.expectRevert(abi.encodeWithSelector(IEpochManager.OutsideEpoch.selector, epoch, block.timestamp));
        vm.prank(first);
        epochs.heartbeat(epoch);
    }
}

contract EpochManagerSilentTest is EpochManagerBase {
    function test_isWhoCommittedAndDidNotReveal() public {
        commitAs(oracles[0], NEXT, "a");
        commitAs(oracles[1], NEXT, "b");
        vm.warp(START + 300);
        revealAs(oracles[0], NEXT, "a");
        vm.warp(START + 500);
        assertFalse(epochs.silent(NEXT, oracles[0]));
        assertTrue(epochs.silent(NEXT, oracles[1]));
        assertFalse(epochs.silent(NEXT, oracles[2]));
        (uint256 commits, uint256 reveals) = epochs.countOf(NEXT);
        assertEq(commits, 2);
        assertEq(reveals, 1);
        // It leads no turn of the epoch.
        address[] memory order = epochs.rotation(NEXT);
        assertEq(order.length, 1);
        assertEq(order[0], oracles[0]);
    }
}
