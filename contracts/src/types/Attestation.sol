// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What an epoch settles.
/// @param epoch      number of the epoch (IParameters); epochs strictly increase
/// @param root       sum root (libraries/SumTree) of the cumulative payouts of every account since genesis
/// @param base       root of the latest epoch that stands, whose payouts `root` adds to; zero before the first
/// @param total      sum of all leaves of `root`, wei: that of `base` and `tasksTotal`
/// @param payouts    number of leaves of `root`
/// @param tasksRoot  sum root of the tasks that the epoch bills
/// @param tasksTotal what these tasks cost together, wei
/// @param tasks      number of leaves of `tasksRoot`
struct EpochRoot {
    uint64 epoch;
    bytes32 root;
    bytes32 base;
    uint128 total;
    uint32 payouts;
    bytes32 tasksRoot;
    uint128 tasksTotal;
    uint32 tasks;
}

bytes32 constant ATTESTATION_TYPEHASH = keccak256(
    "Attestation(uint64 epoch,bytes32 root,bytes32 base,uint128 total,uint32 payouts,bytes32 tasksRoot,uint128 tasksTotal,uint32 tasks,bytes32 debitsHash)"
);

using { hash } for EpochRoot global;

/// @dev EIP-712 struct hash of the attestation that guards sign over an epoch and its debits.
function hash(EpochRoot calldata e, bytes32 debitsHash) pure returns (bytes32) {
    return keccak256(abi.encode(ATTESTATION_TYPEHASH, e, debitsHash));
}
