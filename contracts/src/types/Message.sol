// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A call from a contract of one layer to a contract of another.
/// @param fromChainId chain that it was sent on
/// @param sender      who sent it there
/// @param toChainId   chain that it is to be executed on
/// @param target      receiver there, an IMessageReceiver
/// @param nonce       counts the messages of the outbox
/// @param data        for the receiver to read
struct Message {
    uint256 fromChainId;
    address sender;
    uint256 toChainId;
    address target;
    uint256 nonce;
    bytes data;
}

using { hashAt } for Message global;

/// @dev Names the message for good; binds the outbox that it was sent through.
function hashAt(Message memory m, address outbox) pure returns (bytes32) {
    return keccak256(abi.encode(outbox, m.fromChainId, m.sender, m.toChainId, m.target, m.nonce, keccak256(m.data)));
}
