// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Genesis distribution
/// @notice Holds the whole supply from genesis and pays it out by a schedule that nobody can change: nothing until the cliff,
///         then in proportion to the time since the start, all of it at the end. What is not released yet has no vote.
interface IDistribution {
    /// @param beneficiary who is paid; an account or a contract
    /// @param amount      wei in total
    /// @param start       unix seconds from which time counts
    /// @param cliff       seconds after the start before which nothing is vested; at the cliff, all that the time since the
    ///                    start has earned
    /// @param duration    seconds after the start until all is vested; zero is paid when the distribution is deployed, without
    ///                    start and cliff
    struct Allocation {
        address beneficiary;
        uint128 amount;
        uint48 start;
        uint48 cliff;
        uint48 duration;
    }

    event Released(uint256 indexed id, address indexed beneficiary, uint256 amount, uint256 released);

    /// @notice There is no such allocation.
    error UnknownAllocation(uint256 id);
    /// @notice The allocation has no beneficiary or no amount, its cliff is after its end, or it is paid at once and has a date.
    error InvalidAllocation(uint256 id);
    /// @notice More allocations than one deployment can hold.
    error TooManyAllocations(uint256 count, uint256 max);
    /// @notice Allocations, the supply and what this contract holds are not one number.
    error SupplyMismatch(uint256 allocated, uint256 supply, uint256 held);
    /// @notice Nothing of the allocation is vested that was not released.
    error NothingToRelease(uint256 id);

    /// @notice Pays what is vested and not yet released to the beneficiary. By anyone.
    function release(uint256 id) external returns (uint256 amount);

    /// @notice Wei of the allocation that are vested at `timestamp`, released or not.
    function vestedAt(uint256 id, uint256 timestamp) external view returns (uint256);

    /// @notice Wei of the allocation that were paid.
    function released(uint256 id) external view returns (uint256);

    function allocation(uint256 id) external view returns (Allocation memory);

    /// @notice Allocations are numbered from zero to one less.
    function allocationCount() external view returns (uint256);
}
