// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { INodeRegistry } from "../interfaces/INodeRegistry.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { IRewards } from "../interfaces/IRewards.sol";
import { Parameter } from "../types/Parameter.sol";
import { RewardRoot } from "../types/RewardRoot.sol";
import { EpochRoots } from "./EpochRoots.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Rewards
/// @notice See {IRewards}.
contract Rewards is IRewards, EpochRoots {
    using SafeCast for uint256;

    /// @notice Epochs that one root can cover; what was emitted before lapses.
    uint256 public constant EPOCHS_MAX = 256;

    uint256 private constant ONE = 1e18;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IRewards
    uint64 public immutable startEpoch;

    constructor(IERC20 token_, INodeRegistry registry_, IParameters parameters_)
        EpochRoots(token_, registry_, parameters_)
    {
        startEpoch = parameters_.currentEpoch();
    }

    /// @inheritdoc IRewards
    function post(RewardRoot calldata r, uint256 snapshot, bytes[] calldata signatures) external {
        uint256 emission = emissionBetween(standingEpoch(), r.epoch);
        uint256 before = _standing().total;
        Posted memory p;
        p.root = r.root;
        p.total = uint256(r.total).toUint104();
        p.payouts = r.payouts;
        _post(r.epoch, p, r.base, rewardDigest(r), snapshot, signatures);

        if (r.total < before) revert TotalDecreased(r.total, before);
        uint256 emitted = r.total - before;
        if (emitted > emission) revert EmissionExceeded(emitted, emission);
        _checkFunds(r.total - totalClaimed());
        emit EpochRewarded(r.epoch, r.root, r.total, emitted, p.activeAt, msg.sender);
    }

    /// @inheritdoc IRewards
    function rewardDigest(RewardRoot calldata rewardRoot) public view returns (bytes32) {
        return _hashTypedDataV4(rewardRoot.hash());
    }

    /// @inheritdoc IRewards
    function emissionBetween(uint64 from, uint64 to) public view returns (uint256 emission) {
        uint256 first = Math.max(from, startEpoch) + 1;
        if (to >= EPOCHS_MAX) first = Math.max(first, to - EPOCHS_MAX + 1);
        for (uint256 epoch = first; epoch <= to; ++epoch) {
            // At most `to`.
            // forge-lint: disable-next-line(unsafe-typecast)
            emission += emissionOf(uint64(epoch));
        }
    }

    /// @inheritdoc IRewards
    function emissionOf(uint64 epoch) public view returns (uint256) {
        if (epoch <= startEpoch) return 0;
        // The first epoch that emits is number zero of the first period.
        uint256 periods = (epoch - startEpoch - 1) / parameters.getAt(Parameter.EmissionPeriodEpochs, epoch);
        uint256 decay = parameters.getAt(Parameter.EmissionDecayBps, epoch) * ONE / BPS;
        return parameters.getAt(Parameter.EmissionWei, epoch) * _power(decay, periods) / ONE;
    }

    /// @dev Bonds are not the contract's to pay out.
    function _checkFunds(uint256 owed) private view {
        uint256 balance = token.balanceOf(address(this)) - bondsHeld;
        if (owed > balance) revert Underfunded(owed, balance);
    }

    /// @dev x^n with 18 decimals, by squaring, each step rounded down.
    function _power(uint256 x, uint256 n) private pure returns (uint256 result) {
        result = ONE;
        for (; n > 0; n >>= 1) {
            if (n & 1 == 1) result = result * x / ONE;
            x = x * x / ONE;
        }
    }
}
