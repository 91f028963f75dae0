// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBridgedCor } from "../interfaces/IBridgedCor.sol";
import { IInbox } from "../interfaces/IInbox.sol";
import { IOutbox } from "../interfaces/IOutbox.sol";
import { MessageReceiver } from "./MessageReceiver.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title BridgedCor
/// @notice See {IBridgedCor}.
contract BridgedCor is IBridgedCor, MessageReceiver, ERC20Permit {
    /// @inheritdoc IBridgedCor
    IOutbox public immutable outbox;
    /// @notice Chain of the upper layer.
    uint256 public immutable remoteChainId;

    constructor(IOutbox outbox_, IInbox inbox_, address remoteVault)
        MessageReceiver(inbox_, remoteVault)
        ERC20("Cortensord", "COR")
        ERC20Permit("Cortensord")
    {
        if (address(outbox_) == address(0)) revert ZeroAddress();
        outbox = outbox_;
        remoteChainId = inbox_.remoteChainId();
    }

    /// @inheritdoc IBridgedCor
    function withdraw(address to, uint256 amount) external returns (bytes32 message) {
        if (to == address(0) || to == remoteSender) revert InvalidRecipient(to);
        message = _giveUp(to, amount);
        emit Withdrawn(msg.sender, to, amount, message);
    }

    /// @inheritdoc IBridgedCor
    function burn(uint256 amount) external {
        bytes32 message = _giveUp(address(0), amount);
        emit Burned(msg.sender, amount, message);
    }

    /// @dev (to, amount) of a deposit.
    function _receive(bytes calldata data) internal override {
        (address to, uint256 amount) = abi.decode(data, (address, uint256));
        emit Minted(to, amount);
        _mint(to, amount);
    }

    function _giveUp(address to, uint256 amount) private returns (bytes32 message) {
        if (amount == 0) revert ZeroAmount();
        _burn(msg.sender, amount);
        return outbox.send(remoteChainId, remoteSender, abi.encode(to, amount));
    }
}
