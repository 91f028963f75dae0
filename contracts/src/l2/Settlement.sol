// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { INodeRegistry } from "../interfaces/INodeRegistry.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { ISessionManager } from "../interfaces/ISessionManager.sol";
import { ISettlement } from "../interfaces/ISettlement.sol";
import { SumTree } from "../libraries/SumTree.sol";
import { EpochRoot } from "../types/Attestation.sol";
import { Parameter } from "../types/Parameter.sol";
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
        p.total = e.total;
        p.tasksTotal = e.tasksTotal;
        p.payouts = e.payouts;
        p.tasks = e.tasks;
        p.routerBps = parameters.getAt(Parameter.RouterBps, e.epoch).toUint16();
        p.guardsBps = parameters.getAt(Parameter.GuardsBps, e.epoch).toUint16();
        p.oracleBps = parameters.getAt(Parameter.OracleBps, e.epoch).toUint16();
        p.treasuryBps = parameters.getAt(Parameter.TreasuryBps, e.epoch).toUint16();
        _post(e.epoch, p, e.base, attestationDigest(e, hashDebits(debits)), snapshot, signatures);
        if (e.total != wanted) revert TotalMismatch(e.total, wanted);

        uint256 fundedAfter = funded + _redeem(e.epoch, debits);
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
        _checkTask(p, task);
        _checkTask(_posted[earlier], inEarlier);
        if (task.task != inEarlier.task || !_standsBefore(earlier, p)) revert NoFault();
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
    function hashDebits(VoucherDebit[] calldata debits) public pure returns (bytes32) {
        bytes32[] memory words = new bytes32[](debits.length * 2);
        for (uint256 i = 0; i < debits.length; ++i) {
            words[2 * i] = debits[i].voucher.session;
            words[2 * i + 1] = bytes32(debits[i].cumulativeDebit);
        }
        return keccak256(abi.encodePacked(words));
    }

    /// @dev Redeems what was not taken before: an epoch that fell may have taken it, and the money stayed here.
    function _redeem(uint64 epoch, VoucherDebit[] calldata debits) private returns (uint256) {
        VoucherDebit[] memory open = new VoucherDebit[](debits.length);
        uint256 count = 0;
        for (uint256 i = 0; i < debits.length; ++i) {
            bytes32 session = debits[i].voucher.session;
            emit SessionCharged(epoch, session, debits[i].cumulativeDebit);
            if (debits[i].cumulativeDebit > sessions.debitedBy(session, address(this))) open[count++] = debits[i];
        }
        if (count == 0) return 0;
        assembly ("memory-safe") {
            mstore(open, count)
        }
        return sessions.redeem(open);
    }

    function _checkTask(Posted storage p, TaskProof calldata x) private view {
        bytes32 leaf = SumTree.taskLeaf(x.task, x.receipt, x.cost);
        if (!SumTree.verify(p.tasksRoot, p.tasksTotal, p.tasks, x.index, leaf, x.cost, x.proof)) revert InvalidProof();
    }

    function _checkReceipt(TaskProof calldata task, Receipt calldata receipt) private pure {
        bytes32 structHash = receipt.hash();
        if (structHash != task.receipt) revert WrongReceipt(structHash, task.receipt);
    }
}
