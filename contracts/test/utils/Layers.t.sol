// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { CheckpointAnchor } from "../../src/layers/CheckpointAnchor.sol";
import { OracleSet } from "../../src/layers/OracleSet.sol";
import { Checkpoint } from "../../src/types/Checkpoint.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Roles } from "../../src/types/Roles.sol";
import { MockParameters } from "./MockParameters.sol";
import { State } from "./Trie.sol";
import { Test } from "forge-std/Test.sol";

/// @notice One layer that anchors another, by four oracles of equal weight.
abstract contract LayersBase is Test {
    uint256 internal constant HERE = 31_337;
    uint256 internal constant THERE = 4242;
    uint256 internal constant WINDOW = 1 hours;
    uint256 internal constant AGE_MAX = 1 days;

    MockParameters internal parameters;
    OracleSet internal oracles;
    CheckpointAnchor internal anchor;
    address internal governance = makeAddr("governance");
    address internal stranger = makeAddr("stranger");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    uint256[] internal keys;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        vm.chainId(HERE);
        address[] memory first = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            (address oracle, uint256 key) = makeAddrAndKey(string.concat("oracle", vm.toString(i)));
            keys.push(key);
            first[i] = oracle;
        }
        for (uint256 i = 1; i < 4; ++i) {
            for (uint256 j = i; j > 0 && vm.addr(keys[j]) < vm.addr(keys[j - 1]); --j) {
                (keys[j], keys[j - 1]) = (keys[j - 1], keys[j]);
            }
        }
        parameters = new MockParameters(1 hours);
        parameters.put(Parameter.CheckpointChallengeSeconds, WINDOW);
        parameters.put(Parameter.SnapshotAgeMaxSeconds, AGE_MAX);
        oracles = new OracleSet(governance, first);
        anchor = new CheckpointAnchor(oracles, Roles.ORACLE, THERE, parameters);
        skip(1);
    }

    /// @dev `count` oracles, in order, sign.
    function signed(Checkpoint memory c, uint256 count) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            signatures[i] = sign(keys[i], anchor.checkpointDigest(c));
        }
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function checkpointOf(uint64 number, bytes32 stateRoot) internal pure returns (Checkpoint memory) {
        return Checkpoint(number, keccak256(State.header(number, stateRoot)), stateRoot);
    }

    function post(uint64 number, bytes32 stateRoot) internal {
        anchor.submit(State.header(number, stateRoot), block.timestamp - 1, signed(checkpointOf(number, stateRoot), 3));
    }

    function postFinal(uint64 number, bytes32 stateRoot) internal {
        post(number, stateRoot);
        skip(WINDOW);
    }
}
