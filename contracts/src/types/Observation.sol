// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What an oracle saw of one layer: a block that it takes for final, and its own clock.
/// @param chainId   layer that the block is of
/// @param number    of the block. Oracles of one round observe the same number, so that their hashes can be compared
/// @param blockHash of the block
/// @param timestamp of the block, unix seconds
/// @param localTime oracle's own clock, unix seconds; later observations have later ones
struct Observation {
    uint64 chainId;
    uint64 number;
    bytes32 blockHash;
    uint64 timestamp;
    uint64 localTime;
}

bytes32 constant OBSERVATION_TYPEHASH =
    keccak256("Observation(uint64 chainId,uint64 number,bytes32 blockHash,uint64 timestamp,uint64 localTime)");

using { hash } for Observation global;

/// @dev EIP-712 struct hash.
function hash(Observation calldata o) pure returns (bytes32) {
    return keccak256(abi.encode(OBSERVATION_TYPEHASH, o.chainId, o.number, o.blockHash, o.timestamp, o.localTime));
}
