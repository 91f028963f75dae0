// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { INodeRegistry } from "../interfaces/INodeRegistry.sol";
import { ISessionManager } from "../interfaces/ISessionManager.sol";
import { ISettlement } from "../interfaces/ISettlement.sol";
import { PayoutTree } from "../libraries/PayoutTree.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { EpochRoot } from "../types/Attestation.sol";
import { Roles } from "../types/Roles.sol";
import { VoucherDebit } from "../types/Voucher.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title Settlement
/// @notice See {ISettlement}.
contract Settlement is ISettlement, EIP712 {
    using Checkpoints for Checkpoints.Trace208;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @inheritdoc ISettlement
    uint256 public constant MINER_BPS = 9000;
    /// @inheritdoc ISettlement
    uint256 public constant ROUTER_BPS = 500;
    /// @inheritdoc ISettlement
    uint256 public constant GUARDS_BPS = 300;
    /// @inheritdoc ISettlement
    uint256 public constant ORACLE_BPS = 100;
    /// @inheritdoc ISettlement
    uint256 public constant TREASURY_BPS = 100;

    IERC20 public immutable token;
    /// @inheritdoc ISettlement
    INodeRegistry public immutable registry;
    /// @inheritdoc ISettlement
    ISessionManager public immutable sessions;
    /// @inheritdoc ISettlement
    address public immutable treasury;
    /// @inheritdoc ISettlement
    uint256 public immutable challengeSeconds;
    /// @inheritdoc ISettlement
    uint256 public immutable snapshotAgeMax;

    /// @inheritdoc ISettlement
    uint64 public latestEpoch;
    /// @inheritdoc ISettlement
    uint256 public latestSnapshot;
    /// @inheritdoc ISettlement
    uint256 public funded;
    /// @inheritdoc ISettlement
    uint256 public totalClaimed;
    /// @inheritdoc ISettlement
    mapping(address account => uint256) public claimed;

    mapping(uint64 epoch => Posted) private _posted;
    /// @dev activeAt → epoch
    Checkpoints.Trace208 private _activations;

    constructor(
        IERC20 token_,
        INodeRegistry registry_,
        ISessionManager sessions_,
        address treasury_,
        uint256 challengeSeconds_,
        uint256 snapshotAgeMax_
    ) EIP712("cortensord", "1") {
        if (treasury_ == address(0)) revert ZeroAddress();
        uint256 unbondingSeconds = registry_.stakeVault().unbondingSeconds();
        if (snapshotAgeMax_ > unbondingSeconds) revert SnapshotOutlivesStake(snapshotAgeMax_, unbondingSeconds);
        token = token_;
        registry = registry_;
        sessions = sessions_;
        treasury = treasury_;
        challengeSeconds = challengeSeconds_;
        snapshotAgeMax = snapshotAgeMax_;
    }

    /// @inheritdoc ISettlement
    function settle(
        EpochRoot calldata epochRoot,
        VoucherDebit[] calldata debits,
        uint256 snapshot,
        bytes[] calldata signatures
    ) external {
        if (!registry.isActive(msg.sender, Roles.ORACLE)) revert NotOracle(msg.sender);
        uint64 latest = latestEpoch;
        if (epochRoot.epoch <= latest) revert EpochNotIncreasing(epochRoot.epoch, latest);
        Posted memory last = _posted[latest];
        if (epochRoot.base != last.root) revert WrongBase(epochRoot.base, last.root);
        if (epochRoot.root == 0) revert EmptyRoot();
        if (epochRoot.total < last.total) revert TotalDecreased(epochRoot.total, last.total);
        _checkQuorum(attestationDigest(epochRoot, hashDebits(debits)), snapshot, signatures);

        uint48 activeAt = (block.timestamp + challengeSeconds).toUint48();
        latestEpoch = epochRoot.epoch;
        latestSnapshot = snapshot;
        _posted[epochRoot.epoch] = Posted(epochRoot.root, epochRoot.tasksRoot, epochRoot.total.toUint128(), activeAt);
        _activations.push(activeAt, epochRoot.epoch);

        uint256 fundedAfter = funded + (debits.length == 0 ? 0 : sessions.redeem(debits));
        if (fundedAfter < epochRoot.total) revert Underfunded(epochRoot.total, fundedAfter);
        funded = fundedAfter;
        emit EpochSettled(
            epochRoot.epoch, epochRoot.root, epochRoot.total, epochRoot.tasksRoot, activeAt, fundedAfter, msg.sender
        );
    }

    /// @inheritdoc ISettlement
    function claim(address account, uint256 cumulative, bytes32[] calldata proof) external returns (uint256 amount) {
        uint64 epoch = activeEpoch();
        if (epoch == 0) revert NoActiveRoot();
        Posted memory active = _posted[epoch];
        if (!PayoutTree.verify(proof, active.root, account, cumulative)) revert InvalidProof();
        uint256 before = claimed[account];
        if (cumulative <= before) revert NothingToClaim(account, cumulative, before);
        amount = cumulative - before;
        uint256 paid = totalClaimed + amount;
        if (paid > active.total) revert TotalExceeded(paid, active.total);
        claimed[account] = cumulative;
        totalClaimed = paid;
        emit Claimed(account, epoch, amount, cumulative);
        token.safeTransfer(account, amount);
    }

    /// @inheritdoc ISettlement
    function posted(uint64 epoch) external view returns (Posted memory) {
        return _posted[epoch];
    }

    /// @inheritdoc ISettlement
    function activeEpoch() public view returns (uint64) {
        return uint64(_activations.upperLookupRecent(uint48(block.timestamp)));
    }

    /// @inheritdoc ISettlement
    function attestationDigest(EpochRoot calldata epochRoot, bytes32 debitsHash) public view returns (bytes32) {
        return _hashTypedDataV4(epochRoot.hash(debitsHash));
    }

    /// @notice keccak256 over the 64-byte pairs (session, cumulativeDebit), in the order of `debits`.
    function hashDebits(VoucherDebit[] calldata debits) public pure returns (bytes32) {
        bytes32[] memory words = new bytes32[](debits.length * 2);
        for (uint256 i = 0; i < debits.length; ++i) {
            words[2 * i] = debits[i].voucher.session;
            words[2 * i + 1] = bytes32(debits[i].cumulativeDebit);
        }
        return keccak256(abi.encodePacked(words));
    }

    /// @dev More than two thirds of the guards' weight at `snapshot`, each signer counted once.
    function _checkQuorum(bytes32 digest, uint256 snapshot, bytes[] calldata signatures) private view {
        if (snapshot >= block.timestamp || snapshot + snapshotAgeMax < block.timestamp || snapshot < latestSnapshot) {
            revert InvalidSnapshot(snapshot);
        }
        uint256 weight = 0;
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = StrictSignature.recover(digest, signatures[i]);
            if (signer <= previous) revert SignersNotSorted(previous, signer);
            uint256 guardWeight = registry.guardWeightAt(signer, snapshot);
            if (guardWeight == 0) revert NotGuard(signer);
            weight += guardWeight;
            previous = signer;
        }
        uint256 totalWeight = registry.totalGuardWeightAt(snapshot);
        if (weight * 3 <= totalWeight * 2) revert QuorumNotReached(weight, totalWeight);
    }
}
