// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStakeListener } from "../../src/interfaces/IStakeListener.sol";
import { IStakeVault } from "../../src/interfaces/IStakeVault.sol";
import { StakeVault } from "../../src/l1/StakeVault.sol";
import { Base } from "../utils/Base.t.sol";

abstract contract StakeVaultBase is Base {
    address internal operator = makeAddr("operator");
}

contract StakeVaultConstructor is StakeVaultBase {
    function test_ZeroAddress() public {
        vm.expectRevert(IStakeVault.ZeroAddress.selector);
        new StakeVault(token, IStakeListener(address(0)), slasher, UNBONDING);
    }
}

contract StakeVaultStake is StakeVaultBase {
    function testFuzz_movesTheAmountBehindThePair(uint96 amount) public {
        amount = uint96(bound(amount, 1, 100_000 ether));
        uint256 before = token.balanceOf(holder);
        stake(operator, amount);
        assertEq(vault.stakeOf(holder, operator), amount);
        assertEq(token.balanceOf(address(vault)), amount);
        assertEq(token.balanceOf(holder), before - amount);
    }

    function test_aStrangersStakeIsAnotherPair() public {
        vm.startPrank(client);
        token.approve(address(vault), 5);
        vault.stake(operator, 5);
        vm.stopPrank();
        assertEq(vault.stakeOf(holder, operator), 0);
        assertEq(vault.stakeOf(client, operator), 5);
    }

    function test_ZeroAmount() public {
        vm.expectRevert(IStakeVault.ZeroAmount.selector);
        vault.stake(operator, 0);
    }

    function test_ZeroAddress() public {
        vm.expectRevert(IStakeVault.ZeroAddress.selector);
        vault.stake(address(0), 1);
    }
}

contract StakeVaultUnstake is StakeVaultBase {
    function setUp() public override {
        super.setUp();
        stake(operator, 100);
    }

    function test_leavesTheActiveStakeAtOnce() public {
        vm.prank(holder);
        vault.unstake(operator, 40);
        assertEq(vault.stakeOf(holder, operator), 60);
        assertEq(vault.unbonding(holder, operator).amount, 40);
        assertEq(vault.unbonding(holder, operator).releaseAt, block.timestamp + UNBONDING);
    }

    function test_theOwnersSecondCallMergesAndStartsAgain() public {
        vm.startPrank(holder);
        vault.unstake(operator, 40);
        skip(1 days);
        vault.unstake(operator, 10);
        assertEq(vault.unbonding(holder, operator).amount, 50);
        assertEq(vault.unbonding(holder, operator).releaseAt, block.timestamp + UNBONDING);
    }

    function test_InsufficientStake_forAStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.InsufficientStake.selector, 1, 0));
        vm.prank(stranger);
        vault.unstake(operator, 1);
    }

    function test_InsufficientStake() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.InsufficientStake.selector, 101, 100));
        vm.prank(holder);
        vault.unstake(operator, 101);
    }
}

contract StakeVaultWithdraw is StakeVaultBase {
    function setUp() public override {
        super.setUp();
        stake(operator, 100);
        vm.prank(holder);
        vault.unstake(operator, 100);
    }

    function test_StillUnbonding() public {
        uint256 releaseAt = block.timestamp + UNBONDING;
        skip(UNBONDING - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.StillUnbonding.selector, releaseAt));
        vm.prank(holder);
        vault.withdraw(operator);
    }

    function test_paysTheOwnerOnce() public {
        skip(UNBONDING);
        uint256 before = token.balanceOf(holder);
        vm.startPrank(holder);
        assertEq(vault.withdraw(operator), 100);
        assertEq(token.balanceOf(holder), before + 100);
        vm.expectRevert(IStakeVault.NothingUnbonding.selector);
        vault.withdraw(operator);
    }

    function test_aStrangerCannotDelayIt() public {
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
}

contract StakeVaultSlash is StakeVaultBase {
    function setUp() public override {
        super.setUp();
        stake(operator, 100);
        vm.prank(holder);
        vault.unstake(operator, 40);
    }

    function testFuzz_takesStakeThenUnbondingAndNeverMore(uint256 amount) public {
        amount = bound(amount, 1, 1000);
        vm.prank(slasher);
        uint256 taken = vault.slash(holder, operator, amount, stranger);
        assertEq(taken, amount < 100 ? amount : 100);
        assertEq(token.balanceOf(stranger), taken);
        uint256 left = vault.stakeOf(holder, operator) + vault.unbonding(holder, operator).amount;
        assertEq(left, 100 - taken);
        assertEq(vault.stakeOf(holder, operator), amount < 60 ? 60 - amount : 0);
        assertEq(token.balanceOf(address(vault)), left);
    }

    function test_NotSlasher() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotSlasher.selector, holder));
        vm.prank(holder);
        vault.slash(holder, operator, 1, holder);
    }

    function test_InsufficientStake_whenNothingIsLeft() public {
        vm.startPrank(slasher);
        vault.slash(holder, operator, 100, stranger);
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.InsufficientStake.selector, 1, 0));
        vault.slash(holder, operator, 1, stranger);
    }
}

contract StakeVaultStakeAt is StakeVaultBase {
    function test_readsTheEndOfAPastSecond() public {
        uint256 start = block.timestamp;
        stake(operator, 10);
        stake(operator, 5);
        skip(10);
        stake(operator, 1);
        skip(1);
        assertEq(vault.stakeAt(holder, operator, start - 1), 0);
        assertEq(vault.stakeAt(holder, operator, start), 15);
        assertEq(vault.stakeAt(holder, operator, start + 9), 15);
        assertEq(vault.stakeAt(holder, operator, start + 10), 16);
    }

    function test_NotYetPast() public {
        vm.expectRevert(abi.encodeWithSelector(IStakeVault.NotYetPast.selector, block.timestamp));
        vault.stakeAt(holder, operator, block.timestamp);
    }
}
