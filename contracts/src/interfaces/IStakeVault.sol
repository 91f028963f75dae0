// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Stakes behind operators
/// @notice An owner (cold) stakes behind an operator (hot key of a node). The pair is the unit: nobody can stake into, or
///         spoil, somebody else's pair. Only the owner ever moves stake out; only the slasher may take it.
interface IStakeVault {
    /// @param amount    wei on its way out, still slashable
    /// @param releaseAt unix seconds from which the owner may withdraw it
    struct Unbonding {
        uint128 amount;
        uint48 releaseAt;
    }

    event Staked(address indexed owner, address indexed operator, uint256 amount, uint256 stake);
    event UnstakeStarted(
        address indexed owner, address indexed operator, uint256 amount, uint256 stake, uint256 releaseAt
    );
    event Withdrawn(address indexed owner, address indexed operator, uint256 amount);
    event Slashed(
        address indexed owner, address indexed operator, uint256 fromStake, uint256 fromUnbonding, address recipient
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
    /// @notice Snapshots can be read for the past only.
    error NotYetPast(uint256 timestamp);

    /// @notice Moves `amount` COR of the caller behind `operator`. Needs a token allowance.
    function stake(address operator, uint256 amount) external;

    /// @notice Takes `amount` out of the active stake; it can be withdrawn after the unbonding delay. A second call while one
    ///         is under way merges both and starts the delay again for the sum.
    function unstake(address operator, uint256 amount) external;

    /// @notice Pays out what finished unbonding to the owner.
    function withdraw(address operator) external returns (uint256 amount);

    /// @notice Takes up to `amount` from the pair, active stake first, then what is unbonding, and sends it to `recipient`.
    function slash(address owner, address operator, uint256 amount, address recipient) external returns (uint256 taken);

    /// @notice Active stake of the pair now, wei.
    function stakeOf(address owner, address operator) external view returns (uint256);

    /// @notice Active stake of the pair at the end of a past second.
    function stakeAt(address owner, address operator, uint256 timestamp) external view returns (uint256);

    /// @notice What the pair has on its way out.
    function unbonding(address owner, address operator) external view returns (Unbonding memory);

    /// @notice Seconds from `unstake` to `withdraw`; fixed for good.
    function unbondingSeconds() external view returns (uint256);

    /// @notice The only account that may slash; zero is nobody, for good.
    function slasher() external view returns (address);
}
