// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStakeListener } from "../interfaces/IStakeListener.sol";
import { IStakeVault } from "../interfaces/IStakeVault.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title StakeVault
/// @notice See {IStakeVault}.
contract StakeVault is IStakeVault {
    using Checkpoints for Checkpoints.Trace208;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    IERC20 public immutable token;
    /// @notice Told of every change; part of the same deployment, and trusted never to revert.
    IStakeListener public immutable listener;
    /// @inheritdoc IStakeVault
    address public immutable slasher;
    /// @inheritdoc IStakeVault
    uint256 public immutable unbondingSeconds;

    mapping(address owner => mapping(address operator => Checkpoints.Trace208)) private _stakes;
    mapping(address owner => mapping(address operator => Unbonding)) private _unbonding;

    constructor(IERC20 token_, IStakeListener listener_, address slasher_, uint256 unbondingSeconds_) {
        if (address(token_) == address(0) || address(listener_) == address(0)) revert ZeroAddress();
        token = token_;
        listener = listener_;
        slasher = slasher_;
        unbondingSeconds = unbondingSeconds_;
    }

    /// @inheritdoc IStakeVault
    function stake(address operator, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        if (operator == address(0)) revert ZeroAddress();
        uint256 staked = stakeOf(msg.sender, operator) + amount;
        _setStake(msg.sender, operator, staked);
        emit Staked(msg.sender, operator, amount, staked);
        token.safeTransferFrom(msg.sender, address(this), amount);
        listener.onStakeChanged(msg.sender, operator, staked);
    }

    /// @inheritdoc IStakeVault
    function unstake(address operator, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        uint256 staked = stakeOf(msg.sender, operator);
        if (amount > staked) revert InsufficientStake(amount, staked);
        staked -= amount;
        _setStake(msg.sender, operator, staked);
        Unbonding storage pending = _unbonding[msg.sender][operator];
        pending.amount += amount.toUint128();
        pending.releaseAt = (block.timestamp + unbondingSeconds).toUint48();
        emit UnstakeStarted(msg.sender, operator, amount, staked, pending.releaseAt);
        listener.onStakeChanged(msg.sender, operator, staked);
    }

    /// @inheritdoc IStakeVault
    function withdraw(address operator) external returns (uint256 amount) {
        Unbonding memory pending = _unbonding[msg.sender][operator];
        if (pending.amount == 0) revert NothingUnbonding();
        if (block.timestamp < pending.releaseAt) revert StillUnbonding(pending.releaseAt);
        delete _unbonding[msg.sender][operator];
        amount = pending.amount;
        emit Withdrawn(msg.sender, operator, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStakeVault
    function slash(address owner, address operator, uint256 amount, address recipient)
        external
        returns (uint256 taken)
    {
        if (msg.sender != slasher) revert NotSlasher(msg.sender);
        if (recipient == address(0)) revert ZeroAddress();
        uint256 staked = stakeOf(owner, operator);
        Unbonding storage pending = _unbonding[owner][operator];
        uint256 fromStake = Math.min(amount, staked);
        uint256 fromUnbonding = Math.min(amount - fromStake, pending.amount);
        taken = fromStake + fromUnbonding;
        if (taken == 0) revert InsufficientStake(amount, 0);
        _setStake(owner, operator, staked - fromStake);
        pending.amount -= fromUnbonding.toUint128();
        emit Slashed(owner, operator, fromStake, fromUnbonding, recipient);
        token.safeTransfer(recipient, taken);
        listener.onStakeChanged(owner, operator, staked - fromStake);
    }

    /// @inheritdoc IStakeVault
    function stakeOf(address owner, address operator) public view returns (uint256) {
        return _stakes[owner][operator].latest();
    }

    /// @inheritdoc IStakeVault
    function stakeAt(address owner, address operator, uint256 timestamp) external view returns (uint256) {
        if (timestamp >= block.timestamp) revert NotYetPast(timestamp);
        return _stakes[owner][operator].upperLookupRecent(timestamp.toUint48());
    }

    /// @inheritdoc IStakeVault
    function unbonding(address owner, address operator) external view returns (Unbonding memory) {
        return _unbonding[owner][operator];
    }

    function _setStake(address owner, address operator, uint256 staked) private {
        _stakes[owner][operator].push(uint48(block.timestamp), staked.toUint208());
    }
}
