// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IWeights } from "./IWeights.sol";

/// @title What disputes, beacons and useful work ask of the registry
/// @notice NodeRegistry answers it.
interface IRoleRegistry is IWeights {
    /// @notice Whether the operator is registered with every bit of `role` and its stake covers all of its roles, now.
    function isActive(address operator, uint32 role) external view returns (bool);

    /// @notice Owner of the operator; of one that left, the owner that it had last. Zero when it never was registered. A fault
    ///         stays its owner's: whoever cheats cannot deregister out of a slash.
    function ownerOf(address operator) external view returns (address);
}
