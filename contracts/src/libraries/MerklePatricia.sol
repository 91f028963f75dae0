// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Rlp } from "./Rlp.sol";

/// @notice Proofs in Ethereum's state and storage tries (yellow paper, appendix D): keys are 32-byte hashes, so that values
///         stand in leaves only and every path has 64 nibbles. Proves that a key has a value, or that it has none.
library MerklePatricia {
    /// @notice The nodes do not lead from the root to the key's value or to the place where it would be.
    error InvalidProof();

    /// @dev keccak256 of the RLP of the empty string.
    bytes32 internal constant EMPTY_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;
    uint256 private constant KEY_NIBBLES = 64;
    uint256 private constant HASH_BYTES = 32;
    bytes1 private constant EMPTY_STRING = 0x80;

    /// @param key   hash of the key
    /// @param proof nodes from the root on, each one needed. A node of less than 32 bytes stands inside of its parent; some
    ///              clients list it again after the parent, which is accepted
    /// @return value payload of the leaf's value; empty when the key is absent
    // solhint-disable-next-line code-complexity
    function get(bytes32 root, bytes32 key, bytes[] calldata proof) internal pure returns (bytes calldata value) {
        if (root == EMPTY_ROOT) {
            // Clients prove the empty trie by no node or by the empty one.
            if (proof.length > 1 || (proof.length == 1 && keccak256(proof[0]) != root)) revert InvalidProof();
            return msg.data[:0];
        }
        if (proof.length == 0 || keccak256(proof[0]) != root) revert InvalidProof();
        bytes calldata node = proof[0];
        uint256 used = 1;
        uint256 depth = 0;
        bool leaf = false;
        // Each step takes at least one nibble of the key, a leaf all that are left.
        while (true) {
            (node, depth, leaf) = _step(node, key, depth);
            if (leaf || node.length == 0) break;
            if (Rlp.isList(node)) {
                if (node.length >= HASH_BYTES) revert InvalidProof();
                if (used < proof.length && keccak256(proof[used]) == keccak256(node)) ++used;
            } else {
                bytes32 hash = Rlp.toBytes32(node);
                if (used == proof.length) revert InvalidProof();
                node = proof[used++];
                if (node.length < HASH_BYTES || keccak256(node) != hash) revert InvalidProof();
            }
        }
        if (used != proof.length) revert InvalidProof();
        if (!leaf) return node;
        value = Rlp.stringPayload(node);
        if (value.length == 0) revert InvalidProof();
    }

    /// @dev Follows the key through one node.
    /// @return next the child (a hash or an embedded node), the leaf's value, or nothing when the key is absent
    /// @return depth nibbles of the key that lead to `next`
    function _step(bytes calldata node, bytes32 key, uint256 position)
        private
        pure
        returns (bytes calldata next, uint256 depth, bool leaf)
    {
        bytes calldata items = Rlp.listPayload(node);
        (, bytes calldata rest) = Rlp.split(items);
        (next, rest) = Rlp.split(rest);
        if (rest.length == 0) return _follow(items[:items.length - next.length], next, key, position);
        if (position == KEY_NIBBLES) revert InvalidProof();
        return (_child(items, (uint256(key) >> (4 * (KEY_NIBBLES - 1 - position))) & 0x0f), position + 1, false);
    }

    /// @dev A branch: sixteen children and an empty value.
    function _child(bytes calldata items, uint256 nibble) private pure returns (bytes calldata child) {
        child = items[:0];
        bytes calldata item;
        for (uint256 i = 0; i < 16; ++i) {
            (item, items) = Rlp.split(items);
            if (i == nibble) child = item;
        }
        // The value, and nothing after it.
        if (items.length != 1 || items[0] != EMPTY_STRING) revert InvalidProof();
        if (child.length == 1 && child[0] == EMPTY_STRING) child = child[:0];
    }

    /// @dev An extension or a leaf: a hex-prefix path, then the child or the value.
    function _follow(bytes calldata encodedPath, bytes calldata item, bytes32 key, uint256 position)
        private
        pure
        returns (bytes calldata next, uint256 depth, bool leaf)
    {
        bytes calldata path = Rlp.stringPayload(encodedPath);
        if (path.length == 0 || path.length > HASH_BYTES + 1) revert InvalidProof();
        uint256 prefix = uint8(path[0]);
        bool odd = prefix & 0x10 != 0;
        leaf = prefix & 0x20 != 0;
        // Two flags; the nibble after them is the path's first, or zero where the path is even.
        if (prefix >= 0x40 || (!odd && prefix & 0x0f != 0)) revert InvalidProof();
        uint256 restBytes = path.length - 1;
        uint256 nibbles = 2 * restBytes + (odd ? 1 : 0);
        uint256 left = KEY_NIBBLES - position;
        // A leaf ends the key; below an extension there is a branch.
        if (leaf ? nibbles != left : nibbles == 0 || nibbles >= left) revert InvalidProof();
        uint256 value = uint256(bytes32(path[1:])) >> (8 * (HASH_BYTES - restBytes));
        if (odd) value |= (prefix & 0x0f) << (8 * restBytes);
        if (value != (uint256(key) << (4 * position)) >> (4 * (KEY_NIBBLES - nibbles))) {
            return (item[:0], position, false);
        }
        return (item, position + nibbles, leaf);
    }
}
