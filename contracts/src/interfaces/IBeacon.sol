// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Public randomness, one value per epoch
interface IBeacon {
    /// @notice The epoch's randomness is not known (yet).
    error NoRandomness(uint64 epoch);

    /// @notice Randomness of an epoch: nobody knew it before the epoch's reveal phase, and it never changes.
    function randomness(uint64 epoch) external view returns (bytes32);
}
