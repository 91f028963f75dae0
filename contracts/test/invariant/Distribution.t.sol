// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IDistribution } from "../../src/interfaces/IDistribution.sol";
import { CorToken } from "../../src/l1/CorToken.sol";
import { Distribution } from "../../src/l1/Distribution.sol";
import { Test } from "forge-std/Test.sol";

/// @notice Anybody releases anything at any time.
contract DistributionHandler is Test {
    uint256 public constant COUNT = 4;

    CorToken public token;
    Distribution public distribution;
    uint256[COUNT] public paid;
    uint256[COUNT] public vestedBefore;

    constructor() {
        vm.warp(1_700_000_000);
        uint48 start = uint48(block.timestamp + 5 days);
        IDistribution.Allocation[] memory a = new IDistribution.Allocation[](COUNT);
        a[0] = IDistribution.Allocation(beneficiary(0), 1_000_003, 0, 0, 0);
        a[1] = IDistribution.Allocation(beneficiary(1), 7_777_777, start, 30 days, 100 days);
        a[2] = IDistribution.Allocation(beneficiary(2), 13, start, 0, 50 days);
        a[3] = IDistribution.Allocation(beneficiary(3), 1 ether, start + 10 days, 20 days, 20 days);
        uint256 supply;
        for (uint256 i = 0; i < COUNT; ++i) {
            supply += a[i].amount;
        }
        token = new CorToken(vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1), supply);
        distribution = new Distribution(token, a);
        paid[0] = a[0].amount;
    }

    function beneficiary(uint256 id) public pure returns (address) {
        return address(uint160(0xBE0000 + id));
    }

    function release(address caller, uint256 id) external {
        id = bound(id, 0, COUNT - 1);
        uint256 due = distribution.vestedAt(id, block.timestamp) - paid[id];
        if (due == 0) vm.expectRevert(abi.encodeWithSelector(IDistribution.NothingToRelease.selector, id));
        vm.prank(caller);
        uint256 amount = distribution.release(id);
        if (due == 0) return;
        assertEq(amount, due);
        paid[id] += amount;
    }

    function pass(uint256 time) external {
        skip(bound(time, 1, 5 days));
        for (uint256 i = 0; i < COUNT; ++i) {
            uint256 vested = distribution.vestedAt(i, block.timestamp);
            assertGe(vested, vestedBefore[i]);
            vestedBefore[i] = vested;
        }
    }
}

contract DistributionInvariant is Test {
    DistributionHandler internal handler;

    function setUp() public {
        handler = new DistributionHandler();
        bytes4[] memory selectors = new bytes4[](2);
        selectors[0] = DistributionHandler.release.selector;
        selectors[1] = DistributionHandler.pass.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
    }

    function invariant_releasedIsAtMostVestedIsAtMostAllocated() public view {
        Distribution d = handler.distribution();
        for (uint256 i = 0; i < handler.COUNT(); ++i) {
            uint256 vested = d.vestedAt(i, block.timestamp);
            assertLe(d.released(i), vested);
            assertLe(vested, d.allocation(i).amount);
        }
    }

    function invariant_theSupplyIsReleasedOrHeld() public view {
        (Distribution d, CorToken token) = (handler.distribution(), handler.token());
        uint256 sum = token.balanceOf(address(d));
        for (uint256 i = 0; i < handler.COUNT(); ++i) {
            assertEq(d.released(i), handler.paid(i));
            assertEq(token.balanceOf(handler.beneficiary(i)), handler.paid(i));
            sum += d.released(i);
        }
        assertEq(sum, token.totalSupply());
    }
}
