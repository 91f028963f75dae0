// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IMessageReceiver } from "./IMessageReceiver.sol";
import { IOutbox } from "./IOutbox.sol";

/// @title COR on a lower layer
/// @notice Minted by deposits that are proven to stand in the upper layer's vault, and by nothing else. What is withdrawn or
///         burned here is released or burned there.
interface IBridgedCor is IMessageReceiver {
    event Minted(address indexed to, uint256 amount);
    event Withdrawn(address indexed from, address indexed to, uint256 amount, bytes32 message);
    event Burned(address indexed from, uint256 amount, bytes32 message);

    /// @notice An amount of zero changes nothing and is refused.
    error ZeroAmount();
    /// @notice Nobody could use the token there.
    error InvalidRecipient(address to);

    /// @notice Gives up COR of the caller here, for `to` to get it on the upper layer.
    /// @return message names the message that has to be executed there
    function withdraw(address to, uint256 amount) external returns (bytes32 message);

    /// @notice Destroys COR of the caller, here and on the upper layer.
    function burn(uint256 amount) external;

    function outbox() external view returns (IOutbox);
}
