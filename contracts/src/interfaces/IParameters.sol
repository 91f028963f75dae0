// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Parameter } from "../types/Parameter.sol";

/// @title Every number of the protocol that may change
/// @notice Governance sets a value within bounds that were fixed at deployment; it holds from the next epoch on, never
///         earlier. An epoch is a fixed stretch of time, epoch = unix seconds / epochSeconds, so that the ruler itself never moves.
interface IParameters {
    /// @param value first value
    /// @param min   smallest value that governance may set
    /// @param max   largest value that governance may set
    struct Definition {
        uint208 value;
        uint208 min;
        uint208 max;
    }

    /// @param epoch first epoch in which `value` holds
    event ParameterSet(Parameter indexed parameter, uint64 indexed epoch, uint256 value);

    /// @notice Only governance may call this.
    error NotGovernance(address caller);
    /// @notice The value is outside of the parameter's bounds.
    error OutOfBounds(Parameter parameter, uint256 value, uint256 min, uint256 max);
    /// @notice A definition's first value is outside of its own bounds, or one is missing.
    error InvalidDefinition(uint256 index);
    /// @notice An epoch of no length.
    error InvalidEpochSeconds();
    /// @notice Together the values would break a rule between parameters, which `rule` names.
    error RuleBroken(string rule);

    /// @notice Sets a value from the next epoch on. By governance.
    function set(Parameter parameter, uint256 value) external;

    /// @notice The value that holds now.
    function get(Parameter parameter) external view returns (uint256);

    /// @notice The value that holds in `epoch`. Of past and current epochs it never changes.
    function getAt(Parameter parameter, uint64 epoch) external view returns (uint256);

    function bounds(Parameter parameter) external view returns (uint256 min, uint256 max);

    /// @notice Epoch of the current second.
    function currentEpoch() external view returns (uint64);

    /// @notice Length of every epoch; fixed for good.
    function epochSeconds() external view returns (uint256);

    /// @notice Who may change values: a timelock, or the account of one on an upper layer.
    function governance() external view returns (address);
}
