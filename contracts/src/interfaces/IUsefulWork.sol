// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochManager } from "./IEpochManager.sol";
import { IParameters } from "./IParameters.sol";
import { IRoleRegistry } from "./IRoleRegistry.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Useful-work sessions: miners make data, guards score it
/// @notice Request → Create → Prepare → Start → Precommit → Commit → End → Cooldown. Miners are drawn by stake. The first of
///         them leads: it makes topics (Create), expands them to questions (Prepare) and starts. Each miner then posts a hash
///         of its answers (Precommit) and opens it (Commit), so that none can copy another's. Guards score (End) and the
///         budget pays for what they accept. Each step has a deadline; when it is missed, the session moves on without those
///         who missed it, so that it never sticks.
interface IUsefulWork {
    /// @notice `Cooldown` (scored and paid) and `Refunded` are final.
    enum State {
        None,
        Request,
        Create,
        Prepare,
        Start,
        Precommit,
        Commit,
        End,
        Cooldown,
        Refunded
    }

    /// @param model         that answers
    /// @param spec          digest of what is to be made: schema, topics, languages, licence
    /// @param items         most items that are paid, 1 to ITEMS_MAX
    /// @param nodes         most miners, 1 to NODES_MAX
    /// @param rewardPerItem wei for each accepted item; zero is network mining, which only oracles request
    struct Terms {
        bytes32 model;
        bytes32 spec;
        uint32 items;
        uint8 nodes;
        uint128 rewardPerItem;
    }

    /// @param requester       who pays, and gets the rest back
    /// @param state           where the session stands
    /// @param deadline        unix seconds before which the state's step must be done
    /// @param joinFrom        unix seconds from which miners may join
    /// @param drawEpoch       epoch whose randomness draws the miners
    /// @param snapshot        unix seconds at which weights are read
    /// @param missed          deadlines that cost a new try
    /// @param missedMax       tries that there are; fixed by the request
    /// @param stepSeconds     length of a step; fixed by the request
    /// @param cooldownSeconds what a miner waits before its next session; fixed by the request
    /// @param topics          posted in Create
    /// @param questions       posted in Prepare
    struct Session {
        address requester;
        State state;
        uint48 deadline;
        uint48 joinFrom;
        uint64 drawEpoch;
        uint48 snapshot;
        uint8 missed;
        uint8 missedMax;
        uint32 stepSeconds;
        uint32 cooldownSeconds;
        bytes32 topics;
        bytes32 questions;
        Terms terms;
    }

    /// @param owner     is paid; fixed when the miner joined
    /// @param items     how many items the miner's dataset holds; zero until it is open
    /// @param precommit hash of what Commit opens
    /// @param dataset   Merkle root of the items
    /// @param cid       sha-256 digest in the CIDv1 of the dataset
    struct Seat {
        address miner;
        address owner;
        uint32 items;
        bytes32 precommit;
        bytes32 dataset;
        bytes32 cid;
    }

    event SessionRequested(bytes32 indexed id, address indexed requester, Terms terms, uint64 drawEpoch);
    event MinerJoined(bytes32 indexed id, address indexed miner);
    /// @notice A miner missed a step and has lost its seat.
    event MinerDropped(bytes32 indexed id, address indexed miner, State state);
    event StateEntered(bytes32 indexed id, State indexed state, uint256 deadline);
    event MinersRedrawn(bytes32 indexed id, uint64 drawEpoch, uint256 missed);
    event TopicsPosted(bytes32 indexed id, address indexed miner, bytes32 topics);
    event QuestionsPosted(bytes32 indexed id, address indexed miner, bytes32 questions);
    event AnswersPrecommitted(bytes32 indexed id, address indexed miner, bytes32 precommit);
    event AnswersCommitted(bytes32 indexed id, address indexed miner, bytes32 dataset, bytes32 cid, uint256 items);
    event MinerScored(bytes32 indexed id, address indexed miner, uint256 accepted, uint256 reward);
    event SessionClosed(bytes32 indexed id, State indexed state, uint256 paid, uint256 refunded);

    /// @notice Items, nodes or the spec are outside of their bounds.
    error InvalidTerms();
    /// @notice Only an active oracle may request work that pays nothing.
    error NotOracle(address caller);
    /// @notice The session is in another state.
    error WrongState(bytes32 id, State state);
    /// @notice The state's deadline has passed.
    error TooLate(uint256 deadline);
    /// @notice It may not be called yet.
    error TooEarly(uint256 from);
    /// @notice The caller is no active miner, or was not drawn.
    error NotDrawn(bytes32 id, address caller);
    /// @notice The miner works in a session.
    error Busy(address miner, bytes32 session);
    /// @notice The miner's last session was too short a time ago.
    error CoolingDown(address miner, uint256 until);
    /// @notice Another miner leads.
    error NotLead(address caller, address lead);
    /// @notice The caller has no seat in the session.
    error NoSeat(bytes32 id, address caller);
    /// @notice A hash of zero says nothing.
    error EmptyHash();
    /// @notice The miner has done this step already.
    error AlreadyDone(bytes32 id, address miner);
    /// @notice What was opened is not what was precommitted.
    error WrongOpening(bytes32 precommit, bytes32 actual);
    /// @notice A dataset holds none, or more than the miner's part of the items.
    error InvalidItems(uint256 items, uint256 itemsMax);
    /// @notice Scores are not one for each seat.
    error WrongScores(uint256 scores, uint256 seats);
    /// @notice More is accepted than the miner made, or all of them together than is paid.
    error TooManyAccepted(uint256 accepted, uint256 itemsMax);
    /// @notice The snapshot is not in the past, or too old.
    error InvalidSnapshot(uint256 snapshot);

    /// @notice Requests a session. Anyone may, with items × rewardPerItem wei; an active oracle also without reward.
    function request(Terms calldata terms) external returns (bytes32 id);

    /// @notice Takes a seat. By an active miner that was drawn (`drawn`), is not in a session and has cooled down.
    function join(bytes32 id) external;

    /// @notice Posts the topics. By the lead, the first of the seats.
    function create(bytes32 id, bytes32 topics) external;

    /// @notice Posts the Merkle root of the questions. By the lead.
    function prepare(bytes32 id, bytes32 questions) external;

    /// @notice Starts the work. By the lead.
    function start(bytes32 id) external;

    /// @notice Posts `precommitOf` the caller's answers. By each seat.
    function precommit(bytes32 id, bytes32 hash) external;

    /// @notice Opens the caller's answers. By each seat.
    function commit(bytes32 id, bytes32 dataset, bytes32 cid, uint32 items, bytes32 salt) external;

    /// @notice Pays what the guards accept, and the rest back. Anyone may, with guards who hold more than two thirds of their weight.
    /// @param accepted   items of each seat that are paid, in the order of `seatsOf`
    /// @param snapshot   unix seconds, past: when the guards' weights are read
    /// @param signatures over `scoreDigest(id, accepted)`, 65 bytes each, sorted by signer
    function score(bytes32 id, uint32[] calldata accepted, uint256 snapshot, bytes[] calldata signatures) external;

    /// @notice Moves a session on that missed its deadline: without those who missed it; by a new draw when nobody is left; and
    ///         to its end with a refund after UsefulWorkReassignMax new tries. By an active oracle at the deadline, and by
    ///         anyone a step later.
    function timeout(bytes32 id) external;

    /// @notice keccak256(abi.encode(chainid, this contract, id, miner, dataset, cid, items, salt)).
    function precommitOf(bytes32 id, address miner, bytes32 dataset, bytes32 cid, uint32 items, bytes32 salt)
        external
        view
        returns (bytes32);

    /// @notice EIP-712 digest that guards sign: Score(bytes32 session,bytes32 seats,bytes32 accepted), where `seats` is
    ///         keccak256(abi.encode(Seat[])) and `accepted` is keccak256(abi.encode(uint32[])).
    function scoreDigest(bytes32 id, uint32[] calldata accepted) external view returns (bytes32);

    /// @notice Whether the draw gives `miner` a seat. There are SEATS_FACTOR times more of them than `nodes` on average, and the first
    ///         to come sit.
    function drawn(bytes32 id, address miner) external view returns (bool);

    /// @notice A session; zeros when there is none.
    function session(bytes32 id) external view returns (Session memory);

    /// @notice Miners of a session; the first leads.
    function seatsOf(bytes32 id) external view returns (Seat[] memory);

    /// @notice Session in which the miner sits; zero when it is free.
    function sessionOf(address miner) external view returns (bytes32);

    /// @notice Unix seconds from which the miner may join again.
    function cooldownUntil(address miner) external view returns (uint256);

    /// @notice How many sessions an account has requested.
    function requestCount(address requester) external view returns (uint256);

    function token() external view returns (IERC20);
    function registry() external view returns (IRoleRegistry);
    function parameters() external view returns (IParameters);
    function epochs() external view returns (IEpochManager);
    /// @notice Most miners of a session.
    function NODES_MAX() external view returns (uint256);
    /// @notice Most items of a session.
    function ITEMS_MAX() external view returns (uint256);
    function SEATS_FACTOR() external view returns (uint256);
}
