// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBeacon } from "./IBeacon.sol";
import { IParameters } from "./IParameters.sol";
import { IRoleRegistry } from "./IRoleRegistry.sol";

/// @title Randomness and leaders of epochs
/// @notice Oracles draw the randomness of an epoch by commit and reveal during the epoch before. Those who revealed lead the
///         epoch in turns, in an order that the randomness gives; a silent leader loses its turn. All of it follows from the
///         chain alone, so that everybody computes the same. One honest oracle that reveals makes an epoch unpredictable.
interface IEpochManager is IBeacon {
    event RandomnessCommitted(uint64 indexed epoch, address indexed oracle, bytes32 commitment);
    event RandomnessRevealed(uint64 indexed epoch, address indexed oracle, bytes32 value);
    event Heartbeat(uint64 indexed epoch, address indexed leader);

    /// @notice Only an active oracle that had weight when the epoch's draw began may call this.
    error NotOracle(address caller);
    /// @notice Commits of this epoch are not taken now.
    error NotCommitPhase(uint64 epoch);
    /// @notice Reveals of this epoch are not taken now.
    error NotRevealPhase(uint64 epoch);
    /// @notice Both phases together do not fit into an epoch: none is held.
    error PhasesTooLong(uint256 commitSeconds, uint256 revealSeconds, uint256 epochSeconds);
    /// @notice The epoch is not after the one in which this contract was deployed.
    error BeforeGenesis(uint64 epoch);
    /// @notice A commitment of zero commits to nothing.
    error EmptyCommitment();
    /// @notice The oracle has committed for this epoch already.
    error AlreadyCommitted(uint64 epoch, address oracle);
    /// @notice All seats of this epoch are taken.
    error TooManyOracles(uint64 epoch);
    /// @notice The oracle has not committed for this epoch.
    error NotCommitted(uint64 epoch, address oracle);
    /// @notice The oracle has revealed already.
    error AlreadyRevealed(uint64 epoch, address oracle);
    /// @notice Value and salt do not open the caller's commitment.
    error WrongReveal(bytes32 commitment, bytes32 actual);
    /// @notice The second is not within the epoch.
    error OutsideEpoch(uint64 epoch, uint256 timestamp);
    /// @notice It is another oracle's turn; zero when the epoch has no leader.
    error NotLeader(address caller, address leader);

    /// @notice Commits to the caller's share of `epoch`'s randomness; in the first BeaconCommitSeconds of the epoch before.
    /// @param commitment `commitmentOf(epoch, oracle, value, salt)`: bound to the oracle, so that a copy opens for nobody
    function commit(uint64 epoch, bytes32 commitment) external;

    /// @notice Opens the caller's commitment; in the BeaconRevealSeconds after the commit phase.
    function reveal(uint64 epoch, bytes32 value, bytes32 salt) external;

    /// @notice The current epoch's leader shows that it is there: its turn starts anew. By that leader.
    function heartbeat(uint64 epoch) external;

    /// @notice keccak256(abi.encode(chainid, this contract, epoch, oracle, value, salt)).
    function commitmentOf(uint64 epoch, address oracle, bytes32 value, bytes32 salt) external view returns (bytes32);

    /// @notice When commits and reveals of an epoch are taken, unix seconds: [commitFrom, revealFrom) and [revealFrom, revealUntil).
    function windows(uint64 epoch) external view returns (uint256 commitFrom, uint256 revealFrom, uint256 revealUntil);

    /// @notice Whether nobody revealed for a known epoch: then its randomness follows from the last epoch with a reveal, and
    ///         anybody could know it long before.
    function derived(uint64 epoch) external view returns (bool);

    /// @notice First epoch whose randomness nobody can know yet: the next, or the one after it once reveals may have begun.
    function unknownEpoch() external view returns (uint64);

    /// @notice Who leads at a second of a known epoch; zero when nobody revealed for it. Of a second that is still to come it
    ///         says who leads if no heartbeat comes before.
    function leader(uint64 epoch, uint256 timestamp) external view returns (address);

    /// @notice Leaders of a known epoch in the order of their turns; after the last it is the first one's turn again.
    function rotation(uint64 epoch) external view returns (address[] memory);

    /// @notice Whether the oracle committed for a known epoch and did not reveal. It leads no turn of that epoch.
    function silent(uint64 epoch, address oracle) external view returns (bool);

    /// @notice How many oracles committed and revealed for an epoch so far.
    function countOf(uint64 epoch) external view returns (uint256 commits, uint256 reveals);

    /// @notice Epoch in which this contract was deployed. Its randomness is the hash of the block before.
    function genesisEpoch() external view returns (uint64);

    function registry() external view returns (IRoleRegistry);
    function parameters() external view returns (IParameters);
    /// @notice Most oracles that may commit for one epoch.
    function ORACLES_MAX() external view returns (uint256);
}
