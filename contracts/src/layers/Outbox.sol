// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IOutbox } from "../interfaces/IOutbox.sol";
import { Message } from "../types/Message.sol";

/// @title Outbox
/// @notice See {IOutbox}.
contract Outbox is IOutbox {
    /// @notice Slot of `sent`, which other layers prove. It has to stay the first variable.
    bytes32 public constant SENT_SLOT = 0;
    uint256 public constant DATA_BYTES_MAX = 16_384;

    /// @inheritdoc IOutbox
    mapping(bytes32 hash => bool) public sent;
    /// @inheritdoc IOutbox
    uint256 public nextNonce;

    /// @inheritdoc IOutbox
    function send(uint256 toChainId, address target, bytes calldata data) external returns (bytes32 hash) {
        if (toChainId == block.chainid || target == address(0)) revert InvalidDestination(toChainId, target);
        if (data.length > DATA_BYTES_MAX) revert DataTooLong(data.length);
        uint256 nonce = nextNonce++;
        hash = Message(block.chainid, msg.sender, toChainId, target, nonce, data).hashAt(address(this));
        sent[hash] = true;
        emit MessageSent(hash, msg.sender, toChainId, target, nonce, data);
    }
}
