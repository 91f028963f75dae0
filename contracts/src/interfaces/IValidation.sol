// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { EpochRoot } from "../types/Attestation.sol";
import { Checkpoint } from "../types/Checkpoint.sol";
import { Receipt } from "../types/Receipt.sol";
import { Vote } from "../types/Statements.sol";
import { IEpochManager } from "./IEpochManager.sol";
import { IParameters } from "./IParameters.sol";
import { IRoleRegistry } from "./IRoleRegistry.sol";
import { ISlasher } from "./ISlasher.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Disputes over receipts, and proofs of equivocation
/// @notice Whoever doubts a miner's signed receipt puts up a bond. Guards that randomness draws from all of them audit the task
///         and vote by commit and reveal; INVALID takes a part of the miner's stake, unless a larger committee of oracles, asked
///         by appeal, does not find the same. Two signatures of one signer on statements that exclude each other need no vote.
/// @dev A case is one receipt; a round is one committee that sits over it. Rounds count from 1 within a case (round 0 is the
///      audit off chain, whose statements are read by other rules).
interface IValidation {
    /// @notice `Voting` and `Appealed`: a committee is to sit, or sits. `Invalid`: found invalid, slash to be proposed.
    ///         `Slashed`: proposed, and can be appealed. `Upheld`, `Overturned` and `Valid` are final; after `Undecided` the case
    ///         can be opened again.
    enum Status {
        None,
        Voting,
        Undecided,
        Valid,
        Invalid,
        Slashed,
        Appealed,
        Upheld,
        Overturned
    }

    /// @notice Statements that a signer must not contradict.
    enum Kind {
        Vote,
        Receipt,
        Attestation,
        Checkpoint
    }

    /// @param status        where the case stands
    /// @param round         round that sits or sat last
    /// @param undecided     rounds that found nothing although a committee could be drawn
    /// @param miner         operator that signed the receipt
    /// @param owner         its owner when the case was opened
    /// @param opener        who doubts; gets the reporter's part
    /// @param appellant     who appealed; zero before
    /// @param bond          of the round's opener, wei
    /// @param appealBond    what an appeal costs, wei; fixed when the slash is proposed
    /// @param appealUntil   unix seconds until which the slash can be appealed
    /// @param appealSize    committee of an appeal; fixed when the slash is proposed
    /// @param commitSeconds of the appeal's committee; fixed when the slash is proposed
    /// @param revealSeconds of the appeal's committee; fixed when the slash is proposed
    /// @param cancelled     the overturned slash was taken back
    /// @param slashAmount   wei that INVALID takes
    /// @param task          of the receipt
    struct Case {
        Status status;
        uint32 round;
        uint8 undecided;
        address miner;
        address owner;
        address opener;
        address appellant;
        uint128 bond;
        uint128 appealBond;
        uint48 appealUntil;
        uint32 appealSize;
        uint32 commitSeconds;
        uint32 revealSeconds;
        bool cancelled;
        uint256 slashAmount;
        bytes32 task;
    }

    /// @param role          GUARD, or ORACLE in an appeal
    /// @param drawEpoch     epoch whose randomness draws the committee
    /// @param snapshot      unix seconds at which weights are read
    /// @param commitFrom    unix seconds: start of `drawEpoch`
    /// @param revealFrom    unix seconds: end of commits, start of reveals
    /// @param revealUntil   unix seconds: end of reveals
    /// @param size          seats on average
    /// @param silenceBps    part of its stake that a committed seat loses by silence
    /// @param committed     seats that committed
    /// @param verdict       what was found; 0 while open or undecided
    /// @param decided       the round is over
    /// @param totalWeight   of the role at the snapshot, wei
    /// @param revealedWeight sum of the revealed seats' weights, wei
    struct Round {
        uint32 role;
        uint64 drawEpoch;
        uint48 snapshot;
        uint48 commitFrom;
        uint48 revealFrom;
        uint48 revealUntil;
        uint32 size;
        uint16 silenceBps;
        uint32 committed;
        uint8 verdict;
        bool decided;
        uint256 totalWeight;
        uint256 revealedWeight;
    }

    /// @param commitment what the seat committed to; zero when it did not
    /// @param verdict    what it revealed; 0 when it did not
    /// @param accounted  its silence or dissent was recorded
    struct Ballot {
        bytes32 commitment;
        uint8 verdict;
        bool accounted;
    }

    event CaseOpened(
        bytes32 indexed id,
        bytes32 indexed task,
        address indexed miner,
        address opener,
        uint32 round,
        uint64 drawEpoch,
        Receipt receipt
    );
    event VoteCommitted(bytes32 indexed id, uint32 indexed round, address indexed voter, bytes32 commitment);
    event VoteRevealed(
        bytes32 indexed id, uint32 indexed round, address indexed voter, uint8 verdict, bytes32 evidenceHash
    );
    /// @param verdict 0 when there was no quorum
    event RoundDecided(bytes32 indexed id, uint32 indexed round, uint8 verdict, Status status);
    event SlashProposed(bytes32 indexed id, address indexed miner, uint256 amount, uint256 appealUntil);
    event CaseAppealed(bytes32 indexed id, address indexed appellant, uint32 round, uint64 drawEpoch);
    event SlashCancelled(bytes32 indexed id);
    event SilencePunished(bytes32 indexed id, uint32 indexed round, address indexed voter, uint256 amount);
    /// @notice A seat found otherwise than the quorum; it counts in its reputation and takes nothing.
    event VotedAgainstQuorum(bytes32 indexed id, uint32 indexed round, address indexed voter, uint8 verdict);
    event Equivocated(
        Kind indexed kind, address indexed signer, bytes32 indexed subject, uint256 amount, address reporter
    );

    /// @notice An address that must name somebody is zero.
    error ZeroAddress();
    /// @notice The receipt is not signed by its miner.
    error NotMiner(address signer, address miner);
    /// @notice The operator never was registered: there is no stake behind its word.
    error UnknownOperator(address operator);
    /// @notice The case does not stand where this can be done.
    error WrongStatus(bytes32 id, Status status);
    /// @notice The case was opened as often as it can be.
    error TooManyRounds(bytes32 id);
    /// @notice An appeal under these parameters might end after the slash was executed.
    error AppealTooLate(uint256 seconds_, uint256 slashAppealSeconds);
    /// @notice The committee's size is zero.
    error EmptyCommittee();
    /// @notice Commits of the round are not taken now.
    error NotCommitPhase(bytes32 id, uint32 round);
    /// @notice Reveals of the round are not taken now.
    error NotRevealPhase(bytes32 id, uint32 round);
    /// @notice The round is not over yet.
    error RoundNotOver(bytes32 id, uint32 round);
    /// @notice Nobody revealed for the draw's epoch: the committee could have been known before the case was opened.
    error PredictableDraw(uint64 epoch);
    /// @notice The voter was not drawn, or takes part in the case.
    error NotSeated(bytes32 id, address voter);
    /// @notice A commitment of zero commits to nothing.
    error EmptyCommitment();
    /// @notice The voter has committed in this round already.
    error AlreadyCommitted(bytes32 id, address voter);
    /// @notice The voter has not committed in this round.
    error NotCommitted(bytes32 id, address voter);
    /// @notice The voter has revealed already.
    error AlreadyRevealed(bytes32 id, address voter);
    /// @notice Verdicts are VALID 1, INVALID 2 and UNAVAILABLE 3.
    error UnknownVerdict(uint8 verdict);
    /// @notice What was revealed does not open the commitment.
    error WrongReveal(bytes32 commitment, bytes32 actual);
    /// @notice The time to appeal is over.
    error AppealOver(uint256 appealUntil);
    /// @notice The voter revealed, or its silence was punished.
    error NotSilent(bytes32 id, address voter);
    /// @notice The voter found what the quorum found, did not reveal, or was recorded.
    error NotDissenting(bytes32 id, address voter);
    /// @notice The two statements were signed by two signers.
    error SignersDiffer(address a, address b);
    /// @notice The two statements do not exclude each other.
    error NoConflict();
    /// @notice This equivocation was reported before.
    error AlreadyReported(address signer, bytes32 subject);

    /// @notice Opens a dispute over a receipt, or its next round when the last one was undecided. Anyone may, with a bond of
    ///         DisputeBondWei: it comes back unless the receipt is found VALID; then it goes to the miner's owner.
    function open(Receipt calldata receipt, bytes calldata signature) external returns (bytes32 id);

    /// @notice Commits the caller's vote. By a seat of the round that sits (`seated`).
    /// @param commitment keccak256(abi.encode(address voter, bytes32 task, uint32 round, uint8 verdict, bytes32 evidenceHash,
    ///                   bytes32 salt)); bound to the voter, so that a copy opens for nobody
    function commit(bytes32 id, bytes32 commitment) external;

    /// @notice Opens the caller's vote.
    function reveal(bytes32 id, uint8 verdict, bytes32 evidenceHash, bytes32 salt) external;

    /// @notice Ends the round and pays its bond out. Anyone may, once its reveals are over. A verdict stands that has more than
    ///         two thirds of the revealed weight, at least half of the seats that committed, and at least half of the weight
    ///         that a whole committee has on average. Without one in an appeal the slash falls: in doubt for the accused.
    function resolve(bytes32 id) external;

    /// @notice Proposes the slash of a case that was found invalid, and opens the time to appeal. Anyone may.
    function proposeSlash(bytes32 id) external;

    /// @notice Appeals a proposed slash, once. Anyone may, with a bond of AppealBondWei: it comes back unless oracles find the
    ///         receipt INVALID too; then it goes to the opener.
    function appeal(bytes32 id) external;

    /// @notice Takes an overturned slash back. Anyone may.
    function cancelSlash(bytes32 id) external;

    /// @notice Takes SlashSilenceBps of the stake of a seat that committed and did not reveal. Anyone may, once the reveals are
    ///         over, and is its reporter.
    function punishSilence(bytes32 id, uint32 round, address voter) external;

    /// @notice Records a seat that found otherwise than the quorum. Anyone may.
    function recordDissent(bytes32 id, uint32 round, address voter) external;

    /// @notice Two votes of one guard on the same task and round that differ in verdict or evidence. (Two salts for the same
    ///         vote are no contradiction.)
    function reportVotes(Vote calldata a, bytes calldata signatureA, Vote calldata b, bytes calldata signatureB)
        external;

    /// @notice Two receipts of one miner for the same task.
    function reportReceipts(
        Receipt calldata a,
        bytes calldata signatureA,
        Receipt calldata b,
        bytes calldata signatureB
    ) external;

    /// @notice Two attestations of one guard for the same epoch with different roots. (A guard signs one root per epoch; the
    ///         same root may be proposed to it again, with other debits.)
    function reportAttestations(
        EpochRoot calldata a,
        bytes32 debitsHashA,
        bytes calldata signatureA,
        EpochRoot calldata b,
        bytes32 debitsHashB,
        bytes calldata signatureB
    ) external;

    /// @notice Two checkpoints of one oracle for the same block number of a chain.
    function reportCheckpoints(
        uint256 chainId,
        Checkpoint calldata a,
        bytes calldata signatureA,
        Checkpoint calldata b,
        bytes calldata signatureB
    ) external;

    /// @notice Names the case of a receipt: keccak256(abi.encode(chainid, this contract, receipt's EIP-712 digest)).
    function caseIdOf(Receipt calldata receipt) external view returns (bytes32);

    /// @notice A case; zeros when there is none.
    function caseOf(bytes32 id) external view returns (Case memory);

    /// @notice A round of a case; zeros when there is none.
    function roundOf(bytes32 id, uint32 round) external view returns (Round memory);

    function ballotOf(bytes32 id, uint32 round, address voter) external view returns (Ballot memory);

    /// @notice Seats that revealed a verdict in a round, and their weight.
    function tallyOf(bytes32 id, uint32 round, uint8 verdict) external view returns (uint256 seats, uint256 weight);

    /// @notice Whether `voter` was drawn for the round that sits and takes no part in the case.
    function seated(bytes32 id, address voter) external view returns (bool);

    /// @notice Whether an equivocation was reported.
    function reported(bytes32 equivocation) external view returns (bool);

    function token() external view returns (IERC20);
    function registry() external view returns (IRoleRegistry);
    function parameters() external view returns (IParameters);
    function epochs() external view returns (IEpochManager);
    function slasher() external view returns (ISlasher);
    /// @notice Contract whose domain attestations are signed for.
    function settlement() external view returns (address);
    /// @notice Domain that checkpoints are signed for.
    function checkpointDomain() external view returns (bytes32);
    /// @notice Undecided rounds after which a case is closed.
    function ROUNDS_MAX() external view returns (uint256);
}
