// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBridgeVault } from "../interfaces/IBridgeVault.sol";
import { IBurnable } from "../interfaces/IBurnable.sol";
import { IInbox } from "../interfaces/IInbox.sol";
import { IOutbox } from "../interfaces/IOutbox.sol";
import { MessageReceiver } from "./MessageReceiver.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title BridgeVault
/// @notice See {IBridgeVault}.
contract BridgeVault is IBridgeVault, MessageReceiver {
    using SafeERC20 for IERC20;

    /// @inheritdoc IBridgeVault
    IERC20 public immutable token;
    /// @inheritdoc IBridgeVault
    IOutbox public immutable outbox;
    /// @notice Chain of the lower layer.
    uint256 public immutable remoteChainId;
    /// @inheritdoc IBridgeVault
    uint256 public locked;

    constructor(IERC20 token_, IOutbox outbox_, IInbox inbox_, address remoteToken)
        MessageReceiver(inbox_, remoteToken)
    {
        if (address(token_) == address(0) || address(outbox_) == address(0)) {
            revert ZeroAddress();
        }
        token = token_;
        outbox = outbox_;
        remoteChainId = inbox_.remoteChainId();
    }

    /// @inheritdoc IBridgeVault
    function deposit(address to, uint256 amount) external returns (bytes32 message) {
        if (amount == 0) revert ZeroAmount();
        if (to == address(0) || to == remoteSender) revert InvalidRecipient(to);
        locked += amount;
        message = outbox.send(remoteChainId, remoteSender, abi.encode(to, amount));
        emit Deposited(msg.sender, to, amount, message);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @dev (to, amount) of a withdrawal; nobody stands for a burn.
    function _receive(bytes calldata data) internal override {
        (address to, uint256 amount) = abi.decode(data, (address, uint256));
        locked -= amount;
        if (to == address(0)) {
            emit Burned(amount);
            IBurnable(address(token)).burn(amount);
        } else {
            emit Released(to, amount);
            token.safeTransfer(to, amount);
        }
    }
}
