// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Merkle tree whose every node carries the sum of the leaves below, so that a root cannot promise more than its total.
///
///             leaf = keccak256(0x00 ‖ … ‖ value)     node = keccak256(0x01 ‖ left ‖ leftSum ‖ right ‖ rightSum)
///
///         Sums and values are 16 bytes. A node without a neighbour is promoted. The shape follows from the number of leaves,
///         so a proof is the bare list of siblings from the leaf up, hash ‖ sum, 48 bytes each, and the index says their sides:
///         only a leaf stands at a leaf's place, and every index has exactly one proof.
library SumTree {
    uint256 private constant SIBLING_BYTES = 48;

    /// @notice Leaf of an account's cumulative payout.
    function payoutLeaf(address account, uint128 cumulative) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x00), account, cumulative));
    }

    /// @notice Leaf of a billed task.
    /// @param receipt EIP-712 struct hash of the miner's receipt
    function taskLeaf(bytes32 task, bytes32 receipt, uint128 cost) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x00), task, receipt, cost));
    }

    function node(bytes32 left, uint128 leftSum, bytes32 right, uint128 rightSum) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), left, leftSum, right, rightSum));
    }

    /// @notice Whether `leaf` with `value` is leaf `index` of the `count` leaves under `root`, which sum up to `total`.
    function verify(
        bytes32 root,
        uint128 total,
        uint32 count,
        uint32 index,
        bytes32 leaf,
        uint128 value,
        bytes calldata proof
    ) internal pure returns (bool) {
        if (index >= count) return false;
        uint256 width = count;
        uint256 place = index;
        uint256 sum = value;
        for (; width > 1; width = (width + 1) >> 1) {
            bool isRight = place & 1 == 1;
            if (isRight || place + 1 < width) {
                if (proof.length < SIBLING_BYTES) return false;
                bytes32 sibling = bytes32(proof[:32]);
                uint128 siblingSum = uint128(bytes16(proof[32:SIBLING_BYTES]));
                proof = proof[SIBLING_BYTES:];
                // forge-lint: disable-next-line(unsafe-typecast)
                uint128 own = uint128(sum); // as checked below
                leaf = isRight ? node(sibling, siblingSum, leaf, own) : node(leaf, own, sibling, siblingSum);
                sum += siblingSum;
                // A sum that does not fit could come out smaller than its parts.
                if (sum > type(uint128).max) return false;
            }
            place >>= 1;
        }
        return proof.length == 0 && leaf == root && sum == total;
    }
}
