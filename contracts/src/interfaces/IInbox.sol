// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Message } from "../types/Message.sol";
import { ICheckpointAnchor } from "./ICheckpointAnchor.sol";

/// @title Messages from one other layer
/// @notice Executes what stands in the remote outbox's storage, proven against an anchored state root: each message once, in
///         any order. It calls nothing but `IMessageReceiver.onMessage` and holds nothing itself. A call that reverts takes
///         the whole transaction with it, also where it ran out of gas, so that no executor can spoil a message by giving
///         too little: it stays to be tried again, with all gas that the caller gives.
interface IInbox {
    event MessageExecuted(bytes32 indexed hash, address indexed sender, address indexed target, uint64 number);

    /// @notice The message is from another chain than this inbox listens to.
    error WrongSource(uint256 chainId);
    /// @notice The message is for another chain.
    error WrongDestination(uint256 chainId);
    /// @notice The message was executed before.
    error AlreadyExecuted(bytes32 hash);
    /// @notice The message does not stand in the outbox at that block.
    error NotSent(bytes32 hash);
    /// @notice The target is the inbox itself, has no code, or did not answer as a receiver does.
    error InvalidTarget(address target);

    /// @notice Proves and executes a message. By anyone.
    /// @param number       block of a final checkpoint
    /// @param accountProof of the remote outbox, from `eth_getProof`
    /// @param storageProof of the message's word in `sent`
    function execute(
        Message calldata message,
        uint64 number,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external;

    function executed(bytes32 hash) external view returns (bool);

    /// @notice Where the state roots come from.
    function anchor() external view returns (ICheckpointAnchor);

    function remoteOutbox() external view returns (address);

    function remoteChainId() external view returns (uint256);
}
