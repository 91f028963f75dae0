// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who has how much say in a role, at any past second
/// @notice What libraries/Quorum counts. Weights are snapshots: what changes later changes no quorum that was read before.
interface IWeights {
    /// @notice Snapshots can be read for the past only.
    error NotYetPast(uint256 timestamp);

    /// @notice Weight of an operator in one role at the end of a past second; zero when it has no seat.
    function weightAt(address operator, uint32 role, uint256 timestamp) external view returns (uint256);

    /// @notice Sum of all weights in one role at the end of a past second.
    function totalWeightAt(uint32 role, uint256 timestamp) external view returns (uint256);
}
