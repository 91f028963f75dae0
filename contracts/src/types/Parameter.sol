// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A number of the protocol that governance may change within its bounds (l1/Parameters). Seconds, wei and basis points
///         by the name's ending; a plain count otherwise.
enum Parameter {
    // settlement and rewards
    ChallengeSeconds,
    SnapshotAgeMaxSeconds,
    DataSeconds,
    DataBondWei,
    RouterBps,
    GuardsBps,
    OracleBps,
    TreasuryBps,
    EmissionWei,
    EmissionDecayBps,
    EmissionPeriodEpochs,
    // sessions
    ThawSeconds,
    // stakes
    MinStakeRouterWei,
    MinStakeMinerWei,
    MinStakeGuardWei,
    MinStakeOracleWei,
    UnbondingSeconds,
    SlashAppealSeconds,
    ReporterBps,
    // disputes
    DisputeBondWei,
    DisputeCommitSeconds,
    DisputeRevealSeconds,
    CommitteeSize,
    AppealSeconds,
    AppealBondWei,
    AppealCommitteeSize,
    SlashInvalidBps,
    SlashEquivocationBps,
    SlashSilenceBps,
    // beacon and leadership
    BeaconCommitSeconds,
    BeaconRevealSeconds,
    LeaderSeconds,
    // useful work
    UsefulWorkStepSeconds,
    UsefulWorkCooldownSeconds,
    UsefulWorkReassignMax,
    // block time
    DriftMaxSeconds,
    StallSeconds,
    // market
    RoyaltyMaxBps,
    MarketFeeBps,
    // layers
    CheckpointChallengeSeconds
}
