// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../../src/interfaces/IParameters.sol";
import { Parameters } from "../../src/l1/Parameters.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { ParameterDefaults } from "../../src/types/ParameterDefaults.sol";
import { Test } from "forge-std/Test.sol";

/// @notice Governance sets values as it likes while time passes; a history beside the contract remembers what held.
contract ParametersHandler is Test {
    uint256 internal constant EPOCH = 1 hours;
    uint256 internal constant COUNT = uint256(type(Parameter).max) + 1;

    Parameters public parameters;
    uint64 public first;
    /// @dev value of the next epoch, and of every epoch that was
    mapping(uint256 parameter => uint256) public pending;
    mapping(uint256 parameter => mapping(uint64 epoch => uint256)) public history;
    uint64 public recorded;
    uint256 public refused;

    constructor() {
        vm.warp(1_700_000_000);
        parameters = new Parameters(address(this), EPOCH, ParameterDefaults.definitions());
        first = parameters.currentEpoch();
        for (uint256 i = 0; i < COUNT; ++i) {
            pending[i] = parameters.get(Parameter(i));
            history[i][first] = pending[i];
        }
        recorded = first;
    }

    function set(uint256 which, uint256 value) external {
        which = bound(which, 0, COUNT - 1);
        (uint256 min, uint256 max) = parameters.bounds(Parameter(which));
        _set(which, bound(value, min, max));
    }

    /// @dev The ones that rules tie together, more often than chance would.
    function setTied(uint256 which, uint256 value) external {
        uint256[14] memory tied = [
            uint256(Parameter.RouterBps),
            uint256(Parameter.GuardsBps),
            uint256(Parameter.OracleBps),
            uint256(Parameter.TreasuryBps),
            uint256(Parameter.UnbondingSeconds),
            uint256(Parameter.ChallengeSeconds),
            uint256(Parameter.SlashAppealSeconds),
            uint256(Parameter.SnapshotAgeMaxSeconds),
            uint256(Parameter.BeaconCommitSeconds),
            uint256(Parameter.BeaconRevealSeconds),
            uint256(Parameter.AppealSeconds),
            uint256(Parameter.DisputeCommitSeconds),
            uint256(Parameter.DisputeRevealSeconds),
            uint256(Parameter.CheckpointChallengeSeconds)
        ];
        which = tied[which % tied.length];
        (uint256 min, uint256 max) = parameters.bounds(Parameter(which));
        _set(which, bound(value, min, max));
    }

    function setOutOfBounds(uint256 which, uint256 value) external {
        which = bound(which, 0, COUNT - 1);
        (uint256 min, uint256 max) = parameters.bounds(Parameter(which));
        value = value % 2 == 0 && min > 0 ? bound(value, 0, min - 1) : bound(value, max + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IParameters.OutOfBounds.selector, Parameter(which), value, min, max));
        parameters.set(Parameter(which), value);
    }

    function setByAStranger(address stranger, uint256 which, uint256 value) external {
        if (stranger == address(this)) return;
        vm.expectRevert(abi.encodeWithSelector(IParameters.NotGovernance.selector, stranger));
        vm.prank(stranger);
        parameters.set(Parameter(which % COUNT), value);
    }

    function pass(uint256 time) external {
        skip(bound(time, 1, 3 * EPOCH));
        for (uint64 epoch = recorded + 1; epoch <= parameters.currentEpoch(); ++epoch) {
            for (uint256 i = 0; i < COUNT; ++i) {
                history[i][epoch] = pending[i];
            }
            recorded = epoch;
        }
    }

    function _set(uint256 which, uint256 value) private {
        uint256 was = pending[which];
        pending[which] = value;
        bool ok = keepsRules();
        try parameters.set(Parameter(which), value) {
            assertTrue(ok, "a rule was broken");
        } catch (bytes memory reason) {
            assertFalse(ok, "a lawful value was refused");
            assertEq(bytes4(reason), IParameters.RuleBroken.selector);
            pending[which] = was;
            ++refused;
        }
    }

    function keepsRules() public view returns (bool) {
        uint256 unbonding = pending[uint256(Parameter.UnbondingSeconds)];
        uint256 exposure =
            EPOCH + pending[uint256(Parameter.ChallengeSeconds)] + pending[uint256(Parameter.SlashAppealSeconds)];
        uint256 shares = pending[uint256(Parameter.RouterBps)] + pending[uint256(Parameter.GuardsBps)]
            + pending[uint256(Parameter.OracleBps)] + pending[uint256(Parameter.TreasuryBps)];
        uint256 beacon =
            pending[uint256(Parameter.BeaconCommitSeconds)] + pending[uint256(Parameter.BeaconRevealSeconds)];
        uint256 appeal = pending[uint256(Parameter.AppealSeconds)] + 2 * EPOCH
            + pending[uint256(Parameter.DisputeCommitSeconds)] + pending[uint256(Parameter.DisputeRevealSeconds)]
            + pending[uint256(Parameter.CheckpointChallengeSeconds)];
        return shares <= 2000 && unbonding >= 2 * exposure
            && unbonding >= pending[uint256(Parameter.SnapshotAgeMaxSeconds)] && beacon <= EPOCH
            && appeal < pending[uint256(Parameter.SlashAppealSeconds)];
    }
}

contract ParametersInvariant is Test {
    uint256 internal constant COUNT = uint256(type(Parameter).max) + 1;

    ParametersHandler internal handler;
    Parameters internal parameters;

    function setUp() public {
        handler = new ParametersHandler();
        parameters = handler.parameters();
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = ParametersHandler.set.selector;
        selectors[1] = ParametersHandler.setTied.selector;
        selectors[2] = ParametersHandler.setOutOfBounds.selector;
        selectors[3] = ParametersHandler.setByAStranger.selector;
        selectors[4] = ParametersHandler.pass.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
    }

    function invariant_pastAndCurrentEpochsKeepTheirValues() public view {
        for (uint256 i = 0; i < COUNT; ++i) {
            for (uint64 epoch = handler.first(); epoch <= handler.recorded(); ++epoch) {
                assertEq(parameters.getAt(Parameter(i), epoch), handler.history(i, epoch));
            }
            assertEq(parameters.get(Parameter(i)), handler.history(i, handler.recorded()));
        }
    }

    function invariant_theNextEpochHasTheLatestLawfulValues() public view {
        assertTrue(handler.keepsRules());
        for (uint256 i = 0; i < COUNT; ++i) {
            uint256 next = parameters.getAt(Parameter(i), handler.recorded() + 1);
            (uint256 min, uint256 max) = parameters.bounds(Parameter(i));
            assertEq(next, handler.pending(i));
            assertGe(next, min);
            assertLe(next, max);
        }
    }
}
