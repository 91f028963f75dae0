// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBlockTimeOracle } from "../interfaces/IBlockTimeOracle.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { IWeights } from "../interfaces/IWeights.sol";
import { Quorum } from "../libraries/Quorum.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { WeightedMedian } from "../libraries/WeightedMedian.sol";
import { Observation } from "../types/Observation.sol";
import { Parameter } from "../types/Parameter.sol";
import { Roles } from "../types/Roles.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title BlockTimeOracle
/// @notice See {IBlockTimeOracle}.
contract BlockTimeOracle is IBlockTimeOracle, EIP712 {
    using SafeCast for uint256;

    /// @dev What a round is counted from, one entry for each oracle.
    struct Round {
        uint256[] weights;
        uint256[] clocks;
        uint256[] numbers;
        uint256[] timestamps;
        bytes32[] hashes;
        uint256 totalWeight;
    }

    /// @dev All weight behind one hash at one number.
    struct Block {
        uint64 number;
        bytes32 blockHash;
        uint256 weight;
    }

    struct Agreed {
        uint64 number;
        bytes32 blockHash;
    }

    uint8 public constant STALLED = 1;
    uint8 public constant FORKED = 2;
    uint8 public constant AHEAD = 4;
    uint256 public constant ORACLES_MAX = 64;
    /// @notice Numbers of agreed blocks that are remembered per layer.
    uint256 public constant HISTORY = 64;
    /// @notice How far an oracle's clock may be ahead of this chain's: a clock that ran wild once locks its oracle out of a
    ///         layer for no longer.
    uint256 public constant CLOCK_AHEAD_SECONDS_MAX = 1 hours;

    /// @dev Clocks of one round count when they are within this part of `StallSeconds` of their median: then what made the head
    ///      and what finds it unchanged are at least half of it apart.
    uint256 private constant APART_DIVISOR = 4;

    /// @inheritdoc IBlockTimeOracle
    IWeights public immutable weights;
    /// @inheritdoc IBlockTimeOracle
    IParameters public immutable parameters;

    mapping(uint64 chainId => Status) private _layers;
    mapping(uint64 chainId => mapping(address oracle => Report)) private _reports;
    mapping(uint64 chainId => mapping(uint256 slot => Agreed)) private _agreed;
    /// @inheritdoc IBlockTimeOracle
    mapping(address oracle => mapping(uint64 chainId => mapping(uint64 number => bool))) public equivocated;

    constructor(IWeights weights_, IParameters parameters_) EIP712("cortensord", "1") {
        if (address(weights_) == address(0) || address(parameters_) == address(0)) revert ZeroAddress();
        weights = weights_;
        parameters = parameters_;
    }

    /// @inheritdoc IBlockTimeOracle
    function post(Observation calldata observation, bytes calldata signature) external {
        address oracle = _signer(observation, signature);
        if (_weight(oracle) == 0) revert Quorum.NoWeight(oracle);
        uint64 latest = _reports[observation.chainId][oracle].localTime;
        if (observation.localTime <= latest) revert NotNewer(oracle, observation.localTime, latest);
        _record(observation, oracle);
    }

    /// @inheritdoc IBlockTimeOracle
    function update(uint64 chainId, address[] calldata oracles) external {
        _close(chainId, oracles);
    }

    /// @inheritdoc IBlockTimeOracle
    function postAndUpdate(Observation[] calldata observations, bytes[] calldata signatures) external {
        uint256 n = observations.length;
        if (n != signatures.length) revert LengthMismatch(n, signatures.length);
        if (n > ORACLES_MAX) revert TooManyOracles(n, ORACLES_MAX);
        uint64 chainId = n == 0 ? 0 : observations[0].chainId;
        address[] memory oracles = new address[](n);
        for (uint256 i = 0; i < n; ++i) {
            if (observations[i].chainId != chainId) revert MixedLayers(chainId, observations[i].chainId);
            oracles[i] = _signer(observations[i], signatures[i]);
            _record(observations[i], oracles[i]);
        }
        _close(chainId, oracles);
    }

    /// @inheritdoc IBlockTimeOracle
    function reportEquivocation(
        Observation calldata first,
        bytes calldata firstSignature,
        Observation calldata second,
        bytes calldata secondSignature
    ) external {
        address oracle = _signer(first, firstSignature);
        if (
            oracle != _signer(second, secondSignature) || first.chainId != second.chainId
                || first.number != second.number || first.blockHash == second.blockHash
        ) revert NoEquivocation();
        // Keys that never spoke as an oracle would only make noise.
        if (_reports[first.chainId][oracle].localTime == 0 && _weight(oracle) == 0) revert Quorum.NoWeight(oracle);
        if (equivocated[oracle][first.chainId][first.number]) {
            revert AlreadyReported(oracle, first.chainId, first.number);
        }
        _equivocated(first.chainId, oracle, first.number, first.blockHash, second.blockHash);
    }

    /// @inheritdoc IBlockTimeOracle
    function networkTime(uint64 chainId) external view returns (uint64) {
        return _known(chainId).networkTime;
    }

    /// @inheritdoc IBlockTimeOracle
    function status(uint64 chainId) external view returns (Status memory) {
        return _layers[chainId];
    }

    /// @inheritdoc IBlockTimeOracle
    function requireHealthy(uint64 chainId) external view {
        Status storage layer = _known(chainId);
        if (layer.flags != 0) revert Unhealthy(chainId, layer.flags);
        if (block.timestamp - layer.updatedAt > parameters.get(Parameter.StallSeconds)) {
            revert Outdated(chainId, layer.updatedAt);
        }
    }

    /// @inheritdoc IBlockTimeOracle
    function report(uint64 chainId, address oracle) external view returns (Report memory) {
        return _reports[chainId][oracle];
    }

    /// @inheritdoc IBlockTimeOracle
    function agreedHash(uint64 chainId, uint64 number) public view returns (bytes32) {
        Agreed storage a = _agreed[chainId][number % HISTORY];
        return a.number == number ? a.blockHash : bytes32(0);
    }

    /// @inheritdoc IBlockTimeOracle
    function observationDigest(Observation calldata observation) public view returns (bytes32) {
        return _hashTypedDataV4(observation.hash());
    }

    /// @dev Keeps an observation if it is later than what its oracle posted. An older one changes nothing, so that a batch cannot
    ///      be spoilt by sending one of its observations first.
    function _record(Observation calldata o, address oracle) private {
        Report storage r = _reports[o.chainId][oracle];
        if (
            r.localTime != 0 && r.number == o.number && r.blockHash != o.blockHash
                && !equivocated[oracle][o.chainId][o.number]
        ) {
            _equivocated(o.chainId, oracle, o.number, r.blockHash, o.blockHash);
        }
        if (o.localTime <= r.localTime) return;
        uint256 max = block.timestamp + CLOCK_AHEAD_SECONDS_MAX;
        if (o.localTime > max) revert ClockTooFarAhead(o.localTime, max);
        _reports[o.chainId][oracle] = Report(o.blockHash, o.number, o.timestamp, o.localTime, _layers[o.chainId].rounds);
        emit ObservationPosted(o.chainId, oracle, o.number, o.blockHash, o.timestamp, o.localTime);
    }

    function _equivocated(uint64 chainId, address oracle, uint64 number, bytes32 first, bytes32 second) private {
        equivocated[oracle][chainId][number] = true;
        emit Equivocation(chainId, oracle, number, first, second);
    }

    /// @dev With liars of at most a third of all weight and a set of more than two thirds, liars hold less than half of the set:
    ///      each weighted median lies among what honest oracles say.
    function _close(uint64 chainId, address[] memory oracles) private {
        Status storage layer = _layers[chainId];
        Round memory round = _load(chainId, layer.rounds, oracles);
        uint256 stall = parameters.get(Parameter.StallSeconds);
        uint256 clock = WeightedMedian.lower(round.clocks, round.weights);
        _drop(round, clock, stall / APART_DIVISOR);

        uint64 head = WeightedMedian.lower(round.numbers, round.weights).toUint64();
        uint64 blockTime = WeightedMedian.lower(round.timestamps, round.weights).toUint64();
        uint256 drift = parameters.get(Parameter.DriftMaxSeconds);
        uint64 time = _bounded(layer, clock, drift).toUint64();
        if (layer.networkTime == 0 || head > layer.head) {
            layer.head = head;
            layer.advancedAt = clock.toUint64();
        }
        uint8 flags = _forked(chainId, layer, round) ? FORKED : 0;
        // By the oracles' clocks, not by network time: those were read together with the block numbers.
        if (clock >= layer.advancedAt + stall) flags |= STALLED;
        if (blockTime > time + drift) flags |= AHEAD;

        if (flags != layer.flags) emit FlagsChanged(chainId, layer.flags, flags);
        emit RoundClosed(chainId, layer.rounds, time, layer.head, blockTime, flags);
        layer.networkTime = time;
        layer.updatedAt = block.timestamp.toUint64();
        layer.blockTime = blockTime;
        layer.flags = flags;
        ++layer.rounds;
    }

    /// @dev Network time moves on with this chain's clock, gives or takes the drift, and never back.
    function _bounded(Status storage layer, uint256 clock, uint256 drift) private view returns (uint256) {
        uint256 previous = layer.networkTime;
        if (previous == 0) return clock;
        uint256 expected = previous + (block.timestamp - layer.updatedAt);
        if (clock > expected + drift) return expected + drift;
        if (clock + drift >= expected) return clock < previous ? previous : clock;
        return expected < previous + drift ? previous : expected - drift;
    }

    /// @dev Whether the layer is forked after this round. Two hashes at one number count when each has more than a third of all
    ///      weight behind it, more than liars can have; at most two hashes can. The flag goes when more than two thirds
    ///      agree on one later block and nothing is in doubt.
    function _forked(uint64 chainId, Status storage layer, Round memory round) private returns (bool) {
        (Block memory a, Block memory b) = _heaviest(round);
        uint256 total = round.totalWeight;
        uint64 number = 0;
        bool differ = false;
        if (b.weight * 3 > total && (a.number == b.number || _contradicts(chainId, b))) {
            (differ, number) = (true, b.number);
        }
        if (a.weight * 3 > total && _contradicts(chainId, a)) {
            differ = true;
            if (a.number > number) number = a.number;
        }
        bool agreed = a.weight * 3 > total * 2;
        bool clears = agreed && !differ && a.number > layer.forkedAt;
        if (differ && number > layer.forkedAt) layer.forkedAt = number;
        if (agreed) _remember(chainId, a);
        return differ || (layer.flags & FORKED != 0 && !clears);
    }

    /// @dev A later number is never forgotten for an earlier one.
    function _remember(uint64 chainId, Block memory a) private {
        Agreed storage slot = _agreed[chainId][a.number % HISTORY];
        if (slot.number > a.number || (slot.number == a.number && slot.blockHash == a.blockHash)) return;
        slot.number = a.number;
        slot.blockHash = a.blockHash;
        emit BlockAgreed(chainId, a.number, a.blockHash);
    }

    function _contradicts(uint64 chainId, Block memory b) private view returns (bool) {
        bytes32 known = agreedHash(chainId, b.number);
        return known != 0 && known != b.blockHash;
    }

    /// @dev Reads what the oracles posted in the round, and their weights a second ago.
    function _load(uint64 chainId, uint64 rounds, address[] memory oracles) private view returns (Round memory round) {
        uint256 n = oracles.length;
        if (n > ORACLES_MAX) revert TooManyOracles(n, ORACLES_MAX);
        round.weights = new uint256[](n);
        round.clocks = new uint256[](n);
        round.numbers = new uint256[](n);
        round.timestamps = new uint256[](n);
        round.hashes = new bytes32[](n);
        round.totalWeight = weights.totalWeightAt(Roles.ORACLE, block.timestamp - 1);
        address previous = address(0);
        for (uint256 i = 0; i < n; ++i) {
            address oracle = oracles[i];
            if (oracle <= previous) revert Quorum.SignersNotSorted(previous, oracle);
            previous = oracle;
            round.weights[i] = _weight(oracle);
            if (round.weights[i] == 0) revert Quorum.NoWeight(oracle);
            Report storage r = _reports[chainId][oracle];
            if (r.localTime == 0 || r.round != rounds) revert NotPosted(oracle);
            round.clocks[i] = r.localTime;
            round.numbers[i] = r.number;
            round.timestamps[i] = r.timestamp;
            round.hashes[i] = r.blockHash;
        }
    }

    /// @dev Takes the weight of observations that are of another time than the median, so that old ones, left over or held back,
    ///      cannot make a living layer look stalled; what is left must be a quorum.
    function _drop(Round memory round, uint256 clock, uint256 apartMax) private pure {
        uint256 weight = 0;
        for (uint256 i = 0; i < round.clocks.length; ++i) {
            uint256 own = round.clocks[i];
            if ((own > clock ? own - clock : clock - own) > apartMax) round.weights[i] = 0;
            weight += round.weights[i];
        }
        if (weight * 3 <= round.totalWeight * 2) revert Quorum.QuorumNotReached(weight, round.totalWeight);
    }

    /// @dev The two (number, hash) pairs with the most weight, `a` with the most.
    function _heaviest(Round memory round) private pure returns (Block memory a, Block memory b) {
        uint256 n = round.weights.length;
        for (uint256 i = 0; i < n; ++i) {
            Block memory c = Block(round.numbers[i].toUint64(), round.hashes[i], 0);
            bool counted = false;
            for (uint256 j = 0; j < n && !counted; ++j) {
                if (round.numbers[j] != c.number || round.hashes[j] != c.blockHash) continue;
                if (j < i) counted = true;
                else c.weight += round.weights[j];
            }
            if (counted) continue;
            if (c.weight > a.weight) (a, b) = (c, a);
            else if (c.weight > b.weight) b = c;
        }
    }

    function _signer(Observation calldata o, bytes calldata signature) private view returns (address) {
        return StrictSignature.recover(observationDigest(o), signature);
    }

    function _weight(address oracle) private view returns (uint256) {
        return weights.weightAt(oracle, Roles.ORACLE, block.timestamp - 1);
    }

    function _known(uint64 chainId) private view returns (Status storage layer) {
        layer = _layers[chainId];
        if (layer.networkTime == 0) revert UnknownLayer(chainId);
    }
}
