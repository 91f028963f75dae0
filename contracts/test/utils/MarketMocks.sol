// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../../src/interfaces/IAdmission.sol";
import { IWeights } from "../../src/interfaces/IWeights.sol";
import { Test } from "forge-std/Test.sol";

/// @notice Weights of one role that are the same at every past second.
contract SettableWeights is IWeights {
    uint32 public immutable role;
    mapping(address => uint256) public weights;
    uint256 public total;

    constructor(uint32 role_) {
        role = role_;
    }

    function set(address operator, uint256 weight) external {
        total = total - weights[operator] + weight;
        weights[operator] = weight;
    }

    function weightAt(address operator, uint32 role_, uint256 timestamp) external view returns (uint256) {
        if (timestamp >= block.timestamp) revert NotYetPast(timestamp);
        return role_ == role ? weights[operator] : 0;
    }

    function totalWeightAt(uint32 role_, uint256 timestamp) external view returns (uint256) {
        if (timestamp >= block.timestamp) revert NotYetPast(timestamp);
        return role_ == role ? total : 0;
    }
}

/// @notice Refuses what it is told to refuse, with a reason of its own.
contract SettableAdmission is IAdmission {
    error Refused(address who);
    error RefusedRoles(uint32 roles);

    bool public refuses;

    function set(bool refuses_) external {
        refuses = refuses_;
    }

    function requireSession(address client, bytes32) external view {
        if (refuses) revert Refused(client);
    }

    function requireNode(address, address, uint32 roles) external view {
        if (refuses) revert RefusedRoles(roles);
    }
}

/// @notice What the tests of these contracts share: a clock that starts at a full hour, and the ways to sign.
abstract contract MarketTest is Test {
    address internal governance = makeAddr("governance");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(1_699_999_200); // a multiple of an hour
    }

    function sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function typedDigest(address verifying, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("cortensord"),
                keccak256("1"),
                block.chainid,
                verifying
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev The same signature with s on the other half of the curve order.
    function highS(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = split(signature);
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        return abi.encodePacked(r, bytes32(n - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }

    function split(bytes memory signature) internal pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }
}
