// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Where stakes can be read
/// @notice The vault itself, or a mirror of it on another layer. Tells the registry of every change (IStakeListener).
interface IStakeSource {
    /// @notice Active stake of the pair now, wei.
    function stakeOf(address owner, address operator) external view returns (uint256);
}
