// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { INodeRegistry } from "./INodeRegistry.sol";
import { IParameters } from "./IParameters.sol";

/// @title Roots of cumulative payouts, one per epoch, that anyone can hold against each other
/// @notice What Settlement and Rewards have in common. Each root builds on the one before. In its challenge window a root is void as
///         soon as somebody proves a fault in it, or as a leaf of it that was asked for is not shown in time; with it falls all
///         that was built on it, the money stays, and the next epoch builds on the last root that stands. A root whose
///         window has passed, and that of all before it, is active: accounts claim what they have not had.
interface IEpochRoots {
    enum Status {
        None,
        Pending,
        Active,
        Voided
    }

    /// @notice Which tree of an epoch a leaf is in.
    enum Part {
        Payouts,
        Tasks
    }

    /// @notice What made an epoch void.
    enum Fault {
        Decreased,
        Omitted,
        PayoutsUnsorted,
        TasksUnsorted,
        Overbilled,
        BilledTwice,
        Unanswered
    }

    /// @notice Three words. Totals fit 104 bits: twenty thousand times the supply, paid out over all time.
    /// @param root           as posted
    /// @param tasksRoot      as posted; zero where an epoch has no tasks
    /// @param total          as posted, wei
    /// @param position       place in the row of epochs that stand, from 1; taken over by another epoch once this one is void
    /// @param payouts        number of leaves of `root`
    /// @param tasks          number of leaves of `tasksRoot`
    /// @param openChallenges leaves that were asked for and not shown yet; while there are any, the epoch is not active
    /// @param activeAt       unix seconds: end of the challenge window
    struct Posted {
        bytes32 root;
        bytes32 tasksRoot;
        uint104 total;
        uint32 position;
        uint32 payouts;
        uint32 tasks;
        uint24 openChallenges;
        uint32 activeAt;
    }

    /// @notice A payout with the way to its root (libraries/SumTree).
    struct PayoutProof {
        address account;
        uint128 cumulative;
        uint32 index;
        bytes proof;
    }

    /// @param challenger who asked, and gets the bond back if the epoch falls
    /// @param deadline   unix seconds, last one in which it can be answered; zero when nobody asked
    /// @param closed     answered, or the bond went back
    struct Challenge {
        address challenger;
        uint48 deadline;
        bool closed;
        uint128 bond;
    }

    /// @notice All epochs from `from` to `to` are void; `standing` is the last one that is not, zero for none.
    event EpochsVoided(uint64 indexed from, uint64 to, uint64 standing, Fault fault, address indexed by);
    event Claimed(address indexed account, uint64 indexed epoch, uint256 amount, uint256 cumulative);
    event ChallengeOpened(
        uint64 indexed epoch, Part part, uint32 index, address indexed challenger, uint256 bond, uint256 deadline
    );
    /// @param data what was asked for, ABI-encoded: (account, cumulative), or the receipt
    event ChallengeAnswered(uint64 indexed epoch, Part part, uint32 index, address indexed by, bytes data);
    event ChallengeClosed(uint64 indexed epoch, Part part, uint32 index, address indexed challenger);

    /// @notice Only an active oracle may call this.
    error NotOracle(address caller);
    /// @notice The epoch is not after the last one, void ones counted.
    error EpochNotIncreasing(uint64 epoch, uint64 latest);
    /// @notice The epoch has not begun.
    error EpochInFuture(uint64 epoch, uint64 current);
    /// @notice The root builds on another epoch than the latest that stands, whose payouts it would drop.
    error WrongBase(bytes32 base, bytes32 latest);
    /// @notice A tree without a root or without leaves proves nothing.
    error EmptyRoot();
    /// @notice So many epochs wait for their activation that one more would make the walk over them too long.
    error TooManyPending(uint256 pending);
    /// @notice The snapshot is not in the past, too old, or before the last one.
    error InvalidSnapshot(uint256 snapshot);
    /// @notice Only an active epoch pays.
    error NotActive(uint64 epoch);
    /// @notice Only an epoch that stands and is not active yet can fall.
    error NotPending(uint64 epoch);
    /// @notice The proof does not lead to the root that it should.
    error InvalidProof();
    /// @notice The account has claimed that much already.
    error NothingToClaim(address account, uint256 cumulative, uint256 claimed);
    /// @notice All claims together would exceed the total of the newest active root.
    error TotalExceeded(uint256 wanted, uint256 total);
    /// @notice What was shown is no fault.
    error NoFault();
    /// @notice The tree has no leaf of this index.
    error IndexOutOfBounds(uint256 index, uint256 count);
    /// @notice The challenge window is over.
    error WindowClosed(uint256 activeAt);
    /// @notice Each leaf is asked for once; the answer is on chain then.
    error AlreadyChallenged(uint64 epoch, Part part, uint32 index);
    /// @notice Nobody waits for this leaf.
    error NoOpenChallenge(uint64 epoch, Part part, uint32 index);
    /// @notice The time to answer is over.
    error AnswerTooLate(uint256 deadline);
    /// @notice The time to answer is not over.
    error AnswerNotDue(uint256 deadline);

    /// @notice Pays `account` what it has not had of its leaf in an active epoch. Anyone may call.
    /// @param index and `proof`: see libraries/SumTree
    function claim(uint64 epoch, address account, uint128 cumulative, uint32 index, bytes calldata proof)
        external
        returns (uint256 amount);

    /// @notice Voids an epoch in which an account has less than in the one before. Anyone may call.
    function voidDecreased(uint64 epoch, PayoutProof calldata inEpoch, PayoutProof calldata inBase) external;

    /// @notice Voids an epoch that leaves out an account of the one before. Anyone may call.
    /// @param gap   how many accounts of the epoch are below the missing one
    /// @param left  the leaf before the gap, of index `gap` − 1; not read when `gap` is zero
    /// @param right the leaf after the gap, of index `gap`; not read when `gap` is the number of leaves
    function voidOmitted(
        uint64 epoch,
        PayoutProof calldata inBase,
        uint32 gap,
        PayoutProof calldata left,
        PayoutProof calldata right
    ) external;

    /// @notice Voids an epoch in which a leaf's account is not above that of a leaf before it; so, too, one with two leaves of
    ///         one account. Anyone may call.
    function voidPayoutsUnsorted(uint64 epoch, PayoutProof calldata first, PayoutProof calldata second) external;

    /// @notice Asks for a leaf of an epoch in its window, with a bond ({bondFor}). Anyone may call; needs a token allowance.
    ///         Whoever shows the leaf in time gets the bond. Each leaf is asked for once.
    function challenge(uint64 epoch, Part part, uint32 index) external;

    /// @notice Shows a payout that was asked for. Anyone may call and gets the bond.
    function answerPayout(uint64 epoch, PayoutProof calldata payout) external;

    /// @notice Gives the bond of an open challenge back: voids its epoch when nobody answered in time, or finds it void. Anyone
    ///         may call.
    function closeChallenge(uint64 epoch, Part part, uint32 index) external;

    /// @notice A posted epoch; zeros when there is none.
    function posted(uint64 epoch) external view returns (Posted memory);

    function statusOf(uint64 epoch) external view returns (Status);

    /// @notice Highest epoch that was posted, void ones counted; zero before the first.
    function latestEpoch() external view returns (uint64);

    /// @notice Last epoch that stands, on which the next one builds; zero before the first.
    function standingEpoch() external view returns (uint64);

    /// @notice Newest active epoch; zero when there is none. Never goes back.
    function activeEpoch() external view returns (uint64);

    /// @notice Snapshot of the last epoch.
    function latestSnapshot() external view returns (uint256);

    /// @notice Wei paid out, ever.
    function totalClaimed() external view returns (uint256);

    /// @notice Wei paid out to an account, ever.
    function claimed(address account) external view returns (uint256);

    /// @notice Wei of bonds held here.
    function bondsHeld() external view returns (uint256);

    function challengeOf(uint64 epoch, Part part, uint32 index) external view returns (Challenge memory);

    /// @notice Bond of the next challenge to an epoch, wei: the epoch's least bond, once more for every 32 open challenges.
    function bondFor(uint64 epoch) external view returns (uint256);

    /// @notice Who is an oracle, and what guards weigh.
    function registry() external view returns (INodeRegistry);
    function parameters() external view returns (IParameters);
}
