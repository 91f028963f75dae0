// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IOracleSet } from "../interfaces/IOracleSet.sol";
import { IWeights } from "../interfaces/IWeights.sol";
import { Roles } from "../types/Roles.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import { EnumerableSet } from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title OracleSet
/// @notice See {IOracleSet}.
contract OracleSet is IOracleSet {
    using Checkpoints for Checkpoints.Trace208;
    using EnumerableSet for EnumerableSet.AddressSet;
    using SafeCast for uint256;

    uint256 public constant SIZE_MAX = 64;

    /// @inheritdoc IOracleSet
    address public immutable governance;

    EnumerableSet.AddressSet private _oracles;
    mapping(address operator => Checkpoints.Trace208) private _seats;
    Checkpoints.Trace208 private _count;

    constructor(address governance_, address[] memory first) {
        if (governance_ == address(0)) revert ZeroAddress();
        governance = governance_;
        for (uint256 i = 0; i < first.length; ++i) {
            _add(first[i]);
        }
    }

    /// @inheritdoc IOracleSet
    function add(address operator) external {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        _add(operator);
    }

    /// @inheritdoc IOracleSet
    function remove(address operator) external {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        if (!_oracles.remove(operator)) revert NotOracle(operator);
        _record(operator, 0);
        emit OracleRemoved(operator, _oracles.length());
    }

    /// @inheritdoc IWeights
    function weightAt(address operator, uint32 role, uint256 timestamp) external view returns (uint256) {
        return _at(_seats[operator], role, timestamp);
    }

    /// @inheritdoc IWeights
    function totalWeightAt(uint32 role, uint256 timestamp) external view returns (uint256) {
        return _at(_count, role, timestamp);
    }

    /// @inheritdoc IOracleSet
    function isOracle(address operator) external view returns (bool) {
        return _oracles.contains(operator);
    }

    /// @inheritdoc IOracleSet
    function oracles() external view returns (address[] memory) {
        return _oracles.values();
    }

    function _add(address operator) private {
        if (operator == address(0)) revert ZeroAddress();
        if (!_oracles.add(operator)) revert AlreadyOracle(operator);
        if (_oracles.length() > SIZE_MAX) revert SetFull();
        _record(operator, 1);
        emit OracleAdded(operator, _oracles.length());
    }

    function _record(address operator, uint208 seat) private {
        uint48 now48 = uint48(block.timestamp);
        _seats[operator].push(now48, seat);
        _count.push(now48, _oracles.length().toUint208());
    }

    function _at(Checkpoints.Trace208 storage trace, uint32 role, uint256 timestamp) private view returns (uint256) {
        if (timestamp >= block.timestamp) revert NotYetPast(timestamp);
        return role == Roles.ORACLE ? trace.upperLookupRecent(timestamp.toUint48()) : 0;
    }
}
