// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { WeightedMedian } from "../../src/libraries/WeightedMedian.sol";
import { Test } from "forge-std/Test.sol";

contract WeightedMedianLowerTest is Test {
    function weightUpTo(uint256 value, uint256[] memory values, uint256[] memory weights, bool inclusive)
        internal
        pure
        returns (uint256 sum)
    {
        for (uint256 i = 0; i < values.length; ++i) {
            if (values[i] < value || (inclusive && values[i] == value)) sum += weights[i];
        }
    }

    function random(uint256 seed, uint256 n, uint256 range, uint256 weightMax)
        internal
        pure
        returns (uint256[] memory values, uint256[] memory weights, uint256 total)
    {
        values = new uint256[](n);
        weights = new uint256[](n);
        for (uint256 i = 0; i < n; ++i) {
            values[i] = uint256(keccak256(abi.encode(seed, i, "value"))) % range;
            weights[i] = uint256(keccak256(abi.encode(seed, i, "weight"))) % weightMax;
            total += weights[i];
        }
    }

    /// @dev The definition: the smallest value with at least half of the weight at or below it.
    function testFuzz_isTheSmallestValueWithHalfOfTheWeightUpToIt(uint256 seed, uint256 n, uint256 range, uint256 w)
        public
        pure
    {
        n = bound(n, 1, 64);
        (uint256[] memory values, uint256[] memory weights, uint256 total) =
            random(seed, n, bound(range, 1, type(uint64).max), bound(w, 2, type(uint208).max));
        if (total == 0) weights[0] = total = 1;
        bytes32 before = keccak256(abi.encode(values, weights));
        uint256 median = WeightedMedian.lower(values, weights);
        assertEq(keccak256(abi.encode(values, weights)), before, "arguments changed");
        assertGe(weightUpTo(median, values, weights, true) * 2, total);
        assertLt(weightUpTo(median, values, weights, false) * 2, total);
        bool found;
        for (uint256 i = 0; i < n; ++i) {
            found = found || (values[i] == median && weights[i] != 0);
        }
        assertTrue(found, "not one of the values with weight");
    }

    /// @dev Less than half of the weight, with any values, leaves the median among the others' values.
    function testFuzz_aMinorityCannotMoveItOutOfTheOthersRange(uint256 seed, uint256 n, uint256 low, uint256 high)
        public
        pure
    {
        n = bound(n, 1, 64);
        low = bound(low, 0, type(uint64).max);
        high = bound(high, low, type(uint64).max);
        (uint256[] memory values, uint256[] memory weights, uint256 total) = random(seed, n, type(uint256).max, 1000);
        uint256 lying;
        for (uint256 i = 0; i < n; ++i) {
            ++weights[i];
            ++total;
        }
        for (uint256 i = 0; i < n; ++i) {
            if ((lying + weights[i]) * 2 < total) lying += weights[i];
            else values[i] = bound(values[i], low, high);
        }
        uint256 median = WeightedMedian.lower(values, weights);
        assertGe(median, low);
        assertLe(median, high);
    }

    function lower(uint256[3] memory v, uint256[3] memory w) internal pure returns (uint256) {
        uint256[] memory values = new uint256[](3);
        uint256[] memory weights = new uint256[](3);
        for (uint256 i = 0; i < 3; ++i) {
            (values[i], weights[i]) = (v[i], w[i]);
        }
        return WeightedMedian.lower(values, weights);
    }

    function test_byExample() public pure {
        assertEq(lower([uint256(9), 1, 5], [uint256(1), 1, 1]), 5);
        assertEq(lower([uint256(9), 1, 5], [uint256(2), 1, 1]), 5);
        assertEq(lower([uint256(9), 1, 5], [uint256(3), 1, 1]), 9);
        assertEq(lower([uint256(9), 1, 5], [uint256(1), 2, 1]), 1);
        assertEq(lower([uint256(9), 1, 5], [uint256(1), 0, 1]), 5);
        assertEq(lower([uint256(1), 2, 3], [uint256(0), 0, 1]), 3);
        assertEq(lower([uint256(7), 7, 7], [uint256(1), 1, 1]), 7);
    }

    function test_ofNothingIsZero() public pure {
        assertEq(WeightedMedian.lower(new uint256[](0), new uint256[](0)), 0);
    }
}
