// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochManager } from "../interfaces/IEpochManager.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { IRoleRegistry } from "../interfaces/IRoleRegistry.sol";
import { ISlasher } from "../interfaces/ISlasher.sol";
import { IValidation } from "../interfaces/IValidation.sol";
import { Sortition } from "../libraries/Sortition.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { EpochRoot } from "../types/Attestation.sol";
import { Checkpoint } from "../types/Checkpoint.sol";
import { Parameter } from "../types/Parameter.sol";
import { Receipt } from "../types/Receipt.sol";
import { Roles } from "../types/Roles.sol";
import { Statements, Vote } from "../types/Statements.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Multicall } from "@openzeppelin/contracts/utils/Multicall.sol";
import { MessageHashUtils } from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Validation
/// @notice See {IValidation}.
/// @dev Bonds are paid out and slashes are sent in separate calls: a slasher that refuses holds up nobody's bond. `multicall`
///      joins them.
contract Validation is IValidation, Multicall {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev Lengths of a round's phases.
    struct Phases {
        uint32 commitSeconds;
        uint32 revealSeconds;
    }

    struct Tally {
        uint32 seats;
        uint208 weight;
    }

    /// @inheritdoc IValidation
    uint256 public constant ROUNDS_MAX = 3;
    uint8 private constant VALID = 1;
    uint8 private constant INVALID = 2;
    uint8 private constant UNAVAILABLE = 3;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IValidation
    IERC20 public immutable token;
    /// @inheritdoc IValidation
    IRoleRegistry public immutable registry;
    /// @inheritdoc IValidation
    IParameters public immutable parameters;
    /// @inheritdoc IValidation
    IEpochManager public immutable epochs;
    /// @inheritdoc IValidation
    ISlasher public immutable slasher;
    /// @inheritdoc IValidation
    address public immutable settlement;
    /// @inheritdoc IValidation
    bytes32 public immutable checkpointDomain;
    uint256 private immutable _epochSeconds;

    mapping(bytes32 id => Case) private _cases;
    mapping(bytes32 id => mapping(uint32 round => Round)) private _rounds;
    mapping(bytes32 id => mapping(uint32 round => mapping(address voter => Ballot))) private _ballots;
    mapping(bytes32 id => mapping(uint32 round => mapping(uint8 verdict => Tally))) private _tallies;
    /// @inheritdoc IValidation
    mapping(bytes32 equivocation => bool) public reported;

    /// @param settlement_    whose domain attestations are signed for
    /// @param anchorChainId  chain of the anchor that takes this chain's checkpoints
    /// @param anchor         that anchor; zero on the uppermost layer
    constructor(
        IERC20 token_,
        IRoleRegistry registry_,
        IParameters parameters_,
        IEpochManager epochs_,
        ISlasher slasher_,
        address settlement_,
        uint256 anchorChainId,
        address anchor
    ) {
        if (address(slasher_) == address(0) || settlement_ == address(0)) revert ZeroAddress();
        token = token_;
        registry = registry_;
        parameters = parameters_;
        epochs = epochs_;
        slasher = slasher_;
        settlement = settlement_;
        checkpointDomain = Statements.domainSeparator(anchorChainId, anchor);
        _epochSeconds = parameters_.epochSeconds();
    }

    /// @inheritdoc IValidation
    function open(Receipt calldata receipt, bytes calldata signature) external returns (bytes32 id) {
        id = _verify(receipt, signature);
        Case storage c = _cases[id];
        if (c.status != Status.None && c.status != Status.Undecided) revert WrongStatus(id, c.status);
        if (c.undecided == ROUNDS_MAX) revert TooManyRounds(id);
        if (c.status == Status.None) _charge(c, receipt);
        uint256 bond = parameters.get(Parameter.DisputeBondWei);
        c.status = Status.Voting;
        c.opener = msg.sender;
        c.bond = bond.toUint128();
        (Phases memory phases,) = _phases();
        _convene(id, c, Roles.GUARD, parameters.get(Parameter.CommitteeSize), phases);
        emit CaseOpened(id, c.task, c.miner, msg.sender, c.round, _rounds[id][c.round].drawEpoch, receipt);
        token.safeTransferFrom(msg.sender, address(this), bond);
    }

    /// @inheritdoc IValidation
    function commit(bytes32 id, bytes32 commitment) external {
        Case storage c = _sitting(id);
        Round storage r = _rounds[id][c.round];
        if (block.timestamp < r.commitFrom || block.timestamp >= r.revealFrom) revert NotCommitPhase(id, c.round);
        if (commitment == 0) revert EmptyCommitment();
        if (epochs.derived(r.drawEpoch)) revert PredictableDraw(r.drawEpoch);
        if (!_seated(id, c, r, msg.sender)) revert NotSeated(id, msg.sender);
        Ballot storage ballot = _ballots[id][c.round][msg.sender];
        if (ballot.commitment != 0) revert AlreadyCommitted(id, msg.sender);
        ballot.commitment = commitment;
        ++r.committed;
        emit VoteCommitted(id, c.round, msg.sender, commitment);
    }

    /// @inheritdoc IValidation
    function reveal(bytes32 id, uint8 verdict, bytes32 evidenceHash, bytes32 salt) external {
        Case storage c = _sitting(id);
        uint32 round = c.round;
        Round storage r = _rounds[id][round];
        if (block.timestamp < r.revealFrom || block.timestamp >= r.revealUntil) revert NotRevealPhase(id, round);
        if (verdict == 0 || verdict > UNAVAILABLE) revert UnknownVerdict(verdict);
        Ballot storage ballot = _ballots[id][round][msg.sender];
        if (ballot.commitment == 0) revert NotCommitted(id, msg.sender);
        if (ballot.verdict != 0) revert AlreadyRevealed(id, msg.sender);
        bytes32 actual = keccak256(abi.encode(msg.sender, c.task, round, verdict, evidenceHash, salt));
        if (actual != ballot.commitment) revert WrongReveal(ballot.commitment, actual);
        ballot.verdict = verdict;
        uint256 weight = Sortition.seatWeight(registry.weightAt(msg.sender, r.role, r.snapshot), r.totalWeight, r.size);
        Tally storage tally = _tallies[id][round][verdict];
        ++tally.seats;
        tally.weight += weight.toUint208();
        r.revealedWeight += weight;
        emit VoteRevealed(id, round, msg.sender, verdict, evidenceHash);
    }

    /// @inheritdoc IValidation
    function resolve(bytes32 id) external {
        Case storage c = _sitting(id);
        uint32 round = c.round;
        Round storage r = _rounds[id][round];
        if (block.timestamp < r.revealUntil) revert RoundNotOver(id, round);
        uint8 verdict = _verdict(id, round, r);
        r.verdict = verdict;
        r.decided = true;
        bool onAppeal = c.status == Status.Appealed;
        address recipient;
        if (onAppeal) {
            c.status = verdict == INVALID ? Status.Upheld : Status.Overturned;
            recipient = verdict == INVALID ? c.opener : c.appellant;
        } else if (verdict == VALID) {
            c.status = Status.Valid;
            recipient = c.owner;
        } else if (verdict == INVALID) {
            c.status = Status.Invalid;
            recipient = c.opener;
        } else {
            c.status = Status.Undecided;
            recipient = c.opener;
            // A draw that was not to be used was no try.
            if (!epochs.derived(r.drawEpoch)) ++c.undecided;
        }
        emit RoundDecided(id, round, verdict, c.status);
        token.safeTransfer(recipient, onAppeal ? c.appealBond : c.bond);
    }

    /// @inheritdoc IValidation
    function proposeSlash(bytes32 id) external {
        Case storage c = _cases[id];
        if (c.status != Status.Invalid) revert WrongStatus(id, c.status);
        (Phases memory phases, uint256 appealSeconds) = _phases();
        c.status = Status.Slashed;
        c.appealUntil = (block.timestamp + appealSeconds).toUint48();
        c.appealBond = parameters.get(Parameter.AppealBondWei).toUint128();
        c.appealSize = parameters.get(Parameter.AppealCommitteeSize).toUint32();
        c.commitSeconds = phases.commitSeconds;
        c.revealSeconds = phases.revealSeconds;
        emit SlashProposed(id, c.miner, c.slashAmount, c.appealUntil);
        slasher.proposeSlash(id, c.owner, c.miner, c.slashAmount, c.opener);
    }

    /// @inheritdoc IValidation
    function appeal(bytes32 id) external {
        Case storage c = _cases[id];
        if (c.status != Status.Slashed) revert WrongStatus(id, c.status);
        if (block.timestamp >= c.appealUntil) revert AppealOver(c.appealUntil);
        c.status = Status.Appealed;
        c.appellant = msg.sender;
        _convene(id, c, Roles.ORACLE, c.appealSize, Phases(c.commitSeconds, c.revealSeconds));
        emit CaseAppealed(id, msg.sender, c.round, _rounds[id][c.round].drawEpoch);
        token.safeTransferFrom(msg.sender, address(this), c.appealBond);
    }

    /// @inheritdoc IValidation
    function cancelSlash(bytes32 id) external {
        Case storage c = _cases[id];
        if (c.status != Status.Overturned || c.cancelled) revert WrongStatus(id, c.status);
        c.cancelled = true;
        emit SlashCancelled(id);
        slasher.cancelSlash(id);
    }

    /// @inheritdoc IValidation
    function punishSilence(bytes32 id, uint32 round, address voter) external {
        Round storage r = _rounds[id][round];
        Ballot storage ballot = _ballots[id][round][voter];
        if (ballot.commitment == 0) revert NotCommitted(id, voter);
        if (block.timestamp < r.revealUntil) revert RoundNotOver(id, round);
        if (ballot.verdict != 0 || ballot.accounted) revert NotSilent(id, voter);
        ballot.accounted = true;
        uint256 amount = registry.weightAt(voter, r.role, r.snapshot) * r.silenceBps / BPS;
        emit SilencePunished(id, round, voter, amount);
        slasher.proposeSlash(
            keccak256(abi.encode("silence", id, round, voter)), registry.ownerOf(voter), voter, amount, msg.sender
        );
    }

    /// @inheritdoc IValidation
    function recordDissent(bytes32 id, uint32 round, address voter) external {
        uint8 verdict = _rounds[id][round].verdict;
        Ballot storage ballot = _ballots[id][round][voter];
        if (verdict == 0 || ballot.verdict == 0 || ballot.verdict == verdict || ballot.accounted) {
            revert NotDissenting(id, voter);
        }
        ballot.accounted = true;
        emit VotedAgainstQuorum(id, round, voter, ballot.verdict);
    }

    /// @inheritdoc IValidation
    function reportVotes(Vote calldata a, bytes calldata signatureA, Vote calldata b, bytes calldata signatureB)
        external
    {
        bytes32 domain = _domainOf(address(registry));
        address signer = _sameSigner(_digest(domain, a.hash()), signatureA, _digest(domain, b.hash()), signatureB);
        bool same = a.verdict == b.verdict && a.evidenceHash == b.evidenceHash;
        if (a.task != b.task || a.round != b.round || same) revert NoConflict();
        _report(Kind.Vote, signer, keccak256(abi.encode(a.task, a.round)), Roles.GUARD, Parameter.MinStakeGuardWei);
    }

    /// @inheritdoc IValidation
    function reportReceipts(
        Receipt calldata a,
        bytes calldata signatureA,
        Receipt calldata b,
        bytes calldata signatureB
    ) external {
        bytes32 digestA = _receiptDigest(a);
        bytes32 digestB = _receiptDigest(b);
        address signer = _sameSigner(digestA, signatureA, digestB, signatureB);
        // A receipt in another miner's name says nothing, and is refused everywhere.
        if (a.miner != signer) revert NotMiner(signer, a.miner);
        if (b.miner != signer) revert NotMiner(signer, b.miner);
        if (a.task != b.task || digestA == digestB) revert NoConflict();
        _report(Kind.Receipt, signer, a.task, Roles.MINER, Parameter.MinStakeMinerWei);
    }

    /// @inheritdoc IValidation
    function reportAttestations(
        EpochRoot calldata a,
        bytes32 debitsHashA,
        bytes calldata signatureA,
        EpochRoot calldata b,
        bytes32 debitsHashB,
        bytes calldata signatureB
    ) external {
        bytes32 domain = _domainOf(settlement);
        address signer = _sameSigner(
            _digest(domain, a.hash(debitsHashA)), signatureA, _digest(domain, b.hash(debitsHashB)), signatureB
        );
        if (a.epoch != b.epoch || a.root == b.root) revert NoConflict();
        _report(Kind.Attestation, signer, bytes32(uint256(a.epoch)), Roles.GUARD, Parameter.MinStakeGuardWei);
    }

    /// @inheritdoc IValidation
    function reportCheckpoints(
        uint256 chainId,
        Checkpoint calldata a,
        bytes calldata signatureA,
        Checkpoint calldata b,
        bytes calldata signatureB
    ) external {
        bytes32 digestA = _digest(checkpointDomain, a.hashFor(chainId));
        bytes32 digestB = _digest(checkpointDomain, b.hashFor(chainId));
        address signer = _sameSigner(digestA, signatureA, digestB, signatureB);
        if (a.number != b.number || digestA == digestB) revert NoConflict();
        bytes32 subject = keccak256(abi.encode(chainId, a.number));
        _report(Kind.Checkpoint, signer, subject, Roles.ORACLE, Parameter.MinStakeOracleWei);
    }

    /// @inheritdoc IValidation
    function caseIdOf(Receipt calldata receipt) external view returns (bytes32) {
        return _idOf(_receiptDigest(receipt));
    }

    /// @inheritdoc IValidation
    function caseOf(bytes32 id) external view returns (Case memory) {
        return _cases[id];
    }

    /// @inheritdoc IValidation
    function roundOf(bytes32 id, uint32 round) external view returns (Round memory) {
        return _rounds[id][round];
    }

    /// @inheritdoc IValidation
    function ballotOf(bytes32 id, uint32 round, address voter) external view returns (Ballot memory) {
        return _ballots[id][round][voter];
    }

    /// @inheritdoc IValidation
    function tallyOf(bytes32 id, uint32 round, uint8 verdict) external view returns (uint256 seats, uint256 weight) {
        Tally memory tally = _tallies[id][round][verdict];
        return (tally.seats, tally.weight);
    }

    /// @inheritdoc IValidation
    function seated(bytes32 id, address voter) external view returns (bool) {
        Case storage c = _sitting(id);
        return _seated(id, c, _rounds[id][c.round], voter);
    }

    /// @dev Fixes who is accused and what it costs.
    function _charge(Case storage c, Receipt calldata receipt) private {
        address owner = registry.ownerOf(receipt.miner);
        if (owner == address(0)) revert UnknownOperator(receipt.miner);
        c.miner = receipt.miner;
        c.owner = owner;
        c.task = receipt.task;
        c.slashAmount = _stakeOf(receipt.miner, Roles.MINER, Parameter.MinStakeMinerWei)
            * parameters.get(Parameter.SlashInvalidBps) / BPS;
    }

    /// @dev Draws from an epoch that nobody can know yet. Its start is at most two epochs away.
    function _convene(bytes32 id, Case storage c, uint32 role, uint256 size, Phases memory phases) private {
        if (size == 0) revert EmptyCommittee();
        uint64 drawEpoch = epochs.unknownEpoch();
        uint256 snapshot = block.timestamp - 1;
        uint256 commitFrom = drawEpoch * _epochSeconds;
        Round storage r = _rounds[id][++c.round];
        r.role = role;
        r.drawEpoch = drawEpoch;
        r.snapshot = snapshot.toUint48();
        r.commitFrom = commitFrom.toUint48();
        r.revealFrom = (commitFrom + phases.commitSeconds).toUint48();
        r.revealUntil = (commitFrom + phases.commitSeconds + phases.revealSeconds).toUint48();
        r.size = size.toUint32();
        r.silenceBps = parameters.get(Parameter.SlashSilenceBps).toUint16();
        r.totalWeight = registry.totalWeightAt(role, snapshot);
    }

    function _report(Kind kind, address signer, bytes32 subject, uint32 role, Parameter minimum) private {
        address owner = registry.ownerOf(signer);
        if (owner == address(0)) revert UnknownOperator(signer);
        bytes32 id = keccak256(abi.encode("equivocation", block.chainid, address(this), kind, signer, subject));
        if (reported[id]) revert AlreadyReported(signer, subject);
        reported[id] = true;
        uint256 amount = _stakeOf(signer, role, minimum) * parameters.get(Parameter.SlashEquivocationBps) / BPS;
        emit Equivocated(kind, signer, subject, amount, msg.sender);
        slasher.proposeSlash(id, owner, signer, amount, msg.sender);
    }

    /// @dev The stake behind the role, and no less than the role needs: taking some out before the blow saves nothing.
    function _stakeOf(address operator, uint32 role, Parameter minimum) private view returns (uint256) {
        return Math.max(registry.weightAt(operator, role, block.timestamp - 1), parameters.get(minimum));
    }

    /// @dev From the proposal: the time to appeal, two epochs at most to the draw, the two phases; and then time to take the
    ///      slash back, which on another layer arrives up to one checkpoint's challenge later than the proposal did.
    function _phases() private view returns (Phases memory phases, uint256 appealSeconds) {
        phases.commitSeconds = parameters.get(Parameter.DisputeCommitSeconds).toUint32();
        phases.revealSeconds = parameters.get(Parameter.DisputeRevealSeconds).toUint32();
        appealSeconds = parameters.get(Parameter.AppealSeconds);
        uint256 ends = appealSeconds + 2 * _epochSeconds + phases.commitSeconds + phases.revealSeconds
            + parameters.get(Parameter.CheckpointChallengeSeconds);
        uint256 executes = parameters.get(Parameter.SlashAppealSeconds);
        if (ends >= executes) revert AppealTooLate(ends, executes);
    }

    function _sitting(bytes32 id) private view returns (Case storage c) {
        c = _cases[id];
        if (c.status != Status.Voting && c.status != Status.Appealed) revert WrongStatus(id, c.status);
    }

    function _seated(bytes32 id, Case storage c, Round storage r, address voter) private view returns (bool) {
        address owner = registry.ownerOf(voter);
        if (_isParty(c.miner, voter, owner) || _isParty(c.owner, voter, owner)) return false;
        if (_isParty(c.opener, voter, owner) || _isParty(c.appellant, voter, owner)) return false;
        return Sortition.sits(
            epochs.randomness(r.drawEpoch),
            keccak256(abi.encode(id, c.round)),
            voter,
            registry.weightAt(voter, r.role, r.snapshot),
            r.totalWeight,
            r.size
        );
    }

    /// @dev The party itself, what it owns, and what its owner owns.
    function _isParty(address party, address voter, address voterOwner) private view returns (bool) {
        if (party == address(0)) return false;
        return
            voter == party || voterOwner == party || (voterOwner != address(0) && registry.ownerOf(party) == voterOwner);
    }

    function _verdict(bytes32 id, uint32 round, Round storage r) private view returns (uint8) {
        for (uint8 verdict = VALID; verdict <= UNAVAILABLE; ++verdict) {
            Tally memory tally = _tallies[id][round][verdict];
            uint256 weight = tally.weight;
            if (
                weight * 3 > r.revealedWeight * 2 && uint256(tally.seats) * 2 >= r.committed
                    && weight * 2 >= r.totalWeight
            ) return verdict;
        }
        return 0;
    }

    function _sameSigner(bytes32 digestA, bytes calldata signatureA, bytes32 digestB, bytes calldata signatureB)
        private
        pure
        returns (address signer)
    {
        signer = StrictSignature.recover(digestA, signatureA);
        address other = StrictSignature.recover(digestB, signatureB);
        if (signer != other) revert SignersDiffer(signer, other);
    }

    /// @dev The case of a receipt that its miner signed.
    function _verify(Receipt calldata receipt, bytes calldata signature) private view returns (bytes32) {
        bytes32 digest = _receiptDigest(receipt);
        address signer = StrictSignature.recover(digest, signature);
        if (signer != receipt.miner) revert NotMiner(signer, receipt.miner);
        return _idOf(digest);
    }

    function _receiptDigest(Receipt calldata receipt) private view returns (bytes32) {
        return _digest(_domainOf(address(registry)), receipt.hash());
    }

    function _domainOf(address verifyingContract) private view returns (bytes32) {
        return Statements.domainSeparator(block.chainid, verifyingContract);
    }

    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    function _idOf(bytes32 receiptDigest) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), receiptDigest));
    }
}
