// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IWeights } from "./IWeights.sol";

/// @title The oracles of a layer that has no node registry
/// @notice Governance names them; each has the weight one in the role ORACLE, and none in others.
interface IOracleSet is IWeights {
    event OracleAdded(address indexed operator, uint256 count);
    event OracleRemoved(address indexed operator, uint256 count);

    /// @notice Only governance may call this.
    error NotGovernance(address caller);
    /// @notice The operator is in the set.
    error AlreadyOracle(address operator);
    /// @notice The operator is not in the set.
    error NotOracle(address operator);
    /// @notice The set is as large as it may be.
    error SetFull();
    /// @notice An address that must name somebody is zero.
    error ZeroAddress();

    /// @notice Gives a seat. By governance.
    function add(address operator) external;

    /// @notice Takes the seat away; what was signed at a second before keeps its weight. By governance.
    function remove(address operator) external;

    function isOracle(address operator) external view returns (bool);

    /// @notice All of them, in no order.
    function oracles() external view returns (address[] memory);

    function governance() external view returns (address);
}
