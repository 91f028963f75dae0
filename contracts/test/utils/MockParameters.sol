// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../../src/interfaces/IParameters.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @notice Parameters that anybody sets and nothing bounds.
contract MockParameters is IParameters {
    using Checkpoints for Checkpoints.Trace208;

    uint256 public immutable epochSeconds;
    address public immutable governance;
    mapping(Parameter => Checkpoints.Trace208) private _values;
    mapping(Parameter => mapping(uint64 epoch => uint256)) private _single;
    mapping(Parameter => mapping(uint64 epoch => bool)) private _isSingle;

    constructor(uint256 epochSeconds_) {
        epochSeconds = epochSeconds_;
        governance = msg.sender;
    }

    /// @dev From the current epoch on.
    function put(Parameter parameter, uint256 value) external {
        _values[parameter].push(uint48(currentEpoch()), uint208(value));
    }

    /// @dev In one epoch only.
    function putAt(Parameter parameter, uint64 epoch, uint256 value) external {
        _single[parameter][epoch] = value;
        _isSingle[parameter][epoch] = true;
    }

    function set(Parameter parameter, uint256 value) external {
        _values[parameter].push(uint48(currentEpoch() + 1), uint208(value));
        emit ParameterSet(parameter, currentEpoch() + 1, value);
    }

    function get(Parameter parameter) external view returns (uint256) {
        return getAt(parameter, currentEpoch());
    }

    /// @dev Before the first value was put, the first one holds.
    function getAt(Parameter parameter, uint64 epoch) public view returns (uint256) {
        if (_isSingle[parameter][epoch]) return _single[parameter][epoch];
        Checkpoints.Trace208 storage values = _values[parameter];
        if (values.length() == 0) return 0;
        Checkpoints.Checkpoint208 memory first = values.at(0);
        return epoch < first._key ? first._value : values.upperLookupRecent(uint48(epoch));
    }

    function bounds(Parameter) external pure returns (uint256 min, uint256 max) {
        return (0, type(uint208).max);
    }

    function currentEpoch() public view returns (uint64) {
        return uint64(block.timestamp / epochSeconds);
    }
}
