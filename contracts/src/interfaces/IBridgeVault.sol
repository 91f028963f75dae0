// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IMessageReceiver } from "./IMessageReceiver.sol";
import { IOutbox } from "./IOutbox.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The upper end of the bridge
/// @notice Keeps the COR that the lower layer's token stands for. Comes out by a message of that token only, so that
///         locked = supply below + what is on its way, in either direction.
interface IBridgeVault is IMessageReceiver {
    event Deposited(address indexed from, address indexed to, uint256 amount, bytes32 message);
    event Released(address indexed to, uint256 amount);
    event Burned(uint256 amount);

    /// @notice An amount of zero changes nothing and is refused.
    error ZeroAmount();
    /// @notice Nobody could use the token there.
    error InvalidRecipient(address to);

    /// @notice Locks COR of the caller, for `to` to get it on the lower layer. Needs a token allowance.
    /// @return message names the message that has to be executed there
    function deposit(address to, uint256 amount) external returns (bytes32 message);

    /// @notice Everything locked, wei.
    function locked() external view returns (uint256);

    function token() external view returns (IERC20);

    function outbox() external view returns (IOutbox);
}
