// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochRoots } from "../../src/interfaces/IEpochRoots.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { SumTree } from "../../src/libraries/SumTree.sol";

struct Tree {
    bytes32[] leaves;
    uint128[] values;
}

/// @notice Sum trees the simple way: level by level, in the order of the leaves as they are given.
library Trees {
    function root(Tree memory t) internal pure returns (bytes32) {
        return _level(t, type(uint256).max).leaves[0];
    }

    function total(Tree memory t) internal pure returns (uint128 sum) {
        for (uint256 i = 0; i < t.values.length; ++i) {
            sum += t.values[i];
        }
    }

    function count(Tree memory t) internal pure returns (uint32) {
        return uint32(t.leaves.length);
    }

    function proof(Tree memory t, uint256 index) internal pure returns (bytes memory p) {
        for (uint256 level = 0;; ++level) {
            Tree memory row = _level(t, level);
            if (row.leaves.length == 1) return p;
            uint256 sibling = (index >> level) ^ 1;
            if (sibling < row.leaves.length) p = abi.encodePacked(p, row.leaves[sibling], row.values[sibling]);
        }
    }

    /// @dev The level that is `height` above the leaves, or the root's.
    function _level(Tree memory t, uint256 height) private pure returns (Tree memory) {
        for (; height > 0 && t.leaves.length > 1; --height) {
            uint256 width = (t.leaves.length + 1) / 2;
            Tree memory up = Tree(new bytes32[](width), new uint128[](width));
            for (uint256 i = 0; i < width; ++i) {
                if (2 * i + 1 == t.leaves.length) {
                    (up.leaves[i], up.values[i]) = (t.leaves[2 * i], t.values[2 * i]);
                } else {
                    up.leaves[i] =
                        SumTree.node(t.leaves[2 * i], t.values[2 * i], t.leaves[2 * i + 1], t.values[2 * i + 1]);
                    up.values[i] = t.values[2 * i] + t.values[2 * i + 1];
                }
            }
            t = up;
        }
        return t;
    }
}
