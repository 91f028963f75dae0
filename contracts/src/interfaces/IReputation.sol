// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Rank } from "../types/Rank.sol";
import { IParameters } from "./IParameters.sol";
import { IRegistryLevels } from "./IRegistryLevels.sol";
import { IRoleRegistry } from "./IRoleRegistry.sol";

/// @title Ranking of nodes, epoch by epoch
/// @notice Guards sign the root of a ranking that anybody can recompute; an oracle posts it. Whoever shows a leaf of the latest
///         one brings its level into the registry.
interface IReputation {
    event RankingPosted(uint64 indexed epoch, bytes32 root, uint256 snapshot, address indexed oracle);
    event RankProven(
        uint64 indexed epoch, address indexed operator, bytes32 indexed class, uint8 level, uint16 scoreBps
    );

    /// @notice An address that must name somebody is zero.
    error ZeroAddress();
    /// @notice Only an active oracle may call this.
    error NotOracle(address caller);
    /// @notice The epoch is not after the last one.
    error EpochNotIncreasing(uint64 epoch, uint64 latest);
    /// @notice The epoch has not begun.
    error EpochInFuture(uint64 epoch, uint64 current);
    /// @notice A root of zero proves nothing.
    error EmptyRoot();
    /// @notice The snapshot is not in the past, too old, or before the last one.
    error InvalidSnapshot(uint256 snapshot);
    /// @notice The ranking is not the latest: levels never go back to an older one.
    error NotLatest(uint64 epoch, uint64 latest);
    /// @notice The proof does not lead to the epoch's root.
    error InvalidProof();
    /// @notice A level above 10 or a score above 10,000.
    error InvalidRank(uint8 level, uint16 scoreBps);
    /// @notice A leaf of this epoch with this level or a higher one was shown already.
    error LevelStands(address operator, uint8 level);

    /// @notice Posts an epoch's ranking. By an active oracle, with guards who hold more than two thirds of their weight.
    /// @param snapshot   unix seconds, past: when the guards' weights are read
    /// @param signatures over `digestOf(epoch, root)`, 65 bytes each, sorted by signer
    function post(uint64 epoch, bytes32 root, uint256 snapshot, bytes[] calldata signatures) external;

    /// @notice Sets an operator's level in the registry from a leaf of the latest ranking. Anyone may. Of several leaves of one
    ///         operator, one for each class, the highest level stands, in whatever order they are shown.
    function prove(uint64 epoch, Rank calldata rank, bytes32[] calldata proof) external;

    /// @notice Whether a leaf is part of a posted epoch's ranking.
    function verify(uint64 epoch, Rank calldata rank, bytes32[] calldata proof) external view returns (bool);

    /// @notice EIP-712 digest that guards sign: Ranking(uint64 epoch,bytes32 root).
    function digestOf(uint64 epoch, bytes32 root) external view returns (bytes32);

    /// @notice Root of an epoch's ranking; zero when none was posted.
    function rootOf(uint64 epoch) external view returns (bytes32);

    /// @notice Last epoch with a ranking; zero before the first.
    function latestEpoch() external view returns (uint64);

    /// @notice Snapshot of the last ranking.
    function latestSnapshot() external view returns (uint256);

    /// @notice Last epoch in which a leaf of the operator was shown, and the highest level in it.
    function provenOf(address operator) external view returns (uint64 epoch, uint8 level);

    function registry() external view returns (IRoleRegistry);
    /// @notice Where levels are set.
    function levels() external view returns (IRegistryLevels);
    function parameters() external view returns (IParameters);
}
