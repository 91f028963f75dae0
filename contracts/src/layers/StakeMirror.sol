// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ICheckpointAnchor } from "../interfaces/ICheckpointAnchor.sol";
import { IStakeListener } from "../interfaces/IStakeListener.sol";
import { IStakeMirror } from "../interfaces/IStakeMirror.sol";
import { StorageProof } from "../libraries/StorageProof.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title StakeMirror
/// @notice See {IStakeMirror}.
contract StakeMirror is IStakeMirror {
    using SafeCast for uint256;

    struct Proven {
        uint192 stake;
        uint64 number;
    }

    /// @inheritdoc IStakeMirror
    ICheckpointAnchor public immutable anchor;
    /// @inheritdoc IStakeMirror
    address public immutable stakeVault;
    /// @notice Slot of `mapping(owner => mapping(operator => stake))` in the stake vault.
    bytes32 public immutable stakesSlot;
    /// @inheritdoc IStakeMirror
    uint256 public immutable unbondingSeconds;
    /// @inheritdoc IStakeMirror
    IStakeListener public immutable listener;

    mapping(address owner => mapping(address operator => Proven)) private _proven;

    constructor(
        ICheckpointAnchor anchor_,
        address stakeVault_,
        bytes32 stakesSlot_,
        uint256 unbondingSeconds_,
        IStakeListener listener_
    ) {
        if (address(anchor_) == address(0) || stakeVault_ == address(0) || address(listener_) == address(0)) {
            revert ZeroAddress();
        }
        anchor = anchor_;
        stakeVault = stakeVault_;
        stakesSlot = stakesSlot_;
        unbondingSeconds = unbondingSeconds_;
        listener = listener_;
    }

    /// @inheritdoc IStakeMirror
    function prove(
        address owner,
        address operator,
        uint64 number,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external {
        Proven storage proven = _proven[owner][operator];
        if (number <= proven.number) revert NotNewer(number, proven.number);
        bytes32 root = anchor.stateRoot(number);
        uint256 stake = StorageProof.read(root, stakeVault, slotOf(owner, operator), accountProof, storageProof);
        proven.stake = stake.toUint192();
        proven.number = number;
        emit StakeProven(owner, operator, stake, number);
        listener.onStakeChanged(owner, operator, stake);
    }

    /// @inheritdoc IStakeMirror
    function stakeOf(address owner, address operator) external view returns (uint256) {
        return _proven[owner][operator].stake;
    }

    /// @inheritdoc IStakeMirror
    function provenAt(address owner, address operator) external view returns (uint64) {
        return _proven[owner][operator].number;
    }

    /// @inheritdoc IStakeMirror
    function slotOf(address owner, address operator) public view returns (bytes32) {
        bytes32 ofOwner = StorageProof.mappingSlot(bytes32(uint256(uint160(owner))), stakesSlot);
        return StorageProof.mappingSlot(bytes32(uint256(uint160(operator))), ofOwner);
    }
}
