// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Checkpoint } from "../types/Checkpoint.sol";
import { IParameters } from "./IParameters.sol";
import { IWeights } from "./IWeights.sol";

/// @title State roots of another layer
/// @notice Oracles with more than two thirds of the weight sign a block of the other layer; once a window has passed in which
///         it can be disputed, its state root is believed. A block that is disputed is never believed, whoever was right:
///         oracles anchor a later one. They sign finalised blocks only, and one block per number.
interface ICheckpointAnchor {
    /// @param hash      hash of the block
    /// @param stateRoot its state root
    /// @param finalAt   unix seconds from which it is believed, and can no longer be disputed; zero when there is none
    /// @param snapshot  unix seconds at which the signers' weights were counted
    /// @param voided    whether it was disputed
    struct Posted {
        bytes32 hash;
        bytes32 stateRoot;
        uint48 finalAt;
        uint48 snapshot;
        bool voided;
    }

    event CheckpointSubmitted(
        uint64 indexed number, bytes32 indexed hash, bytes32 stateRoot, uint256 snapshot, uint256 finalAt
    );
    /// @param hash  block that was posted
    /// @param other block that was signed as well
    event CheckpointVoided(uint64 indexed number, bytes32 indexed hash, bytes32 indexed other);
    /// @notice `signer` signed two statements on one number. The signatures stand in the transaction.
    event Equivocation(address indexed signer, uint64 indexed number, bytes32 first, bytes32 second);

    /// @notice There is a checkpoint of this or a later number.
    error NumberNotIncreasing(uint64 number, uint64 latest);
    /// @notice The instant is not past, too old, or before one that was used.
    error InvalidSnapshot(uint256 snapshot);
    /// @notice As many checkpoints as there may be wait for their windows to pass.
    error TooManyPending();
    /// @notice Nothing was posted for this number.
    error UnknownCheckpoint(uint64 number);
    /// @notice The checkpoint was disputed.
    error Voided(uint64 number);
    /// @notice The window has not passed.
    error NotFinal(uint64 number, uint256 finalAt);
    /// @notice The window has passed.
    error ChallengeOver(uint64 number, uint256 finalAt);
    /// @notice No checkpoint is final.
    error NoFinalCheckpoint();
    /// @notice Two statements that can both be true.
    error NoConflict();
    /// @notice Neither statement is the one that was posted.
    error NotPosted(uint64 number);
    /// @notice The signers hold no more than a third of the weight.
    error MinorityNotReached(uint256 weight, uint256 totalWeight);
    /// @notice The statements were signed by two.
    error DifferentSigners(address first, address second);

    /// @notice Posts a block. By anyone.
    /// @param header     RLP of the block's header
    /// @param snapshot   past second at which weights are counted; never before the last one, at most SnapshotAgeMaxSeconds old
    /// @param signatures of the EIP-712 `Checkpoint`, 65 bytes each, sorted by signer
    function submit(bytes calldata header, uint256 snapshot, bytes[] calldata signatures) external;

    /// @notice Voids a checkpoint within its window: more than a third of the weight signed another block or root of its
    ///         number. By anyone.
    /// @param snapshot past second at which weights are counted; not before the checkpoint's
    function challenge(Checkpoint calldata other, uint256 snapshot, bytes[] calldata signatures) external;

    /// @notice Voids a checkpoint within its window: one who had weight in it signed another statement, too. By anyone.
    /// @param first  one of the two, in any order, is what was posted
    function challengeEquivocation(
        Checkpoint calldata first,
        bytes calldata firstSignature,
        Checkpoint calldata second,
        bytes calldata secondSignature
    ) external;

    /// @notice Who signed two conflicting statements on one number; reverts unless one did. Evidence for a slasher, for good.
    function equivocator(
        Checkpoint calldata first,
        bytes calldata firstSignature,
        Checkpoint calldata second,
        bytes calldata secondSignature
    ) external view returns (address signer);

    /// @notice State root of a final checkpoint; reverts for every other number.
    function stateRoot(uint64 number) external view returns (bytes32);

    /// @notice Largest number of a final checkpoint.
    function latestFinal() external view returns (uint64 number);

    /// @notice Largest number that was posted and not voided, final or not; zero when there is none.
    function latest() external view returns (uint64 number);

    function posted(uint64 number) external view returns (Posted memory);

    /// @notice EIP-712 digest that oracles sign.
    function checkpointDigest(Checkpoint calldata checkpoint) external view returns (bytes32);

    function weights() external view returns (IWeights);

    /// @notice Whose weights count: one bit of types/Roles.
    function role() external view returns (uint32);

    function remoteChainId() external view returns (uint256);

    function parameters() external view returns (IParameters);
}
