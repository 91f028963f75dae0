// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What an epoch settles.
/// @param epoch     number of the epoch; epochs strictly increase
/// @param root      Merkle root of the cumulative payouts of every account since genesis (libraries/PayoutTree)
/// @param base      root of the latest epoch, whose payouts `root` adds to; zero before the first
/// @param total     sum of all leaves of `root`, wei; never falls from epoch to epoch
/// @param tasksRoot Merkle root of the tasks that the epoch bills; for clients who check their receipts
struct EpochRoot {
    uint64 epoch;
    bytes32 root;
    bytes32 base;
    uint256 total;
    bytes32 tasksRoot;
}

bytes32 constant ATTESTATION_TYPEHASH =
    keccak256("Attestation(uint64 epoch,bytes32 root,bytes32 base,uint256 total,bytes32 debitsHash,bytes32 tasksRoot)");

using { hash } for EpochRoot global;

/// @dev EIP-712 struct hash of the attestation that guards sign over an epoch and its debits.
function hash(EpochRoot calldata e, bytes32 debitsHash) pure returns (bytes32) {
    return keccak256(abi.encode(ATTESTATION_TYPEHASH, e.epoch, e.root, e.base, e.total, debitsHash, e.tasksRoot));
}
