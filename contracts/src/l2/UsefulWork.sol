// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochManager } from "../interfaces/IEpochManager.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { IRoleRegistry } from "../interfaces/IRoleRegistry.sol";
import { IUsefulWork } from "../interfaces/IUsefulWork.sol";
import { Quorum } from "../libraries/Quorum.sol";
import { Sortition } from "../libraries/Sortition.sol";
import { Parameter } from "../types/Parameter.sol";
import { Roles } from "../types/Roles.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title UsefulWork
/// @notice See {IUsefulWork}.
contract UsefulWork is IUsefulWork, EIP712 {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    bytes32 public constant SCORE_TYPEHASH = keccak256("Score(bytes32 session,bytes32 seats,bytes32 accepted)");
    /// @inheritdoc IUsefulWork
    uint256 public constant NODES_MAX = 16;
    /// @inheritdoc IUsefulWork
    uint256 public constant ITEMS_MAX = 100_000;
    /// @inheritdoc IUsefulWork
    uint256 public constant SEATS_FACTOR = 3;

    /// @inheritdoc IUsefulWork
    IERC20 public immutable token;
    /// @inheritdoc IUsefulWork
    IRoleRegistry public immutable registry;
    /// @inheritdoc IUsefulWork
    IParameters public immutable parameters;
    /// @inheritdoc IUsefulWork
    IEpochManager public immutable epochs;
    uint256 private immutable _epochSeconds;

    mapping(bytes32 id => Session) private _sessions;
    mapping(bytes32 id => Seat[]) private _seats;
    /// @inheritdoc IUsefulWork
    mapping(address miner => bytes32) public sessionOf;
    /// @inheritdoc IUsefulWork
    mapping(address miner => uint256) public cooldownUntil;
    /// @inheritdoc IUsefulWork
    mapping(address requester => uint256) public requestCount;

    constructor(IERC20 token_, IRoleRegistry registry_, IParameters parameters_, IEpochManager epochs_)
        EIP712("cortensord", "1")
    {
        token = token_;
        registry = registry_;
        parameters = parameters_;
        epochs = epochs_;
        _epochSeconds = parameters_.epochSeconds();
    }

    /// @inheritdoc IUsefulWork
    function request(Terms calldata terms) external returns (bytes32 id) {
        if (terms.items == 0 || terms.items > ITEMS_MAX || terms.nodes == 0 || terms.nodes > NODES_MAX) {
            revert InvalidTerms();
        }
        if (terms.model == 0 || terms.spec == 0) revert InvalidTerms();
        if (terms.rewardPerItem == 0 && !registry.isActive(msg.sender, Roles.ORACLE)) revert NotOracle(msg.sender);
        id = keccak256(abi.encode(block.chainid, address(this), msg.sender, requestCount[msg.sender]++, terms));
        Session storage s = _sessions[id];
        s.requester = msg.sender;
        s.terms = terms;
        s.missedMax = parameters.get(Parameter.UsefulWorkReassignMax).toUint8();
        s.stepSeconds = parameters.get(Parameter.UsefulWorkStepSeconds).toUint32();
        s.cooldownSeconds = parameters.get(Parameter.UsefulWorkCooldownSeconds).toUint32();
        _draw(s);
        emit SessionRequested(id, msg.sender, terms, s.drawEpoch);
        emit StateEntered(id, State.Request, s.deadline);
        uint256 budget = _budget(terms);
        if (budget != 0) token.safeTransferFrom(msg.sender, address(this), budget);
    }

    /// @inheritdoc IUsefulWork
    function join(bytes32 id) external {
        Session storage s = _inTime(id, State.Request);
        if (block.timestamp < s.joinFrom) revert TooEarly(s.joinFrom);
        if (!registry.isActive(msg.sender, Roles.MINER) || !drawn(id, msg.sender)) revert NotDrawn(id, msg.sender);
        if (sessionOf[msg.sender] != 0) revert Busy(msg.sender, sessionOf[msg.sender]);
        if (block.timestamp < cooldownUntil[msg.sender]) revert CoolingDown(msg.sender, cooldownUntil[msg.sender]);
        sessionOf[msg.sender] = id;
        _seats[id].push(Seat(msg.sender, registry.ownerOf(msg.sender), 0, 0, 0, 0));
        emit MinerJoined(id, msg.sender);
        if (_seats[id].length == s.terms.nodes) _enter(id, s, State.Create);
    }

    /// @inheritdoc IUsefulWork
    function create(bytes32 id, bytes32 topics) external {
        Session storage s = _byLead(id, State.Create);
        if (topics == 0) revert EmptyHash();
        s.topics = topics;
        emit TopicsPosted(id, msg.sender, topics);
        _enter(id, s, State.Prepare);
    }

    /// @inheritdoc IUsefulWork
    function prepare(bytes32 id, bytes32 questions) external {
        Session storage s = _byLead(id, State.Prepare);
        if (questions == 0) revert EmptyHash();
        s.questions = questions;
        emit QuestionsPosted(id, msg.sender, questions);
        _enter(id, s, State.Start);
    }

    /// @inheritdoc IUsefulWork
    function start(bytes32 id) external {
        _enter(id, _byLead(id, State.Start), State.Precommit);
    }

    /// @inheritdoc IUsefulWork
    function precommit(bytes32 id, bytes32 hash) external {
        Session storage s = _inTime(id, State.Precommit);
        if (hash == 0) revert EmptyHash();
        Seat storage seat = _seatOf(id, msg.sender);
        if (seat.precommit != 0) revert AlreadyDone(id, msg.sender);
        seat.precommit = hash;
        emit AnswersPrecommitted(id, msg.sender, hash);
        if (_allDone(id, State.Precommit)) _enter(id, s, State.Commit);
    }

    /// @inheritdoc IUsefulWork
    function commit(bytes32 id, bytes32 dataset, bytes32 cid, uint32 items, bytes32 salt) external {
        Session storage s = _inTime(id, State.Commit);
        Seat storage seat = _seatOf(id, msg.sender);
        if (seat.items != 0) revert AlreadyDone(id, msg.sender);
        uint256 itemsMax = Math.ceilDiv(s.terms.items, s.terms.nodes);
        if (items == 0 || items > itemsMax) revert InvalidItems(items, itemsMax);
        bytes32 actual = precommitOf(id, msg.sender, dataset, cid, items, salt);
        if (actual != seat.precommit) revert WrongOpening(seat.precommit, actual);
        seat.items = items;
        seat.dataset = dataset;
        seat.cid = cid;
        emit AnswersCommitted(id, msg.sender, dataset, cid, items);
        if (_allDone(id, State.Commit)) _enter(id, s, State.End);
    }

    /// @inheritdoc IUsefulWork
    function score(bytes32 id, uint32[] calldata accepted, uint256 snapshot, bytes[] calldata signatures) external {
        Session storage s = _inTime(id, State.End);
        Seat[] memory seats = _seats[id];
        if (accepted.length != seats.length) revert WrongScores(accepted.length, seats.length);
        if (snapshot >= block.timestamp || snapshot + parameters.get(Parameter.SnapshotAgeMaxSeconds) < block.timestamp)
        {
            revert InvalidSnapshot(snapshot);
        }
        Quorum.check(registry, Roles.GUARD, snapshot, scoreDigest(id, accepted), signatures);

        uint256 rewardPerItem = s.terms.rewardPerItem;
        uint256 acceptedTotal = 0;
        for (uint256 i = 0; i < seats.length; ++i) {
            if (accepted[i] > seats[i].items) revert TooManyAccepted(accepted[i], seats[i].items);
            acceptedTotal += accepted[i];
            emit MinerScored(id, seats[i].miner, accepted[i], accepted[i] * rewardPerItem);
        }
        if (acceptedTotal > s.terms.items) revert TooManyAccepted(acceptedTotal, s.terms.items);
        _close(id, s, State.Cooldown, acceptedTotal * rewardPerItem);
        for (uint256 i = 0; i < seats.length; ++i) {
            uint256 reward = accepted[i] * rewardPerItem;
            if (reward != 0) token.safeTransfer(seats[i].owner, reward);
        }
    }

    /// @inheritdoc IUsefulWork
    function timeout(bytes32 id) external {
        Session storage s = _sessions[id];
        State state = s.state;
        if (state == State.None || state >= State.Cooldown) revert WrongState(id, state);
        uint256 from = s.deadline;
        // Oracles go first; without them it goes on all the same.
        if (!registry.isActive(msg.sender, Roles.ORACLE)) from += s.stepSeconds;
        if (block.timestamp < from) revert TooEarly(from);
        _drop(id, state);
        bool seatsLeft = _seats[id].length != 0;
        if (seatsLeft && state == State.Request) _enter(id, s, State.Create);
        else if (seatsLeft && state == State.Precommit) _enter(id, s, State.Commit);
        else if (seatsLeft && state == State.Commit) _enter(id, s, State.End);
        else if (s.missed == s.missedMax) _close(id, s, State.Refunded, 0);
        else _retry(id, s, state, seatsLeft);
    }

    /// @inheritdoc IUsefulWork
    function precommitOf(bytes32 id, address miner, bytes32 dataset, bytes32 cid, uint32 items, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), id, miner, dataset, cid, items, salt));
    }

    /// @inheritdoc IUsefulWork
    function scoreDigest(bytes32 id, uint32[] calldata accepted) public view returns (bytes32) {
        bytes32 seats = keccak256(abi.encode(_seats[id]));
        return _hashTypedDataV4(keccak256(abi.encode(SCORE_TYPEHASH, id, seats, keccak256(abi.encode(accepted)))));
    }

    /// @inheritdoc IUsefulWork
    function drawn(bytes32 id, address miner) public view returns (bool) {
        Session storage s = _sessions[id];
        return Sortition.sits(
            epochs.randomness(s.drawEpoch),
            id,
            miner,
            registry.weightAt(miner, Roles.MINER, s.snapshot),
            registry.totalWeightAt(Roles.MINER, s.snapshot),
            SEATS_FACTOR * s.terms.nodes
        );
    }

    /// @inheritdoc IUsefulWork
    function session(bytes32 id) external view returns (Session memory) {
        return _sessions[id];
    }

    /// @inheritdoc IUsefulWork
    function seatsOf(bytes32 id) external view returns (Seat[] memory) {
        return _seats[id];
    }

    /// @dev Miners are drawn from an epoch that nobody can know yet, by the weights of the second before.
    function _draw(Session storage s) private {
        uint64 epoch = epochs.unknownEpoch();
        uint256 joinFrom = epoch * _epochSeconds;
        s.state = State.Request;
        s.drawEpoch = epoch;
        s.snapshot = (block.timestamp - 1).toUint48();
        s.joinFrom = joinFrom.toUint48();
        s.deadline = (joinFrom + s.stepSeconds).toUint48();
    }

    function _enter(bytes32 id, Session storage s, State state) private {
        s.state = state;
        s.deadline = (block.timestamp + s.stepSeconds).toUint48();
        emit StateEntered(id, state, s.deadline);
    }

    /// @dev One more try: the same step by the next lead, or scoring again; a new draw when nobody is left.
    function _retry(bytes32 id, Session storage s, State state, bool seatsLeft) private {
        ++s.missed;
        if (seatsLeft) {
            _enter(id, s, state);
        } else {
            _draw(s);
            emit MinersRedrawn(id, s.drawEpoch, s.missed);
            emit StateEntered(id, State.Request, s.deadline);
        }
    }

    /// @dev Ends the session: miners cool down, and the requester gets what is not paid.
    function _close(bytes32 id, Session storage s, State state, uint256 paid) private {
        s.state = state;
        Seat[] storage seats = _seats[id];
        for (uint256 i = 0; i < seats.length; ++i) {
            _release(seats[i].miner, s.cooldownSeconds);
        }
        uint256 rest = _budget(s.terms) - paid;
        emit SessionClosed(id, state, paid, rest);
        if (rest != 0) token.safeTransfer(s.requester, rest);
    }

    /// @dev Takes their seats from those who missed the state's step, and keeps the others in order.
    function _drop(bytes32 id, State state) private {
        Seat[] storage seats = _seats[id];
        uint256 kept = 0;
        for (uint256 i = 0; i < seats.length; ++i) {
            Seat memory seat = seats[i];
            if (_hasDone(seat, i, state)) {
                if (kept != i) seats[kept] = seat;
                ++kept;
            } else {
                _release(seat.miner, _sessions[id].cooldownSeconds);
                emit MinerDropped(id, seat.miner, state);
            }
        }
        while (seats.length > kept) {
            seats.pop();
        }
    }

    function _release(address miner, uint256 cooldownSeconds) private {
        delete sessionOf[miner];
        cooldownUntil[miner] = block.timestamp + cooldownSeconds;
    }

    /// @dev Whether a seat did its part of a state. In Request all who joined did; in End it is the guards' turn.
    function _hasDone(Seat memory seat, uint256 position, State state) private pure returns (bool) {
        if (state == State.Precommit) return seat.precommit != 0;
        if (state == State.Commit) return seat.items != 0;
        if (state == State.Create || state == State.Prepare || state == State.Start) return position != 0;
        return true;
    }

    function _allDone(bytes32 id, State state) private view returns (bool) {
        Seat[] storage seats = _seats[id];
        for (uint256 i = 0; i < seats.length; ++i) {
            if (!_hasDone(seats[i], i, state)) return false;
        }
        return true;
    }

    function _inTime(bytes32 id, State state) private view returns (Session storage s) {
        s = _sessions[id];
        if (s.state != state) revert WrongState(id, s.state);
        if (block.timestamp >= s.deadline) revert TooLate(s.deadline);
    }

    function _byLead(bytes32 id, State state) private view returns (Session storage s) {
        s = _inTime(id, state);
        address lead = _seats[id][0].miner;
        if (msg.sender != lead) revert NotLead(msg.sender, lead);
    }

    function _seatOf(bytes32 id, address miner) private view returns (Seat storage) {
        Seat[] storage seats = _seats[id];
        for (uint256 i = 0; i < seats.length; ++i) {
            if (seats[i].miner == miner) return seats[i];
        }
        revert NoSeat(id, miner);
    }

    function _budget(Terms memory terms) private pure returns (uint256) {
        return uint256(terms.items) * terms.rewardPerItem;
    }
}
