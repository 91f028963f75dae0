// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who may do what on this layer
/// @notice Asked by the contracts that let somebody in. A layer that is open to all has none (address zero). Each function reverts
///         with the reason when the answer is no.
interface IAdmission {
    /// @notice Whether `client` may open a session for `model`.
    function requireSession(address client, bytes32 model) external view;

    /// @notice Whether `owner` may run a node with this operator and these roles.
    function requireNode(address owner, address operator, uint32 roles) external view;
}
