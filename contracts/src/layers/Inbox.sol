// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ICheckpointAnchor } from "../interfaces/ICheckpointAnchor.sol";
import { IInbox } from "../interfaces/IInbox.sol";
import { IMessageReceiver } from "../interfaces/IMessageReceiver.sol";
import { StorageProof } from "../libraries/StorageProof.sol";
import { Message } from "../types/Message.sol";

/// @title Inbox
/// @notice See {IInbox}.
contract Inbox is IInbox {
    /// @dev Outbox.SENT_SLOT.
    bytes32 private constant SENT_SLOT = 0;

    /// @inheritdoc IInbox
    ICheckpointAnchor public immutable anchor;
    /// @inheritdoc IInbox
    address public immutable remoteOutbox;
    /// @inheritdoc IInbox
    uint256 public immutable remoteChainId;
    /// @inheritdoc IInbox
    mapping(bytes32 hash => bool) public executed;

    constructor(ICheckpointAnchor anchor_, address remoteOutbox_, uint256 remoteChainId_) {
        if (anchor_.remoteChainId() != remoteChainId_) revert WrongSource(remoteChainId_);
        anchor = anchor_;
        remoteOutbox = remoteOutbox_;
        remoteChainId = remoteChainId_;
    }

    /// @inheritdoc IInbox
    function execute(
        Message calldata message,
        uint64 number,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external {
        if (message.fromChainId != remoteChainId) {
            revert WrongSource(message.fromChainId);
        }
        if (message.toChainId != block.chainid) revert WrongDestination(message.toChainId);
        address target = message.target;
        if (target == address(this) || target.code.length == 0) revert InvalidTarget(target);
        bytes32 hash = message.hashAt(remoteOutbox);
        if (executed[hash]) revert AlreadyExecuted(hash);
        bytes32 slot = StorageProof.mappingSlot(hash, SENT_SLOT);
        bytes32 root = anchor.stateRoot(number);
        if (StorageProof.read(root, remoteOutbox, slot, accountProof, storageProof) != 1) revert NotSent(hash);
        executed[hash] = true;
        emit MessageExecuted(hash, message.sender, target, number);
        // The receiver may call back: the message counts as executed already.
        bytes4 answer = IMessageReceiver(target).onMessage(message.sender, message.data);
        if (answer != IMessageReceiver.onMessage.selector) revert InvalidTarget(target);
    }
}
