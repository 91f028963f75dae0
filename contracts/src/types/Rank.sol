// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Where one operator stands in one epoch's ranking.
/// @param level    0 to 10
/// @param scoreBps quality, 0 to 10,000
/// @param class    digest of the name of the model class that was measured
struct Rank {
    address operator;
    uint8 level;
    uint16 scoreBps;
    bytes32 class;
}

using { leaf } for Rank global;

/// @dev Leaf of a ranking: hashed twice, so that no inner node is a leaf.
function leaf(Rank calldata r) pure returns (bytes32) {
    return keccak256(bytes.concat(keccak256(abi.encode(r))));
}
