// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What an epoch rewards.
/// @param epoch   number of the epoch (IParameters); epochs strictly increase
/// @param root    sum root (libraries/SumTree) of the cumulative rewards of every account since genesis
/// @param base    root of the latest epoch that stands, whose rewards `root` adds to; zero before the first
/// @param total   sum of all leaves of `root`, wei
/// @param payouts number of leaves of `root`
struct RewardRoot {
    uint64 epoch;
    bytes32 root;
    bytes32 base;
    uint128 total;
    uint32 payouts;
}

bytes32 constant REWARD_ROOT_TYPEHASH =
    keccak256("RewardRoot(uint64 epoch,bytes32 root,bytes32 base,uint128 total,uint32 payouts)");

using { hash } for RewardRoot global;

/// @dev EIP-712 struct hash of what guards sign.
function hash(RewardRoot calldata r) pure returns (bytes32) {
    return keccak256(abi.encode(REWARD_ROOT_TYPEHASH, r));
}
