// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../../src/interfaces/IParameters.sol";
import { Parameters } from "../../src/l1/Parameters.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { ParameterDefaults } from "../../src/types/ParameterDefaults.sol";
import { Base } from "../utils/Base.t.sol";

abstract contract ParametersBase is Base {
    uint256 internal constant COUNT = uint256(type(Parameter).max) + 1;

    string internal constant SHARES_RULE = "RouterBps + GuardsBps + OracleBps + TreasuryBps <= 2000";
    string internal constant EXPOSURE_RULE =
        "UnbondingSeconds >= 2 * (epochSeconds + ChallengeSeconds + SlashAppealSeconds)";
    string internal constant SNAPSHOT_RULE = "UnbondingSeconds >= SnapshotAgeMaxSeconds";
    string internal constant BEACON_RULE = "BeaconCommitSeconds + BeaconRevealSeconds <= epochSeconds";
    string internal constant APPEAL_RULE =
        "AppealSeconds + 2 * epochSeconds + DisputeCommitSeconds + DisputeRevealSeconds + CheckpointChallengeSeconds < SlashAppealSeconds";
    string internal constant BPS_RULE = "basis points <= 10000";

    function expectRule(string memory rule) internal {
        vm.expectRevert(abi.encodeWithSelector(IParameters.RuleBroken.selector, rule));
    }

    /// @dev Bounds that allow everything, so that only the rules are left.
    function wide() internal pure returns (IParameters.Definition[] memory d) {
        d = definitions();
        for (uint256 i = 0; i < d.length; ++i) {
            (d[i].min, d[i].max) = (0, type(uint208).max);
        }
    }

    function wideParameters() internal returns (Parameters) {
        return new Parameters(governance, EPOCH, wide());
    }
}

contract ParametersConstructorTest is ParametersBase {
    function test_HoldsEveryFirstValueAndItsBounds() public view {
        IParameters.Definition[] memory d = definitions();
        for (uint256 i = 0; i < COUNT; ++i) {
            Parameter p = Parameter(i);
            assertEq(parameters.get(p), d[i].value);
            assertEq(parameters.getAt(p, 0), d[i].value);
            assertEq(parameters.getAt(p, type(uint64).max), d[i].value);
            (uint256 min, uint256 max) = parameters.bounds(p);
            assertEq(min, d[i].min);
            assertEq(max, d[i].max);
        }
        assertEq(parameters.governance(), governance);
        assertEq(parameters.epochSeconds(), EPOCH);
        assertEq(parameters.SHARES_MAX_BPS(), 2000);
    }

    function test_EmitsEveryFirstValue() public {
        IParameters.Definition[] memory d = definitions();
        for (uint256 i = 0; i < COUNT; ++i) {
            vm.expectEmit();
            emit IParameters.ParameterSet(Parameter(i), 0, d[i].value);
        }
        new Parameters(governance, EPOCH, d);
    }

    function test_RevertWhen_EpochHasNoLength() public {
        vm.expectRevert(IParameters.InvalidEpochSeconds.selector);
        new Parameters(governance, 0, definitions());
    }

    function test_RevertWhen_DefinitionMissing() public {
        IParameters.Definition[] memory d = new IParameters.Definition[](COUNT - 1);
        vm.expectRevert(abi.encodeWithSelector(IParameters.InvalidDefinition.selector, COUNT - 1));
        new Parameters(governance, EPOCH, d);
    }

    function test_RevertWhen_OneDefinitionTooMany() public {
        IParameters.Definition[] memory d = new IParameters.Definition[](COUNT + 1);
        vm.expectRevert(abi.encodeWithSelector(IParameters.InvalidDefinition.selector, COUNT));
        new Parameters(governance, EPOCH, d);
    }

    function testFuzz_FirstValueMustBeWithinItsBounds(uint256 which) public {
        which = bound(which, 0, COUNT - 1);
        IParameters.Definition[] memory d = definitions();
        IParameters.Definition memory was = d[which];

        d[which].min = was.value + 1;
        d[which].max = was.value + 1;
        vm.expectRevert(abi.encodeWithSelector(IParameters.InvalidDefinition.selector, which));
        new Parameters(governance, EPOCH, d);

        if (was.value > 0) {
            d[which].min = 0;
            d[which].max = was.value - 1;
            vm.expectRevert(abi.encodeWithSelector(IParameters.InvalidDefinition.selector, which));
            new Parameters(governance, EPOCH, d);
        }

        d[which].min = was.value;
        d[which].max = was.value;
        assertEq(new Parameters(governance, EPOCH, d).get(Parameter(which)), was.value);
    }

    function test_RevertWhen_FirstValuesBreakARule() public {
        IParameters.Definition[] memory d = wide();
        d[uint256(Parameter.RouterBps)].value = 1501;
        expectRule(SHARES_RULE);
        new Parameters(governance, EPOCH, d);
        d[uint256(Parameter.RouterBps)].value = 1500;
        new Parameters(governance, EPOCH, d);
    }

    function test_RevertWhen_EpochsAreTooLongForUnbonding() public {
        uint256 longest = 10 hours;
        IParameters.Definition[] memory d = wide();
        d[uint256(Parameter.UnbondingSeconds)].value = uint208(2 * (longest + CHALLENGE + APPEAL));
        new Parameters(governance, longest, d);
        expectRule(EXPOSURE_RULE);
        new Parameters(governance, longest + 1, d);
    }

    function test_RevertWhen_ABeaconOutlastsItsEpoch() public {
        IParameters.Definition[] memory d = wide();
        d[uint256(Parameter.BeaconRevealSeconds)].value =
            uint208(EPOCH - d[uint256(Parameter.BeaconCommitSeconds)].value);
        new Parameters(governance, EPOCH, d);
        d[uint256(Parameter.BeaconRevealSeconds)].value += 1;
        expectRule(BEACON_RULE);
        new Parameters(governance, EPOCH, d);
    }

    function test_RevertWhen_AnAppealMayEndAfterTheSlash() public {
        IParameters.Definition[] memory d = wide();
        uint256 ends = d[uint256(Parameter.AppealSeconds)].value + 2 * EPOCH
            + d[uint256(Parameter.DisputeCommitSeconds)].value + d[uint256(Parameter.DisputeRevealSeconds)].value
            + d[uint256(Parameter.CheckpointChallengeSeconds)].value;
        d[uint256(Parameter.SlashAppealSeconds)].value = uint208(ends + 1);
        new Parameters(governance, EPOCH, d);
        d[uint256(Parameter.SlashAppealSeconds)].value = uint208(ends);
        expectRule(APPEAL_RULE);
        new Parameters(governance, EPOCH, d);
    }

    function test_RevertWhen_BasisPointsAboveTheWhole() public {
        IParameters.Definition[] memory d = wide();
        d[uint256(Parameter.MarketFeeBps)].value = 10_001;
        expectRule(BPS_RULE);
        new Parameters(governance, EPOCH, d);
    }

    function test_ANetworkWithWindowsOfSeconds() public {
        IParameters.Definition[] memory d = wide();
        d[uint256(Parameter.ChallengeSeconds)].value = 2;
        d[uint256(Parameter.BeaconCommitSeconds)].value = 2;
        d[uint256(Parameter.BeaconRevealSeconds)].value = 3;
        d[uint256(Parameter.AppealSeconds)].value = 1;
        d[uint256(Parameter.DisputeCommitSeconds)].value = 1;
        d[uint256(Parameter.DisputeRevealSeconds)].value = 1;
        d[uint256(Parameter.CheckpointChallengeSeconds)].value = 1;
        d[uint256(Parameter.SlashAppealSeconds)].value = 15;
        d[uint256(Parameter.SnapshotAgeMaxSeconds)].value = 20;
        d[uint256(Parameter.UnbondingSeconds)].value = 44;
        Parameters short = new Parameters(governance, 5, d);
        assertEq(short.get(Parameter.UnbondingSeconds), 44);
        assertEq(short.currentEpoch(), block.timestamp / 5);
    }

    function test_WithoutGovernanceNobodyEverSets() public {
        Parameters fixedForGood = new Parameters(address(0), EPOCH, definitions());
        vm.expectRevert(abi.encodeWithSelector(IParameters.NotGovernance.selector, governance));
        vm.prank(governance);
        fixedForGood.set(Parameter.RouterBps, 400);
    }
}

contract ParametersSetTest is ParametersBase {
    function test_HoldsFromTheFirstSecondOfTheNextEpoch() public {
        uint64 epoch = parameters.currentEpoch();
        vm.expectEmit(address(parameters));
        emit IParameters.ParameterSet(Parameter.RouterBps, epoch + 1, 400);
        vm.prank(governance);
        parameters.set(Parameter.RouterBps, 400);

        assertEq(parameters.get(Parameter.RouterBps), 500);
        vm.warp((epoch + 1) * EPOCH - 1);
        assertEq(parameters.get(Parameter.RouterBps), 500);
        vm.warp((epoch + 1) * EPOCH);
        assertEq(parameters.get(Parameter.RouterBps), 400);
        assertEq(parameters.getAt(Parameter.RouterBps, epoch), 500);
        assertEq(parameters.getAt(Parameter.RouterBps, epoch + 1), 400);
        assertEq(parameters.get(Parameter.GuardsBps), 300);
    }

    function test_InTheLastSecondOfAnEpochItHoldsASecondLater() public {
        uint64 epoch = parameters.currentEpoch();
        vm.warp((epoch + 1) * EPOCH - 1);
        vm.prank(governance);
        parameters.set(Parameter.RouterBps, 400);
        assertEq(parameters.get(Parameter.RouterBps), 500);
        skip(1);
        assertEq(parameters.get(Parameter.RouterBps), 400);
    }

    function test_InTheFirstSecondOfAnEpochThatEpochKeepsItsValue() public {
        uint64 epoch = parameters.currentEpoch() + 1;
        vm.warp(epoch * EPOCH);
        vm.prank(governance);
        parameters.set(Parameter.RouterBps, 400);
        assertEq(parameters.getAt(Parameter.RouterBps, epoch), 500);
        assertEq(parameters.getAt(Parameter.RouterBps, epoch + 1), 400);
    }

    function test_TheLaterOfTwoInAnEpochCounts() public {
        uint64 epoch = parameters.currentEpoch();
        vm.startPrank(governance);
        parameters.set(Parameter.RouterBps, 400);
        parameters.set(Parameter.RouterBps, 450);
        vm.stopPrank();
        assertEq(parameters.getAt(Parameter.RouterBps, epoch), 500);
        assertEq(parameters.getAt(Parameter.RouterBps, epoch + 1), 450);
    }

    function testFuzz_PastEpochsKeepTheirValues(uint256 first, uint256 second, uint256 gap) public {
        first = bound(first, 0, 1000);
        second = bound(second, 0, 1000);
        gap = bound(gap, 1, 100);
        uint64 epoch = parameters.currentEpoch();
        govern(Parameter.RouterBps, first);
        skip(gap * EPOCH);
        uint64 later = parameters.currentEpoch();
        govern(Parameter.RouterBps, second);
        assertEq(parameters.getAt(Parameter.RouterBps, epoch), 500);
        assertEq(parameters.getAt(Parameter.RouterBps, epoch + 1), first);
        assertEq(parameters.getAt(Parameter.RouterBps, later), first);
        assertEq(parameters.getAt(Parameter.RouterBps, later + 1), second);
        assertEq(parameters.getAt(Parameter.RouterBps, type(uint64).max), second);
        assertEq(parameters.get(Parameter.RouterBps), second);
    }

    function test_RevertWhen_NotGovernance() public {
        vm.expectRevert(abi.encodeWithSelector(IParameters.NotGovernance.selector, stranger));
        vm.prank(stranger);
        parameters.set(Parameter.RouterBps, 500);
    }

    function test_RevertWhen_OutOfBounds() public {
        vm.startPrank(governance);
        parameters.set(Parameter.GuardsBps, 100);
        parameters.set(Parameter.GuardsBps, 1000);
        vm.expectRevert(abi.encodeWithSelector(IParameters.OutOfBounds.selector, Parameter.GuardsBps, 99, 100, 1000));
        parameters.set(Parameter.GuardsBps, 99);
        vm.expectRevert(abi.encodeWithSelector(IParameters.OutOfBounds.selector, Parameter.GuardsBps, 1001, 100, 1000));
        parameters.set(Parameter.GuardsBps, 1001);
    }

    function test_RevertWhen_ValueWouldWrapAround() public {
        Parameters p = wideParameters();
        uint256 value = (1 << 208) + 5;
        vm.expectRevert(
            abi.encodeWithSelector(IParameters.OutOfBounds.selector, Parameter.DataBondWei, value, 0, type(uint208).max)
        );
        vm.prank(governance);
        p.set(Parameter.DataBondWei, value);
    }
}

contract ParametersRulesTest is ParametersBase {
    Parameters internal p;

    function setUp() public override {
        super.setUp();
        p = wideParameters();
        vm.startPrank(governance);
    }

    function test_EveryShareCountsTowardsTheirSum() public {
        // 500 + 300 + 100 + 100 = 1,000 at first
        Parameter[4] memory shares =
            [Parameter.RouterBps, Parameter.GuardsBps, Parameter.OracleBps, Parameter.TreasuryBps];
        for (uint256 i = 0; i < 4; ++i) {
            uint256 was = p.get(shares[i]);
            p.set(shares[i], was + 1000);
            expectRule(SHARES_RULE);
            p.set(shares[i], was + 1001);
            p.set(shares[i], was);
        }
    }

    function test_RulesAreOverTheValuesOfTheNextEpoch() public {
        p.set(Parameter.RouterBps, 1500);
        // Holds not yet, and counts already.
        expectRule(SHARES_RULE);
        p.set(Parameter.GuardsBps, 301);
        p.set(Parameter.RouterBps, 0);
        p.set(Parameter.GuardsBps, 1800);
    }

    function test_UnbondingOutlivesTwiceTheExposure() public {
        p.set(Parameter.UnbondingSeconds, 2 * (EPOCH + CHALLENGE + APPEAL));
        expectRule(EXPOSURE_RULE);
        p.set(Parameter.UnbondingSeconds, 2 * (EPOCH + CHALLENGE + APPEAL) - 1);
        expectRule(EXPOSURE_RULE);
        p.set(Parameter.ChallengeSeconds, CHALLENGE + 1);
        expectRule(EXPOSURE_RULE);
        p.set(Parameter.SlashAppealSeconds, APPEAL + 1);
        p.set(Parameter.ChallengeSeconds, CHALLENGE - 1);
        p.set(Parameter.SlashAppealSeconds, APPEAL + 1);
    }

    function test_UnbondingOutlivesSnapshots() public {
        p.set(Parameter.SnapshotAgeMaxSeconds, UNBONDING);
        expectRule(SNAPSHOT_RULE);
        p.set(Parameter.SnapshotAgeMaxSeconds, UNBONDING + 1);
        expectRule(SNAPSHOT_RULE);
        p.set(Parameter.UnbondingSeconds, UNBONDING - 1);
    }

    function test_BasisPointsNeverExceedTheWhole() public {
        Parameter[7] memory fractions = [
            Parameter.EmissionDecayBps,
            Parameter.ReporterBps,
            Parameter.SlashInvalidBps,
            Parameter.SlashEquivocationBps,
            Parameter.SlashSilenceBps,
            Parameter.RoyaltyMaxBps,
            Parameter.MarketFeeBps
        ];
        for (uint256 i = 0; i < fractions.length; ++i) {
            p.set(fractions[i], 10_000);
            expectRule(BPS_RULE);
            p.set(fractions[i], 10_001);
        }
        Parameter[4] memory shares =
            [Parameter.RouterBps, Parameter.GuardsBps, Parameter.OracleBps, Parameter.TreasuryBps];
        for (uint256 i = 0; i < shares.length; ++i) {
            expectRule(BPS_RULE);
            p.set(shares[i], 10_001);
        }
        p.set(Parameter.DataBondWei, 10_001);
    }

    function test_ARefusedValueLeavesNothingBehind() public {
        expectRule(SHARES_RULE);
        p.set(Parameter.RouterBps, 2000);
        assertEq(p.getAt(Parameter.RouterBps, type(uint64).max), 500);
    }
}

contract ParametersCurrentEpochTest is ParametersBase {
    function testFuzz_CountsWholeEpochsSince1970(uint40 timestamp, uint32 length) public {
        length = uint32(bound(length, 1, 2 days));
        Parameters p = new Parameters(governance, length, definitions_(length));
        vm.warp(timestamp);
        assertEq(p.currentEpoch(), timestamp / length);
    }

    function definitions_(uint256 length) private pure returns (IParameters.Definition[] memory d) {
        d = wide();
        uint208 appeal = uint208(3 * length + APPEAL);
        d[uint256(Parameter.SlashAppealSeconds)].value = appeal;
        d[uint256(Parameter.UnbondingSeconds)].value = uint208(2 * (length + CHALLENGE + appeal));
        d[uint256(Parameter.BeaconCommitSeconds)].value = 0;
        d[uint256(Parameter.BeaconRevealSeconds)].value = uint208(length);
    }
}

contract ParameterDefaultsTest is ParametersBase {
    IParameters.Definition[] internal d;

    function setUp() public override {
        super.setUp();
        IParameters.Definition[] memory shipped = ParameterDefaults.definitions();
        for (uint256 i = 0; i < shipped.length; ++i) {
            d.push(shipped[i]);
        }
    }

    function value(Parameter p) private view returns (uint256) {
        return d[uint256(p)].value;
    }

    function min(Parameter p) private view returns (uint256) {
        return d[uint256(p)].min;
    }

    function max(Parameter p) private view returns (uint256) {
        return d[uint256(p)].max;
    }

    function test_AreDefinedForEveryParameterAndDeploy() public {
        assertEq(d.length, COUNT);
        for (uint256 i = 0; i < COUNT; ++i) {
            assertGt(d[i].value, 0);
            assertLt(d[i].min, d[i].max);
        }
        Parameters shipped =
            new Parameters(governance, ParameterDefaults.EPOCH_SECONDS, ParameterDefaults.definitions());
        assertEq(shipped.epochSeconds(), 1 hours);
    }

    function test_FirstValues() public view {
        assertEq(value(Parameter.ChallengeSeconds), 6 hours);
        assertEq(value(Parameter.SnapshotAgeMaxSeconds), 1 days);
        assertEq(value(Parameter.DataSeconds), 2 hours);
        assertEq(value(Parameter.RouterBps), 500);
        assertEq(value(Parameter.GuardsBps), 300);
        assertEq(value(Parameter.OracleBps), 100);
        assertEq(value(Parameter.TreasuryBps), 100);
        assertEq(value(Parameter.EmissionWei), 4000 ether);
        assertEq(value(Parameter.EmissionDecayBps), 9500);
        assertEq(value(Parameter.EmissionPeriodEpochs), 4320);
        assertEq(value(Parameter.ThawSeconds), 1 days);
        assertEq(value(Parameter.MinStakeRouterWei), 1000 ether);
        assertEq(value(Parameter.MinStakeMinerWei), 1000 ether);
        assertEq(value(Parameter.MinStakeGuardWei), 5000 ether);
        assertEq(value(Parameter.MinStakeOracleWei), 10_000 ether);
        assertEq(value(Parameter.UnbondingSeconds), 14 days);
        assertEq(min(Parameter.UnbondingSeconds), 2 days);
        assertEq(value(Parameter.SlashAppealSeconds), 2 days);
        assertEq(value(Parameter.ReporterBps), 2000);
    }

    function test_FirstValuesOfDisputesAndTime() public view {
        assertEq(value(Parameter.DisputeCommitSeconds), 30 minutes);
        assertEq(value(Parameter.DisputeRevealSeconds), 30 minutes);
        assertEq(value(Parameter.AppealSeconds), 30 minutes);
        assertEq(value(Parameter.CommitteeSize), 5);
        assertEq(value(Parameter.AppealCommitteeSize), 11);
        assertEq(value(Parameter.SlashInvalidBps), 2000);
        assertEq(value(Parameter.SlashEquivocationBps), 5000);
        assertEq(value(Parameter.SlashSilenceBps), 100);
        assertEq(value(Parameter.BeaconCommitSeconds), 20 minutes);
        assertEq(value(Parameter.BeaconRevealSeconds), 20 minutes);
        assertEq(value(Parameter.LeaderSeconds), 5 minutes);
        assertEq(value(Parameter.UsefulWorkStepSeconds), 30 minutes);
        assertEq(value(Parameter.UsefulWorkCooldownSeconds), 1 hours);
        assertEq(value(Parameter.UsefulWorkReassignMax), 2);
        assertEq(value(Parameter.DriftMaxSeconds), 30 seconds);
        assertEq(value(Parameter.StallSeconds), 10 minutes);
        assertEq(value(Parameter.RoyaltyMaxBps), 3000);
        assertEq(value(Parameter.MarketFeeBps), 250);
        assertEq(value(Parameter.CheckpointChallengeSeconds), 1 hours);
    }

    /// @dev Whatever governance sets within the bounds, these stay true.
    function test_BoundsKeepPartsInOrder() public view {
        assertLt(max(Parameter.BeaconCommitSeconds) + max(Parameter.BeaconRevealSeconds), 1 hours);
        assertLt(max(Parameter.CommitteeSize), min(Parameter.AppealCommitteeSize));
        assertLe(max(Parameter.RoyaltyMaxBps) + max(Parameter.MarketFeeBps), 5000);
        assertLe(max(Parameter.ReporterBps), 5000);
        assertLe(max(Parameter.SnapshotAgeMaxSeconds), min(Parameter.UnbondingSeconds));
        assertLe(max(Parameter.EmissionDecayBps), 10_000);
        assertGt(min(Parameter.ThawSeconds), min(Parameter.ChallengeSeconds));
    }
}
