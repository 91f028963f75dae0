// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { INodeRegistry } from "../interfaces/INodeRegistry.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { ISessionManager } from "../interfaces/ISessionManager.sol";
import { ISettlement } from "../interfaces/ISettlement.sol";
import { SumTree } from "../libraries/SumTree.sol";
import { EpochRoot } from "../types/Attestation.sol";
import { Receipt } from "../types/Receipt.sol";
import { VoucherDebit } from "../types/Voucher.sol";
import { EpochRoots } from "./EpochRoots.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Settlement
/// @notice See {ISettlement}.
contract Settlement is ISettlement, EpochRoots {
    using SafeCast for uint256;

    /// @inheritdoc ISettlement
    ISessionManager public immutable sessions;
    /// @inheritdoc ISettlement
    address public immutable treasury;

    /// @inheritdoc ISettlement
    uint256 public funded;

    constructor(
        IERC20 token_,
        INodeRegistry registry_,
        ISessionManager sessions_,
        IParameters parameters_,
        address treasury_
    ) EpochRoots(token_, registry_, parameters_) {
        if (treasury_ == address(0)) revert ZeroAddress();
        sessions = sessions_;
        treasury = treasury_;
    }

    /// @inheritdoc ISettlement
    function settle(EpochRoot calldata e, VoucherDebit[] calldata debits, uint256 snapshot, bytes[] calldata signatures)
        external
    {
        if (e.tasksRoot == 0 || e.tasks == 0) revert EmptyRoot();
        uint256 wanted = uint256(_standing().total) + e.tasksTotal;
        Posted memory p;
        p.root = e.root;
        p.tasksRoot = e.tasksRoot;
        p.total = uint256(e.total).toUint104();
        p.payouts = e.payouts;
        p.tasks = e.tasks;
        bytes32[] memory pairs = _pairs(debits);
        _post(e.epoch, p, e.base, attestationDigest(e, _hash(pairs)), snapshot, signatures);
        if (e.total != wanted) revert TotalMismatch(e.total, wanted);

        uint256 fundedAfter = funded + _redeem(e.epoch, debits, pairs);
        if (fundedAfter < e.total) revert Underfunded(e.total, fundedAfter);
        funded = fundedAfter;
        emit EpochSettled(e.epoch, e.root, e.total, e.tasksRoot, p.activeAt, fundedAfter, msg.sender);
    }

    /// @inheritdoc ISettlement
    function voidTasksUnsorted(uint64 epoch, TaskProof calldata first, TaskProof calldata second) external {
        Posted storage p = _pending(epoch);
        _checkTask(p, first);
        _checkTask(p, second);
        if (first.index >= second.index || first.task < second.task) revert NoFault();
        _void(p, epoch, Fault.TasksUnsorted);
    }

    /// @inheritdoc ISettlement
    function voidOverbilled(uint64 epoch, TaskProof calldata task, Receipt calldata receipt) external {
        Posted storage p = _pending(epoch);
        _checkTask(p, task);
        _checkReceipt(task, receipt);
        if (task.cost <= receipt.bill() && task.task == receipt.task) revert NoFault();
        _void(p, epoch, Fault.Overbilled);
    }

    /// @inheritdoc ISettlement
    function voidBilledTwice(uint64 epoch, TaskProof calldata task, uint64 earlier, TaskProof calldata inEarlier)
        external
    {
        Posted storage p = _pending(epoch);
        if (!_standsBefore(earlier, p)) revert NoFault();
        _checkTask(p, task);
        _checkTask(_posted[earlier], inEarlier);
        if (task.task != inEarlier.task) revert NoFault();
        _void(p, epoch, Fault.BilledTwice);
    }

    /// @inheritdoc ISettlement
    function answerTask(uint64 epoch, TaskProof calldata task, Receipt calldata receipt) external {
        Posted storage p = _pending(epoch);
        _checkTask(p, task);
        _checkReceipt(task, receipt);
        _answer(p, epoch, Part.Tasks, task.index, abi.encode(receipt));
    }

    /// @inheritdoc ISettlement
    function attestationDigest(EpochRoot calldata epochRoot, bytes32 debitsHash) public view returns (bytes32) {
        return _hashTypedDataV4(epochRoot.hash(debitsHash));
    }

    /// @notice keccak256 over the 64-byte pairs (session, cumulativeDebit), in the order of `debits`.
    function hashDebits(VoucherDebit[] calldata debits) external pure returns (bytes32) {
        return _hash(_pairs(debits));
    }

    /// @dev What was taken before is passed over: an epoch that fell may have taken it, and the money stayed here.
    function _redeem(uint64 epoch, VoucherDebit[] calldata debits, bytes32[] memory pairs) private returns (uint256) {
        if (debits.length == 0) return 0;
        for (uint256 i = 0; i < pairs.length; i += 2) {
            emit SessionCharged(epoch, pairs[i], uint256(pairs[i + 1]));
        }
        return sessions.redeemRest(debits);
    }

    function _pairs(VoucherDebit[] calldata debits) private pure returns (bytes32[] memory pairs) {
        pairs = new bytes32[](debits.length * 2);
        for (uint256 i = 0; i < debits.length; ++i) {
            VoucherDebit calldata d = debits[i];
            pairs[2 * i] = d.voucher.session;
            pairs[2 * i + 1] = bytes32(d.cumulativeDebit);
        }
    }

    function _hash(bytes32[] memory words) private pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(add(words, 32), mul(mload(words), 32))
        }
    }

    /// @dev Of an epoch that stands: what its tasks cost is what its total has more than its base.
    function _checkTask(Posted storage p, TaskProof calldata x) private view {
        bytes32 leaf = SumTree.taskLeaf(x.task, x.receipt, x.cost);
        uint128 total = p.total - _baseOf(p).total;
        if (!SumTree.verify(p.tasksRoot, total, p.tasks, x.index, leaf, x.cost, x.proof)) revert InvalidProof();
    }

    function _checkReceipt(TaskProof calldata task, Receipt calldata receipt) private pure {
        bytes32 structHash = receipt.hash();
        if (structHash != task.receipt) revert WrongReceipt(structHash, task.receipt);
    }
}
