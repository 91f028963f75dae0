// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MerklePatricia } from "../../src/libraries/MerklePatricia.sol";
import { Rlp } from "../../src/libraries/Rlp.sol";
import { RlpWriter, Trie } from "../utils/Trie.sol";
import { Test } from "forge-std/Test.sol";

contract TrieReader {
    function get(bytes32 root, bytes32 key, bytes[] calldata proof) external pure returns (bytes memory) {
        return MerklePatricia.get(root, key, proof);
    }
}

abstract contract MerklePatriciaBase is Test {
    TrieReader internal reader = new TrieReader();
    bytes32 internal constant KEY = 0x123456789abcdef0112233445566778899aabbccddeeff000f1e2d3c4b5a6978;

    function expectInvalidProof() internal {
        vm.expectRevert(MerklePatricia.InvalidProof.selector);
    }

    function expectInvalidRlp() internal {
        vm.expectRevert(Rlp.InvalidRlp.selector);
    }

    function one(bytes memory node) internal pure returns (bytes[] memory proof) {
        proof = new bytes[](1);
        proof[0] = node;
    }

    function two(bytes memory first, bytes memory second) internal pure returns (bytes[] memory proof) {
        proof = new bytes[](2);
        proof[0] = first;
        proof[1] = second;
    }

    /// @dev The trie's root is this one node; nothing follows.
    function readNode(bytes memory node) internal view returns (bytes memory) {
        return reader.get(keccak256(node), KEY, one(node));
    }

    function pairNode(bytes memory path, bytes memory item) internal pure returns (bytes memory) {
        return RlpWriter.list(bytes.concat(RlpWriter.string_(path), item));
    }

    /// @dev A branch whose child at `nibble` is `child`, all others empty.
    function branchNode(uint256 nibble, bytes memory child) internal pure returns (bytes memory) {
        return branchNode(nibble, child, 17, hex"80");
    }

    function branchNode(uint256 nibble, bytes memory child, uint256 items, bytes memory last)
        internal
        pure
        returns (bytes memory)
    {
        bytes memory payload;
        for (uint256 i = 0; i < items - 1; ++i) {
            payload = bytes.concat(payload, i == nibble ? child : bytes(hex"80"));
        }
        return RlpWriter.list(bytes.concat(payload, last));
    }

    /// @dev `count` keys that share their first nibbles by chance or, with `mask`, by force.
    function randomTrie(uint256 seed, uint256 count, bytes32 mask)
        internal
        pure
        returns (bytes32[] memory keys, bytes[] memory values)
    {
        keys = new bytes32[](count);
        values = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            keys[i] = (keccak256(abi.encode(seed, i)) & ~mask) | (KEY & mask);
            uint256 random = uint256(keccak256(abi.encode(seed, "value", i)));
            values[i] = RlpWriter.number(1 + (random >> (1 + random % 255)));
        }
    }
}

contract MerklePatriciaEmptyTrie is MerklePatriciaBase {
    function test_hasNoKeys() public view {
        assertEq(reader.get(Trie.EMPTY_ROOT, KEY, new bytes[](0)), "");
        assertEq(reader.get(Trie.EMPTY_ROOT, KEY, one(hex"80")), "");
        assertEq(MerklePatricia.EMPTY_ROOT, Trie.EMPTY_ROOT);
    }

    function test_RevertWhen_OtherNodes() public {
        expectInvalidProof();
        reader.get(Trie.EMPTY_ROOT, KEY, one(hex"c0"));
        expectInvalidProof();
        reader.get(Trie.EMPTY_ROOT, KEY, two(hex"80", hex"80"));
    }
}

contract MerklePatriciaGet is MerklePatriciaBase {
    function testFuzz_findsEveryKey(uint256 seed, uint8 size, uint8 which) public view {
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, bound(size, 1, 24), 0);
        uint256 i = which % keys.length;
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, keys[i]);
        assertEq(reader.get(root, keys[i], proof), values[i]);
    }

    function testFuzz_findsKeysThatShareNibbles(uint256 seed, uint8 shared, uint8 which, bool listEmbedded)
        public
        view
    {
        shared = uint8(bound(shared, 0, 62));
        bytes32 mask = shared == 0 ? bytes32(0) : bytes32(type(uint256).max << (256 - 4 * uint256(shared)));
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, 4, mask);
        for (uint256 i = 0; i < 4; ++i) {
            // Distinct in the last nibbles, whatever chance gave.
            keys[i] = bytes32((uint256(keys[i]) & ~uint256(3)) | i);
        }
        uint256 place = which % 4;
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, keys[place], listEmbedded);
        assertEq(reader.get(root, keys[place], proof), values[place]);
    }

    function testFuzz_showsThatAKeyIsAbsent(uint256 seed, uint8 size, bytes32 key) public view {
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, bound(size, 0, 24), 0);
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, key);
        assertEq(reader.get(root, key, proof), "");
    }

    /// @dev The key leaves the trie at any depth: in a branch, beside an extension or beside a leaf.
    function testFuzz_showsThatANeighbourIsAbsent(uint256 seed, uint8 size, uint8 which, uint8 nibble) public view {
        (bytes32[] memory keys, bytes[] memory values) =
            randomTrie(seed, bound(size, 1, 24), bytes32(uint256(0xff) << 248));
        bytes32 key = bytes32(uint256(keys[which % keys.length]) ^ (uint256(5) << (4 * (nibble % 64))));
        for (uint256 i = 0; i < keys.length; ++i) {
            vm.assume(keys[i] != key);
        }
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, key);
        assertEq(reader.get(root, key, proof), "");
    }

    /// @dev The proof of one key says nothing else of another: the truth, or nothing.
    function testFuzz_aProofOfAnotherKeyGivesNoWrongAnswer(uint256 seed, uint8 size, uint8 a, uint8 b) public view {
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, bound(size, 2, 24), 0);
        uint256 i = a % keys.length;
        uint256 j = b % keys.length;
        vm.assume(i != j);
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, keys[i]);
        try reader.get(root, keys[j], proof) {
            revert("a present key has another proof");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), MerklePatricia.InvalidProof.selector);
        }
    }

    function testFuzz_RevertWhen_AByteIsFlipped(uint256 seed, uint8 size, uint8 node, uint16 position, uint8 flip)
        public
    {
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, bound(size, 1, 24), 0);
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, keys[0]);
        bytes memory target = proof[node % proof.length];
        target[position % target.length] ^= bytes1(uint8(bound(flip, 1, 255)));
        vm.expectRevert();
        reader.get(root, keys[0], proof);
    }

    function testFuzz_RevertWhen_ANodeIsTruncated(uint256 seed, uint8 node, uint16 length) public {
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, 16, 0);
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, keys[0]);
        uint256 n = node % proof.length;
        proof[n] = _cut(proof[n], length % proof[n].length);
        vm.expectRevert();
        reader.get(root, keys[0], proof);
    }

    function testFuzz_RevertWhen_NodesAreSwapped(uint256 seed, uint8 a, uint8 b) public {
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, 24, 0);
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, keys[0]);
        uint256 i = a % proof.length;
        uint256 j = b % proof.length;
        vm.assume(i != j);
        (proof[i], proof[j]) = (proof[j], proof[i]);
        expectInvalidProof();
        reader.get(root, keys[0], proof);
    }

    function testFuzz_RevertWhen_ANodeIsMissing(uint256 seed, uint8 missing) public {
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, 24, 0);
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, keys[0]);
        bytes[] memory fewer = new bytes[](proof.length - 1);
        for (uint256 i = 0; i < fewer.length; ++i) {
            fewer[i] = proof[i < missing % proof.length ? i : i + 1];
        }
        expectInvalidProof();
        reader.get(root, keys[0], fewer);
    }

    function testFuzz_RevertWhen_ThereAreMoreNodes(uint256 seed, bool present) public {
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, 16, 0);
        bytes32 key = present ? keys[0] : KEY;
        (bytes32 root, bytes[] memory proof) = Trie.prove(keys, values, key);
        bytes[] memory more = new bytes[](proof.length + 1);
        for (uint256 i = 0; i < more.length; ++i) {
            more[i] = proof[i < proof.length ? i : proof.length - 1];
        }
        expectInvalidProof();
        reader.get(root, key, more);
    }

    function testFuzz_RevertWhen_AnotherRoot(uint256 seed, bytes32 root) public {
        (bytes32[] memory keys, bytes[] memory values) = randomTrie(seed, 8, 0);
        (bytes32 right, bytes[] memory proof) = Trie.prove(keys, values, keys[0]);
        vm.assume(root != right && root != Trie.EMPTY_ROOT);
        expectInvalidProof();
        reader.get(root, keys[0], proof);
    }

    function test_RevertWhen_NoNodes() public {
        expectInvalidProof();
        reader.get(keccak256("root"), KEY, new bytes[](0));
    }

    /// @dev A root that is a list of less than 32 bytes is hashed all the same.
    function test_readsASmallRoot() public view {
        bytes memory node = branchNode(1, hex"80");
        assertLt(node.length, 32);
        assertEq(readNode(node), "");
    }

    function _cut(bytes memory data, uint256 length) private pure returns (bytes memory out) {
        out = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            out[i] = data[i];
        }
    }
}

/// @notice Nodes that no honest trie has, under a root that commits to them.
contract MerklePatriciaHostileNodes is MerklePatriciaBase {
    function test_RevertWhen_ANodeIsNoList() public {
        bytes memory node = RlpWriter.string_(new bytes(40));
        expectInvalidRlp();
        readNode(node);
    }

    function test_RevertWhen_ANodeHasNoOrOneItem() public {
        expectInvalidRlp();
        readNode(hex"c0");
        expectInvalidRlp();
        readNode(hex"c180");
    }

    function test_RevertWhen_ABranchHasAnotherNumberOfItems() public {
        bytes memory node = branchNode(9, hex"80", 16, hex"80");
        expectInvalidProof();
        readNode(node);
        node = branchNode(9, hex"80", 3, hex"80");
        expectInvalidRlp();
        readNode(node);
        node = branchNode(9, hex"80", 18, hex"80");
        expectInvalidProof();
        readNode(node);
    }

    function test_RevertWhen_ABranchHasAValue() public {
        bytes memory node = branchNode(9, hex"80", 17, hex"01");
        expectInvalidProof();
        readNode(node);
        node = branchNode(9, hex"80", 17, hex"8180");
        expectInvalidProof();
        readNode(node);
        node = branchNode(9, hex"80", 17, hex"c0");
        expectInvalidProof();
        readNode(node);
    }

    function test_RevertWhen_ALinkIsNoHash() public {
        bytes memory node = branchNode(1, RlpWriter.string_(new bytes(31)));
        expectInvalidRlp();
        readNode(node);
        node = branchNode(1, RlpWriter.string_(new bytes(33)));
        expectInvalidRlp();
        readNode(node);
        node = branchNode(1, hex"00");
        expectInvalidRlp();
        readNode(node);
    }

    function test_RevertWhen_AnEmbeddedNodeIsAsLongAsAHash() public {
        // 32 bytes: one for the list, 29 for the path's string, two for the value.
        bytes memory fits = pairNode(Trie.hexPrefix(KEY, 10, 54, true), hex"01");
        assertEq(fits.length, 31);
        bytes memory long = RlpWriter.list(
            bytes.concat(RlpWriter.string_(Trie.hexPrefix(KEY, 10, 54, true)), RlpWriter.string_(hex"81"))
        );
        assertEq(long.length, 32);
        (bytes memory root, bytes memory mid) = _above(long);
        expectInvalidProof();
        reader.get(keccak256(root), KEY, two(root, mid));
        (root, mid) = _above(fits);
        assertEq(reader.get(keccak256(root), KEY, two(root, mid)), hex"01");
    }

    function test_readsAnEmbeddedNodeThatIsListedAgain() public view {
        bytes memory leaf = pairNode(Trie.hexPrefix(KEY, 10, 54, true), hex"01");
        (bytes memory root, bytes memory mid) = _above(leaf);
        bytes[] memory proof = new bytes[](3);
        (proof[0], proof[1], proof[2]) = (root, mid, leaf);
        assertEq(reader.get(keccak256(root), KEY, proof), hex"01");
    }

    function test_RevertWhen_AnotherNodeIsListedForTheEmbeddedOne() public {
        bytes memory leaf = pairNode(Trie.hexPrefix(KEY, 10, 54, true), hex"01");
        (bytes memory root, bytes memory mid) = _above(leaf);
        bytes[] memory proof = new bytes[](3);
        (proof[0], proof[1], proof[2]) = (root, mid, pairNode(Trie.hexPrefix(KEY, 10, 54, true), hex"02"));
        expectInvalidProof();
        reader.get(keccak256(root), KEY, proof);
        proof = new bytes[](4);
        (proof[0], proof[1], proof[2], proof[3]) = (root, mid, leaf, leaf);
        expectInvalidProof();
        reader.get(keccak256(root), KEY, proof);
    }

    function test_RevertWhen_AHashedNodeWouldHaveBeenEmbedded() public {
        bytes memory leaf = pairNode(Trie.hexPrefix(KEY, 10, 54, true), hex"01");
        bytes memory link = abi.encodePacked(hex"a0", keccak256(leaf));
        (bytes memory root, bytes memory mid) = _above(link);
        bytes[] memory proof = new bytes[](3);
        (proof[0], proof[1], proof[2]) = (root, mid, leaf);
        expectInvalidProof();
        reader.get(keccak256(root), KEY, proof);
    }

    function test_RevertWhen_ThePathHasAnUnknownFlag() public {
        bytes memory path = Trie.hexPrefix(KEY, 0, 64, true);
        for (uint8 flag = 4; flag < 16; ++flag) {
            path[0] = bytes1(flag << 4);
            bytes memory node = pairNode(path, hex"01");
            expectInvalidProof();
            readNode(node);
        }
    }

    function test_RevertWhen_AnEvenPathHasPadding() public {
        bytes memory path = Trie.hexPrefix(KEY, 0, 64, true);
        path[0] = 0x21;
        bytes memory node = pairNode(path, hex"01");
        expectInvalidProof();
        readNode(node);
        path = Trie.hexPrefix(KEY, 0, 2, false);
        path[0] = 0x08;
        node = pairNode(path, abi.encodePacked(hex"a0", KEY));
        expectInvalidProof();
        readNode(node);
    }

    function test_RevertWhen_ThePathIsEmptyOrNoString() public {
        bytes memory node = pairNode("", hex"01");
        expectInvalidProof();
        readNode(node);
        node = RlpWriter.list(bytes.concat(hex"c120", hex"01"));
        expectInvalidRlp();
        readNode(node);
    }

    function test_RevertWhen_ALeafEndsBeforeOrAfterTheKey() public {
        for (uint256 nibbles = 61; nibbles < 64; ++nibbles) {
            bytes memory node = pairNode(Trie.hexPrefix(KEY, 0, nibbles, true), hex"01");
            expectInvalidProof();
            readNode(node);
        }
        bytes memory longer = abi.encodePacked(uint8(0x31), KEY);
        bytes memory node65 = pairNode(longer, hex"01");
        expectInvalidProof();
        readNode(node65);
        bytes memory node66 = pairNode(abi.encodePacked(uint8(0x20), KEY, uint8(0)), hex"01");
        expectInvalidProof();
        readNode(node66);
    }

    function test_RevertWhen_AnExtensionIsEmpty() public {
        bytes memory node = pairNode(hex"00", abi.encodePacked(hex"a0", KEY));
        expectInvalidProof();
        readNode(node);
    }

    function test_RevertWhen_AnExtensionTakesTheWholeKey() public {
        bytes memory node = pairNode(Trie.hexPrefix(KEY, 0, 64, false), abi.encodePacked(hex"a0", KEY));
        expectInvalidProof();
        readNode(node);
        bytes memory child = branchNode(8, pairNode(hex"20", hex"01"));
        node = pairNode(Trie.hexPrefix(KEY, 0, 63, false), child);
        assertEq(readNode(node), hex"01");
    }

    function test_RevertWhen_AnExtensionLeadsNowhere() public {
        bytes memory node = pairNode(Trie.hexPrefix(KEY, 0, 3, false), hex"80");
        expectInvalidRlp();
        readNode(node);
    }

    function test_anExtensionBesideTheKeyShowsItsAbsence() public view {
        bytes32 other = KEY ^ bytes32(uint256(1) << 248);
        bytes memory node = pairNode(Trie.hexPrefix(other, 0, 3, false), abi.encodePacked(hex"a0", KEY));
        assertEq(readNode(node), "");
    }

    function test_RevertWhen_ALeafHasNoValue() public {
        bytes memory node = pairNode(Trie.hexPrefix(KEY, 0, 64, true), hex"80");
        expectInvalidProof();
        readNode(node);
    }

    function test_RevertWhen_AValueIsAList() public {
        bytes memory node = pairNode(Trie.hexPrefix(KEY, 0, 64, true), hex"c101");
        expectInvalidRlp();
        readNode(node);
    }

    function test_RevertWhen_ABranchStandsBelowTheKeysEnd() public {
        bytes memory below = branchNode(0, hex"80");
        bytes memory child = branchNode(8, below);
        bytes memory node = pairNode(Trie.hexPrefix(KEY, 0, 63, false), abi.encodePacked(hex"a0", keccak256(child)));
        assertGe(child.length, 32);
        expectInvalidProof();
        reader.get(keccak256(node), KEY, two(node, child));
    }

    /// @dev An extension over nine nibbles, then a branch with the item at the key's tenth.
    function _above(bytes memory item) private pure returns (bytes memory root, bytes memory mid) {
        mid = branchNode(Trie.nibble(KEY, 9), item);
        root = pairNode(Trie.hexPrefix(KEY, 0, 9, false), abi.encodePacked(hex"a0", keccak256(mid)));
    }
}
