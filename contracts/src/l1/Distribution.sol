// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IDistribution } from "../interfaces/IDistribution.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title Distribution
/// @notice See {IDistribution}.
contract Distribution is IDistribution {
    using SafeERC20 for IERC20;

    uint256 public constant ALLOCATIONS_MAX = 64;

    IERC20 public immutable token;

    Allocation[] private _allocations;
    mapping(uint256 id => uint256) private _released;

    /// @param token_      minted to this contract's address before it is deployed
    /// @param allocations their sum is the whole supply
    constructor(IERC20 token_, Allocation[] memory allocations) {
        uint256 count = allocations.length;
        if (count > ALLOCATIONS_MAX) revert TooManyAllocations(count, ALLOCATIONS_MAX);
        token = token_;
        uint256 sum = 0;
        for (uint256 i = 0; i < count; ++i) {
            Allocation memory a = allocations[i];
            if (!_isValid(a)) revert InvalidAllocation(i);
            sum += a.amount;
            _allocations.push(a);
        }
        (uint256 supply, uint256 held) = (token_.totalSupply(), token_.balanceOf(address(this)));
        if (sum != supply || sum != held) revert SupplyMismatch(sum, supply, held);
        for (uint256 i = 0; i < count; ++i) {
            if (allocations[i].duration == 0) _release(i, allocations[i].beneficiary, allocations[i].amount);
        }
    }

    /// @inheritdoc IDistribution
    function release(uint256 id) external returns (uint256 amount) {
        amount = vestedAt(id, block.timestamp) - _released[id];
        if (amount == 0) revert NothingToRelease(id);
        _release(id, _allocations[id].beneficiary, amount);
    }

    /// @inheritdoc IDistribution
    function vestedAt(uint256 id, uint256 timestamp) public view returns (uint256) {
        Allocation memory a = allocation(id);
        if (timestamp < uint256(a.start) + a.cliff) return 0;
        uint256 elapsed = timestamp - a.start;
        return elapsed >= a.duration ? a.amount : a.amount * elapsed / a.duration;
    }

    /// @inheritdoc IDistribution
    function released(uint256 id) external view returns (uint256) {
        return _released[id];
    }

    /// @inheritdoc IDistribution
    function allocation(uint256 id) public view returns (Allocation memory) {
        if (id >= _allocations.length) revert UnknownAllocation(id);
        return _allocations[id];
    }

    /// @inheritdoc IDistribution
    function allocationCount() external view returns (uint256) {
        return _allocations.length;
    }

    function _release(uint256 id, address beneficiary, uint256 amount) private {
        uint256 sum = _released[id] + amount;
        _released[id] = sum;
        emit Released(id, beneficiary, amount, sum);
        token.safeTransfer(beneficiary, amount);
    }

    function _isValid(Allocation memory a) private view returns (bool) {
        if (a.beneficiary == address(0) || a.beneficiary == address(this) || a.amount == 0) return false;
        return a.cliff <= a.duration && (a.duration > 0 || a.start == 0);
    }
}
