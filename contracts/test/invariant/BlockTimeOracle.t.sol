// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IBlockTimeOracle } from "../../src/interfaces/IBlockTimeOracle.sol";
import { Observation } from "../../src/types/Observation.sol";
import { BlockTimeOracleBase } from "../unit/BlockTimeOracle.t.sol";

/// @notice A living layer, five honest oracles whose clocks are up to 5 s off, and two that say anything.
contract BlockTimeHandler is BlockTimeOracleBase {
    uint256 internal constant ORACLES = 7;
    uint256 internal constant LIARS = 2;
    uint64 internal constant SKEW = 5;

    uint64 internal number = FIRST;
    uint64 public previousTime;
    uint64 public previousUpdatedAt;
    uint256 public rounds;

    function setUp() public override {
        super.setUp();
        useOracles(ORACLES);
        this.round(1, true);
    }

    function drift() external pure returns (uint64) {
        return DRIFT;
    }

    function skew() external pure returns (uint64) {
        return SKEW;
    }

    function status() external view returns (IBlockTimeOracle.Status memory) {
        return time.status(LAYER);
    }

    function agreedWrongly() external view returns (bool) {
        for (uint64 n = number > 64 ? number - 64 : 0; n <= number; ++n) {
            bytes32 known = time.agreedHash(LAYER, n);
            if (known != 0 && known != hashOf(n)) return true;
        }
        return false;
    }

    function wait(uint256 seconds_) external {
        skip(bound(seconds_, 1, 2 * STALL));
        ++number;
    }

    /// @dev All seven, at once or one by one, after at least the seconds that keep each clock rising.
    function round(uint256 seed, bool batch) external {
        skip(2 * SKEW + 1);
        number += uint64(seed % 3) + 1;
        uint64 earliest = time.status(LAYER).networkTime == 0 ? 1 : now64();
        Observation[] memory o = new Observation[](ORACLES);
        for (uint256 i = 0; i < ORACLES; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i, number)));
            o[i] = honest(number);
            o[i].localTime = now64() - SKEW + uint64(r % (2 * SKEW + 1));
            if (i % 4 != 1) continue; // liars are 1 and 5
            if (r % 3 != 0) o[i].number = uint64(r >> 8);
            o[i].blockHash = bytes32(r);
            o[i].timestamp = uint64(r >> 80);
            if (o[i].localTime < now64() + SKEW) o[i].localTime = uint64(bound(r >> 144, earliest, now64() + 1 hours));
            uint64 own = time.report(LAYER, oracle(i)).localTime;
            // a liar that locked itself out by a clock ahead of all others is silent
            if (o[i].localTime <= own) delete o[i];
        }
        previousTime = time.status(LAYER).networkTime;
        previousUpdatedAt = time.status(LAYER).updatedAt;
        if (batch) {
            closeWithoutStale(o);
        } else {
            uint256 n;
            for (uint256 i = 0; i < ORACLES; ++i) {
                if (o[i].chainId == 0) continue;
                post(i, o[i]);
                ++n;
            }
            address[] memory list = new address[](n);
            n = 0;
            for (uint256 i = 0; i < ORACLES; ++i) {
                if (o[i].chainId != 0) list[n++] = oracle(i);
            }
            time.update(LAYER, list);
        }
        ++rounds;
    }

    function closeWithoutStale(Observation[] memory o) private {
        uint256 n;
        for (uint256 i = 0; i < o.length; ++i) {
            if (o[i].chainId != 0) ++n;
        }
        Observation[] memory used = new Observation[](n);
        bytes[] memory signatures = new bytes[](n);
        n = 0;
        for (uint256 i = 0; i < o.length; ++i) {
            if (o[i].chainId == 0) continue;
            used[n] = o[i];
            signatures[n++] = sign(keys[i], o[i]);
        }
        time.postAndUpdate(used, signatures);
    }
}

contract BlockTimeOracleInvariantTest is BlockTimeOracleBase {
    BlockTimeHandler internal handler;

    function setUp() public override {
        super.setUp();
        handler = new BlockTimeHandler();
        handler.setUp();
        bytes4[] memory selectors = new bytes4[](2);
        selectors[0] = BlockTimeHandler.wait.selector;
        selectors[1] = BlockTimeHandler.round.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
    }

    function invariant_timeNeverFallsAndStaysWithinTheDrift() public view {
        IBlockTimeOracle.Status memory s = handler.status();
        assertEq(s.rounds, handler.rounds());
        if (handler.previousTime() == 0) return;
        assertGe(s.networkTime, handler.previousTime());
        uint256 expected = uint256(handler.previousTime()) + (s.updatedAt - handler.previousUpdatedAt());
        assertLe(s.networkTime, expected + handler.drift());
        if (expected - handler.drift() > handler.previousTime()) {
            assertGe(s.networkTime, expected - handler.drift());
        }
    }

    function invariant_timeIsWithinTheHonestClocks() public view {
        IBlockTimeOracle.Status memory s = handler.status();
        assertLe(s.networkTime, s.updatedAt + handler.skew());
        assertGe(s.networkTime + handler.skew(), s.updatedAt);
    }

    function invariant_aLivingLayerIsNeverFlagged() public view {
        assertEq(handler.status().flags, 0);
        assertFalse(handler.agreedWrongly());
    }
}
