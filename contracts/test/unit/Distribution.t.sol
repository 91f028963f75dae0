// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IDistribution } from "../../src/interfaces/IDistribution.sol";
import { CorToken } from "../../src/l1/CorToken.sol";
import { Distribution } from "../../src/l1/Distribution.sol";
import { Test } from "forge-std/Test.sol";

abstract contract DistributionBase is Test {
    uint256 internal constant SUPPLY = 1_000_000;
    uint48 internal constant START = 1_700_000_000;
    uint48 internal constant CLIFF = 100 days;
    uint48 internal constant DURATION = 400 days;
    uint128 internal constant AT_ONCE = 300_000;
    uint128 internal constant TEAM = 600_001;
    uint128 internal constant REWARDS = 99_999;

    CorToken internal token;
    Distribution internal distribution;
    address internal sale = makeAddr("sale");
    address internal team = makeAddr("team");
    address internal rewards = makeAddr("rewards");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(START - 10 days);
        (token, distribution) = deploy(allocations(), SUPPLY);
    }

    /// @dev 0: at once; 1: with a cliff; 2: without one.
    function allocations() internal view returns (IDistribution.Allocation[] memory a) {
        a = new IDistribution.Allocation[](3);
        a[0] = IDistribution.Allocation(sale, AT_ONCE, 0, 0, 0);
        a[1] = IDistribution.Allocation(team, TEAM, START, CLIFF, DURATION);
        a[2] = IDistribution.Allocation(rewards, REWARDS, START, 0, DURATION);
    }

    function next() internal view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
    }

    function deploy(IDistribution.Allocation[] memory a, uint256 supply)
        internal
        returns (CorToken newToken, Distribution newDistribution)
    {
        newToken = new CorToken(next(), supply);
        newDistribution = new Distribution(newToken, a);
    }

    function expectInvalid(IDistribution.Allocation[] memory a, uint256 id) internal {
        CorToken t = new CorToken(next(), SUPPLY);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.InvalidAllocation.selector, id));
        new Distribution(t, a);
    }

    function release(uint256 id) internal returns (uint256) {
        vm.prank(stranger);
        return distribution.release(id);
    }
}

contract DistributionConstructorTest is DistributionBase {
    function test_HoldsItsAllocations() public view {
        assertEq(address(distribution.token()), address(token));
        assertEq(distribution.allocationCount(), 3);
        IDistribution.Allocation[] memory a = allocations();
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(abi.encode(distribution.allocation(i)), abi.encode(a[i]));
        }
    }

    function test_PaysAtOnceWhatHasNoDuration() public {
        assertEq(token.balanceOf(sale), AT_ONCE);
        assertEq(distribution.released(0), AT_ONCE);
        assertEq(distribution.vestedAt(0, 0), AT_ONCE);
        assertEq(token.balanceOf(address(distribution)), SUPPLY - AT_ONCE);

        address place = next();
        CorToken t = new CorToken(place, SUPPLY);
        vm.expectEmit(place);
        emit IDistribution.Released(0, sale, AT_ONCE, AT_ONCE);
        new Distribution(t, allocations());
    }

    function test_RevertWhen_NobodyOrNothing() public {
        IDistribution.Allocation[] memory a = allocations();
        a[1].beneficiary = address(0);
        expectInvalid(a, 1);
        a = allocations();
        a[2].amount = 0;
        expectInvalid(a, 2);
    }

    function test_RevertWhen_ItWouldPayItself() public {
        IDistribution.Allocation[] memory a = allocations();
        a[2].beneficiary = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        expectInvalid(a, 2);
    }

    function test_RevertWhen_CliffAfterTheEnd() public {
        IDistribution.Allocation[] memory a = allocations();
        a[1].cliff = DURATION + 1;
        expectInvalid(a, 1);
        a[1].cliff = DURATION;
        deploy(a, SUPPLY);
    }

    function test_RevertWhen_PaidAtOnceWithADate() public {
        IDistribution.Allocation[] memory a = allocations();
        a[0].start = 1;
        expectInvalid(a, 0);
        a = allocations();
        a[0].cliff = 1;
        expectInvalid(a, 0);
    }

    function test_RevertWhen_AllocationsAreNotTheSupply() public {
        IDistribution.Allocation[] memory a = allocations();
        for (uint256 i = 0; i < 2; ++i) {
            uint256 supply = SUPPLY + 2 * i - 1;
            CorToken t = new CorToken(next(), supply);
            vm.expectRevert(abi.encodeWithSelector(IDistribution.SupplyMismatch.selector, SUPPLY, supply, supply));
            new Distribution(t, a);
        }
    }

    function test_RevertWhen_ItDoesNotHoldTheWholeSupply() public {
        CorToken t = new CorToken(stranger, SUPPLY);
        address place = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.prank(stranger);
        t.transfer(place, SUPPLY - 1);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.SupplyMismatch.selector, SUPPLY, SUPPLY, SUPPLY - 1));
        new Distribution(t, allocations());
    }

    function test_RevertWhen_SomebodyElseHoldsTheRestOfTheSupply() public {
        CorToken t = new CorToken(stranger, SUPPLY + 1);
        address place = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.prank(stranger);
        t.transfer(place, SUPPLY);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.SupplyMismatch.selector, SUPPLY, SUPPLY + 1, SUPPLY));
        new Distribution(t, allocations());
    }

    function test_RevertWhen_NoAllocations() public {
        CorToken t = new CorToken(next(), SUPPLY);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.SupplyMismatch.selector, 0, SUPPLY, SUPPLY));
        new Distribution(t, new IDistribution.Allocation[](0));
    }

    function test_RevertWhen_TooMany() public {
        uint256 max = distribution.ALLOCATIONS_MAX();
        IDistribution.Allocation[] memory a = new IDistribution.Allocation[](max);
        for (uint256 i = 0; i < max; ++i) {
            a[i] = IDistribution.Allocation(team, 1, 0, 0, 0);
        }
        (CorToken t,) = deploy(a, max);
        assertEq(t.balanceOf(team), max);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.TooManyAllocations.selector, max + 1, max));
        new Distribution(t, new IDistribution.Allocation[](max + 1));
    }
}

contract DistributionReleaseTest is DistributionBase {
    function test_NothingBeforeTheCliff() public {
        vm.warp(START + CLIFF - 1);
        assertEq(distribution.vestedAt(1, block.timestamp), 0);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NothingToRelease.selector, 1));
        release(1);
    }

    function test_AtTheCliffAllThatTheTimeSinceTheStartHasEarned() public {
        vm.warp(START + CLIFF);
        uint256 quarter = uint256(TEAM) / 4;
        vm.expectEmit(address(distribution));
        emit IDistribution.Released(1, team, quarter, quarter);
        assertEq(release(1), quarter);
        assertEq(token.balanceOf(team), quarter);
        assertEq(distribution.released(1), quarter);
        assertEq(token.balanceOf(stranger), 0);
    }

    function test_NothingAtTheStartAndSomethingAfterIt() public {
        vm.warp(START);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NothingToRelease.selector, 2));
        release(2);
        vm.warp(START + 1 days);
        assertEq(release(2), uint256(REWARDS) / 400);
    }

    function test_TheRestAtTheEnd() public {
        vm.warp(START + DURATION / 2);
        release(1);
        vm.warp(START + DURATION - 1);
        assertLt(distribution.vestedAt(1, block.timestamp), TEAM);
        vm.warp(START + DURATION);
        release(1);
        release(2);
        assertEq(token.balanceOf(team), TEAM);
        assertEq(token.balanceOf(rewards), REWARDS);
        assertEq(token.balanceOf(address(distribution)), 0);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NothingToRelease.selector, 1));
        release(1);
    }

    function test_RevertWhen_PaidAtOnceBefore() public {
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NothingToRelease.selector, 0));
        release(0);
    }

    function test_RevertWhen_TwiceInASecond() public {
        vm.warp(START + DURATION / 3);
        release(1);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NothingToRelease.selector, 1));
        release(1);
    }

    function test_RevertWhen_Unknown() public {
        vm.expectRevert(abi.encodeWithSelector(IDistribution.UnknownAllocation.selector, 3));
        release(3);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.UnknownAllocation.selector, 3));
        distribution.vestedAt(3, START);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.UnknownAllocation.selector, 3));
        distribution.allocation(3);
    }

    function testFuzz_AnyOrderOfReleasesPaysWhatIsVested(uint48[8] memory times) public {
        uint256 paid;
        for (uint256 i = 0; i < times.length; ++i) {
            skip(bound(times[i], 1, 100 days));
            uint256 due = distribution.vestedAt(1, block.timestamp) - paid;
            if (due == 0) continue;
            assertEq(release(1), due);
            paid += due;
            assertEq(token.balanceOf(team), paid);
            assertEq(distribution.released(1), paid);
        }
    }
}

contract DistributionVestedAtTest is DistributionBase {
    function testFuzz_GrowsInProportionToTheTimeSinceTheStart(uint48 elapsed) public view {
        uint256 vested = distribution.vestedAt(1, uint256(START) + elapsed);
        if (elapsed < CLIFF) assertEq(vested, 0);
        else if (elapsed >= DURATION) assertEq(vested, TEAM);
        else assertEq(vested, uint256(TEAM) * elapsed / DURATION);
        assertEq(distribution.vestedAt(1, START - 1), 0);
    }

    function test_TheLargestNumbersDoNotOverflow() public {
        IDistribution.Allocation[] memory a = new IDistribution.Allocation[](1);
        uint48 last = type(uint48).max;
        a[0] = IDistribution.Allocation(team, type(uint128).max, last, last, last);
        (, Distribution d) = deploy(a, type(uint128).max);
        assertEq(d.vestedAt(0, 2 * uint256(last) - 1), 0);
        assertEq(d.vestedAt(0, 2 * uint256(last)), type(uint128).max);
        a[0].cliff = 0;
        (, d) = deploy(a, type(uint128).max);
        assertEq(d.vestedAt(0, 2 * uint256(last) - 1), uint256(type(uint128).max) * (uint256(last) - 1) / last);
    }
}
