// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../interfaces/IParameters.sol";
import { Parameter } from "./Parameter.sol";

/// @notice First value and bounds of every parameter for a network with real money, for epochs of `EPOCH_SECONDS`. A test
///         network deploys with other ones.
library ParameterDefaults {
    /// @notice An hour: many settlements a day, and time enough for one with its disputes.
    uint256 internal constant EPOCH_SECONDS = 1 hours;

    /// @notice All of them, in the order of {Parameter}.
    function definitions() internal pure returns (IParameters.Definition[] memory d) {
        d = new IParameters.Definition[](uint256(type(Parameter).max) + 1);
        _settlement(d);
        _rewards(d);
        _stakes(d);
        _disputes(d);
        _slashes(d);
        _time(d);
        _usefulWork(d);
        _market(d);
    }

    function _settlement(IParameters.Definition[] memory d) private pure {
        // Time for any watcher to see a wrong root and say so, over a night; claims wait as long.
        _put(d, Parameter.ChallengeSeconds, 6 hours, 1 hours, 3 days);
        // A settlement may be late by a day; always less than the shortest unbonding.
        _put(d, Parameter.SnapshotAgeMaxSeconds, 1 days, 1 hours, 2 days);
        // Time to answer a request for an epoch's data, well within the challenge.
        _put(d, Parameter.DataSeconds, 2 hours, 30 minutes, 1 days);
        // Asking costs something to those who ask in vain, and never too much for one miner.
        _put(d, Parameter.DataBondWei, 100 ether, 1 ether, 10_000 ether);
        // Payees have time to redeem their last voucher after a client's notice: four challenges of the default.
        _put(d, Parameter.ThawSeconds, 1 days, 6 hours, 7 days);
        // Shares of a task's cost; the miner has the rest, never less than 80 %.
        _put(d, Parameter.RouterBps, 500, 0, 1000);
        _put(d, Parameter.GuardsBps, 300, 100, 1000);
        _put(d, Parameter.OracleBps, 100, 0, 500);
        _put(d, Parameter.TreasuryBps, 100, 0, 500);
    }

    function _rewards(IParameters.Definition[] memory d) private pure {
        // What is issued in an epoch of the first period; governance may lower it, not raise it.
        _put(d, Parameter.EmissionWei, 20_000 ether, 0, 20_000 ether);
        // Part of an epoch's issue that is left in each following period; it never grows.
        _put(d, Parameter.EmissionDecayBps, 9500, 5000, 10_000);
        // Half a year of hours; not less than a month.
        _put(d, Parameter.EmissionPeriodEpochs, 4320, 720, 8760);
    }

    function _stakes(IParameters.Definition[] memory d) private pure {
        // A tenth to ten times of the first value: roles stay open to newcomers and never become free.
        _put(d, Parameter.MinStakeRouterWei, 1000 ether, 100 ether, 10_000 ether);
        _put(d, Parameter.MinStakeMinerWei, 1000 ether, 100 ether, 10_000 ether);
        _put(d, Parameter.MinStakeGuardWei, 5000 ether, 500 ether, 50_000 ether);
        _put(d, Parameter.MinStakeOracleWei, 10_000 ether, 1000 ether, 100_000 ether);
        // A fault must be found and appealed before the stake behind it can leave; nobody is held for a season.
        _put(d, Parameter.UnbondingSeconds, 14 days, 2 days, 60 days);
        // Two days: an operator who sleeps and an oracle who re-runs the audit have both had their time.
        _put(d, Parameter.SlashAppealSeconds, 2 days, 6 hours, 7 days);
        // Worth reporting for, and at least half burns, so that reporting oneself never saves the stake.
        _put(d, Parameter.ReporterBps, 2000, 0, 5000);
    }

    function _disputes(IParameters.Definition[] memory d) private pure {
        // What a dispute opened in vain costs: more than a committee's work is worth.
        _put(d, Parameter.DisputeBondWei, 100 ether, 10 ether, 10_000 ether);
        // A forward pass takes seconds; half an hour lets a guard restart and catch up with the chain.
        _put(d, Parameter.DisputeCommitSeconds, 30 minutes, 10 minutes, 6 hours);
        _put(d, Parameter.DisputeRevealSeconds, 30 minutes, 10 minutes, 6 hours);
        // Five drawn by stake: one liar decides nothing.
        _put(d, Parameter.CommitteeSize, 5, 3, 9);
        _put(d, Parameter.AppealSeconds, 30 minutes, 10 minutes, 1 days);
        // Five times the first bond: an appeal is for those who are sure.
        _put(d, Parameter.AppealBondWei, 500 ether, 50 ether, 50_000 ether);
        // Always larger than the committee whose verdict it hears.
        _put(d, Parameter.AppealCommitteeSize, 11, 11, 31);
    }

    function _slashes(IParameters.Definition[] memory d) private pure {
        // Hurts more than a cheat over many epochs earns; leaves enough to mend and go on.
        _put(d, Parameter.SlashInvalidBps, 2000, 100, 5000);
        // Two statements that contradict each other are no accident.
        _put(d, Parameter.SlashEquivocationBps, 5000, 1000, 10_000);
        // Silence may be a power cut.
        _put(d, Parameter.SlashSilenceBps, 100, 0, 500);
    }

    function _time(IParameters.Definition[] memory d) private pure {
        // Both windows together always end within an epoch of an hour.
        _put(d, Parameter.BeaconCommitSeconds, 20 minutes, 5 minutes, 25 minutes);
        _put(d, Parameter.BeaconRevealSeconds, 20 minutes, 5 minutes, 25 minutes);
        // A leader who restarts keeps its turn; a dead one costs a twelfth of the epoch.
        _put(d, Parameter.LeaderSeconds, 5 minutes, 1 minutes, 30 minutes);
        // A clock kept by NTP is far nearer; a clock that nobody keeps is soon further off.
        _put(d, Parameter.DriftMaxSeconds, 30 seconds, 5 seconds, 5 minutes);
        // No chain that works is silent for ten minutes.
        _put(d, Parameter.StallSeconds, 10 minutes, 1 minutes, 1 days);
        // Time to see a wrong checkpoint of a lower layer and answer with the right one.
        _put(d, Parameter.CheckpointChallengeSeconds, 1 hours, 10 minutes, 7 days);
    }

    function _usefulWork(IParameters.Definition[] memory d) private pure {
        // A step on a slow CPU takes minutes.
        _put(d, Parameter.UsefulWorkStepSeconds, 30 minutes, 5 minutes, 1 days);
        // An idle miner works in every other epoch at the most.
        _put(d, Parameter.UsefulWorkCooldownSeconds, 1 hours, 0, 1 days);
        // Then the session ends: whoever was drawn three times was not there.
        _put(d, Parameter.UsefulWorkReassignMax, 2, 0, 5);
    }

    function _market(IParameters.Definition[] memory d) private pure {
        // More than half of a price always stays with those who run the model.
        _put(d, Parameter.RoyaltyMaxBps, 3000, 0, 4000);
        // Small beside the price; a tenth at the most.
        _put(d, Parameter.MarketFeeBps, 250, 0, 1000);
    }

    function _put(IParameters.Definition[] memory d, Parameter p, uint208 value, uint208 min, uint208 max)
        private
        pure
    {
        d[uint256(p)] = IParameters.Definition(value, min, max);
    }
}
