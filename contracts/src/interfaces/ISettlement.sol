// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { EpochRoot } from "../types/Attestation.sol";
import { VoucherDebit } from "../types/Voucher.sol";
import { INodeRegistry } from "./INodeRegistry.sol";
import { ISessionManager } from "./ISessionManager.sol";

/// @title Pays the network, once per epoch
/// @notice An oracle posts the cumulative payouts of all accounts as one Merkle root, signed by guards that hold more than two
///         thirds of the guards' stake, together with the vouchers that fund it. After a challenge window accounts claim the
///         difference to what they had. Never pays more than vouchers brought in.
interface ISettlement {
    /// @param root      as posted
    /// @param tasksRoot as posted
    /// @param total     as posted, wei
    /// @param activeAt  unix seconds from which the root can be claimed against; fixed when it is posted
    struct Posted {
        bytes32 root;
        bytes32 tasksRoot;
        uint128 total;
        uint48 activeAt;
    }

    event EpochSettled(
        uint64 indexed epoch,
        bytes32 root,
        uint256 total,
        bytes32 tasksRoot,
        uint256 activeAt,
        uint256 funded,
        address indexed oracle
    );
    event Claimed(address indexed account, uint64 indexed epoch, uint256 amount, uint256 cumulative);

    /// @notice Only an active oracle may call this.
    error NotOracle(address caller);
    /// @notice The epoch is not after the last one.
    error EpochNotIncreasing(uint64 epoch, uint64 latest);
    /// @notice The root builds on another epoch than the latest, whose payouts it would drop.
    error WrongBase(bytes32 base, bytes32 latest);
    /// @notice A root of zero proves nothing.
    error EmptyRoot();
    /// @notice The total fell below the last one.
    error TotalDecreased(uint256 total, uint256 latest);
    /// @notice The vouchers brought in less than the root pays.
    error Underfunded(uint256 total, uint256 funded);
    /// @notice The snapshot is not in the past, too old, or before the last one.
    error InvalidSnapshot(uint256 snapshot);
    /// @notice Signatures must be sorted by signer, each signer once.
    error SignersNotSorted(address previous, address next);
    /// @notice The signer held no guard weight at the snapshot.
    error NotGuard(address signer);
    /// @notice The signers hold no more than two thirds of the guards' stake.
    error QuorumNotReached(uint256 weight, uint256 totalWeight);
    /// @notice No root can be claimed against yet.
    error NoActiveRoot();
    /// @notice The proof does not lead to the active root.
    error InvalidProof();
    /// @notice The account has claimed that much already.
    error NothingToClaim(address account, uint256 cumulative, uint256 claimed);
    /// @notice The leaves of the root sum up to more than its total.
    error TotalExceeded(uint256 wanted, uint256 total);
    /// @notice Unbonding must take longer than a snapshot may be old, so that the weight behind a quorum can be slashed.
    error SnapshotOutlivesStake(uint256 snapshotAgeMax, uint256 unbondingSeconds);
    /// @notice An address that must name somebody is zero.
    error ZeroAddress();

    /// @notice Posts an epoch and redeems the vouchers that fund it. By an active oracle.
    /// @param epochRoot  what is settled
    /// @param debits     vouchers to this contract, with what of each is taken
    /// @param snapshot   unix seconds, past: when the guards' weights are read. Not part of what guards sign: whoever holds
    ///                   a quorum can sign for any instant, and whoever does not gains nothing from choosing one
    /// @param signatures of guards over the EIP-712 `Attestation`, 65 bytes each, sorted by signer
    function settle(
        EpochRoot calldata epochRoot,
        VoucherDebit[] calldata debits,
        uint256 snapshot,
        bytes[] calldata signatures
    ) external;

    /// @notice Pays `account` what the latest active root owes it and it has not had. Anyone may call.
    function claim(address account, uint256 cumulative, bytes32[] calldata proof) external returns (uint256 amount);

    /// @notice EIP-712 digest that guards sign.
    function attestationDigest(EpochRoot calldata epochRoot, bytes32 debitsHash) external view returns (bytes32);

    /// @notice A posted epoch; zeros when there is none.
    function posted(uint64 epoch) external view returns (Posted memory);

    /// @notice Last epoch that was posted; zero before the first.
    function latestEpoch() external view returns (uint64);

    /// @notice Epoch that can be claimed against now; zero when there is none.
    function activeEpoch() external view returns (uint64);

    /// @notice Snapshot of the last epoch.
    function latestSnapshot() external view returns (uint256);

    /// @notice Wei that vouchers brought in, ever.
    function funded() external view returns (uint256);

    /// @notice Wei paid out, ever.
    function totalClaimed() external view returns (uint256);

    /// @notice Wei paid out to an account, ever.
    function claimed(address account) external view returns (uint256);

    function registry() external view returns (INodeRegistry);
    function sessions() external view returns (ISessionManager);
    /// @notice Account of the treasury's leaf.
    function treasury() external view returns (address);
    /// @notice Seconds from posting to claiming.
    function challengeSeconds() external view returns (uint256);
    /// @notice Seconds that a snapshot may be old.
    function snapshotAgeMax() external view returns (uint256);

    /// @notice Split of a task's cost in basis points; sums up to 10,000. Remainders go to the miner.
    function MINER_BPS() external view returns (uint256);
    function ROUTER_BPS() external view returns (uint256);
    function GUARDS_BPS() external view returns (uint256);
    function ORACLE_BPS() external view returns (uint256);
    function TREASURY_BPS() external view returns (uint256);
}
