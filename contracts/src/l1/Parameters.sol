// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../interfaces/IParameters.sol";
import { RecentTrace } from "../libraries/RecentTrace.sol";
import { Parameter } from "../types/Parameter.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Parameters
/// @notice See {IParameters}.
contract Parameters is IParameters {
    using RecentTrace for RecentTrace.Trace;
    using SafeCast for uint256;

    struct Bounds {
        uint208 min;
        uint208 max;
    }

    uint256 private constant COUNT = uint256(type(Parameter).max) + 1;
    uint256 private constant BPS = 10_000;
    /// @notice What all others may take of a task's cost together; the miner keeps at least the rest.
    uint256 public constant SHARES_MAX_BPS = 2000;

    /// @inheritdoc IParameters
    address public immutable governance;
    /// @inheritdoc IParameters
    uint256 public immutable epochSeconds;

    mapping(Parameter parameter => Bounds) private _bounds;
    /// @dev first epoch in which a value holds → value
    mapping(Parameter parameter => RecentTrace.Trace) private _values;

    /// @param governance_  who may set values; zero is nobody, for good
    /// @param definitions one of each parameter, in the order of {Parameter}
    constructor(address governance_, uint256 epochSeconds_, Definition[] memory definitions) {
        if (epochSeconds_ == 0) revert InvalidEpochSeconds();
        if (definitions.length != COUNT) revert InvalidDefinition(Math.min(definitions.length, COUNT));
        governance = governance_;
        epochSeconds = epochSeconds_;
        for (uint256 i = 0; i < COUNT; ++i) {
            Definition memory d = definitions[i];
            if (d.value < d.min || d.value > d.max) revert InvalidDefinition(i);
            Parameter parameter = Parameter(i);
            _bounds[parameter] = Bounds(d.min, d.max);
            _write(parameter, 0, d.value);
        }
        _checkRules(epochSeconds_);
    }

    /// @inheritdoc IParameters
    function set(Parameter parameter, uint256 value) external {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        Bounds memory b = _bounds[parameter];
        if (value < b.min || value > b.max) revert OutOfBounds(parameter, value, b.min, b.max);
        _write(parameter, currentEpoch() + 1, value.toUint208());
        _checkRules(epochSeconds);
    }

    /// @inheritdoc IParameters
    function get(Parameter parameter) external view returns (uint256) {
        return getAt(parameter, currentEpoch());
    }

    /// @inheritdoc IParameters
    function getAt(Parameter parameter, uint64 epoch) public view returns (uint256) {
        return _values[parameter].valueAt(uint48(Math.min(epoch, type(uint48).max)));
    }

    /// @inheritdoc IParameters
    function bounds(Parameter parameter) external view returns (uint256 min, uint256 max) {
        Bounds memory b = _bounds[parameter];
        return (b.min, b.max);
    }

    /// @inheritdoc IParameters
    function currentEpoch() public view returns (uint64) {
        return (block.timestamp / epochSeconds).toUint64();
    }

    /// @dev A second value for the same epoch replaces the first: no value can reach an epoch that has begun.
    function _write(Parameter parameter, uint64 epoch, uint208 value) private {
        if (_isBps(parameter) && value > BPS) revert RuleBroken("basis points <= 10000");
        _values[parameter].push(uint256(epoch).toUint48(), value);
        emit ParameterSet(parameter, epoch, value);
    }

    /// @dev The values that hold from the next epoch on are the latest ones.
    function _checkRules(uint256 epochLength) private view {
        uint256 shares = _latest(Parameter.RouterBps) + _latest(Parameter.GuardsBps) + _latest(Parameter.OracleBps)
            + _latest(Parameter.TreasuryBps);
        if (shares > SHARES_MAX_BPS) revert RuleBroken("RouterBps + GuardsBps + OracleBps + TreasuryBps <= 2000");
        uint256 unbonding = _latest(Parameter.UnbondingSeconds);
        // A fault of one epoch can be found, proven and appealed while the stake behind it still cannot leave, with as
        // much time again for the messages between layers.
        uint256 exposure = epochLength + _latest(Parameter.ChallengeSeconds) + _latest(Parameter.SlashAppealSeconds);
        if (unbonding < 2 * exposure) {
            revert RuleBroken("UnbondingSeconds >= 2 * (epochSeconds + ChallengeSeconds + SlashAppealSeconds)");
        }
        if (unbonding < _latest(Parameter.SnapshotAgeMaxSeconds)) {
            revert RuleBroken("UnbondingSeconds >= SnapshotAgeMaxSeconds");
        }
        if (_latest(Parameter.BeaconCommitSeconds) + _latest(Parameter.BeaconRevealSeconds) > epochLength) {
            revert RuleBroken("BeaconCommitSeconds + BeaconRevealSeconds <= epochSeconds");
        }
        // An appeal is heard, and its order is at the stake, before the slash executes.
        uint256 appeal = _latest(Parameter.AppealSeconds) + 2 * epochLength + _latest(Parameter.DisputeCommitSeconds)
            + _latest(Parameter.DisputeRevealSeconds) + _latest(Parameter.CheckpointChallengeSeconds);
        if (appeal >= _latest(Parameter.SlashAppealSeconds)) {
            revert RuleBroken("AppealSeconds + 2 * epochSeconds + DisputeCommitSeconds + DisputeRevealSeconds + CheckpointChallengeSeconds < SlashAppealSeconds");
        }
    }

    function _latest(Parameter parameter) private view returns (uint256) {
        return _values[parameter].latest();
    }

    function _isBps(Parameter p) private pure returns (bool) {
        return p == Parameter.RouterBps || p == Parameter.GuardsBps || p == Parameter.OracleBps
            || p == Parameter.TreasuryBps || p == Parameter.EmissionDecayBps || p == Parameter.ReporterBps
            || p == Parameter.SlashInvalidBps || p == Parameter.SlashEquivocationBps || p == Parameter.SlashSilenceBps
            || p == Parameter.RoyaltyMaxBps || p == Parameter.MarketFeeBps;
    }
}
