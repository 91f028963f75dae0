// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IParameters } from "../../src/interfaces/IParameters.sol";
import { IStakeListener } from "../../src/interfaces/IStakeListener.sol";
import { IStakeVault } from "../../src/interfaces/IStakeVault.sol";
import { CorToken } from "../../src/l1/CorToken.sol";
import { StakeVault } from "../../src/l1/StakeVault.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Base } from "../utils/Base.t.sol";

abstract contract StakeVaultBase is Base {
    bytes32 internal constant CASE = "case";

    address internal operator = makeAddr("operator");
    address internal reporter = makeAddr("reporter");

    function unstake(uint256 amount) internal {
        vm.prank(holder);
        vault.unstake(operator, amount);
    }

    function propose(bytes32 caseId, uint256 amount) internal {
        vm.prank(slasher);
        vault.proposeSlash(caseId, holder, operator, amount, reporter);
    }

    function expectTold(uint256 staked) internal {
        vm.expectCall(address(registry), abi.encodeCall(IStakeListener.onStakeChanged, (holder, operator, staked)), 1);
    }

    /// @dev Active, on its way out, frozen, and together what the vault holds.
    function assertBooks(uint256 active, uint256 leaving, uint256 frozen) internal view {
        assertEq(vault.stakeOf(holder, operator), active);
        assertEq(vault.unbonding(holder, operator).amount, leaving);
        assertEq(vault.frozenOf(holder, operator), frozen);
        assertEq(token.balanceOf(address(vault)), active + leaving + frozen);
    }
}

contract StakeVaultConstructorTest is StakeVaultBase {
    function test_RevertWhen_AnAddressIsZero() public {
        vm.expectRevert(IStakeVault.ZeroAddress.selector);
        new StakeVault(CorToken(address(0)), registry, slasher, parameters);
        vm.expectRevert(IStakeVault.ZeroAddress.selector);
        new StakeVault(token, registry, slasher, IParameters(address(0)));
    }

    function test_HoldsWhatItWasGiven() public view {
        assertEq(address(vault.token()), address(token));
        assertEq(address(vault.listener()), address(registry));
        assertEq(vault.slasher(), slasher);
        assertEq(address(vault.parameters()), address(parameters));
    }

    function test_WithoutListenerStakesAreKeptAllTheSame() public {
        StakeVault alone = new StakeVault(token, IStakeListener(address(0)), slasher, parameters);
        vm.startPrank(holder);
        token.approve(address(alone), 10 ether);
        alone.stake(operator, 10 ether);
        alone.unstake(operator, 4 ether);
        vm.stopPrank();
        assertEq(alone.stakeOf(holder, operator), 6 ether);
        vm.prank(slasher);
        alone.proposeSlash("case", holder, operator, 1 ether, address(0));
        assertEq(alone.stakeOf(holder, operator), 5 ether);
    }

    function test_WithoutSlasherNobodySlashes() public {
        StakeVault safe = new StakeVault(token, registry, address(0), parameters);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotSlasher.selector, slasher));
        vm.prank(slasher);
        safe.proposeSlash(CASE, holder, operator, 1, reporter);
    }
}

contract StakeVaultStakeTest is StakeVaultBase {
    function testFuzz_MovesTheAmountBehindThePair(uint96 amount) public {
        amount = uint96(bound(amount, 1, 100_000 ether));
        uint256 before = token.balanceOf(holder);
        stake(operator, amount);
        assertBooks(amount, 0, 0);
        assertEq(token.balanceOf(holder), before - amount);
    }

    function test_AddsToWhatIsThereAndTellsTheListener() public {
        stake(operator, 10);
        expectTold(15);
        vm.expectEmit(address(vault));
        emit IStakeVault.Staked(holder, operator, 5, 15);
        stake(operator, 5);
        assertBooks(15, 0, 0);
    }

    function test_AStrangersStakeIsAnotherPair() public {
        vm.startPrank(client);
        token.approve(address(vault), 5);
        vault.stake(operator, 5);
        vm.stopPrank();
        assertEq(vault.stakeOf(holder, operator), 0);
        assertEq(vault.stakeOf(client, operator), 5);
        assertEq(vault.stakeOf(operator, client), 0);
    }

    function test_RevertWhen_ZeroAmount() public {
        vm.expectRevert(IStakeVault.ZeroAmount.selector);
        vm.prank(holder);
        vault.stake(operator, 0);
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IStakeVault.ZeroAddress.selector);
        vm.prank(holder);
        vault.stake(address(0), 1);
    }
}

contract StakeVaultUnstakeTest is StakeVaultBase {
    function setUp() public override {
        super.setUp();
        stake(operator, 100);
    }

    function test_LeavesTheActiveStakeAtOnce() public {
        expectTold(60);
        vm.expectEmit(address(vault));
        emit IStakeVault.UnstakeStarted(holder, operator, 40, 60, block.timestamp + UNBONDING);
        unstake(40);
        assertBooks(60, 40, 0);
        assertEq(vault.unbonding(holder, operator).releaseAt, block.timestamp + UNBONDING);
    }

    function test_TheOwnersSecondCallMergesAndStartsAgain() public {
        unstake(40);
        skip(1 days);
        unstake(10);
        assertBooks(50, 50, 0);
        assertEq(vault.unbonding(holder, operator).releaseAt, block.timestamp + UNBONDING);
    }

    function test_ALongerDelayHoldsForLaterOnesOnly() public {
        unstake(40);
        uint256 releaseAt = block.timestamp + UNBONDING;
        govern(Parameter.UnbondingSeconds, 30 days);
        assertEq(vault.unbondingSeconds(), 30 days);
        assertEq(vault.unbonding(holder, operator).releaseAt, releaseAt);
        vm.warp(releaseAt);
        vm.prank(holder);
        assertEq(vault.withdraw(operator), 40);
        unstake(40);
        assertEq(vault.unbonding(holder, operator).releaseAt, block.timestamp + 30 days);
    }

    function test_AShorterDelayFreesNothingSooner() public {
        unstake(40);
        uint256 releaseAt = block.timestamp + UNBONDING;
        govern(Parameter.UnbondingSeconds, 5 days);
        unstake(1);
        assertEq(vault.unbonding(holder, operator).releaseAt, releaseAt);
        vm.warp(releaseAt - 5 days + 1);
        unstake(1);
        assertEq(vault.unbonding(holder, operator).releaseAt, releaseAt + 1);
    }

    function test_RevertWhen_AStrangerAsks() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.InsufficientStake.selector, 1, 0));
        vm.prank(stranger);
        vault.unstake(operator, 1);
    }

    function test_RevertWhen_MoreThanThereIs() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.InsufficientStake.selector, 101, 100));
        vm.prank(holder);
        vault.unstake(operator, 101);
        unstake(100);
    }

    function test_RevertWhen_ZeroAmount() public {
        vm.expectRevert(IStakeVault.ZeroAmount.selector);
        vm.prank(holder);
        vault.unstake(operator, 0);
    }
}

contract StakeVaultWithdrawTest is StakeVaultBase {
    function setUp() public override {
        super.setUp();
        stake(operator, 100);
        unstake(100);
    }

    function test_RevertWhen_StillUnbonding() public {
        uint256 releaseAt = block.timestamp + UNBONDING;
        skip(UNBONDING - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StillUnbonding.selector, releaseAt));
        vm.prank(holder);
        vault.withdraw(operator);
    }

    function testFuzz_PaysTheOwnerOnce(uint32 late) public {
        skip(UNBONDING + late);
        uint256 before = token.balanceOf(holder);
        vm.startPrank(holder);
        vm.expectEmit(address(vault));
        emit IStakeVault.Withdrawn(holder, operator, 100);
        assertEq(vault.withdraw(operator), 100);
        assertEq(token.balanceOf(holder), before + 100);
        assertBooks(0, 0, 0);
        vm.expectRevert(IStakeVault.NothingUnbonding.selector);
        vault.withdraw(operator);
    }

    function test_RevertWhen_AStrangerAsks() public {
        skip(UNBONDING);
        vm.expectRevert(IStakeVault.NothingUnbonding.selector);
        vm.prank(stranger);
        vault.withdraw(operator);
    }

    function test_AStrangerCannotDelayIt() public {
        skip(UNBONDING - 1);
        vm.startPrank(client);
        token.approve(address(vault), 5);
        vault.stake(operator, 5);
        vault.unstake(operator, 5);
        vm.stopPrank();
        skip(1);
        vm.prank(holder);
        assertEq(vault.withdraw(operator), 100);
    }

    function test_APendingSlashDelaysOnlyItself() public {
        skip(UNBONDING - 1);
        propose(CASE, 30);
        skip(1);
        vm.prank(holder);
        assertEq(vault.withdraw(operator), 70);
        assertBooks(0, 0, 30);
    }
}

contract StakeVaultProposeSlashTest is StakeVaultBase {
    function setUp() public override {
        super.setUp();
        stake(operator, 100);
        unstake(40);
    }

    function testFuzz_FreezesStakeThenUnbondingAndNeverMore(uint256 amount) public {
        uint256 fromStake = amount < 60 ? amount : 60;
        uint256 fromUnbonding = amount < 60 ? 0 : amount < 100 ? amount - 60 : 40;
        propose(CASE, amount);
        assertBooks(60 - fromStake, 40 - fromUnbonding, fromStake + fromUnbonding);
        assertEq(vault.slashOf(CASE).fromStake, fromStake);
        assertEq(vault.slashOf(CASE).fromUnbonding, fromUnbonding);
    }

    function test_RemembersTheCaseAndTellsTheListener() public {
        assertEq(uint256(vault.slashOf(CASE).state), uint256(IStakeVault.SlashState.None));
        expectTold(0);
        vm.expectEmit(address(vault));
        emit IStakeVault.SlashProposed(CASE, holder, operator, 60, 10, 0, reporter, block.timestamp + APPEAL);
        propose(CASE, 70);
        IStakeVault.Slash memory s = vault.slashOf(CASE);
        assertEq(s.owner, holder);
        assertEq(s.operator, operator);
        assertEq(s.reporter, reporter);
        assertEq(s.executableAt, block.timestamp + APPEAL);
        assertEq(s.reporterBps, REPORTER_BPS);
        assertEq(uint256(s.state), uint256(IStakeVault.SlashState.Pending));
        assertEq(vault.unbonding(holder, operator).releaseAt, block.timestamp + UNBONDING);
    }

    function test_TellsTheListenerWhatIsLeft() public {
        expectTold(50);
        propose(CASE, 10);
    }

    function test_ASecondCaseFreezesOnlyWhatIsLeft() public {
        propose(CASE, 90);
        propose("other", 90);
        assertEq(vault.slashOf("other").fromStake, 0);
        assertEq(vault.slashOf("other").fromUnbonding, 10);
        assertBooks(0, 0, 100);
    }

    function test_AVerdictOnStakeThatHasLeftIsNotStuck() public {
        propose(CASE, 100);
        vm.expectEmit(address(vault));
        emit IStakeVault.SlashProposed("other", holder, operator, 0, 0, 0, reporter, block.timestamp + APPEAL);
        propose("other", 50);
        skip(APPEAL);
        vault.executeSlash("other");
        assertBooks(0, 0, 100);
    }

    function test_WhatIsFrozenCannotBeUnstakedOrWithdrawn() public {
        propose(CASE, 100);
        vm.startPrank(holder);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.InsufficientStake.selector, 1, 0));
        vault.unstake(operator, 1);
        skip(UNBONDING);
        vm.expectRevert(IStakeVault.NothingUnbonding.selector);
        vault.withdraw(operator);
    }

    function test_ADateWithNothingLeftToReleaseDelaysNothingLater() public {
        propose(CASE, 100);
        assertEq(vault.unbonding(holder, operator).releaseAt, 0);
        govern(Parameter.UnbondingSeconds, 5 days);
        stake(operator, 7);
        unstake(7);
        assertEq(vault.unbonding(holder, operator).releaseAt, block.timestamp + 5 days);
    }

    function test_OtherPairsKeepTheirStake() public {
        vm.startPrank(client);
        token.approve(address(vault), 5);
        vault.stake(operator, 5);
        vm.stopPrank();
        stake(stranger, 6);
        propose(CASE, 1000);
        assertEq(vault.stakeOf(client, operator), 5);
        assertEq(vault.stakeOf(holder, stranger), 6);
        assertEq(vault.frozenOf(client, operator), 0);
        assertEq(vault.frozenOf(holder, stranger), 0);
    }

    function test_RevertWhen_NotSlasher() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotSlasher.selector, holder));
        vm.prank(holder);
        vault.proposeSlash(CASE, holder, operator, 1, holder);
    }

    function test_RevertWhen_CasePending() public {
        propose(CASE, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.CaseExists.selector, CASE));
        propose(CASE, 1);
    }

    function test_RevertWhen_CaseCancelled() public {
        propose(CASE, 1);
        vm.prank(slasher);
        vault.cancelSlash(CASE);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.CaseExists.selector, CASE));
        propose(CASE, 1);
    }

    function test_RevertWhen_CaseExecuted() public {
        propose(CASE, 1);
        skip(APPEAL);
        vault.executeSlash(CASE);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.CaseExists.selector, CASE));
        propose(CASE, 1);
    }
}

contract StakeVaultCancelSlashTest is StakeVaultBase {
    function setUp() public override {
        super.setUp();
        stake(operator, 100);
        unstake(40);
        propose(CASE, 70);
    }

    function test_GivesAllBackToTheActiveStake() public {
        skip(APPEAL - 1);
        expectTold(70);
        vm.expectEmit(address(vault));
        emit IStakeVault.SlashCancelled(CASE, holder, operator, 70, 70);
        vm.prank(slasher);
        vault.cancelSlash(CASE);
        assertBooks(70, 30, 0);
        assertEq(uint256(vault.slashOf(CASE).state), uint256(IStakeVault.SlashState.Cancelled));
    }

    function test_AddsToWhatWasStakedMeanwhileAndLeavesOtherCases() public {
        stake(operator, 5);
        propose("other", 3);
        vm.prank(slasher);
        vault.cancelSlash(CASE);
        assertBooks(72, 30, 3);
    }

    function test_RevertWhen_NotSlasher() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotSlasher.selector, holder));
        vm.prank(holder);
        vault.cancelSlash(CASE);
    }

    function test_RevertWhen_TheWindowIsOver() public {
        uint256 executableAt = block.timestamp + APPEAL;
        skip(APPEAL);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.AppealClosed.selector, executableAt));
        vm.prank(slasher);
        vault.cancelSlash(CASE);
    }

    function test_RevertWhen_CancelledBefore() public {
        vm.startPrank(slasher);
        vault.cancelSlash(CASE);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotPending.selector, CASE));
        vault.cancelSlash(CASE);
    }

    function test_RevertWhen_Executed() public {
        skip(APPEAL);
        vault.executeSlash(CASE);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotPending.selector, CASE));
        vm.prank(slasher);
        vault.cancelSlash(CASE);
    }

    function test_RevertWhen_Unknown() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotPending.selector, bytes32("none")));
        vm.prank(slasher);
        vault.cancelSlash("none");
    }
}

contract StakeVaultExecuteSlashTest is StakeVaultBase {
    function setUp() public override {
        super.setUp();
        stake(operator, 1000);
        unstake(400);
    }

    function execute(bytes32 caseId) internal {
        vm.prank(stranger);
        vault.executeSlash(caseId);
    }

    function testFuzz_PaysTheReporterAndBurnsTheRest(uint256 amount) public {
        amount = bound(amount, 0, 2000);
        uint256 supply = token.totalSupply();
        propose(CASE, amount);
        skip(APPEAL);
        execute(CASE);
        uint256 taken = amount < 1000 ? amount : 1000;
        assertEq(token.balanceOf(reporter), taken * REPORTER_BPS / 10_000);
        assertEq(token.totalSupply(), supply - (taken - token.balanceOf(reporter)));
        assertEq(token.balanceOf(address(vault)), 1000 - taken);
        assertEq(vault.frozenOf(holder, operator), 0);
    }

    function test_ByAnyoneFromTheEndOfTheWindow() public {
        propose(CASE, 701);
        skip(APPEAL);
        vm.expectEmit(address(vault));
        emit IStakeVault.SlashExecuted(CASE, holder, operator, 561, 140, reporter);
        execute(CASE);
        assertBooks(0, 299, 0);
        assertEq(uint256(vault.slashOf(CASE).state), uint256(IStakeVault.SlashState.Executed));
    }

    function test_WithoutReporterAllIsBurned() public {
        uint256 supply = token.totalSupply();
        vm.prank(slasher);
        vault.proposeSlash(CASE, holder, operator, 500, address(0));
        skip(APPEAL);
        vm.expectEmit(address(vault));
        emit IStakeVault.SlashExecuted(CASE, holder, operator, 500, 0, address(0));
        execute(CASE);
        assertEq(token.totalSupply(), supply - 500);
    }

    function test_LeavesOtherCases() public {
        propose(CASE, 100);
        propose("other", 7);
        skip(APPEAL);
        execute(CASE);
        assertBooks(493, 400, 7);
    }

    function test_WindowAndPartAreThoseOfTheProposal() public {
        propose(CASE, 100);
        uint256 executableAt = block.timestamp + APPEAL;
        vm.prank(governance);
        parameters.set(Parameter.SlashAppealSeconds, 6 hours);
        govern(Parameter.ReporterBps, 5000);
        vm.warp(executableAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.AppealOpen.selector, executableAt));
        execute(CASE);
        vm.warp(executableAt);
        execute(CASE);
        assertEq(token.balanceOf(reporter), 20);

        propose("later", 100);
        skip(6 hours);
        execute("later");
        assertEq(token.balanceOf(reporter), 20 + 50);
    }

    function test_RevertWhen_TheWindowIsOpen() public {
        propose(CASE, 100);
        uint256 executableAt = block.timestamp + APPEAL;
        skip(APPEAL - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.AppealOpen.selector, executableAt));
        execute(CASE);
    }

    function test_RevertWhen_Cancelled() public {
        propose(CASE, 100);
        vm.prank(slasher);
        vault.cancelSlash(CASE);
        skip(APPEAL);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotPending.selector, CASE));
        execute(CASE);
    }

    function test_RevertWhen_ExecutedBefore() public {
        propose(CASE, 100);
        propose("other", 100);
        skip(APPEAL);
        execute(CASE);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotPending.selector, CASE));
        execute(CASE);
    }

    function test_RevertWhen_Unknown() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotPending.selector, bytes32("none")));
        execute("none");
    }
}

contract StakeVaultStorageTest is StakeVaultBase {
    function slotOf(address owner) private view returns (bytes32) {
        return keccak256(abi.encode(operator, keccak256(abi.encode(owner, uint256(0)))));
    }

    /// @dev Other layers prove this word by eth_getProof.
    function testFuzz_ActiveStakesAreTheMappingAtSlotZero(uint96 amount) public {
        amount = uint96(bound(amount, 10, 100_000 ether));
        assertEq(vm.load(address(vault), slotOf(holder)), 0);
        stake(operator, amount);
        assertEq(uint256(vm.load(address(vault), slotOf(holder))), amount);
        unstake(3);
        assertEq(uint256(vm.load(address(vault), slotOf(holder))), amount - 3);
        propose(CASE, 2);
        assertEq(uint256(vm.load(address(vault), slotOf(holder))), amount - 5);
        assertEq(vm.load(address(vault), slotOf(client)), 0);
    }
}
