// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The value in the middle, by weight. Whoever holds less than half of the weight cannot move it out of the range of the
///         others' values.
library WeightedMedian {
    /// @notice Smallest of the values for which the values up to it hold at least half of the weight.
    /// @param values  one for each weight; few, since they are sorted by insertion
    /// @param weights not all zero; their sum stays below 2^255
    function lower(uint256[] memory values, uint256[] memory weights) internal pure returns (uint256 median) {
        uint256 n = values.length;
        uint256[] memory sorted = new uint256[](n);
        uint256[] memory weightOf = new uint256[](n);
        uint256 total = 0;
        for (uint256 i = 0; i < n; ++i) {
            (uint256 value, uint256 weight) = (values[i], weights[i]);
            total += weight;
            uint256 j = i;
            for (; j > 0 && sorted[j - 1] > value; --j) {
                sorted[j] = sorted[j - 1];
                weightOf[j] = weightOf[j - 1];
            }
            sorted[j] = value;
            weightOf[j] = weight;
        }
        uint256 below = 0;
        for (uint256 i = 0; i < n; ++i) {
            below += weightOf[i];
            if (below * 2 >= total) return sorted[i];
        }
    }
}
