// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IWeights } from "../interfaces/IWeights.sol";
import { StrictSignature } from "./StrictSignature.sol";

/// @notice More than two thirds of a role's weight at a snapshot, each signer counted once.
library Quorum {
    /// @notice Signatures must be sorted by signer, each signer once.
    error SignersNotSorted(address previous, address next);
    /// @notice The signer had no weight in the role at the snapshot.
    error NoWeight(address signer);
    /// @notice The signers hold no more than two thirds of the weight.
    error QuorumNotReached(uint256 weight, uint256 totalWeight);

    /// @param signatures 65 bytes each over `digest`, sorted by signer
    function check(IWeights weights, uint32 role, uint256 snapshot, bytes32 digest, bytes[] calldata signatures)
        internal
        view
    {
        (uint256 weight, uint256 total) = weigh(weights, role, snapshot, digest, signatures);
        if (weight * 3 <= total * 2) revert QuorumNotReached(weight, total);
    }

    /// @notice Weight of all signers together, and of everybody in the role.
    /// @param signatures as in `check`
    function weigh(IWeights weights, uint32 role, uint256 snapshot, bytes32 digest, bytes[] calldata signatures)
        internal
        view
        returns (uint256 weight, uint256 total)
    {
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = StrictSignature.recover(digest, signatures[i]);
            if (signer <= previous) revert SignersNotSorted(previous, signer);
            uint256 own = weights.weightAt(signer, role, snapshot);
            if (own == 0) revert NoWeight(signer);
            weight += own;
            previous = signer;
        }
        total = weights.totalWeightAt(role, snapshot);
    }
}
