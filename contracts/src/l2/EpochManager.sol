// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBeacon } from "../interfaces/IBeacon.sol";
import { IEpochManager } from "../interfaces/IEpochManager.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { IRoleRegistry } from "../interfaces/IRoleRegistry.sol";
import { Parameter } from "../types/Parameter.sol";
import { Roles } from "../types/Roles.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title EpochManager
/// @notice See {IEpochManager}.
contract EpochManager is IEpochManager {
    using Checkpoints for Checkpoints.Trace208;
    using SafeCast for uint256;

    /// @param value what the oracle revealed
    struct Share {
        address oracle;
        bool revealed;
        bytes32 value;
    }

    /// @param base    randomness of the epoch before; set with the first commit
    /// @param seed    randomness of the epoch, kept once the next draw begins; zero until then
    /// @param reveals how many shares are revealed
    /// @param shares  in the order of the commits
    struct Draw {
        bytes32 base;
        bytes32 seed;
        uint256 reveals;
        Share[] shares;
    }

    /// @param seat index of the oracle's share
    struct Commitment {
        bytes32 hash;
        uint256 seat;
    }

    /// @inheritdoc IEpochManager
    uint256 public constant ORACLES_MAX = 64;

    /// @inheritdoc IEpochManager
    IRoleRegistry public immutable registry;
    /// @inheritdoc IEpochManager
    IParameters public immutable parameters;
    /// @inheritdoc IEpochManager
    uint64 public immutable genesisEpoch;
    uint256 private immutable _epochSeconds;

    mapping(uint64 epoch => Draw) private _draws;
    mapping(uint64 epoch => mapping(address oracle => Commitment)) private _commitments;
    /// @dev epoch with a reveal → the same epoch: the last one at or before any other is looked up
    Checkpoints.Trace208 private _drawn;
    /// @dev per epoch, second of a heartbeat → that second and the leader's position, as `second << 8 | position`
    mapping(uint64 epoch => Checkpoints.Trace208) private _beats;

    constructor(IRoleRegistry registry_, IParameters parameters_) {
        registry = registry_;
        parameters = parameters_;
        _epochSeconds = parameters_.epochSeconds();
        uint64 epoch = parameters_.currentEpoch();
        genesisEpoch = epoch;
        _draws[epoch].seed = keccak256(abi.encode(block.chainid, address(this), epoch, blockhash(block.number - 1)));
        _drawn.push(uint256(epoch).toUint48(), epoch);
    }

    /// @inheritdoc IEpochManager
    function commit(uint64 epoch, bytes32 commitment) external {
        (uint256 commitFrom, uint256 revealFrom,) = windows(epoch);
        if (block.timestamp < commitFrom || block.timestamp >= revealFrom) revert NotCommitPhase(epoch);
        if (commitment == 0) revert EmptyCommitment();
        // Whoever registers during the draw waits for the next one.
        if (
            !registry.isActive(msg.sender, Roles.ORACLE)
                || registry.weightAt(msg.sender, Roles.ORACLE, commitFrom - 1) == 0
        ) revert NotOracle(msg.sender);
        Commitment storage own = _commitments[epoch][msg.sender];
        if (own.hash != 0) revert AlreadyCommitted(epoch, msg.sender);
        Draw storage draw = _draws[epoch];
        uint256 seat = draw.shares.length;
        if (seat == ORACLES_MAX) revert TooManyOracles(epoch);
        if (seat == 0) {
            // The last draw is over: keep its result, so that no draw is ever computed from more than one before.
            Draw storage last = _draws[_lastDrawn(epoch - 1)];
            last.seed = _seed(last, _lastDrawn(epoch - 1));
            draw.base = randomness(epoch - 1);
        }
        own.hash = commitment;
        own.seat = seat;
        draw.shares.push(Share(msg.sender, false, 0));
        emit RandomnessCommitted(epoch, msg.sender, commitment);
    }

    /// @inheritdoc IEpochManager
    function reveal(uint64 epoch, bytes32 value, bytes32 salt) external {
        (, uint256 revealFrom, uint256 revealUntil) = windows(epoch);
        if (block.timestamp < revealFrom || block.timestamp >= revealUntil) revert NotRevealPhase(epoch);
        Commitment storage own = _commitments[epoch][msg.sender];
        if (own.hash == 0) revert NotCommitted(epoch, msg.sender);
        bytes32 actual = commitmentOf(epoch, msg.sender, value, salt);
        if (actual != own.hash) revert WrongReveal(own.hash, actual);
        Draw storage draw = _draws[epoch];
        Share storage share = draw.shares[own.seat];
        if (share.revealed) revert AlreadyRevealed(epoch, msg.sender);
        share.revealed = true;
        share.value = value;
        if (++draw.reveals == 1) _drawn.push(uint256(epoch).toUint48(), epoch);
        emit RandomnessRevealed(epoch, msg.sender, value);
    }

    /// @inheritdoc IEpochManager
    function heartbeat(uint64 epoch) external {
        address[] memory order = rotation(epoch);
        uint256 position = _position(epoch, block.timestamp, order.length);
        address current = order.length == 0 ? address(0) : order[position];
        if (msg.sender != current) revert NotLeader(msg.sender, current);
        if (!registry.isActive(msg.sender, Roles.ORACLE)) revert NotOracle(msg.sender);
        _beats[epoch].push(block.timestamp.toUint48(), (block.timestamp << 8 | position).toUint208());
        emit Heartbeat(epoch, msg.sender);
    }

    /// @inheritdoc IEpochManager
    function commitmentOf(uint64 epoch, address oracle, bytes32 value, bytes32 salt) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), epoch, oracle, value, salt));
    }

    /// @inheritdoc IEpochManager
    function windows(uint64 epoch) public view returns (uint256 commitFrom, uint256 revealFrom, uint256 revealUntil) {
        if (epoch <= genesisEpoch) revert BeforeGenesis(epoch);
        (uint256 commitSeconds, uint256 revealSeconds) = _phases(epoch - 1);
        if (commitSeconds + revealSeconds > _epochSeconds) {
            revert PhasesTooLong(commitSeconds, revealSeconds, _epochSeconds);
        }
        commitFrom = (uint256(epoch) - 1) * _epochSeconds;
        revealFrom = commitFrom + commitSeconds;
        revealUntil = revealFrom + revealSeconds;
    }

    /// @inheritdoc IBeacon
    function randomness(uint64 epoch) public view returns (bytes32) {
        if (!_known(epoch)) revert NoRandomness(epoch);
        uint64 drawn = _lastDrawn(epoch);
        bytes32 seed = _seed(_draws[drawn], drawn);
        return drawn == epoch ? seed : keccak256(abi.encode(seed, epoch));
    }

    /// @inheritdoc IEpochManager
    function derived(uint64 epoch) external view returns (bool) {
        if (!_known(epoch)) revert NoRandomness(epoch);
        return _draws[epoch].reveals == 0;
    }

    /// @inheritdoc IEpochManager
    function unknownEpoch() external view returns (uint64) {
        uint64 epoch = parameters.currentEpoch();
        (uint256 commitSeconds,) = _phases(epoch);
        return block.timestamp < uint256(epoch) * _epochSeconds + commitSeconds ? epoch + 1 : epoch + 2;
    }

    /// @inheritdoc IEpochManager
    function leader(uint64 epoch, uint256 timestamp) external view returns (address) {
        address[] memory order = rotation(epoch);
        uint256 position = _position(epoch, timestamp, order.length);
        return order.length == 0 ? address(0) : order[position];
    }

    /// @inheritdoc IEpochManager
    function rotation(uint64 epoch) public view returns (address[] memory order) {
        bytes32 random = randomness(epoch);
        Draw storage draw = _draws[epoch];
        (order,) = _revealed(draw);
        // Fisher–Yates
        for (uint256 i = order.length; i > 1; --i) {
            uint256 j = uint256(keccak256(abi.encode(random, i))) % i;
            (order[i - 1], order[j]) = (order[j], order[i - 1]);
        }
    }

    /// @inheritdoc IEpochManager
    function silent(uint64 epoch, address oracle) external view returns (bool) {
        if (!_known(epoch)) revert NoRandomness(epoch);
        Commitment storage own = _commitments[epoch][oracle];
        return own.hash != 0 && !_draws[epoch].shares[own.seat].revealed;
    }

    /// @inheritdoc IEpochManager
    function countOf(uint64 epoch) external view returns (uint256 commits, uint256 reveals) {
        return (_draws[epoch].shares.length, _draws[epoch].reveals);
    }

    /// @dev Turns are LeaderSeconds long. They are counted from the epoch's start, or anew from the last heartbeat.
    function _position(uint64 epoch, uint256 timestamp, uint256 count) private view returns (uint256) {
        uint256 from = uint256(epoch) * _epochSeconds;
        if (timestamp < from || timestamp >= from + _epochSeconds) revert OutsideEpoch(epoch, timestamp);
        if (count == 0) return 0;
        uint256 position = 0;
        uint256 beat = _beats[epoch].upperLookupRecent(timestamp.toUint48());
        if (beat != 0) {
            from = beat >> 8;
            position = beat & 0xff;
        }
        return (position + (timestamp - from) / parameters.getAt(Parameter.LeaderSeconds, epoch)) % count;
    }

    function _phases(uint64 epoch) private view returns (uint256 commitSeconds, uint256 revealSeconds) {
        commitSeconds = parameters.getAt(Parameter.BeaconCommitSeconds, epoch);
        revealSeconds = parameters.getAt(Parameter.BeaconRevealSeconds, epoch);
    }

    /// @dev From the end of its reveal phase on, or from its start when no phases were held.
    function _known(uint64 epoch) private view returns (bool) {
        uint64 current = parameters.currentEpoch();
        if (epoch < genesisEpoch || epoch > current + 1) return false;
        if (epoch <= current) return true;
        (uint256 commitSeconds, uint256 revealSeconds) = _phases(current);
        return commitSeconds + revealSeconds <= _epochSeconds
            && block.timestamp >= uint256(current) * _epochSeconds + commitSeconds + revealSeconds;
    }

    function _lastDrawn(uint64 epoch) private view returns (uint64) {
        return uint64(_drawn.upperLookupRecent(uint256(epoch).toUint48()));
    }

    function _seed(Draw storage draw, uint64 epoch) private view returns (bytes32) {
        if (draw.seed != 0) return draw.seed;
        (address[] memory oracles, bytes32[] memory values) = _revealed(draw);
        return keccak256(abi.encode(block.chainid, address(this), epoch, draw.base, oracles, values));
    }

    /// @dev Who revealed what, in the order of the commits, so that revealing late changes nothing but its own absence.
    function _revealed(Draw storage draw) private view returns (address[] memory oracles, bytes32[] memory values) {
        oracles = new address[](draw.reveals);
        values = new bytes32[](draw.reveals);
        uint256 count = 0;
        for (uint256 i = 0; i < draw.shares.length; ++i) {
            Share storage share = draw.shares[i];
            if (!share.revealed) continue;
            oracles[count] = share.oracle;
            values[count++] = share.value;
        }
    }
}
