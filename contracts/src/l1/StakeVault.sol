// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../interfaces/IParameters.sol";
import { IStakeListener } from "../interfaces/IStakeListener.sol";
import { IStakeVault } from "../interfaces/IStakeVault.sol";
import { Parameter } from "../types/Parameter.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title StakeVault
/// @notice See {IStakeVault}.
contract StakeVault is IStakeVault {
    using SafeCast for uint256;
    using SafeERC20 for ERC20Burnable;

    uint256 private constant BPS = 10_000;

    /// @dev Slot 0, which other layers prove; it must stay the first variable.
    mapping(address owner => mapping(address operator => uint256)) private _stakes;
    mapping(address owner => mapping(address operator => Unbonding)) private _unbonding;
    mapping(address owner => mapping(address operator => uint256)) private _frozen;
    mapping(bytes32 caseId => Slash) private _slashes;

    ERC20Burnable public immutable token;
    /// @notice Told of every change, part of the same deployment, and trusted never to revert; zero where the stakes are for
    ///         another layer, which reads them by proof.
    IStakeListener public immutable listener;
    /// @inheritdoc IStakeVault
    address public immutable slasher;
    IParameters public immutable parameters;

    constructor(ERC20Burnable token_, IStakeListener listener_, address slasher_, IParameters parameters_) {
        if (address(token_) == address(0) || address(parameters_) == address(0)) revert ZeroAddress();
        token = token_;
        listener = listener_;
        slasher = slasher_;
        parameters = parameters_;
    }

    /// @inheritdoc IStakeVault
    function stake(address operator, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        if (operator == address(0)) revert ZeroAddress();
        uint256 staked = _stakes[msg.sender][operator] + amount;
        _stakes[msg.sender][operator] = staked;
        emit Staked(msg.sender, operator, amount, staked);
        token.safeTransferFrom(msg.sender, address(this), amount);
        _tell(msg.sender, operator, staked);
    }

    /// @inheritdoc IStakeVault
    function unstake(address operator, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        uint256 staked = _stakes[msg.sender][operator];
        if (amount > staked) revert InsufficientStake(amount, staked);
        staked -= amount;
        _stakes[msg.sender][operator] = staked;
        Unbonding storage pending = _unbonding[msg.sender][operator];
        pending.amount += amount.toUint128();
        // A delay that governance shortened meanwhile must not free what already waits sooner than it was to be.
        pending.releaseAt = Math.max(pending.releaseAt, block.timestamp + unbondingSeconds()).toUint48();
        emit UnstakeStarted(msg.sender, operator, amount, staked, pending.releaseAt);
        _tell(msg.sender, operator, staked);
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
    function proposeSlash(bytes32 caseId, address owner, address operator, uint256 amount, address reporter) external {
        if (msg.sender != slasher) revert NotSlasher(msg.sender);
        Slash storage s = _slashes[caseId];
        if (s.state != SlashState.None) revert CaseExists(caseId);
        s.owner = owner;
        s.executableAt = (block.timestamp + parameters.get(Parameter.SlashAppealSeconds)).toUint48();
        s.reporterBps = parameters.get(Parameter.ReporterBps).toUint16();
        s.state = SlashState.Pending;
        s.operator = operator;
        s.reporter = reporter;
        (s.fromStake, s.fromUnbonding) = _freeze(owner, operator, amount);
        uint256 staked = _stakes[owner][operator];
        emit SlashProposed(caseId, owner, operator, s.fromStake, s.fromUnbonding, staked, reporter, s.executableAt);
        _tell(owner, operator, staked);
    }

    /// @inheritdoc IStakeVault
    function cancelSlash(bytes32 caseId) external {
        if (msg.sender != slasher) revert NotSlasher(msg.sender);
        Slash storage s = _slashes[caseId];
        if (s.state != SlashState.Pending) revert NotPending(caseId);
        if (block.timestamp >= s.executableAt) revert AppealClosed(s.executableAt);
        s.state = SlashState.Cancelled;
        (address owner, address operator) = (s.owner, s.operator);
        uint256 amount = _thaw(s);
        uint256 staked = _stakes[owner][operator] + amount;
        _stakes[owner][operator] = staked;
        emit SlashCancelled(caseId, owner, operator, amount, staked);
        _tell(owner, operator, staked);
    }

    /// @inheritdoc IStakeVault
    function executeSlash(bytes32 caseId) external {
        Slash storage s = _slashes[caseId];
        if (s.state != SlashState.Pending) revert NotPending(caseId);
        if (block.timestamp < s.executableAt) revert AppealOpen(s.executableAt);
        s.state = SlashState.Executed;
        address reporter = s.reporter;
        uint256 amount = _thaw(s);
        uint256 rewarded = reporter == address(0) ? 0 : amount * s.reporterBps / BPS;
        uint256 burned = amount - rewarded;
        emit SlashExecuted(caseId, s.owner, s.operator, burned, rewarded, reporter);
        if (rewarded > 0) token.safeTransfer(reporter, rewarded);
        token.burn(burned);
    }

    /// @inheritdoc IStakeVault
    function stakeOf(address owner, address operator) external view returns (uint256) {
        return _stakes[owner][operator];
    }

    /// @inheritdoc IStakeVault
    function unbonding(address owner, address operator) external view returns (Unbonding memory) {
        return _unbonding[owner][operator];
    }

    /// @inheritdoc IStakeVault
    function frozenOf(address owner, address operator) external view returns (uint256) {
        return _frozen[owner][operator];
    }

    /// @inheritdoc IStakeVault
    function slashOf(bytes32 caseId) external view returns (Slash memory) {
        return _slashes[caseId];
    }

    /// @inheritdoc IStakeVault
    function unbondingSeconds() public view returns (uint256) {
        return parameters.get(Parameter.UnbondingSeconds);
    }

    function _tell(address owner, address operator, uint256 staked) private {
        if (address(listener) != address(0)) listener.onStakeChanged(owner, operator, staked);
    }

    /// @dev Up to `amount`, active stake first.
    function _freeze(address owner, address operator, uint256 amount)
        private
        returns (uint128 fromStake, uint128 fromUnbonding)
    {
        uint256 staked = _stakes[owner][operator];
        Unbonding storage pending = _unbonding[owner][operator];
        fromStake = Math.min(amount, staked).toUint128();
        fromUnbonding = Math.min(amount - fromStake, pending.amount).toUint128();
        _stakes[owner][operator] = staked - fromStake;
        pending.amount -= fromUnbonding;
        // With nothing left to release, its date must not hold back what is unstaked later.
        if (pending.amount == 0) delete _unbonding[owner][operator];
        _frozen[owner][operator] += uint256(fromStake) + fromUnbonding;
    }

    /// @dev Takes the case's part off the books of what is frozen.
    function _thaw(Slash storage s) private returns (uint256 amount) {
        amount = uint256(s.fromStake) + s.fromUnbonding;
        _frozen[s.owner][s.operator] -= amount;
    }
}
