// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBlockTimeOracle } from "../../src/interfaces/IBlockTimeOracle.sol";
import { IParameters } from "../../src/interfaces/IParameters.sol";
import { IWeights } from "../../src/interfaces/IWeights.sol";
import { BlockTimeOracle } from "../../src/l2/BlockTimeOracle.sol";
import { Quorum } from "../../src/libraries/Quorum.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { Observation } from "../../src/types/Observation.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Roles } from "../../src/types/Roles.sol";
import { MarketTest, SettableWeights } from "../utils/MarketMocks.sol";
import { MockParameters } from "../utils/MockParameters.sol";
import { Vm } from "forge-std/Vm.sol";

abstract contract BlockTimeOracleBase is MarketTest {
    uint64 internal constant LAYER = 412_346;
    uint64 internal constant DRIFT = 30;
    uint64 internal constant STALL = 600;
    uint64 internal constant FIRST = 1000;
    uint8 internal constant STALLED = 1;
    uint8 internal constant FORKED = 2;
    uint8 internal constant AHEAD = 4;

    MockParameters internal parameters;
    SettableWeights internal weights;
    BlockTimeOracle internal time;
    /// @dev Sorted by address; a weight of 10 each.
    uint256[] internal keys;

    function setUp() public virtual override {
        super.setUp();
        parameters = new MockParameters(1 hours);
        parameters.put(Parameter.DriftMaxSeconds, DRIFT);
        parameters.put(Parameter.StallSeconds, STALL);
        weights = new SettableWeights(Roles.ORACLE);
        time = new BlockTimeOracle(weights, parameters);
        useOracles(4);
    }

    function useOracles(uint256 n) internal {
        for (uint256 i = 0; i < keys.length; ++i) {
            weights.set(vm.addr(keys[i]), 0);
        }
        delete keys;
        for (uint256 i = 0; i < n; ++i) {
            keys.push(uint256(keccak256(abi.encode("oracle", i))) >> 1);
            for (uint256 j = i; j > 0 && vm.addr(keys[j]) < vm.addr(keys[j - 1]); --j) {
                (keys[j], keys[j - 1]) = (keys[j - 1], keys[j]);
            }
        }
        for (uint256 i = 0; i < n; ++i) {
            weights.set(vm.addr(keys[i]), 10);
        }
    }

    function oracle(uint256 i) internal view returns (address) {
        return vm.addr(keys[i]);
    }

    function now64() internal view returns (uint64) {
        return uint64(block.timestamp);
    }

    function hashOf(uint64 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("block", number));
    }

    /// @dev What an honest oracle with a good clock signs now, of a block made now.
    function honest(uint64 number) internal view returns (Observation memory) {
        return Observation(LAYER, number, hashOf(number), now64(), now64());
    }

    function sign(uint256 key, Observation memory o) internal view returns (bytes memory) {
        return sign(key, time.observationDigest(o));
    }

    function post(uint256 i, Observation memory o) internal {
        time.post(o, sign(keys[i], o));
    }

    /// @dev Observation i is of oracle i.
    function signAll(Observation[] memory o) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](o.length);
        for (uint256 i = 0; i < o.length; ++i) {
            signatures[i] = sign(keys[i], o[i]);
        }
    }

    function close(Observation[] memory o) internal {
        time.postAndUpdate(o, signAll(o));
    }

    function all(uint64 number) internal view returns (Observation[] memory o) {
        o = new Observation[](keys.length);
        for (uint256 i = 0; i < o.length; ++i) {
            o[i] = honest(number);
        }
    }

    function oracles(uint256 n) internal view returns (address[] memory list) {
        list = new address[](n);
        for (uint256 i = 0; i < n; ++i) {
            list[i] = oracle(i);
        }
    }

    function checkNotEmitted(bytes32 topic) internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertGt(logs.length, 0);
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], topic);
        }
    }

    function flags() internal view returns (uint8) {
        return time.status(LAYER).flags;
    }
}

contract BlockTimeOracleConstructorTest is BlockTimeOracleBase {
    function test_keepsWhatItIsGiven() public view {
        assertEq(address(time.weights()), address(weights));
        assertEq(address(time.parameters()), address(parameters));
        assertEq(time.STALLED(), STALLED);
        assertEq(time.FORKED(), FORKED);
        assertEq(time.AHEAD(), AHEAD);
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IBlockTimeOracle.ZeroAddress.selector);
        new BlockTimeOracle(IWeights(address(0)), parameters);
        vm.expectRevert(IBlockTimeOracle.ZeroAddress.selector);
        new BlockTimeOracle(weights, IParameters(address(0)));
    }
}

contract BlockTimeOraclePostTest is BlockTimeOracleBase {
    function testFuzz_keepsTheSignersObservation(uint64 number, bytes32 blockHash, uint64 timestamp, uint64 clock)
        public
    {
        clock = uint64(bound(clock, 1, block.timestamp + 1 hours));
        Observation memory o = Observation(LAYER, number, blockHash, timestamp, clock);
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.ObservationPosted(LAYER, oracle(0), number, blockHash, timestamp, clock);
        vm.prank(stranger);
        post(0, o);
        IBlockTimeOracle.Report memory r = time.report(LAYER, oracle(0));
        assertEq(r.number, number);
        assertEq(r.blockHash, blockHash);
        assertEq(r.timestamp, timestamp);
        assertEq(r.localTime, clock);
        assertEq(r.round, 0);
        assertEq(time.report(LAYER, oracle(1)).localTime, 0);
        assertEq(time.report(LAYER + 1, oracle(0)).localTime, 0);
    }

    function test_theDigestIsEip712() public view {
        Observation memory o = honest(5);
        bytes32 typeHash = keccak256(
            "Observation(uint64 chainId,uint64 number,bytes32 blockHash,uint64 timestamp,uint64 localTime)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, o.chainId, o.number, o.blockHash, o.timestamp, o.localTime));
        assertEq(time.observationDigest(o), typedDigest(address(time), structHash));
    }

    function testFuzz_RevertWhen_SignerWithoutWeight(uint256 key) public {
        key = boundPrivateKey(key);
        vm.assume(weights.weights(vm.addr(key)) == 0);
        Observation memory o = honest(1);
        bytes memory signature = sign(key, o);
        vm.expectRevert(abi.encodeWithSelector(Quorum.NoWeight.selector, vm.addr(key)));
        time.post(o, signature);
    }

    function test_RevertWhen_SignedForAnotherContract() public {
        Observation memory o = honest(1);
        bytes memory signature = sign(keys[0], new BlockTimeOracle(weights, parameters).observationDigest(o));
        vm.expectPartialRevert(Quorum.NoWeight.selector);
        time.post(o, signature);
    }

    function testFuzz_RevertWhen_OneFieldIsNotWhatWasSigned(uint8 field) public {
        Observation memory o = honest(1);
        bytes memory signature = sign(keys[0], o);
        if (field % 5 == 0) ++o.chainId;
        else if (field % 5 == 1) ++o.number;
        else if (field % 5 == 2) o.blockHash = "x";
        else if (field % 5 == 3) ++o.timestamp;
        else --o.localTime;
        vm.expectPartialRevert(Quorum.NoWeight.selector);
        time.post(o, signature);
    }

    function test_RevertWhen_InvalidSignature() public {
        Observation memory o = honest(1);
        bytes memory signature = sign(keys[0], o);
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        time.post(o, highS(signature));
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        time.post(o, bytes.concat(signature, hex"00"));
    }

    function test_RevertWhen_NotNewer() public {
        Observation memory o = honest(1);
        post(0, o);
        bytes memory signature = sign(keys[0], o);
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.NotNewer.selector, oracle(0), now64(), now64()));
        time.post(o, signature);
        --o.localTime;
        signature = sign(keys[0], o);
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.NotNewer.selector, oracle(0), now64() - 1, now64()));
        time.post(o, signature);
        o.localTime += 2;
        post(0, o);
    }

    function test_RevertWhen_ClockTooFarAhead() public {
        Observation memory o = honest(1);
        o.localTime = now64() + 1 hours + 1;
        bytes memory signature = sign(keys[0], o);
        vm.expectRevert(
            abi.encodeWithSelector(IBlockTimeOracle.ClockTooFarAhead.selector, o.localTime, o.localTime - 1)
        );
        time.post(o, signature);
    }

    function test_flagsAnEquivocation() public {
        post(0, honest(1));
        Observation memory o = honest(1);
        o.blockHash = "other";
        ++o.localTime;
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.Equivocation(LAYER, oracle(0), 1, hashOf(1), "other");
        post(0, o);
        assertTrue(time.equivocated(oracle(0), LAYER, 1));
        assertFalse(time.equivocated(oracle(0), LAYER, 2));
        assertFalse(time.equivocated(oracle(1), LAYER, 1));
        assertFalse(time.equivocated(oracle(0), LAYER + 1, 1));
    }

    function test_theSameBlockAgainIsNoEquivocation() public {
        post(0, honest(0));
        skip(1);
        post(0, honest(0));
        assertFalse(time.equivocated(oracle(0), LAYER, 0));
        // the first observation of block zero contradicts nothing
        post(1, honest(0));
        assertFalse(time.equivocated(oracle(1), LAYER, 0));
    }
}

contract BlockTimeOracleUpdateTest is BlockTimeOracleBase {
    function test_closesTheRoundOverWhatWasPosted() public {
        for (uint256 i = 0; i < 3; ++i) {
            Observation memory o = honest(FIRST + uint64(i));
            o.localTime += uint64(i);
            o.timestamp -= uint64(i);
            post(i, o);
        }
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.RoundClosed(LAYER, 0, now64() + 1, FIRST + 1, now64() - 1, 0);
        vm.prank(stranger);
        time.update(LAYER, oracles(3));
        IBlockTimeOracle.Status memory s = time.status(LAYER);
        assertEq(s.networkTime, now64() + 1);
        assertEq(s.updatedAt, now64());
        assertEq(s.head, FIRST + 1);
        assertEq(s.advancedAt, now64() + 1);
        assertEq(s.blockTime, now64() - 1);
        assertEq(s.forkedAt, 0);
        assertEq(s.rounds, 1);
        assertEq(s.flags, 0);
        assertEq(time.networkTime(LAYER), now64() + 1);
    }

    function test_RevertWhen_ExactlyTwoThirds() public {
        useOracles(3);
        post(0, honest(1));
        post(1, honest(1));
        vm.expectRevert(abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 20, 30));
        time.update(LAYER, oracles(2));
        weights.set(oracle(1), 11);
        time.update(LAYER, oracles(2));
    }

    function test_RevertWhen_NobodyIsThere() public {
        vm.expectRevert(abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 0, 40));
        time.update(LAYER, new address[](0));
        useOracles(0);
        vm.expectRevert(abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 0, 0));
        time.update(LAYER, new address[](0));
    }

    function test_RevertWhen_SignersNotSorted() public {
        for (uint256 i = 0; i < 3; ++i) {
            post(i, honest(1));
        }
        address[] memory list = oracles(3);
        list[1] = list[0];
        vm.expectRevert(abi.encodeWithSelector(Quorum.SignersNotSorted.selector, oracle(0), oracle(0)));
        time.update(LAYER, list);
        (list[1], list[2]) = (oracle(2), oracle(1));
        vm.expectRevert(abi.encodeWithSelector(Quorum.SignersNotSorted.selector, oracle(2), oracle(1)));
        time.update(LAYER, list);
        list = new address[](1);
        vm.expectRevert(abi.encodeWithSelector(Quorum.SignersNotSorted.selector, address(0), address(0)));
        time.update(LAYER, list);
    }

    function test_RevertWhen_OneLostItsWeight() public {
        for (uint256 i = 0; i < 4; ++i) {
            post(i, honest(1));
        }
        weights.set(oracle(2), 0);
        vm.expectRevert(abi.encodeWithSelector(Quorum.NoWeight.selector, oracle(2)));
        time.update(LAYER, oracles(4));
    }

    function test_RevertWhen_NotPosted() public {
        for (uint256 i = 0; i < 3; ++i) {
            post(i, honest(1));
        }
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.NotPosted.selector, oracle(3)));
        time.update(LAYER, oracles(4));
        time.update(LAYER, oracles(3));
    }

    function test_RevertWhen_AnObservationOfAnEarlierRoundIsUsedAgain() public {
        for (uint256 i = 0; i < 4; ++i) {
            post(i, honest(1));
        }
        time.update(LAYER, oracles(4));
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.NotPosted.selector, oracle(0)));
        time.update(LAYER, oracles(4));
        skip(1);
        for (uint256 i = 0; i < 3; ++i) {
            post(i, honest(2));
        }
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.NotPosted.selector, oracle(3)));
        time.update(LAYER, oracles(4));
        time.update(LAYER, oracles(3));
    }

    function test_RevertWhen_TooManyOracles() public {
        address[] memory list = new address[](65);
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.TooManyOracles.selector, 65, 64));
        time.update(LAYER, list);
    }

    function test_layersAreApart() public {
        close(all(FIRST));
        assertEq(time.status(LAYER + 1).networkTime, 0);
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.UnknownLayer.selector, LAYER + 1));
        time.networkTime(LAYER + 1);
    }

    function test_readsWeightsASecondAgo() public {
        for (uint256 i = 0; i < 3; ++i) {
            post(i, honest(1));
        }
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectCall(
                address(weights), abi.encodeCall(IWeights.weightAt, (oracle(i), Roles.ORACLE, block.timestamp - 1))
            );
        }
        vm.expectCall(address(weights), abi.encodeCall(IWeights.totalWeightAt, (Roles.ORACLE, block.timestamp - 1)));
        time.update(LAYER, oracles(3));
    }

    function test_weighsByStakeNotByHeads() public {
        // Three oracles of small weight against one of large weight: the heads lose.
        weights.set(oracle(3), 100);
        Observation[] memory o = all(FIRST);
        for (uint256 i = 0; i < 3; ++i) {
            o[i].localTime += 20;
            o[i].number += 20;
            o[i].blockHash = hashOf(FIRST + 20);
        }
        close(o);
        assertEq(time.networkTime(LAYER), now64());
        assertEq(time.status(LAYER).head, FIRST);
    }
}

contract BlockTimeOraclePostAndUpdateTest is BlockTimeOracleBase {
    function test_takesSixtyFourOraclesInOneTransaction() public {
        useOracles(64);
        Observation[] memory o = all(FIRST);
        for (uint256 i = 0; i < 64; ++i) {
            o[i].localTime -= uint64(i % 8);
        }
        bytes[] memory signatures = signAll(o);
        uint256 gas = gasleft();
        time.postAndUpdate(o, signatures);
        assertLt(gas - gasleft(), 12_000_000);
        assertEq(time.networkTime(LAYER), now64() - 4);
        assertEq(time.status(LAYER).rounds, 1);
    }

    function test_RevertWhen_TooManyOracles() public {
        useOracles(65);
        Observation[] memory o = all(FIRST);
        bytes[] memory signatures = signAll(o);
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.TooManyOracles.selector, 65, 64));
        time.postAndUpdate(o, signatures);
    }

    function test_RevertWhen_LengthMismatch() public {
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.LengthMismatch.selector, 4, 3));
        time.postAndUpdate(all(FIRST), new bytes[](3));
    }

    function test_RevertWhen_Empty() public {
        vm.expectRevert(abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 0, 40));
        time.postAndUpdate(new Observation[](0), new bytes[](0));
    }

    function test_RevertWhen_MixedLayers() public {
        Observation[] memory o = all(FIRST);
        ++o[2].chainId;
        bytes[] memory signatures = signAll(o);
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.MixedLayers.selector, LAYER, LAYER + 1));
        time.postAndUpdate(o, signatures);
    }

    function test_RevertWhen_OneSignerCountsTwice() public {
        Observation[] memory o = all(FIRST);
        bytes[] memory signatures = signAll(o);
        (o[1], signatures[1]) = (o[0], signatures[0]);
        vm.expectRevert(abi.encodeWithSelector(Quorum.SignersNotSorted.selector, oracle(0), oracle(0)));
        time.postAndUpdate(o, signatures);
    }

    function test_RevertWhen_SignerWithoutWeight() public {
        Observation[] memory o = all(FIRST);
        bytes[] memory signatures = signAll(o);
        weights.set(oracle(1), 0);
        vm.expectRevert(abi.encodeWithSelector(Quorum.NoWeight.selector, oracle(1)));
        time.postAndUpdate(o, signatures);
    }

    function test_sendingOneObservationFirstSpoilsNothing() public {
        Observation[] memory o = all(FIRST);
        bytes[] memory signatures = signAll(o);
        time.post(o[1], signatures[1]);
        time.postAndUpdate(o, signatures);
        assertEq(time.status(LAYER).rounds, 1);
    }

    function test_aLaterObservationOfTheRoundCounts() public {
        Observation memory later = honest(FIRST + 7);
        later.localTime += 3;
        for (uint256 i = 0; i < 3; ++i) {
            post(i, later);
        }
        close(all(FIRST));
        assertEq(time.networkTime(LAYER), later.localTime);
        assertEq(time.status(LAYER).head, FIRST + 7);
    }

    function test_RevertWhen_ABatchIsReplayed() public {
        Observation[] memory o = all(FIRST);
        bytes[] memory signatures = signAll(o);
        time.postAndUpdate(o, signatures);
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.NotPosted.selector, oracle(0)));
        time.postAndUpdate(o, signatures);
    }

    function test_RevertWhen_ObservationsHeldBackAreSentAfterLaterOnes() public {
        Observation[] memory old = all(FIRST);
        bytes[] memory signatures = signAll(old);
        skip(1);
        close(all(FIRST + 1));
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.NotPosted.selector, oracle(0)));
        time.postAndUpdate(old, signatures);
    }

    function test_anOlderContradictionInABatchIsRecorded() public {
        Observation memory o = honest(FIRST);
        ++o.localTime;
        post(0, o);
        Observation[] memory batch = all(FIRST);
        batch[0].blockHash = "other";
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.Equivocation(LAYER, oracle(0), FIRST, hashOf(FIRST), "other");
        close(batch);
        assertEq(time.report(LAYER, oracle(0)).blockHash, hashOf(FIRST));
    }
}

contract BlockTimeOracleNetworkTimeTest is BlockTimeOracleBase {
    uint64 internal start;

    function setUp() public override {
        super.setUp();
        close(all(FIRST));
        start = now64();
    }

    /// @dev All oracles' clocks show `clock`.
    function closeAt(uint64 clock) internal returns (uint64) {
        Observation[] memory o = all(FIRST + 1);
        for (uint256 i = 0; i < o.length; ++i) {
            o[i].localTime = clock;
        }
        close(o);
        return time.networkTime(LAYER);
    }

    function test_movesWithThisChainsClock() public {
        skip(3 hours);
        assertEq(closeAt(now64()), start + 3 hours);
    }

    function test_isBoundedAboveByTheDrift() public {
        skip(100);
        uint256 snapshot = vm.snapshotState();
        assertEq(closeAt(start + 100 + DRIFT - 1), start + 100 + DRIFT - 1);
        vm.revertToState(snapshot);
        assertEq(closeAt(start + 100 + DRIFT), start + 100 + DRIFT);
        vm.revertToState(snapshot);
        assertEq(closeAt(start + 100 + DRIFT + 1), start + 100 + DRIFT);
        vm.revertToState(snapshot);
        assertEq(closeAt(start + 100 + 1 hours), start + 100 + DRIFT);
    }

    function test_isBoundedBelowByTheDrift() public {
        skip(100);
        uint256 snapshot = vm.snapshotState();
        assertEq(closeAt(start + 100 - DRIFT + 1), start + 100 - DRIFT + 1);
        vm.revertToState(snapshot);
        assertEq(closeAt(start + 100 - DRIFT), start + 100 - DRIFT);
        vm.revertToState(snapshot);
        assertEq(closeAt(start + 100 - DRIFT - 1), start + 100 - DRIFT);
        vm.revertToState(snapshot);
        assertEq(closeAt(start + 1), start + 100 - DRIFT);
    }

    function test_neverFalls() public {
        skip(100);
        assertEq(closeAt(start + 1), start + 70);
        // In the same second: clocks below what there is, beyond the drift, at it and within.
        assertEq(closeAt(start + 39), start + 70);
        assertEq(closeAt(start + 40), start + 70);
        assertEq(closeAt(start + 69), start + 70);
        assertEq(closeAt(start + 71), start + 71);
        // expected start + 81, and the drift reaches below what there is
        skip(10);
        assertEq(closeAt(start + 72), start + 72);
    }

    function test_theDriftReachesNoLowerThanWhatThereIs() public {
        skip(100);
        assertEq(closeAt(start + 1), start + 70);
        skip(DRIFT);
        assertEq(closeAt(start + 2), start + 70);
        skip(DRIFT + 1);
        assertEq(closeAt(start + 3), start + 71);
    }

    function testFuzz_staysWithinTheDriftAndNeverFalls(uint32 elapsed, uint64 clock) public {
        elapsed = uint32(bound(elapsed, 0, 30 days));
        skip(elapsed);
        clock = uint64(bound(clock, start + 1, now64() + 1 hours));
        uint64 t = closeAt(clock);
        uint256 expected = uint256(start) + elapsed;
        assertGe(t, start);
        assertLe(t, expected + DRIFT);
        if (expected - DRIFT > start) assertGe(t, expected - DRIFT);
        bool within = clock <= expected + DRIFT && clock + DRIFT >= expected;
        if (within) assertEq(t, clock);
    }

    /// @dev Up to a third of the weight says anything at all; what comes out lies among what the others say.
    function testFuzz_liarsMoveNothing(uint256 seed, uint8 count, uint16 elapsed) public {
        useOracles(bound(count, 4, 32));
        skip(bound(elapsed, 60, 1 hours));
        uint256 liars = (keys.length - 1) / 3;
        uint64 number = FIRST + 100;
        Observation[] memory o = new Observation[](keys.length);
        uint256 left = liars;
        for (uint256 i = 0; i < o.length; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            o[i] = Observation(LAYER, number, hashOf(number), now64() - 1, now64() - uint64(r % 5));
            // where among the sorted signers the liars are is random, too
            if (left == 0 || (r >> 8) % o.length >= 2 * liars) continue;
            --left;
            o[i].number = uint64(r >> 16);
            o[i].blockHash = (r >> 240) % 2 == 0 ? bytes32(r) : hashOf(o[i].number);
            o[i].timestamp = uint64(r >> 80);
            o[i].localTime = uint64(bound(r >> 144, start + 1, now64() + 1 hours));
            if ((r >> 250) % 2 == 0) o[i].number = number;
        }
        close(o);
        IBlockTimeOracle.Status memory s = time.status(LAYER);
        assertEq(s.head, number);
        assertEq(s.blockTime, now64() - 1);
        assertGe(s.networkTime, now64() - 4);
        assertLe(s.networkTime, now64());
        assertGe(s.advancedAt, now64() - 4);
        assertLe(s.advancedAt, now64());
        assertEq(s.flags, 0);
        assertEq(time.agreedHash(LAYER, number), hashOf(number));
    }

    /// @dev With exactly a third, liars can stop a round (they need only be silent), but what closes is as above.
    function testFuzz_exactlyAThirdMovesNothing(uint64 number, bytes32 blockHash, uint64 timestamp, uint64 clock)
        public
    {
        useOracles(3);
        skip(1 hours);
        Observation[] memory o = all(FIRST + 9);
        o[0].localTime -= 2;
        o[2] = Observation(LAYER, number, blockHash, timestamp, uint64(bound(clock, start + 1, now64() + 1 hours)));
        bytes[] memory signatures = signAll(o);
        try time.postAndUpdate(o, signatures) {
            IBlockTimeOracle.Status memory s = time.status(LAYER);
            assertEq(s.head, FIRST + 9);
            assertEq(s.blockTime, now64());
            assertGe(s.networkTime, now64() - 2);
            assertLe(s.networkTime, now64());
            assertEq(s.flags, 0);
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), Quorum.QuorumNotReached.selector);
        }
    }
}

contract BlockTimeOracleStalledTest is BlockTimeOracleBase {
    function setUp() public override {
        super.setUp();
        close(all(FIRST));
    }

    function test_isFlaggedAfterStallSecondsWithoutANewBlock() public {
        uint64 start = now64();
        skip(STALL - 1);
        close(all(FIRST));
        assertEq(flags(), 0);
        skip(1);
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.FlagsChanged(LAYER, 0, STALLED);
        close(all(FIRST));
        assertEq(flags(), STALLED);
        assertEq(time.status(LAYER).advancedAt, start);
        skip(1);
        vm.recordLogs();
        close(all(FIRST));
        assertEq(flags(), STALLED);
        checkNotEmitted(IBlockTimeOracle.FlagsChanged.selector);
    }

    function test_isClearedByAQuorumThatSeesANewBlock() public {
        skip(STALL);
        close(all(FIRST));
        assertEq(flags(), STALLED);
        skip(1);
        post(0, honest(FIRST + 1));
        assertEq(flags(), STALLED);
        // one oracle that sees a block is not the median
        Observation[] memory o = all(FIRST);
        o[0] = honest(FIRST + 1);
        close(o);
        assertEq(flags(), STALLED);
        skip(1);
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.FlagsChanged(LAYER, STALLED, 0);
        close(all(FIRST + 1));
        assertEq(flags(), 0);
    }

    function test_aLowerHeadIsNoNewBlock() public {
        skip(STALL);
        close(all(FIRST - 1));
        assertEq(flags(), STALLED);
        assertEq(time.status(LAYER).head, FIRST);
    }

    function test_aSilentOracleSetIsNoStall() public {
        skip(10 * STALL);
        close(all(FIRST + 1));
        assertEq(flags(), 0);
    }

    function test_RevertWhen_ObservationsOfDifferentTimesAreMixed() public {
        // Half of the round is left over from before: it would put an old head beside a new clock.
        post(0, nextSecond(FIRST));
        post(1, nextSecond(FIRST));
        skip(STALL);
        post(2, honest(FIRST + 50));
        post(3, honest(FIRST + 50));
        vm.expectRevert(abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 20, 40));
        time.update(LAYER, oracles(4));
    }

    function nextSecond(uint64 number) internal returns (Observation memory) {
        skip(1);
        return honest(number);
    }

    function test_clocksCountWithinAQuarterOfStallSeconds() public {
        skip(1000);
        uint256 snapshot = vm.snapshotState();
        Observation[] memory o = all(FIRST + 1);
        o[0].localTime -= STALL / 4;
        o[3].localTime += STALL / 4;
        close(o);
        vm.revertToState(snapshot);
        o[0].localTime -= 1;
        o[3].localTime += 1;
        bytes[] memory signatures = signAll(o);
        vm.expectRevert(abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 20, 40));
        time.postAndUpdate(o, signatures);
        // one that is apart is a quarter of the weight: the rest is a quorum, and it alone counts
        o[3].localTime -= 1;
        o[0].number = FIRST + 5;
        o[1].number = FIRST + 3;
        close(o);
        assertEq(time.status(LAYER).head, FIRST + 1);
    }
}

contract BlockTimeOracleAheadTest is BlockTimeOracleBase {
    function closeWith(uint64 timestamp) internal {
        Observation[] memory o = all(FIRST);
        for (uint256 i = 0; i < o.length; ++i) {
            o[i].timestamp = timestamp;
        }
        close(o);
    }

    function test_isFlaggedBeyondTheDrift() public {
        closeWith(now64() + DRIFT);
        assertEq(flags(), 0);
        skip(1);
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.FlagsChanged(LAYER, 0, AHEAD);
        closeWith(now64() + DRIFT + 1);
        assertEq(flags(), AHEAD);
        skip(1);
        closeWith(now64());
        assertEq(flags(), 0);
    }

    function test_aMinorityCannotFlagIt() public {
        Observation[] memory o = all(FIRST);
        o[1].timestamp = type(uint64).max;
        close(o);
        assertEq(flags(), 0);
    }

    function test_flagsAddUp() public {
        closeWith(now64());
        skip(STALL);
        closeWith(now64() + DRIFT + 1);
        assertEq(flags(), AHEAD | STALLED);
    }
}

contract BlockTimeOracleForkedTest is BlockTimeOracleBase {
    function setUp() public override {
        super.setUp();
        useOracles(6);
        close(all(FIRST));
        skip(1);
    }

    /// @dev The first `n` oracles see another hash at `number`.
    function closeSplit(uint64 number, uint256 n) internal {
        Observation[] memory o = all(number);
        for (uint256 i = 0; i < n; ++i) {
            o[i].blockHash = "other";
        }
        close(o);
        skip(1);
    }

    function test_isFlaggedWhenMoreThanAThirdDisagreesAtOneNumber() public {
        closeSplit(FIRST + 1, 2);
        assertEq(flags(), 0);
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.FlagsChanged(LAYER, 0, FORKED);
        closeSplit(FIRST + 2, 3);
        assertEq(flags(), FORKED);
        assertEq(time.status(LAYER).forkedAt, FIRST + 2);
        assertEq(time.agreedHash(LAYER, FIRST + 2), 0);
    }

    function test_weightDecidesWhatMoreThanAThirdIs() public {
        weights.set(oracle(0), 11);
        closeSplit(FIRST + 1, 2); // 21 of 61
        assertEq(flags(), FORKED);
    }

    function test_differentNumbersAreNoDisagreement() public {
        Observation[] memory o = all(FIRST + 1);
        for (uint256 i = 0; i < 3; ++i) {
            o[i] = honest(FIRST + 2);
        }
        close(o);
        assertEq(flags(), 0);
    }

    function test_isFlaggedWhenTheHashAtAKnownNumberChanges() public {
        assertEq(time.agreedHash(LAYER, FIRST), hashOf(FIRST));
        closeSplit(FIRST, 6);
        assertEq(flags(), FORKED);
        assertEq(time.status(LAYER).forkedAt, FIRST);
        assertEq(time.agreedHash(LAYER, FIRST), "other");
    }

    function test_isFlaggedWhenMoreThanAThirdChangesAKnownHash() public {
        closeSplit(FIRST + 1, 0);
        // Two rounds later, half of the oracles look at an old number and find another hash there.
        Observation[] memory o = all(FIRST + 2);
        for (uint256 i = 0; i < 3; ++i) {
            o[i].number = FIRST;
            o[i].blockHash = "other";
        }
        close(o);
        assertEq(flags(), FORKED);
        assertEq(time.status(LAYER).forkedAt, FIRST);
        assertEq(time.agreedHash(LAYER, FIRST), hashOf(FIRST));
        // and two groups that both change what was known: the later number counts
        skip(1);
        o = all(FIRST + 1);
        for (uint256 i = 0; i < 6; ++i) {
            if (i < 3) o[i].number = FIRST;
            o[i].blockHash = "other";
        }
        close(o);
        assertEq(time.status(LAYER).forkedAt, FIRST + 1);
    }

    function test_theEarlierOfTwoChangedNumbersDoesNotLowerForkedAt() public {
        closeSplit(FIRST + 1, 0);
        Observation[] memory o = all(FIRST);
        for (uint256 i = 0; i < 6; ++i) {
            if (i < 3) o[i].number = FIRST + 1;
            o[i].blockHash = "other";
        }
        close(o);
        assertEq(time.status(LAYER).forkedAt, FIRST + 1);
        skip(1);
        closeSplit(FIRST, 6);
        assertEq(time.status(LAYER).forkedAt, FIRST + 1);
    }

    function test_exactlyAThirdCannotFlagAChange() public {
        Observation[] memory o = all(FIRST + 1);
        for (uint256 i = 0; i < 2; ++i) {
            o[i].number = FIRST;
            o[i].blockHash = "other";
        }
        close(o);
        assertEq(flags(), 0);
    }

    function test_exactlyAThirdCannotFlagAChangeWhenNoGroupIsLarger() public {
        Observation[] memory o = all(FIRST + 1);
        for (uint256 i = 0; i < 6; ++i) {
            if (i < 2) (o[i].number, o[i].blockHash) = (FIRST, bytes32("other"));
            else o[i] = honest(FIRST + uint64(i) / 2);
        }
        close(o);
        assertEq(flags(), 0);
    }

    function test_isClearedByAQuorumOnALaterBlockOnly() public {
        closeSplit(FIRST + 1, 3);
        assertEq(flags(), FORKED);
        closeSplit(FIRST + 1, 0); // agreed, but not later
        assertEq(flags(), FORKED);
        closeSplit(FIRST + 2, 2); // later, but only two thirds agree
        assertEq(flags(), FORKED);
        closeSplit(FIRST + 3, 3); // forked again
        assertEq(flags(), FORKED);
        closeSplit(FIRST + 3, 0);
        assertEq(flags(), FORKED);
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.FlagsChanged(LAYER, FORKED, 0);
        closeSplit(FIRST + 4, 1);
        assertEq(flags(), 0);
        assertEq(time.status(LAYER).forkedAt, FIRST + 3);
    }

    function test_aReorgIsFlaggedUntilItPassesTheKnownNumbers() public {
        closeSplit(FIRST + 1, 0);
        closeSplit(FIRST, 6);
        assertEq(flags(), FORKED);
        closeSplit(FIRST + 1, 6);
        assertEq(flags(), FORKED);
        assertEq(time.status(LAYER).forkedAt, FIRST + 1);
        closeSplit(FIRST + 2, 6);
        assertEq(flags(), 0);
    }

    function test_agreementNeedsMoreThanTwoThirds() public {
        closeSplit(FIRST + 1, 2); // 40 of 60
        assertEq(time.agreedHash(LAYER, FIRST + 1), 0);
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.BlockAgreed(LAYER, FIRST + 2, hashOf(FIRST + 2));
        closeSplit(FIRST + 2, 1); // 50 of 60
        assertEq(time.agreedHash(LAYER, FIRST + 2), hashOf(FIRST + 2));
    }

    function test_remembersTheLatestOfNumbersThatShareASlot() public {
        closeSplit(FIRST + 64, 0);
        assertEq(time.agreedHash(LAYER, FIRST + 64), hashOf(FIRST + 64));
        assertEq(time.agreedHash(LAYER, FIRST), 0);
        closeSplit(FIRST, 0);
        assertEq(time.agreedHash(LAYER, FIRST + 64), hashOf(FIRST + 64));
        assertEq(time.agreedHash(LAYER, FIRST), 0);
        closeSplit(FIRST + 63, 0);
        assertEq(time.agreedHash(LAYER, FIRST + 63), hashOf(FIRST + 63));
    }

    function test_theSameAgreementIsToldOnce() public {
        vm.recordLogs();
        closeSplit(FIRST, 0);
        checkNotEmitted(IBlockTimeOracle.BlockAgreed.selector);
    }

    function test_theHeavierHashIsFoundWhereverItStands() public {
        Observation[] memory o = all(FIRST + 1);
        o[0].blockHash = "a";
        o[2].blockHash = "b";
        close(o);
        assertEq(time.agreedHash(LAYER, FIRST + 1), 0); // 40 of 60
        weights.set(oracle(5), 30);
        skip(1);
        o = all(FIRST + 1);
        o[0].blockHash = "a";
        o[2].blockHash = "b";
        close(o);
        assertEq(time.agreedHash(LAYER, FIRST + 1), hashOf(FIRST + 1)); // 60 of 80
    }
}

contract BlockTimeOracleRequireHealthyTest is BlockTimeOracleBase {
    function test_RevertWhen_UnknownLayer() public {
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.UnknownLayer.selector, LAYER));
        time.requireHealthy(LAYER);
    }

    function test_RevertWhen_Outdated() public {
        close(all(FIRST));
        uint64 start = now64();
        time.requireHealthy(LAYER);
        skip(STALL);
        time.requireHealthy(LAYER);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.Outdated.selector, LAYER, start));
        time.requireHealthy(LAYER);
        close(all(FIRST + 1));
        time.requireHealthy(LAYER);
    }

    function test_RevertWhen_Unhealthy() public {
        close(all(FIRST));
        skip(STALL);
        close(all(FIRST));
        vm.expectRevert(abi.encodeWithSelector(IBlockTimeOracle.Unhealthy.selector, LAYER, STALLED));
        time.requireHealthy(LAYER);
    }
}

contract BlockTimeOracleReportEquivocationTest is BlockTimeOracleBase {
    Observation internal first;
    Observation internal second;

    function setUp() public override {
        super.setUp();
        first = honest(FIRST);
        second = honest(FIRST);
        second.blockHash = "other";
    }

    function report() internal {
        time.reportEquivocation(first, sign(keys[0], first), second, sign(keys[0], second));
    }

    function test_isRecordedOnce() public {
        bytes memory a = sign(keys[0], first);
        bytes memory b = sign(keys[0], second);
        vm.expectEmit(address(time));
        emit IBlockTimeOracle.Equivocation(LAYER, oracle(0), FIRST, hashOf(FIRST), "other");
        vm.prank(stranger);
        time.reportEquivocation(first, a, second, b);
        assertTrue(time.equivocated(oracle(0), LAYER, FIRST));
        bytes memory known = abi.encodeWithSelector(IBlockTimeOracle.AlreadyReported.selector, oracle(0), LAYER, FIRST);
        vm.expectRevert(known);
        time.reportEquivocation(first, a, second, b);
        vm.expectRevert(known);
        time.reportEquivocation(second, b, first, a);
        // posting both afterwards tells nothing new, and works
        time.post(first, a);
        vm.recordLogs();
        ++second.localTime;
        post(0, second);
        assertEq(vm.getRecordedLogs().length, 1);
    }

    function testFuzz_RevertWhen_NothingContradicts(uint8 field) public {
        if (field % 3 == 0) ++second.chainId;
        else if (field % 3 == 1) ++second.number;
        else second.blockHash = first.blockHash;
        ++second.timestamp;
        ++second.localTime;
        bytes memory a = sign(keys[0], first);
        bytes memory b = sign(keys[0], second);
        vm.expectRevert(IBlockTimeOracle.NoEquivocation.selector);
        time.reportEquivocation(first, a, second, b);
    }

    function test_RevertWhen_SignedByTwoOracles() public {
        bytes memory a = sign(keys[0], first);
        bytes memory b = sign(keys[1], second);
        vm.expectRevert(IBlockTimeOracle.NoEquivocation.selector);
        time.reportEquivocation(first, a, second, b);
    }

    function test_RevertWhen_TheSignerNeverWasAnOracle() public {
        bytes memory a = sign(7, first);
        bytes memory b = sign(7, second);
        vm.expectRevert(abi.encodeWithSelector(Quorum.NoWeight.selector, vm.addr(7)));
        time.reportEquivocation(first, a, second, b);
    }

    function test_anOracleThatLeftIsStillReported() public {
        post(0, honest(FIRST + 1));
        weights.set(oracle(0), 0);
        report();
        assertTrue(time.equivocated(oracle(0), LAYER, FIRST));
    }

    function test_RevertWhen_InvalidSignature() public {
        bytes memory a = sign(keys[0], first);
        bytes memory b = sign(keys[0], second);
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        time.reportEquivocation(first, highS(a), second, b);
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        time.reportEquivocation(first, a, second, highS(b));
    }
}
