// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochRoots } from "../interfaces/IEpochRoots.sol";
import { INodeRegistry } from "../interfaces/INodeRegistry.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { Quorum } from "../libraries/Quorum.sol";
import { SumTree } from "../libraries/SumTree.sol";
import { Parameter } from "../types/Parameter.sol";
import { Roles } from "../types/Roles.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title EpochRoots
/// @notice See {IEpochRoots}. The epochs that stand are a row of positions from 1; the first `active` of them are active. To void
///         an epoch cuts the row before it, whatever was built on it, and later epochs take over the positions.
abstract contract EpochRoots is IEpochRoots, EIP712 {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @notice One word.
    /// @param latest   highest epoch posted
    /// @param length   epochs that stand
    /// @param active   those of them known to be active; {_activeLength} says how many are
    /// @param claimed  wei paid out, ever
    /// @param snapshot that of the last epoch, unix seconds
    struct Row {
        uint48 latest;
        uint32 length;
        uint32 active;
        uint104 claimed;
        uint40 snapshot;
    }

    uint256 public constant PENDING_MAX = 1024;
    uint256 public constant CHALLENGES_PER_BOND = 32;

    IERC20 public immutable token;
    /// @inheritdoc IEpochRoots
    INodeRegistry public immutable registry;
    /// @inheritdoc IEpochRoots
    IParameters public immutable parameters;

    Row private _row;
    /// @inheritdoc IEpochRoots
    uint256 public bondsHeld;
    /// @inheritdoc IEpochRoots
    mapping(address account => uint256) public claimed;

    /// @dev By position; four share a word.
    uint64[2 ** 32] private _epochs;
    mapping(uint64 epoch => Posted) internal _posted;
    mapping(uint64 epoch => mapping(Part => mapping(uint32 index => Challenge))) private _challenges;

    constructor(IERC20 token_, INodeRegistry registry_, IParameters parameters_) EIP712("cortensord", "1") {
        token = token_;
        registry = registry_;
        parameters = parameters_;
    }

    /// @inheritdoc IEpochRoots
    function claim(uint64 epoch, address account, uint128 cumulative, uint32 index, bytes calldata proof)
        external
        returns (uint256 amount)
    {
        Row memory row = _row;
        uint256 active = _activeLength(row);
        Posted storage p = _posted[epoch];
        if (!_stands(p.position, epoch, active)) revert NotActive(epoch);
        if (!SumTree.verify(
                p.root, p.total, p.payouts, index, SumTree.payoutLeaf(account, cumulative), cumulative, proof
            )) {
            revert InvalidProof();
        }
        uint256 before = claimed[account];
        if (cumulative <= before) revert NothingToClaim(account, cumulative, before);
        amount = cumulative - before;
        uint256 total = p.position == active ? p.total : _posted[_epochs[active]].total;
        if (row.claimed + amount > total) revert TotalExceeded(row.claimed + amount, total);
        // At most `total`.
        // forge-lint: disable-next-line(unsafe-typecast)
        row.claimed += uint104(amount);
        // At most `row.length`.
        // forge-lint: disable-next-line(unsafe-typecast)
        row.active = uint32(active);
        _row = row;
        claimed[account] = cumulative;
        emit Claimed(account, epoch, amount, cumulative);
        token.safeTransfer(account, amount);
    }

    /// @inheritdoc IEpochRoots
    function voidDecreased(uint64 epoch, PayoutProof calldata inEpoch, PayoutProof calldata inBase) external {
        Posted storage p = _pending(epoch);
        _checkPayout(p, inEpoch);
        _checkPayout(_baseOf(p), inBase);
        if (inEpoch.account != inBase.account || inEpoch.cumulative >= inBase.cumulative) revert NoFault();
        _void(p, epoch, Fault.Decreased);
    }

    /// @inheritdoc IEpochRoots
    function voidOmitted(
        uint64 epoch,
        PayoutProof calldata inBase,
        uint32 gap,
        PayoutProof calldata left,
        PayoutProof calldata right
    ) external {
        Posted storage p = _pending(epoch);
        _checkPayout(_baseOf(p), inBase);
        if (gap > p.payouts) revert IndexOutOfBounds(gap, p.payouts);
        if (gap > 0) {
            _checkPayout(p, left);
            if (left.index != gap - 1 || left.account >= inBase.account) revert NoFault();
        }
        if (gap < p.payouts) {
            _checkPayout(p, right);
            if (right.index != gap || right.account <= inBase.account) revert NoFault();
        }
        _void(p, epoch, Fault.Omitted);
    }

    /// @inheritdoc IEpochRoots
    function voidPayoutsUnsorted(uint64 epoch, PayoutProof calldata first, PayoutProof calldata second) external {
        Posted storage p = _pending(epoch);
        _checkPayout(p, first);
        _checkPayout(p, second);
        if (first.index >= second.index || first.account < second.account) revert NoFault();
        _void(p, epoch, Fault.PayoutsUnsorted);
    }

    /// @inheritdoc IEpochRoots
    function challenge(uint64 epoch, Part part, uint32 index) external {
        Posted storage p = _pending(epoch);
        if (block.timestamp >= p.activeAt) revert WindowClosed(p.activeAt);
        uint32 count = part == Part.Payouts ? p.payouts : p.tasks;
        if (index >= count) revert IndexOutOfBounds(index, count);
        Challenge storage c = _challenges[epoch][part][index];
        if (c.deadline != 0) revert AlreadyChallenged(epoch, part, index);
        uint256 bond = bondFor(epoch);
        uint48 deadline = (block.timestamp + parameters.getAt(Parameter.DataSeconds, epoch)).toUint48();
        c.challenger = msg.sender;
        c.deadline = deadline;
        c.bond = bond.toUint128();
        ++p.openChallenges;
        bondsHeld += bond;
        emit ChallengeOpened(epoch, part, index, msg.sender, bond, deadline);
        token.safeTransferFrom(msg.sender, address(this), bond);
    }

    /// @inheritdoc IEpochRoots
    function answerPayout(uint64 epoch, PayoutProof calldata payout) external {
        Posted storage p = _pending(epoch);
        _checkPayout(p, payout);
        _answer(p, epoch, Part.Payouts, payout.index, abi.encode(payout.account, payout.cumulative));
    }

    /// @inheritdoc IEpochRoots
    function closeChallenge(uint64 epoch, Part part, uint32 index) external {
        Challenge storage c = _openChallenge(epoch, part, index);
        Posted storage p = _posted[epoch];
        // An epoch with an open challenge is never active: it waits, or it is void.
        if (_stands(p.position, epoch, _row.length)) {
            if (block.timestamp <= c.deadline) revert AnswerNotDue(c.deadline);
            _void(p, epoch, Fault.Unanswered);
        }
        emit ChallengeClosed(epoch, part, index, c.challenger);
        _close(c, c.challenger);
    }

    /// @inheritdoc IEpochRoots
    function posted(uint64 epoch) external view returns (Posted memory) {
        return _posted[epoch];
    }

    /// @inheritdoc IEpochRoots
    function statusOf(uint64 epoch) external view returns (Status) {
        uint32 position = _posted[epoch].position;
        if (position == 0) return Status.None;
        Row memory row = _row;
        if (!_stands(position, epoch, row.length)) return Status.Voided;
        return position <= _activeLength(row) ? Status.Active : Status.Pending;
    }

    /// @inheritdoc IEpochRoots
    function latestEpoch() external view returns (uint64) {
        return _row.latest;
    }

    /// @inheritdoc IEpochRoots
    function standingEpoch() public view returns (uint64) {
        return _epochs[_row.length];
    }

    /// @inheritdoc IEpochRoots
    function activeEpoch() external view returns (uint64) {
        return _epochs[_activeLength(_row)];
    }

    /// @inheritdoc IEpochRoots
    function latestSnapshot() external view returns (uint256) {
        return _row.snapshot;
    }

    /// @inheritdoc IEpochRoots
    function totalClaimed() public view returns (uint256) {
        return _row.claimed;
    }

    /// @inheritdoc IEpochRoots
    function challengeOf(uint64 epoch, Part part, uint32 index) external view returns (Challenge memory) {
        return _challenges[epoch][part][index];
    }

    /// @inheritdoc IEpochRoots
    function bondFor(uint64 epoch) public view returns (uint256) {
        return
            parameters.getAt(Parameter.DataBondWei, epoch) * (1 + _posted[epoch].openChallenges / CHALLENGES_PER_BOND);
    }

    /// @dev Puts an epoch at the end of the row, once all that the two users of this contract share is checked.
    /// @param p    filled but for `position`, `openChallenges` and `activeAt`
    /// @param base root that it was built on
    function _post(
        uint64 epoch,
        Posted memory p,
        bytes32 base,
        bytes32 digest,
        uint256 snapshot,
        bytes[] calldata signatures
    ) internal {
        if (!registry.isActive(msg.sender, Roles.ORACLE)) revert NotOracle(msg.sender);
        Row memory row = _row;
        if (epoch <= row.latest) revert EpochNotIncreasing(epoch, row.latest);
        uint64 current = parameters.currentEpoch();
        if (epoch > current) revert EpochInFuture(epoch, current);
        Posted storage last = _posted[_epochs[row.length]];
        if (base != last.root) revert WrongBase(base, last.root);
        if (p.root == 0 || p.payouts == 0) revert EmptyRoot();
        row.active = uint32(_activeLength(row));
        if (row.length - row.active >= PENDING_MAX) revert TooManyPending(row.length - row.active);
        _checkQuorum(digest, snapshot, row.snapshot, signatures);

        // Never before the epoch that it builds on: windows may get shorter.
        uint256 activeAt = Math.max(block.timestamp + parameters.get(Parameter.ChallengeSeconds), last.activeAt);
        p.activeAt = activeAt.toUint32();
        p.position = ++row.length;
        row.latest = uint256(epoch).toUint48();
        // Past.
        // forge-lint: disable-next-line(unsafe-typecast)
        row.snapshot = uint40(snapshot);
        _epochs[row.length] = epoch;
        _posted[epoch] = p;
        _row = row;
    }

    /// @dev The epoch that stands last, which the next one builds on; zeros before the first.
    function _standing() internal view returns (Posted storage) {
        return _posted[standingEpoch()];
    }

    /// @dev An epoch that can still fall.
    function _pending(uint64 epoch) internal view returns (Posted storage p) {
        p = _posted[epoch];
        Row memory row = _row;
        if (!_stands(p.position, epoch, row.length) || p.position <= _activeLength(row)) revert NotPending(epoch);
    }

    /// @dev Whether the epoch stands with a position in this contract's row before that of `p`, an epoch that stands.
    function _standsBefore(uint64 epoch, Posted storage p) internal view returns (bool) {
        return _stands(_posted[epoch].position, epoch, p.position - 1);
    }

    function _void(Posted storage p, uint64 epoch, Fault fault) internal {
        uint32 standing = p.position - 1;
        _row.length = standing;
        emit EpochsVoided(epoch, _row.latest, _epochs[standing], fault, msg.sender);
    }

    /// @dev Pays the bond of an open challenge, whose leaf the caller has shown to be there.
    function _answer(Posted storage p, uint64 epoch, Part part, uint32 index, bytes memory data) internal {
        Challenge storage c = _openChallenge(epoch, part, index);
        if (block.timestamp > c.deadline) revert AnswerTooLate(c.deadline);
        --p.openChallenges;
        emit ChallengeAnswered(epoch, part, index, msg.sender, data);
        _close(c, msg.sender);
    }

    function _checkPayout(Posted storage p, PayoutProof calldata x) private view {
        bytes32 leaf = SumTree.payoutLeaf(x.account, x.cumulative);
        if (!SumTree.verify(p.root, p.total, p.payouts, x.index, leaf, x.cumulative, x.proof)) revert InvalidProof();
    }

    function _checkQuorum(bytes32 digest, uint256 snapshot, uint256 snapshotMin, bytes[] calldata signatures)
        private
        view
    {
        uint256 ageMax = parameters.get(Parameter.SnapshotAgeMaxSeconds);
        if (snapshot >= block.timestamp || snapshot + ageMax < block.timestamp || snapshot < snapshotMin) {
            revert InvalidSnapshot(snapshot);
        }
        Quorum.check(registry, Roles.GUARD, snapshot, digest, signatures);
    }

    function _close(Challenge storage c, address to) private {
        c.closed = true;
        uint256 bond = c.bond;
        bondsHeld -= bond;
        token.safeTransfer(to, bond);
    }

    function _openChallenge(uint64 epoch, Part part, uint32 index) private view returns (Challenge storage c) {
        c = _challenges[epoch][part][index];
        if (c.deadline == 0 || c.closed) revert NoOpenChallenge(epoch, part, index);
    }

    /// @dev Root and number of leaves of the epoch before; the first has none, and no proof leads there.
    function _baseOf(Posted storage p) internal view returns (Posted storage) {
        return _posted[_epochs[p.position - 1]];
    }

    /// @dev Whether an epoch of that position is among the first `length` that stand.
    function _stands(uint256 position, uint64 epoch, uint256 length) private view returns (bool) {
        return position != 0 && position <= length && _epochs[position] == epoch;
    }

    /// @dev Walks on from what is known; at most PENDING_MAX steps.
    function _activeLength(Row memory row) private view returns (uint256 active) {
        for (active = row.active; active < row.length; ++active) {
            Posted storage next = _posted[_epochs[active + 1]];
            if (block.timestamp < next.activeAt || next.openChallenges != 0) break;
        }
    }
}
