// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Where levels of nodes stand
/// @notice NodeRegistry keeps them; only the reputation contract sets them.
interface IRegistryLevels {
    /// @notice Sets the level of a registered operator, 0 to 10. By the reputation contract.
    function setLevel(address operator, uint8 level) external;
}
