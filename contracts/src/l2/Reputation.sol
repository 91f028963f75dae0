// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../interfaces/IParameters.sol";
import { IRegistryLevels } from "../interfaces/IRegistryLevels.sol";
import { IReputation } from "../interfaces/IReputation.sol";
import { IRoleRegistry } from "../interfaces/IRoleRegistry.sol";
import { Quorum } from "../libraries/Quorum.sol";
import { Parameter } from "../types/Parameter.sol";
import { Rank } from "../types/Rank.sol";
import { Roles } from "../types/Roles.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title Reputation
/// @notice See {IReputation}.
contract Reputation is IReputation, EIP712 {
    struct Proven {
        uint64 epoch;
        uint8 level;
    }

    bytes32 public constant RANKING_TYPEHASH = keccak256("Ranking(uint64 epoch,bytes32 root)");
    uint8 private constant LEVEL_MAX = 10;
    uint16 private constant SCORE_MAX_BPS = 10_000;

    /// @inheritdoc IReputation
    IRoleRegistry public immutable registry;
    /// @inheritdoc IReputation
    IRegistryLevels public immutable levels;
    /// @inheritdoc IReputation
    IParameters public immutable parameters;

    /// @inheritdoc IReputation
    uint64 public latestEpoch;
    /// @inheritdoc IReputation
    uint256 public latestSnapshot;
    /// @inheritdoc IReputation
    mapping(uint64 epoch => bytes32) public rootOf;
    /// @inheritdoc IReputation
    mapping(address operator => Proven) public provenOf;

    constructor(IRoleRegistry registry_, IRegistryLevels levels_, IParameters parameters_) EIP712("cortensord", "1") {
        if (address(registry_) == address(0) || address(levels_) == address(0)) revert ZeroAddress();
        registry = registry_;
        levels = levels_;
        parameters = parameters_;
    }

    /// @inheritdoc IReputation
    function post(uint64 epoch, bytes32 root, uint256 snapshot, bytes[] calldata signatures) external {
        if (!registry.isActive(msg.sender, Roles.ORACLE)) revert NotOracle(msg.sender);
        if (epoch <= latestEpoch) revert EpochNotIncreasing(epoch, latestEpoch);
        uint64 current = parameters.currentEpoch();
        if (epoch > current) revert EpochInFuture(epoch, current);
        if (root == 0) revert EmptyRoot();
        if (
            snapshot >= block.timestamp || snapshot < latestSnapshot
                || snapshot + parameters.get(Parameter.SnapshotAgeMaxSeconds) < block.timestamp
        ) revert InvalidSnapshot(snapshot);
        Quorum.check(registry, Roles.GUARD, snapshot, digestOf(epoch, root), signatures);
        latestEpoch = epoch;
        latestSnapshot = snapshot;
        rootOf[epoch] = root;
        emit RankingPosted(epoch, root, snapshot, msg.sender);
    }

    /// @inheritdoc IReputation
    function prove(uint64 epoch, Rank calldata rank, bytes32[] calldata proof) external {
        if (epoch != latestEpoch) revert NotLatest(epoch, latestEpoch);
        if (!verify(epoch, rank, proof)) revert InvalidProof();
        if (rank.level > LEVEL_MAX || rank.scoreBps > SCORE_MAX_BPS) revert InvalidRank(rank.level, rank.scoreBps);
        Proven storage proven = provenOf[rank.operator];
        if (proven.epoch == epoch && proven.level >= rank.level) revert LevelStands(rank.operator, proven.level);
        proven.epoch = epoch;
        proven.level = rank.level;
        emit RankProven(epoch, rank.operator, rank.class, rank.level, rank.scoreBps);
        levels.setLevel(rank.operator, rank.level);
    }

    /// @inheritdoc IReputation
    function verify(uint64 epoch, Rank calldata rank, bytes32[] calldata proof) public view returns (bool) {
        bytes32 root = rootOf[epoch];
        return root != 0 && MerkleProof.verifyCalldata(proof, root, rank.leaf());
    }

    /// @inheritdoc IReputation
    function digestOf(uint64 epoch, bytes32 root) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RANKING_TYPEHASH, epoch, root)));
    }
}
