// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { RewardRoot } from "../types/RewardRoot.sol";
import { IEpochRoots } from "./IEpochRoots.sol";

/// @title Rewards for validated work, by a falling emission
/// @notice Pays out of the COR that it holds, which anybody may send here. An oracle posts the cumulative rewards of all accounts
///         as one sum root, signed by guards that hold more than two thirds of the guards' stake. From one root to the next the total grows
///         by at most the emission of the epochs in between.
interface IRewards is IEpochRoots {
    /// @param emitted wei by which the total grew
    event EpochRewarded(
        uint64 indexed epoch, bytes32 root, uint256 total, uint256 emitted, uint256 activeAt, address indexed oracle
    );

    /// @notice The total fell below that of the base.
    error TotalDecreased(uint256 total, uint256 base);
    /// @notice The total grew by more than the emission of the epochs that the root covers.
    error EmissionExceeded(uint256 wanted, uint256 emission);
    /// @notice The root pays more than what is here.
    error Underfunded(uint256 wanted, uint256 balance);

    /// @notice Posts an epoch. By an active oracle.
    /// @param snapshot   as in ISettlement.settle
    /// @param signatures of guards over the EIP-712 `RewardRoot`, 65 bytes each, sorted by signer
    function post(RewardRoot calldata rewardRoot, uint256 snapshot, bytes[] calldata signatures) external;

    /// @notice EIP-712 digest that guards sign.
    function rewardDigest(RewardRoot calldata rewardRoot) external view returns (bytes32);

    /// @notice Emission of one epoch, wei: EmissionWei × EmissionDecayBps^n, n the full EmissionPeriodEpochs since `startEpoch`.
    function emissionOf(uint64 epoch) external view returns (uint256);

    /// @notice Emission of the epochs after `from` up to `to`, wei; of the newest 256 of them when there are more.
    function emissionBetween(uint64 from, uint64 to) external view returns (uint256);

    /// @notice Epoch before the first that emits.
    function startEpoch() external view returns (uint64);
}
