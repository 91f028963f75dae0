// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What oracles say about a block of another layer.
/// @param number    block number
/// @param hash      hash of the block's header
/// @param stateRoot state root in that header
struct Checkpoint {
    uint64 number;
    bytes32 hash;
    bytes32 stateRoot;
}

bytes32 constant CHECKPOINT_TYPEHASH =
    keccak256("Checkpoint(uint256 chainId,uint64 number,bytes32 hash,bytes32 stateRoot)");

using { hashFor } for Checkpoint global;

/// @dev EIP-712 struct hash of the statement about chain `chainId`.
function hashFor(Checkpoint memory c, uint256 chainId) pure returns (bytes32) {
    return keccak256(abi.encode(CHECKPOINT_TYPEHASH, chainId, c.number, c.hash, c.stateRoot));
}
