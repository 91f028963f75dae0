// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Told by StakeVault after every change of an active stake.
interface IStakeListener {
    /// @param owner    who holds the stake
    /// @param operator key that the stake stands behind
    /// @param stake    active stake after the change, wei
    function onStakeChanged(address owner, address operator, uint256 stake) external;
}
