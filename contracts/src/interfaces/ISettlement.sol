// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { EpochRoot } from "../types/Attestation.sol";
import { Receipt } from "../types/Receipt.sol";
import { VoucherDebit } from "../types/Voucher.sol";
import { IEpochRoots } from "./IEpochRoots.sol";
import { ISessionManager } from "./ISessionManager.sol";

/// @title Pays the network, once per epoch
/// @notice An oracle posts the cumulative payouts of all accounts as one sum root, signed by guards that hold more than two
///         thirds of the guards' stake, together with the tasks that it bills and the vouchers that fund it. What accounts get
///         is what the tasks cost, to the wei, and never more than vouchers brought in.
interface ISettlement is IEpochRoots {
    /// @notice A billed task with the way to its root (libraries/SumTree).
    /// @param receipt EIP-712 struct hash of the miner's receipt
    struct TaskProof {
        bytes32 task;
        bytes32 receipt;
        uint128 cost;
        uint32 index;
        bytes proof;
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
    /// @notice What a session owes for all tasks of the epochs that stand, this one included; of the last such epoch it holds.
    event SessionCharged(uint64 indexed epoch, bytes32 indexed session, uint256 cumulativeDebit);

    /// @notice The total is not that of the base and the epoch's tasks.
    error TotalMismatch(uint256 total, uint256 wanted);
    /// @notice The vouchers brought in less than the root pays.
    error Underfunded(uint256 total, uint256 funded);
    /// @notice The receipt is not the leaf's.
    error WrongReceipt(bytes32 receipt, bytes32 leaf);
    /// @notice An address that must name somebody is zero.
    error ZeroAddress();

    /// @notice Posts an epoch and redeems the vouchers that fund it. By an active oracle.
    /// @param epochRoot  what is settled
    /// @param debits     vouchers to this contract, with what each session owes in total afterwards. What an epoch that is void
    ///                   took already is not taken again
    /// @param snapshot   unix seconds, past: when the guards' weights are read. Not part of what guards sign: whoever holds
    ///                   a quorum can sign for any instant, and whoever does not gains nothing from choosing one
    /// @param signatures of guards over the EIP-712 `Attestation`, 65 bytes each, sorted by signer
    function settle(
        EpochRoot calldata epochRoot,
        VoucherDebit[] calldata debits,
        uint256 snapshot,
        bytes[] calldata signatures
    ) external;

    /// @notice Voids an epoch in which a leaf's task is not above that of a leaf before it; so, too, one that bills a task twice.
    ///         Anyone may call.
    function voidTasksUnsorted(uint64 epoch, TaskProof calldata first, TaskProof calldata second) external;

    /// @notice Voids an epoch that bills more for a task than its receipt says, or a task that is not the receipt's. Anyone may
    ///         call.
    function voidOverbilled(uint64 epoch, TaskProof calldata task, Receipt calldata receipt) external;

    /// @notice Voids an epoch that bills a task which an earlier epoch that stands has billed. Anyone may call.
    function voidBilledTwice(uint64 epoch, TaskProof calldata task, uint64 earlier, TaskProof calldata inEarlier)
        external;

    /// @notice Shows a task that was asked for, with its receipt in full. Anyone may call and gets the bond.
    function answerTask(uint64 epoch, TaskProof calldata task, Receipt calldata receipt) external;

    /// @notice EIP-712 digest that guards sign.
    function attestationDigest(EpochRoot calldata epochRoot, bytes32 debitsHash) external view returns (bytes32);

    /// @notice Wei that vouchers brought in, ever.
    function funded() external view returns (uint256);

    function sessions() external view returns (ISessionManager);
    /// @notice Account of the treasury's leaf.
    function treasury() external view returns (address);
}
