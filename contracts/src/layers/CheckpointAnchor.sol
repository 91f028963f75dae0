// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ICheckpointAnchor } from "../interfaces/ICheckpointAnchor.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { IWeights } from "../interfaces/IWeights.sol";
import { BlockHeader } from "../libraries/BlockHeader.sol";
import { Quorum } from "../libraries/Quorum.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { Checkpoint } from "../types/Checkpoint.sol";
import { Parameter } from "../types/Parameter.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title CheckpointAnchor
/// @notice See {ICheckpointAnchor}.
contract CheckpointAnchor is ICheckpointAnchor, EIP712 {
    using SafeCast for uint256;

    /// @notice Checkpoints that may wait at a time; bounds every loop over them.
    uint256 public constant PENDING_MAX = 64;

    /// @inheritdoc ICheckpointAnchor
    IWeights public immutable weights;
    /// @inheritdoc ICheckpointAnchor
    uint32 public immutable role;
    /// @inheritdoc ICheckpointAnchor
    uint256 public immutable remoteChainId;
    /// @inheritdoc ICheckpointAnchor
    IParameters public immutable parameters;
    /// @notice Snapshot of the last checkpoint that was posted; later ones are not before it.
    uint256 public latestSnapshot;

    mapping(uint64 number => Posted) private _posted;
    /// @dev Numbers that are not voided, rising; `finalAt` never falls along them.
    uint64[] private _numbers;

    constructor(IWeights weights_, uint32 role_, uint256 remoteChainId_, IParameters parameters_)
        EIP712("cortensord", "1")
    {
        weights = weights_;
        role = role_;
        remoteChainId = remoteChainId_;
        parameters = parameters_;
    }

    /// @inheritdoc ICheckpointAnchor
    function submit(bytes calldata header, uint256 snapshot, bytes[] calldata signatures) external {
        Checkpoint memory c;
        (c.number, c.stateRoot) = BlockHeader.decode(header);
        c.hash = keccak256(header);
        if (_posted[c.number].voided) revert Voided(c.number);
        uint256 finalAt = block.timestamp + parameters.get(Parameter.CheckpointChallengeSeconds);
        uint256 count = _numbers.length;
        if (count > 0) {
            uint64 last = _numbers[count - 1];
            if (c.number <= last) revert NumberNotIncreasing(c.number, last);
            // A window that was shortened lets no checkpoint overtake the one before.
            finalAt = Math.max(finalAt, _posted[last].finalAt);
        }
        if (count >= PENDING_MAX && block.timestamp < _posted[_numbers[count - PENDING_MAX]].finalAt) {
            revert TooManyPending();
        }
        _checkSnapshot(snapshot);
        Quorum.check(weights, role, snapshot, _digest(c), signatures);

        latestSnapshot = snapshot;
        _numbers.push(c.number);
        _posted[c.number] = Posted(c.hash, c.stateRoot, finalAt.toUint48(), snapshot.toUint48(), false);
        emit CheckpointSubmitted(c.number, c.hash, c.stateRoot, snapshot, finalAt);
    }

    /// @inheritdoc ICheckpointAnchor
    function challenge(Checkpoint calldata other, uint256 snapshot, bytes[] calldata signatures) external {
        Posted memory p = _disputable(other.number);
        if (!_differs(p, other)) revert NoConflict();
        if (snapshot >= block.timestamp || snapshot < p.snapshot) revert InvalidSnapshot(snapshot);
        (uint256 weight, uint256 total) = Quorum.weigh(weights, role, snapshot, _digest(other), signatures);
        if (weight * 3 <= total) revert MinorityNotReached(weight, total);
        _void(other.number, p.hash, other.hash);
    }

    /// @inheritdoc ICheckpointAnchor
    function challengeEquivocation(
        Checkpoint calldata first,
        bytes calldata firstSignature,
        Checkpoint calldata second,
        bytes calldata secondSignature
    ) external {
        address signer = equivocator(first, firstSignature, second, secondSignature);
        Posted memory p = _disputable(first.number);
        bool firstDiffers = _differs(p, first);
        if (firstDiffers && _differs(p, second)) revert NotPosted(first.number);
        if (weights.weightAt(signer, role, p.snapshot) == 0) revert Quorum.NoWeight(signer);
        emit Equivocation(signer, first.number, first.hash, second.hash);
        _void(first.number, p.hash, firstDiffers ? first.hash : second.hash);
    }

    /// @inheritdoc ICheckpointAnchor
    function equivocator(
        Checkpoint calldata first,
        bytes calldata firstSignature,
        Checkpoint calldata second,
        bytes calldata secondSignature
    ) public view returns (address signer) {
        bool same = first.hash == second.hash && first.stateRoot == second.stateRoot;
        if (first.number != second.number || same) revert NoConflict();
        signer = StrictSignature.recover(_digest(first), firstSignature);
        address other = StrictSignature.recover(_digest(second), secondSignature);
        if (other != signer) revert DifferentSigners(signer, other);
    }

    /// @inheritdoc ICheckpointAnchor
    function stateRoot(uint64 number) external view returns (bytes32) {
        Posted memory p = _known(number);
        if (block.timestamp < p.finalAt) revert NotFinal(number, p.finalAt);
        return p.stateRoot;
    }

    /// @inheritdoc ICheckpointAnchor
    function latestFinal() external view returns (uint64) {
        for (uint256 i = _numbers.length; i > 0; --i) {
            uint64 number = _numbers[i - 1];
            if (block.timestamp >= _posted[number].finalAt) return number;
        }
        revert NoFinalCheckpoint();
    }

    /// @inheritdoc ICheckpointAnchor
    function latest() external view returns (uint64) {
        uint256 count = _numbers.length;
        return count == 0 ? 0 : _numbers[count - 1];
    }

    /// @inheritdoc ICheckpointAnchor
    function posted(uint64 number) external view returns (Posted memory) {
        return _posted[number];
    }

    /// @inheritdoc ICheckpointAnchor
    function checkpointDigest(Checkpoint calldata checkpoint) external view returns (bytes32) {
        return _digest(checkpoint);
    }

    function _digest(Checkpoint memory checkpoint) private view returns (bytes32) {
        return _hashTypedDataV4(checkpoint.hashFor(remoteChainId));
    }

    function _checkSnapshot(uint256 snapshot) private view {
        uint256 ageMax = parameters.get(Parameter.SnapshotAgeMaxSeconds);
        if (snapshot >= block.timestamp || block.timestamp - snapshot > ageMax || snapshot < latestSnapshot) {
            revert InvalidSnapshot(snapshot);
        }
    }

    function _known(uint64 number) private view returns (Posted memory p) {
        p = _posted[number];
        if (p.finalAt == 0) revert UnknownCheckpoint(number);
        if (p.voided) revert Voided(number);
    }

    function _disputable(uint64 number) private view returns (Posted memory p) {
        p = _known(number);
        if (block.timestamp >= p.finalAt) revert ChallengeOver(number, p.finalAt);
    }

    function _differs(Posted memory p, Checkpoint calldata c) private pure returns (bool) {
        return p.hash != c.hash || p.stateRoot != c.stateRoot;
    }

    /// @dev What is not final stands among the last PENDING_MAX numbers.
    function _void(uint64 number, bytes32 hash, bytes32 other) private {
        _posted[number].voided = true;
        uint256 i = _numbers.length - 1;
        uint64 moved = _numbers[i];
        _numbers.pop();
        while (moved != number) {
            --i;
            (_numbers[i], moved) = (moved, _numbers[i]);
        }
        emit CheckpointVoided(number, hash, other);
    }
}
