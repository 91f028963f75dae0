// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { SumTree } from "../../src/libraries/SumTree.sol";
import { Tree, Trees } from "../utils/Trees.sol";
import { Test } from "forge-std/Test.sol";

abstract contract SumTreeBase is Test {
    using Trees for Tree;

    function verify(
        bytes32 root,
        uint128 total,
        uint32 count,
        uint32 index,
        bytes32 leaf,
        uint128 value,
        bytes calldata proof
    ) external pure returns (bool) {
        return SumTree.verify(root, total, count, index, leaf, value, proof);
    }
}

contract SumTreeVerify is SumTreeBase {
    using Trees for Tree;

    function treeOf(uint256 count, uint256 seed) internal pure returns (Tree memory t) {
        t = Tree(new bytes32[](count), new uint128[](count));
        for (uint256 i = 0; i < count; ++i) {
            t.values[i] = uint128(uint256(keccak256(abi.encode(seed, i))) >> 160);
            t.leaves[i] = SumTree.payoutLeaf(address(uint160(i + 1)), t.values[i]);
        }
    }

    function holds(Tree memory t, uint32 index) internal view returns (bool) {
        return this.verify(t.root(), t.total(), t.count(), index, t.leaves[index], t.values[index], t.proof(index));
    }

    function testFuzz_everyLeafProves(uint8 count, uint256 seed) public view {
        Tree memory t = treeOf(bound(count, 1, 20), seed);
        for (uint32 i = 0; i < t.count(); ++i) {
            assertTrue(holds(t, i));
        }
    }

    function testFuzz_noLeafProvesAtAnotherPlaceOrCountOrValueOrTotal(uint8 count, uint256 seed, uint32 other)
        public
        view
    {
        Tree memory t = treeOf(bound(count, 1, 20), seed);
        uint32 n = t.count();
        uint32 i = uint32(seed % n);
        bytes memory p = t.proof(i);
        bytes32 root = t.root();
        if (other != i) assertFalse(this.verify(root, t.total(), n, other, t.leaves[i], t.values[i], p));
        assertFalse(this.verify(root, t.total() + 1, n, i, t.leaves[i], t.values[i], p));
        assertFalse(this.verify(root, t.total(), n, i, t.leaves[i], t.values[i] + 1, p));
        assertFalse(this.verify(root ^ bytes32(uint256(1)), t.total(), n, i, t.leaves[i], t.values[i], p));
        assertFalse(this.verify(root, t.total(), n, i, t.leaves[i], t.values[i], abi.encodePacked(p, uint8(0))));
        assertFalse(this.verify(root, t.total(), n, i, t.leaves[i], t.values[i], bytes.concat(p, new bytes(48))));
    }

    function testFuzz_noBitOfAProofIsFree(uint8 count, uint256 seed, uint256 bit) public view {
        Tree memory t = treeOf(bound(count, 2, 20), seed);
        uint32 i = uint32(seed % t.count());
        bytes memory p = t.proof(i);
        bit = bit % (p.length * 8);
        p[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        assertFalse(this.verify(t.root(), t.total(), t.count(), i, t.leaves[i], t.values[i], p));
    }

    function test_aProofMustHaveExactlyItsSiblings() public view {
        Tree memory t = treeOf(5, 1);
        bytes memory p = t.proof(1);
        assertEq(p.length, 3 * 48);
        assembly {
            mstore(p, sub(mload(p), 1))
        }
        assertFalse(this.verify(t.root(), t.total(), 5, 1, t.leaves[1], t.values[1], p));
        assertFalse(this.verify(t.root(), t.total(), 5, 1, t.leaves[1], t.values[1], ""));
        // The last of five is promoted twice.
        assertEq(t.proof(4).length, 48);
    }

    function test_theIndexIsBelowTheCount() public view {
        Tree memory t = treeOf(1, 1);
        assertTrue(this.verify(t.root(), t.total(), 1, 0, t.leaves[0], t.values[0], ""));
        assertFalse(this.verify(t.root(), t.total(), 1, 1, t.leaves[0], t.values[0], ""));
        assertFalse(this.verify(t.root(), t.total(), 0, 0, t.leaves[0], t.values[0], ""));
        assertFalse(this.verify(0, 0, 0, 0, 0, 0, ""));
    }

    /// @dev Two leaves whose hashes stand in the bytes of one would need an account of 20 bytes and a value of 16 in a
    ///      preimage of 97: the prefix and the length keep leaves and nodes apart, and the count keeps their heights apart.
    function test_anInnerNodeIsNoLeaf() public view {
        Tree memory t = treeOf(4, 7);
        Tree memory upper = Tree(new bytes32[](2), new uint128[](2));
        for (uint256 i = 0; i < 2; ++i) {
            upper.leaves[i] = SumTree.node(t.leaves[2 * i], t.values[2 * i], t.leaves[2 * i + 1], t.values[2 * i + 1]);
            upper.values[i] = t.values[2 * i] + t.values[2 * i + 1];
        }
        assertEq(upper.root(), t.root());
        // As a bare hash the node would stand for a leaf of a tree of two, which is why counts are signed,
        assertTrue(this.verify(t.root(), t.total(), 2, 0, upper.leaves[0], upper.values[0], upper.proof(0)));
        // but with the count of the tree it stands nowhere,
        for (uint32 i = 0; i < 4; ++i) {
            assertFalse(this.verify(t.root(), t.total(), 4, i, upper.leaves[0], upper.values[0], upper.proof(0)));
        }
        // and no account and value hash to it.
        assertNotEq(
            keccak256(abi.encodePacked(bytes1(0x01), t.leaves[0], t.values[0], t.leaves[1], t.values[1])),
            keccak256(abi.encodePacked(bytes1(0x00), t.leaves[0], t.values[0], t.leaves[1], t.values[1]))
        );
    }

    /// @dev A sibling so heavy that the sum wraps around would hide what the leaf takes.
    function test_aSumThatOverflowsProvesNothing() public view {
        bytes32 leaf = SumTree.payoutLeaf(address(1), 10);
        uint128 heavy = type(uint128).max;
        bytes32 root = SumTree.node(leaf, 10, "heavy", heavy);
        assertFalse(this.verify(root, 9, 2, 0, leaf, 10, abi.encodePacked(bytes32("heavy"), heavy)));
        // The most that fits still does.
        root = SumTree.node(leaf, 10, "heavy", heavy - 10);
        assertTrue(this.verify(root, heavy, 2, 0, leaf, 10, abi.encodePacked(bytes32("heavy"), heavy - 10)));
    }
}

/// @notice The same trees as src/chain/merkle.ts.
contract SumTreeVectors is SumTreeBase {
    using Trees for Tree;

    function test_agreeWithTheDaemon() public view {
        string memory json = vm.readFile("test/fixtures/trees/sumTree.json");
        uint256 count = vm.parseJsonUint(json, ".count");
        assertGe(count, 5);
        for (uint256 i = 0; i < count; ++i) {
            string memory path = string.concat(".vectors[", vm.toString(i), "]");
            Tree memory t = leavesOf(json, path);
            assertEq(t.root(), vm.parseJsonBytes32(json, string.concat(path, ".root")));
            assertEq(t.total(), vm.parseJsonUint(json, string.concat(path, ".total")));
            bytes[] memory proofs = vm.parseJsonBytesArray(json, string.concat(path, ".proofs"));
            assertEq(proofs.length, t.count());
            for (uint32 k = 0; k < t.count(); ++k) {
                assertEq(t.proof(k), proofs[k]);
                assertTrue(this.verify(t.root(), t.total(), t.count(), k, t.leaves[k], t.values[k], proofs[k]));
            }
        }
    }

    function leavesOf(string memory json, string memory path) internal view returns (Tree memory t) {
        bool payouts = vm.keyExistsJson(json, string.concat(path, ".payouts"));
        uint256 n = vm.parseJsonUint(json, string.concat(path, ".leaves"));
        t = Tree(new bytes32[](n), new uint128[](n));
        for (uint256 i = 0; i < n; ++i) {
            string memory at_ = string.concat(path, payouts ? ".payouts[" : ".tasks[", vm.toString(i), "]");
            if (payouts) {
                t.values[i] = uint128(vm.parseJsonUint(json, string.concat(at_, ".cumulative")));
                t.leaves[i] = SumTree.payoutLeaf(vm.parseJsonAddress(json, string.concat(at_, ".account")), t.values[i]);
            } else {
                t.values[i] = uint128(vm.parseJsonUint(json, string.concat(at_, ".cost")));
                t.leaves[i] = SumTree.taskLeaf(
                    vm.parseJsonBytes32(json, string.concat(at_, ".task")),
                    vm.parseJsonBytes32(json, string.concat(at_, ".receipt")),
                    t.values[i]
                );
            }
        }
    }
}
