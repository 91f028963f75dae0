// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Encodes RLP, the other way round than libraries/Rlp.
library RlpWriter {
    function string_(bytes memory payload) internal pure returns (bytes memory) {
        if (payload.length == 1 && uint8(payload[0]) < 0x80) return payload;
        return bytes.concat(prefix(payload.length, 0x80), payload);
    }

    function list(bytes memory payload) internal pure returns (bytes memory) {
        return bytes.concat(prefix(payload.length, 0xc0), payload);
    }

    function number(uint256 value) internal pure returns (bytes memory) {
        return string_(minimal(value));
    }

    /// @dev Big-endian without leading zeros.
    function minimal(uint256 value) internal pure returns (bytes memory out) {
        while (value != 0) {
            out = bytes.concat(bytes1(uint8(value)), out);
            value >>= 8;
        }
    }

    function prefix(uint256 length, uint8 base) internal pure returns (bytes memory) {
        if (length <= 55) return abi.encodePacked(uint8(base + length));
        bytes memory size = minimal(length);
        return abi.encodePacked(uint8(base + 55 + size.length), size);
    }
}

/// @notice Builds whole tries and proofs in them, as a node does.
library Trie {
    bytes32 internal constant EMPTY_ROOT = keccak256(hex"80");

    struct Path {
        bytes32 target;
        bytes[] nodes;
        uint256 count;
        bool listEmbedded;
    }

    /// @param keys   hashed, distinct
    /// @param values payload of each leaf's value
    /// @return proof of `target`, present or absent
    function prove(bytes32[] memory keys, bytes[] memory values, bytes32 target)
        internal
        pure
        returns (bytes32, bytes[] memory)
    {
        return prove(keys, values, target, false);
    }

    /// @param listEmbedded whether nodes that stand in their parents are listed as well
    function prove(bytes32[] memory keys, bytes[] memory values, bytes32 target, bool listEmbedded)
        internal
        pure
        returns (bytes32 root, bytes[] memory proof)
    {
        if (keys.length == 0) return (EMPTY_ROOT, new bytes[](0));
        Path memory path = Path(target, new bytes[](65), 0, listEmbedded);
        root = keccak256(_node(keys, values, 0, path));
        proof = new bytes[](path.count);
        for (uint256 i = 0; i < path.count; ++i) {
            proof[i] = path.nodes[path.count - 1 - i];
        }
    }

    /// @dev Hex-prefix encoding of `count` nibbles of `key` from `from` on.
    function hexPrefix(bytes32 key, uint256 from, uint256 count, bool leaf) internal pure returns (bytes memory out) {
        uint256 first = leaf ? 2 : 0;
        uint256 i = from;
        if (count % 2 == 1) out = abi.encodePacked(uint8(((first + 1) << 4) | nibble(key, i++)));
        else out = abi.encodePacked(uint8(first << 4));
        for (; i < from + count; i += 2) {
            out = abi.encodePacked(out, uint8((nibble(key, i) << 4) | nibble(key, i + 1)));
        }
    }

    function nibble(bytes32 key, uint256 i) internal pure returns (uint256) {
        return (uint256(key) >> (252 - 4 * i)) & 15;
    }

    function linkOf(bytes memory node) internal pure returns (bytes memory) {
        return node.length < 32 ? node : abi.encodePacked(uint8(0xa0), keccak256(node));
    }

    function leafNode(bytes32 key, uint256 depth, bytes memory value) internal pure returns (bytes memory) {
        return RlpWriter.list(
            bytes.concat(RlpWriter.string_(hexPrefix(key, depth, 64 - depth, true)), RlpWriter.string_(value))
        );
    }

    function _node(bytes32[] memory keys, bytes[] memory values, uint256 depth, Path memory path)
        private
        pure
        returns (bytes memory node)
    {
        if (keys.length == 1) {
            node = leafNode(keys[0], depth, values[0]);
        } else {
            uint256 shared = _shared(keys, depth);
            if (shared > 0) {
                bytes memory child = _node(keys, values, depth + shared, path);
                node = RlpWriter.list(
                    bytes.concat(RlpWriter.string_(hexPrefix(keys[0], depth, shared, false)), linkOf(child))
                );
            } else {
                node = _branch(keys, values, depth, path);
            }
        }
        bool onPath = depth == 0 || (uint256(keys[0]) ^ uint256(path.target)) >> (256 - 4 * depth) == 0;
        if (onPath && (depth == 0 || node.length >= 32 || path.listEmbedded)) path.nodes[path.count++] = node;
    }

    function _branch(bytes32[] memory keys, bytes[] memory values, uint256 depth, Path memory path)
        private
        pure
        returns (bytes memory)
    {
        bytes memory payload;
        for (uint256 n = 0; n < 16; ++n) {
            uint256 count = 0;
            for (uint256 i = 0; i < keys.length; ++i) {
                if (nibble(keys[i], depth) == n) ++count;
            }
            if (count == 0) {
                payload = bytes.concat(payload, hex"80");
                continue;
            }
            bytes32[] memory subKeys = new bytes32[](count);
            bytes[] memory subValues = new bytes[](count);
            count = 0;
            for (uint256 i = 0; i < keys.length; ++i) {
                if (nibble(keys[i], depth) == n) (subKeys[count], subValues[count++]) = (keys[i], values[i]);
            }
            payload = bytes.concat(payload, linkOf(_node(subKeys, subValues, depth + 1, path)));
        }
        return RlpWriter.list(bytes.concat(payload, hex"80"));
    }

    function _shared(bytes32[] memory keys, uint256 depth) private pure returns (uint256 shared) {
        while (depth + shared < 64) {
            for (uint256 i = 1; i < keys.length; ++i) {
                if (nibble(keys[i], depth + shared) != nibble(keys[0], depth + shared)) return shared;
            }
            ++shared;
        }
    }
}

/// @notice States of a chain with one contract, and proofs of its slots.
library State {
    bytes32 internal constant CODE_HASH = keccak256("code");

    struct Proof {
        bytes32 stateRoot;
        bytes[] account;
        bytes[] storage_;
    }

    function account(bytes32 storageRoot) internal pure returns (bytes memory) {
        return RlpWriter.list(
            abi.encodePacked(RlpWriter.number(1), RlpWriter.number(0), hex"a0", storageRoot, hex"a0", CODE_HASH)
        );
    }

    /// @param slots  distinct
    /// @param values of the slots; zeros stand for cleared ones
    function prove(address contract_, bytes32[] memory slots, uint256[] memory values, bytes32 slot)
        internal
        pure
        returns (Proof memory p)
    {
        uint256 count = 0;
        for (uint256 i = 0; i < slots.length; ++i) {
            if (values[i] != 0) ++count;
        }
        bytes32[] memory keys = new bytes32[](count);
        bytes[] memory leaves = new bytes[](count);
        count = 0;
        for (uint256 i = 0; i < slots.length; ++i) {
            if (values[i] == 0) continue;
            keys[count] = keccak256(abi.encodePacked(slots[i]));
            leaves[count++] = RlpWriter.number(values[i]);
        }
        bytes32 storageRoot;
        (storageRoot, p.storage_) = Trie.prove(keys, leaves, keccak256(abi.encodePacked(slot)));
        // A second account, so that the state's root is a branch or an extension.
        keys = new bytes32[](2);
        leaves = new bytes[](2);
        keys[0] = keccak256(abi.encodePacked(contract_));
        leaves[0] = account(storageRoot);
        keys[1] = ~keys[0];
        leaves[1] = account(Trie.EMPTY_ROOT);
        (p.stateRoot, p.account) = Trie.prove(keys, leaves, keys[0]);
    }

    /// @dev Header with as many fields as blocks have had since the Prague fork.
    function header(uint64 number, bytes32 stateRoot) internal pure returns (bytes memory) {
        return header(number, stateRoot, 21, "");
    }

    function header(uint256 number, bytes32 stateRoot, uint256 fields, bytes memory extra)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory payload;
        for (uint256 i = 0; i < fields; ++i) {
            if (i == 3) payload = abi.encodePacked(payload, hex"a0", stateRoot);
            else if (i == 6) payload = abi.encodePacked(payload, RlpWriter.string_(new bytes(256)));
            else if (i == 8) payload = abi.encodePacked(payload, RlpWriter.number(number));
            else if (i == 12) payload = abi.encodePacked(payload, RlpWriter.string_(extra));
            else payload = abi.encodePacked(payload, RlpWriter.number(i));
        }
        return RlpWriter.list(payload);
    }
}
