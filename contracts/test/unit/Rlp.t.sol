// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Rlp } from "../../src/libraries/Rlp.sol";
import { RlpWriter } from "../utils/Trie.sol";
import { Test } from "forge-std/Test.sol";

contract RlpReader {
    function split(bytes calldata data) external pure returns (bytes memory item, bytes memory rest) {
        return Rlp.split(data);
    }

    function isList(bytes calldata item) external pure returns (bool) {
        return Rlp.isList(item);
    }

    function listPayload(bytes calldata item) external pure returns (bytes memory) {
        return Rlp.listPayload(item);
    }

    function stringPayload(bytes calldata item) external pure returns (bytes memory) {
        return Rlp.stringPayload(item);
    }

    function toBytes32(bytes calldata item) external pure returns (bytes32) {
        return Rlp.toBytes32(item);
    }

    function toUint(bytes calldata item) external pure returns (uint256) {
        return Rlp.toUint(item);
    }
}

abstract contract RlpBase is Test {
    RlpReader internal rlp = new RlpReader();

    function filled(uint256 length) internal pure returns (bytes memory out) {
        out = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            out[i] = bytes1(uint8(0x80 + i));
        }
    }

    function expectInvalid() internal {
        vm.expectRevert(Rlp.InvalidRlp.selector);
    }
}

contract RlpStringPayload is RlpBase {
    /// @dev The examples of the yellow paper and of ethereum.org.
    function test_readsWhatOthersWrote() public view {
        assertEq(rlp.stringPayload(hex"83646f67"), "dog");
        assertEq(rlp.stringPayload(hex"80"), "");
        assertEq(rlp.stringPayload(hex"00"), hex"00");
        assertEq(rlp.stringPayload(hex"0f"), hex"0f");
        assertEq(rlp.stringPayload(hex"7f"), hex"7f");
        assertEq(rlp.stringPayload(hex"8180"), hex"80");
        assertEq(rlp.stringPayload(hex"820400"), hex"0400");
        bytes memory lorem = "Lorem ipsum dolor sit amet, consectetur adipisicing elit";
        assertEq(rlp.stringPayload(bytes.concat(hex"b838", lorem)), lorem);
    }

    function test_readsLengthsOnBothSidesOfEveryForm() public view {
        uint256[6] memory lengths = [uint256(2), 55, 56, 255, 256, 65_536];
        for (uint256 i = 0; i < lengths.length; ++i) {
            bytes memory payload = filled(lengths[i]);
            assertEq(rlp.stringPayload(RlpWriter.string_(payload)), payload);
        }
    }

    function testFuzz_readsWhatWasWritten(bytes calldata payload) public view {
        assertEq(rlp.stringPayload(RlpWriter.string_(payload)), payload);
    }

    /// @dev One value, one encoding: what is read is written back to the same bytes.
    function testFuzz_hasOneEncodingOnly(bytes memory data, uint8 prefix) public view {
        data = bytes.concat(bytes1(prefix), data);
        try rlp.stringPayload(data) returns (bytes memory payload) {
            assertEq(RlpWriter.string_(payload), data);
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), Rlp.InvalidRlp.selector);
        }
    }

    function test_RevertWhen_Nothing() public {
        expectInvalid();
        rlp.stringPayload("");
    }

    function test_RevertWhen_Truncated() public {
        expectInvalid();
        rlp.stringPayload(hex"83646f");
        expectInvalid();
        rlp.stringPayload(hex"81");
        expectInvalid();
        rlp.stringPayload(hex"b8");
        expectInvalid();
        rlp.stringPayload(hex"b9ff");
        expectInvalid();
        rlp.stringPayload(bytes.concat(hex"b838", filled(55)));
    }

    function test_RevertWhen_Trailing() public {
        expectInvalid();
        rlp.stringPayload(hex"83646f6700");
        expectInvalid();
        rlp.stringPayload(hex"0000");
        expectInvalid();
        rlp.stringPayload(hex"8000");
    }

    function test_RevertWhen_ASingleByteHasAPrefix() public {
        expectInvalid();
        rlp.stringPayload(hex"8100");
        expectInvalid();
        rlp.stringPayload(hex"817f");
    }

    function test_RevertWhen_ALongFormIsNotNeeded() public {
        expectInvalid();
        rlp.stringPayload(bytes.concat(hex"b837", filled(55)));
        expectInvalid();
        rlp.stringPayload(hex"b80180");
    }

    function test_RevertWhen_ALengthHasLeadingZeros() public {
        expectInvalid();
        rlp.stringPayload(bytes.concat(hex"b90038", filled(56)));
        expectInvalid();
        rlp.stringPayload(hex"b800");
    }

    function test_RevertWhen_ALengthIsHuge() public {
        expectInvalid();
        rlp.stringPayload(bytes.concat(hex"bfffffffffffffffff", filled(56)));
        expectInvalid();
        rlp.listPayload(bytes.concat(hex"ffffffffffffffffff", filled(56)));
    }

    function test_RevertWhen_List() public {
        expectInvalid();
        rlp.stringPayload(hex"c0");
        expectInvalid();
        rlp.stringPayload(hex"c3010203");
    }
}

contract RlpListPayload is RlpBase {
    function test_readsWhatOthersWrote() public view {
        assertEq(rlp.listPayload(hex"c0"), "");
        assertEq(rlp.listPayload(hex"c88363617483646f67"), hex"8363617483646f67");
        assertEq(rlp.listPayload(hex"c7c0c1c0c3c0c1c0"), hex"c0c1c0c3c0c1c0");
        assertEq(rlp.listPayload(hex"c17f"), hex"7f");
    }

    function test_readsLengthsOnBothSidesOfEveryForm() public view {
        uint256[6] memory lengths = [uint256(2), 55, 56, 255, 256, 65_536];
        for (uint256 i = 0; i < lengths.length; ++i) {
            bytes memory payload = filled(lengths[i]);
            assertEq(rlp.listPayload(RlpWriter.list(payload)), payload);
        }
    }

    function testFuzz_hasOneEncodingOnly(bytes memory data, uint8 prefix) public view {
        data = bytes.concat(bytes1(prefix), data);
        try rlp.listPayload(data) returns (bytes memory payload) {
            assertEq(RlpWriter.list(payload), data);
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), Rlp.InvalidRlp.selector);
        }
    }

    function test_RevertWhen_Truncated() public {
        expectInvalid();
        rlp.listPayload(hex"c30102");
        expectInvalid();
        rlp.listPayload(hex"f8");
    }

    function test_RevertWhen_Trailing() public {
        expectInvalid();
        rlp.listPayload(hex"c000");
    }

    function test_RevertWhen_ALongFormIsNotNeeded() public {
        expectInvalid();
        rlp.listPayload(bytes.concat(hex"f837", filled(55)));
        expectInvalid();
        rlp.listPayload(bytes.concat(hex"f90038", filled(56)));
    }

    function test_RevertWhen_String() public {
        expectInvalid();
        rlp.listPayload(hex"80");
        expectInvalid();
        rlp.listPayload(hex"7f");
        expectInvalid();
        rlp.listPayload(bytes.concat(hex"b838", filled(56)));
    }
}

contract RlpSplit is RlpBase {
    function testFuzz_cutsTheFirstItemOff(bytes calldata first, bytes calldata second) public view {
        bytes memory a = RlpWriter.string_(first);
        bytes memory b = RlpWriter.list(second);
        (bytes memory item, bytes memory rest) = rlp.split(bytes.concat(a, b));
        assertEq(item, a);
        assertEq(rest, b);
        (item, rest) = rlp.split(rest);
        assertEq(item, b);
        assertEq(rest.length, 0);
    }

    function test_RevertWhen_NothingIsLeft() public {
        expectInvalid();
        rlp.split("");
    }

    function test_RevertWhen_TheItemIsNotCanonical() public {
        expectInvalid();
        rlp.split(hex"817f01");
    }
}

contract RlpIsList is RlpBase {
    function test_tellsListsFromStrings() public view {
        assertFalse(rlp.isList(hex"7f"));
        assertFalse(rlp.isList(hex"80"));
        assertFalse(rlp.isList(bytes.concat(hex"b838", filled(56))));
        assertTrue(rlp.isList(hex"c0"));
        assertTrue(rlp.isList(bytes.concat(hex"f838", filled(56))));
    }
}

contract RlpToUint is RlpBase {
    function testFuzz_readsWhatWasWritten(uint256 value, uint8 shift) public view {
        value >>= shift;
        assertEq(rlp.toUint(RlpWriter.number(value)), value);
    }

    function test_readsTheEnds() public view {
        assertEq(rlp.toUint(hex"80"), 0);
        assertEq(rlp.toUint(hex"01"), 1);
        assertEq(rlp.toUint(RlpWriter.number(type(uint256).max)), type(uint256).max);
    }

    function test_RevertWhen_LeadingZero() public {
        expectInvalid();
        rlp.toUint(hex"00");
        expectInvalid();
        rlp.toUint(hex"820001");
    }

    function test_RevertWhen_LongerThanAWord() public {
        expectInvalid();
        rlp.toUint(RlpWriter.string_(filled(33)));
    }

    function test_RevertWhen_List() public {
        expectInvalid();
        rlp.toUint(hex"c101");
    }
}

contract RlpToBytes32 is RlpBase {
    function testFuzz_readsAWord(bytes32 value) public view {
        assertEq(rlp.toBytes32(abi.encodePacked(hex"a0", value)), value);
    }

    function test_RevertWhen_AnotherLength() public {
        expectInvalid();
        rlp.toBytes32(RlpWriter.string_(filled(31)));
        expectInvalid();
        rlp.toBytes32(RlpWriter.string_(filled(33)));
        expectInvalid();
        rlp.toBytes32(hex"80");
    }

    function test_RevertWhen_List() public {
        expectInvalid();
        rlp.toBytes32(RlpWriter.list(filled(32)));
    }
}
