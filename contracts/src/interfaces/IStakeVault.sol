// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISlasher } from "./ISlasher.sol";

/// @title Stakes behind operators
/// @notice An owner (cold) stakes behind an operator (hot key of a node). The pair is the unit: nobody can stake into, or
///         spoil, somebody else's pair. Only the owner ever moves stake out; only the slasher may have it frozen, and what is
///         frozen is taken after an appeal window or given back.
/// @dev Other layers prove stakes by `eth_getProof`. Active stakes are the mapping at storage slot 0: the stake of a pair is
///      the word at keccak256(abi.encode(operator, keccak256(abi.encode(owner, uint256(0))))).
interface IStakeVault is ISlasher {
    /// @param amount    wei on its way out, still slashable
    /// @param releaseAt unix seconds from which the owner may withdraw it
    struct Unbonding {
        uint128 amount;
        uint48 releaseAt;
    }

    enum SlashState {
        None,
        Pending,
        Cancelled,
        Executed
    }

    /// @param owner        who held the stake
    /// @param executableAt unix seconds until which the slasher may cancel it and from which anyone may execute it
    /// @param reporterBps  reporter's part in basis points; the rest is burned
    /// @param state        where the slash is
    /// @param operator     key that the stake stood behind
    /// @param reporter     gets the part; zero is nobody, then all is burned
    /// @param fromStake    wei frozen out of the active stake
    /// @param fromUnbonding wei frozen out of what was on its way out
    struct Slash {
        address owner;
        uint48 executableAt;
        uint16 reporterBps;
        SlashState state;
        address operator;
        address reporter;
        uint128 fromStake;
        uint128 fromUnbonding;
    }

    event Staked(address indexed owner, address indexed operator, uint256 amount, uint256 stake);
    event UnstakeStarted(
        address indexed owner, address indexed operator, uint256 amount, uint256 stake, uint256 releaseAt
    );
    event Withdrawn(address indexed owner, address indexed operator, uint256 amount);
    event SlashProposed(
        bytes32 indexed caseId,
        address indexed owner,
        address indexed operator,
        uint256 fromStake,
        uint256 fromUnbonding,
        uint256 stake,
        address reporter,
        uint256 executableAt
    );
    event SlashCancelled(
        bytes32 indexed caseId, address indexed owner, address indexed operator, uint256 amount, uint256 stake
    );
    event SlashExecuted(
        bytes32 indexed caseId,
        address indexed owner,
        address indexed operator,
        uint256 burned,
        uint256 rewarded,
        address reporter
    );

    /// @notice An amount of zero changes nothing and is refused.
    error ZeroAmount();
    /// @notice An address that must name somebody is zero.
    error ZeroAddress();
    /// @notice More was asked than the pair has staked.
    error InsufficientStake(uint256 wanted, uint256 staked);
    /// @notice The unbonding delay has not passed.
    error StillUnbonding(uint256 releaseAt);
    /// @notice The pair has nothing on its way out.
    error NothingUnbonding();
    /// @notice Only the slasher may call this.
    error NotSlasher(address caller);
    /// @notice The case was proposed before, whatever became of it.
    error CaseExists(bytes32 caseId);
    /// @notice The case was never proposed, or is over.
    error NotPending(bytes32 caseId);
    /// @notice The slash can still be cancelled, and not yet executed.
    error AppealOpen(uint256 executableAt);
    /// @notice The time to cancel the slash is over.
    error AppealClosed(uint256 executableAt);

    /// @notice Moves `amount` COR of the caller behind `operator`. Needs a token allowance.
    function stake(address operator, uint256 amount) external;

    /// @notice Takes `amount` out of the active stake; it can be withdrawn after the unbonding delay that holds now. A second
    ///         call while one is under way merges both and starts the delay again for the sum; it never ends it earlier.
    function unstake(address operator, uint256 amount) external;

    /// @notice Pays out what finished unbonding to the owner.
    function withdraw(address operator) external returns (uint256 amount);

    /// @inheritdoc ISlasher
    /// @dev By the slasher. What is there is frozen, be it nothing: a verdict is never stuck because the stake has left. The
    ///      appeal window and the reporter's part are those of now.
    function proposeSlash(bytes32 caseId, address owner, address operator, uint256 amount, address reporter) external;

    /// @inheritdoc ISlasher
    /// @dev By the slasher, within the appeal window. All of it becomes active stake again.
    function cancelSlash(bytes32 caseId) external;

    /// @notice Takes what is frozen, after the appeal window: the reporter's part goes to the reporter, the rest is burned.
    ///         By anyone.
    function executeSlash(bytes32 caseId) external;

    /// @notice Active stake of the pair now, wei.
    function stakeOf(address owner, address operator) external view returns (uint256);

    /// @notice What the pair has on its way out.
    function unbonding(address owner, address operator) external view returns (Unbonding memory);

    /// @notice Wei of the pair that wait in pending slashes.
    function frozenOf(address owner, address operator) external view returns (uint256);

    function slashOf(bytes32 caseId) external view returns (Slash memory);

    /// @notice Seconds from an `unstake` of now to its `withdraw`.
    function unbondingSeconds() external view returns (uint256);

    /// @notice The only account that may slash; zero is nobody, for good.
    function slasher() external view returns (address);
}
