// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Receives messages of another layer from its Inbox
interface IMessageReceiver {
    /// @notice Only the receiver's inbox may call this.
    error NotInbox(address caller);
    /// @notice The message is not from the one sender that is listened to.
    error NotRemoteSender(address sender);
    /// @notice An address that must name somebody is zero.
    error ZeroAddress();

    /// @notice Called once for a message; reverting leaves it to be tried again.
    /// @param sender who sent it on the other layer
    /// @return the selector of this function, so that no contract receives by accident
    function onMessage(address sender, bytes calldata data) external returns (bytes4);
}
