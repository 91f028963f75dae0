// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Stake-weighted draw in which everybody proves their own seat, so that no list is walked. The number of seats is
///         `size` on average; a share of the weight gets that share of the seats, however it is split among operators.
library Sortition {
    /// @notice Whether `operator` sits: with probability weight × size / totalWeight, at most 1.
    /// @param randomness of an epoch that nobody knew when `subject` was fixed
    /// @param subject    what the committee is for
    function sits(
        bytes32 randomness,
        bytes32 subject,
        address operator,
        uint256 weight,
        uint256 totalWeight,
        uint256 size
    ) internal pure returns (bool) {
        // 128 random bits: the draw is uniform to 2^-128, and the products fit for weights below 2^120.
        uint256 draw = uint256(keccak256(abi.encode(randomness, subject, operator))) >> 128;
        return draw * totalWeight < (weight * size) << 128;
    }

    /// @notice What a seat counts. A seat that was drawn with probability p stands for weight / p, so that a committee's
    ///         weights sum up to `totalWeight` on average and nobody gains by splitting or merging stakes.
    function seatWeight(uint256 weight, uint256 totalWeight, uint256 size) internal pure returns (uint256) {
        return Math.max(weight, totalWeight / size);
    }
}
