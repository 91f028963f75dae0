// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { RecentTrace } from "../../src/libraries/RecentTrace.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import { Test } from "forge-std/Test.sol";

contract RecentTraceTest is Test {
    using Checkpoints for Checkpoints.Trace208;
    using RecentTrace for RecentTrace.Trace;

    RecentTrace.Trace private trace;
    Checkpoints.Trace208 private model;

    function push(uint48 key, uint208 value) public {
        trace.push(key, value);
    }

    function test_isZeroBeforeTheFirst() public {
        assertEq(trace.latest(), 0);
        assertEq(trace.valueAt(type(uint48).max), 0);
        trace.push(5, 7);
        assertEq(trace.valueAt(4), 0);
        assertEq(trace.valueAt(5), 7);
    }

    function test_aZeroIsAValueToo() public {
        trace.push(5, 7);
        trace.push(6, 0);
        trace.push(7, 9);
        assertEq(trace.valueAt(5), 7);
        assertEq(trace.valueAt(6), 0);
        assertEq(trace.valueAt(7), 9);
    }

    function test_theLastForAKeyHolds() public {
        trace.push(0, 1);
        trace.push(0, 2);
        trace.push(5, 3);
        trace.push(5, 4);
        assertEq(trace.valueAt(0), 2);
        assertEq(trace.valueAt(4), 2);
        assertEq(trace.valueAt(5), 4);
        assertEq(trace.latest(), 4);
    }

    function test_CheckpointUnorderedInsertion() public {
        trace.push(5, 1);
        vm.expectRevert(Checkpoints.CheckpointUnorderedInsertion.selector);
        this.push(4, 1);
    }

    /// @dev Says at every key what a plain list of checkpoints says.
    function testFuzz_saysWhatAListOfCheckpointsSays(uint8[12] memory steps, uint8[12] memory values, uint8 asked)
        public
    {
        uint48 key;
        for (uint256 i = 0; i < steps.length; ++i) {
            key += steps[i] % 4;
            trace.push(key, values[i] % 3);
            model.push(key, values[i] % 3);
        }
        assertEq(trace.latest(), model.latest());
        for (uint48 k = 0; k <= key + 1; ++k) {
            assertEq(trace.valueAt(k), model.upperLookupRecent(k));
        }
        assertEq(trace.valueAt(asked), model.upperLookupRecent(asked));
    }
}
