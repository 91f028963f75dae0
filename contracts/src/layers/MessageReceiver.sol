// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IInbox } from "../interfaces/IInbox.sol";
import { IMessageReceiver } from "../interfaces/IMessageReceiver.sol";

/// @title Listens to one contract of another layer
abstract contract MessageReceiver is IMessageReceiver {
    /// @notice Only it delivers messages.
    IInbox public immutable inbox;
    /// @notice Whose messages are heard, on the inbox's remote chain.
    address public immutable remoteSender;

    constructor(IInbox inbox_, address remoteSender_) {
        if (address(inbox_) == address(0) || remoteSender_ == address(0)) revert ZeroAddress();
        inbox = inbox_;
        remoteSender = remoteSender_;
    }

    /// @inheritdoc IMessageReceiver
    function onMessage(address sender, bytes calldata data) external returns (bytes4) {
        if (msg.sender != address(inbox)) revert NotInbox(msg.sender);
        if (sender != remoteSender) revert NotRemoteSender(sender);
        _receive(data);
        return IMessageReceiver.onMessage.selector;
    }

    function _receive(bytes calldata data) internal virtual;
}
