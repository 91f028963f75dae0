// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IMessageReceiver } from "./IMessageReceiver.sol";

/// @title What a contract of another layer does here
/// @notice Carries out the calls of one fixed remote sender, on a list of targets that is fixed for good. The messages of a
///         sender may arrive in any order: calls that need one go into the same message.
interface ILayerAccount is IMessageReceiver {
    /// @param target one of the fixed list
    /// @param data   selector and arguments
    struct Call {
        address target;
        bytes data;
    }

    event Called(address indexed target, bytes data);

    /// @notice The list of targets is empty or too long.
    error InvalidTargets(uint256 count);
    /// @notice A message holds no call, or too many.
    error InvalidCallCount(uint256 count);
    /// @notice The target is not on the list.
    error TargetNotAllowed(address target);

    function isTarget(address target) external view returns (bool);
}
