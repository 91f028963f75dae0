// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IOracleSet } from "../../src/interfaces/IOracleSet.sol";
import { IWeights } from "../../src/interfaces/IWeights.sol";
import { OracleSet } from "../../src/layers/OracleSet.sol";
import { Roles } from "../../src/types/Roles.sol";
import { Test } from "forge-std/Test.sol";

abstract contract OracleSetBase is Test {
    OracleSet internal set;
    address internal governance = makeAddr("governance");
    address internal stranger = makeAddr("stranger");
    address internal first = makeAddr("first");
    address internal second = makeAddr("second");

    function setUp() public {
        vm.warp(1_700_000_000);
        address[] memory initial = new address[](1);
        initial[0] = first;
        set = new OracleSet(governance, initial);
    }

    function add(address operator) internal {
        vm.prank(governance);
        set.add(operator);
    }

    function remove(address operator) internal {
        vm.prank(governance);
        set.remove(operator);
    }
}

contract OracleSetConstructor is OracleSetBase {
    function test_seatsTheFirstOnes() public {
        address[] memory initial = new address[](2);
        (initial[0], initial[1]) = (first, second);
        set = new OracleSet(governance, initial);
        assertEq(set.governance(), governance);
        assertEq(set.oracles(), initial);
        skip(1);
        assertEq(set.totalWeightAt(Roles.ORACLE, block.timestamp - 1), 2);
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IOracleSet.ZeroAddress.selector);
        new OracleSet(address(0), new address[](0));
        vm.expectRevert(IOracleSet.ZeroAddress.selector);
        new OracleSet(governance, new address[](1));
    }

    function test_RevertWhen_TheSameTwice() public {
        address[] memory initial = new address[](2);
        (initial[0], initial[1]) = (first, first);
        vm.expectRevert(abi.encodeWithSelector(IOracleSet.AlreadyOracle.selector, first));
        new OracleSet(governance, initial);
    }
}

contract OracleSetAdd is OracleSetBase {
    function test_givesASeatFromThisSecondOn() public {
        uint256 start = block.timestamp;
        skip(10);
        vm.expectEmit(address(set));
        emit IOracleSet.OracleAdded(second, 2);
        add(second);
        assertTrue(set.isOracle(second));
        skip(1);
        assertEq(set.weightAt(second, Roles.ORACLE, start + 9), 0);
        assertEq(set.weightAt(second, Roles.ORACLE, start + 10), 1);
        assertEq(set.totalWeightAt(Roles.ORACLE, start + 9), 1);
        assertEq(set.totalWeightAt(Roles.ORACLE, start + 10), 2);
    }

    function test_RevertWhen_NotGovernance() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleSet.NotGovernance.selector, stranger));
        vm.prank(stranger);
        set.add(second);
    }

    function test_RevertWhen_AlreadyOracle() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleSet.AlreadyOracle.selector, first));
        add(first);
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IOracleSet.ZeroAddress.selector);
        add(address(0));
    }

    function test_RevertWhen_SetFull() public {
        for (uint160 i = 1; i < 64; ++i) {
            add(address(i));
        }
        assertEq(set.oracles().length, 64);
        vm.expectRevert(IOracleSet.SetFull.selector);
        add(second);
        remove(first);
        add(second);
        assertEq(set.oracles().length, 64);
    }
}

contract OracleSetRemove is OracleSetBase {
    function test_takesTheSeatFromThisSecondOn() public {
        add(second);
        uint256 start = block.timestamp;
        skip(10);
        vm.expectEmit(address(set));
        emit IOracleSet.OracleRemoved(first, 1);
        remove(first);
        assertFalse(set.isOracle(first));
        assertEq(set.oracles().length, 1);
        skip(1);
        assertEq(set.weightAt(first, Roles.ORACLE, start + 9), 1);
        assertEq(set.weightAt(first, Roles.ORACLE, start + 10), 0);
        assertEq(set.totalWeightAt(Roles.ORACLE, start + 9), 2);
        assertEq(set.totalWeightAt(Roles.ORACLE, start + 10), 1);
    }

    function test_RevertWhen_NotGovernance() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleSet.NotGovernance.selector, first));
        vm.prank(first);
        set.remove(first);
    }

    function test_RevertWhen_NotOracle() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleSet.NotOracle.selector, second));
        remove(second);
    }

    function testFuzz_theTotalIsTheSumOfSeats(uint256 moves) public {
        address[4] memory all = [first, second, stranger, governance];
        for (uint256 i = 0; i < 24; ++i) {
            address who = all[(moves >> (2 * i)) % 4];
            if (set.isOracle(who)) remove(who);
            else add(who);
            skip(1);
            uint256 sum = 0;
            for (uint256 j = 0; j < 4; ++j) {
                uint256 seat = set.weightAt(all[j], Roles.ORACLE, block.timestamp - 1);
                assertEq(seat, set.isOracle(all[j]) ? 1 : 0);
                sum += seat;
            }
            assertEq(set.totalWeightAt(Roles.ORACLE, block.timestamp - 1), sum);
            assertEq(set.oracles().length, sum);
        }
    }
}

contract OracleSetWeightAt is OracleSetBase {
    function test_otherRolesHaveNoWeight() public {
        skip(1);
        assertEq(set.weightAt(first, Roles.ORACLE, block.timestamp - 1), 1);
        assertEq(set.weightAt(first, Roles.GUARD, block.timestamp - 1), 0);
        assertEq(set.weightAt(first, Roles.ALL, block.timestamp - 1), 0);
        assertEq(set.totalWeightAt(Roles.GUARD, block.timestamp - 1), 0);
    }

    function test_RevertWhen_NotYetPast() public {
        vm.expectRevert(abi.encodeWithSelector(IWeights.NotYetPast.selector, block.timestamp));
        set.weightAt(first, Roles.ORACLE, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IWeights.NotYetPast.selector, block.timestamp + 1));
        set.totalWeightAt(Roles.ORACLE, block.timestamp + 1);
    }
}
