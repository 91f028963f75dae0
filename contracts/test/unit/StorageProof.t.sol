// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BlockHeader } from "../../src/libraries/BlockHeader.sol";
import { MerklePatricia } from "../../src/libraries/MerklePatricia.sol";
import { Rlp } from "../../src/libraries/Rlp.sol";
import { StorageProof } from "../../src/libraries/StorageProof.sol";
import { Message } from "../../src/types/Message.sol";
import { RlpWriter, State, Trie } from "../utils/Trie.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Test } from "forge-std/Test.sol";

contract StorageReader {
    function read(
        bytes32 stateRoot,
        address account,
        bytes32 slot,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external pure returns (uint256) {
        return StorageProof.read(stateRoot, account, slot, accountProof, storageProof);
    }

    function decode(bytes calldata header) external pure returns (uint64, bytes32) {
        return BlockHeader.decode(header);
    }
}

/// @notice What a real node answered to `eth_getProof` (scripts/genProofFixtures.ts).
contract StorageProofKnownAnswers is Test {
    using { field } for uint256;

    StorageReader internal reader = new StorageReader();
    string internal json = vm.readFile("contracts/test/fixtures/stateProofs.json");
    bytes32 internal stateRoot = vm.parseJsonBytes32(json, ".stateRoot");

    struct Known {
        address account;
        bytes32 slot;
        uint256 value;
        bytes[] accountProof;
        bytes[] storageProof;
    }

    function known(uint256 i) internal view returns (Known memory k) {
        k.account = vm.parseJsonAddress(json, i.field("account"));
        k.slot = vm.parseJsonBytes32(json, i.field("slot"));
        k.value = uint256(vm.parseJsonBytes32(json, i.field("value")));
        k.accountProof = vm.parseJsonBytesArray(json, i.field("accountProof"));
        k.storageProof = vm.parseJsonBytesArray(json, i.field("storageProof"));
    }

    function count() internal view returns (uint256 n) {
        while (vm.keyExistsJson(json, n.field("name"))) ++n;
    }

    function test_everyAnswerIsRead() public view {
        uint256 n = count();
        assertEq(n, 28);
        uint256 zeros = 0;
        for (uint256 i = 0; i < n; ++i) {
            Known memory k = known(i);
            uint256 value = reader.read(stateRoot, k.account, k.slot, k.accountProof, k.storageProof);
            assertEq(value, k.value, vm.parseJsonString(json, i.field("name")));
            if (value == 0) ++zeros;
        }
        assertEq(zeros, 11);
    }

    function test_theHeaderHasTheBlocksHashAndItsFields() public view {
        bytes memory header = vm.parseJsonBytes(json, ".header");
        assertEq(keccak256(header), vm.parseJsonBytes32(json, ".hash"));
        (uint64 number, bytes32 root) = reader.decode(header);
        assertEq(number, vm.parseJsonUint(json, ".number"));
        assertEq(root, stateRoot);
    }

    /// @dev The hash that the outbox answered on its chain is the one that an inbox computes.
    function test_theMessagesHashIsTheOutboxs() public view {
        address outbox = vm.parseJsonAddress(json, ".outbox");
        bytes32 hash = Message(
                vm.parseJsonUint(json, ".chainId"),
                vm.parseJsonAddress(json, ".sender"),
                31_337,
                vm.parseJsonAddress(json, ".target"),
                0,
                ""
            ).hashAt(outbox);
        assertEq(hash, vm.parseJsonBytes32(json, ".message"));
        assertEq(known(0).slot, StorageProof.mappingSlot(hash, 0));
        assertEq(known(0).account, outbox);
    }

    function test_RevertWhen_TheAccountIsAbsent() public {
        address absent = vm.parseJsonAddress(json, ".absentAccount");
        bytes[] memory proof = vm.parseJsonBytesArray(json, ".absentAccountProof");
        vm.expectRevert(abi.encodeWithSelector(StorageProof.AccountAbsent.selector, absent));
        reader.read(stateRoot, absent, 0, proof, new bytes[](0));
    }

    /// @dev Every case's storage proof against every other slot: the right value or none.
    function testFuzz_noProofGivesAnotherSlotsValue(uint256 a, uint256 b) public view {
        Known memory k = known(a % count());
        Known memory other = known(b % count());
        if (k.account != other.account) return;
        try reader.read(stateRoot, k.account, other.slot, k.accountProof, k.storageProof) returns (uint256 value) {
            assertEq(value, other.value);
        } catch { }
    }

    function testFuzz_RevertWhen_AByteIsFlipped(uint256 which, bool inAccount, uint8 node, uint16 position, uint8 flip)
        public
    {
        Known memory k = known(which % count());
        bytes[] memory proof = inAccount ? k.accountProof : k.storageProof;
        uint256 n = node % proof.length;
        bytes memory target = proof[n];
        target[position % target.length] ^= bytes1(uint8(bound(flip, 1, 255)));
        vm.expectRevert();
        reader.read(stateRoot, k.account, k.slot, k.accountProof, k.storageProof);
    }

    function test_RevertWhen_AnotherAccountsStorage() public {
        Known memory outbox = known(0);
        Known memory deep = known(14);
        vm.expectRevert(MerklePatricia.InvalidProof.selector);
        reader.read(stateRoot, deep.account, outbox.slot, deep.accountProof, outbox.storageProof);
        vm.expectRevert(MerklePatricia.InvalidProof.selector);
        reader.read(stateRoot, deep.account, outbox.slot, outbox.accountProof, outbox.storageProof);
    }
}

function field(uint256 i, string memory name) pure returns (string memory) {
    bytes memory digits;
    do {
        digits = bytes.concat(bytes1(uint8(48 + i % 10)), digits);
        i /= 10;
    } while (i > 0);
    return string.concat(".cases[", string(digits), "].", name);
}

contract StorageProofRead is Test {
    StorageReader internal reader = new StorageReader();
    address internal constant CONTRACT = address(0xC0DE);

    function testFuzz_readsEverySlot(uint256 seed, uint8 size, uint8 which) public view {
        uint256 n = bound(size, 1, 16);
        bytes32[] memory slots = new bytes32[](n);
        uint256[] memory values = new uint256[](n);
        for (uint256 i = 0; i < n; ++i) {
            slots[i] = keccak256(abi.encode(seed, i));
            values[i] = i % 4 == 3 ? 0 : uint256(slots[i]) >> (seed % 256);
        }
        uint256 w = which % n;
        State.Proof memory p = State.prove(CONTRACT, slots, values, slots[w]);
        assertEq(reader.read(p.stateRoot, CONTRACT, slots[w], p.account, p.storage_), values[w]);
    }

    function test_RevertWhen_TheValueIsNotCanonical() public {
        _expectValue(hex"00", Rlp.InvalidRlp.selector);
        _expectValue(hex"820001", Rlp.InvalidRlp.selector);
        _expectValue(bytes.concat(hex"a101", bytes32(0)), Rlp.InvalidRlp.selector);
        _expectValue(hex"c101", Rlp.InvalidRlp.selector);
        _expectValue(hex"0101", Rlp.InvalidRlp.selector);
    }

    function test_RevertWhen_TheAccountHasAnotherForm() public {
        bytes memory root = abi.encodePacked(hex"a0", Trie.EMPTY_ROOT);
        bytes memory code = abi.encodePacked(hex"a0", State.CODE_HASH);
        _expectAccount(bytes.concat(hex"0180", root), Rlp.InvalidRlp.selector);
        _expectAccount(bytes.concat(hex"0180", root, code, hex"80"), MerklePatricia.InvalidProof.selector);
        _expectAccount(bytes.concat(hex"0180", root, hex"80"), MerklePatricia.InvalidProof.selector);
        _expectAccount(bytes.concat(hex"0180", hex"80", code), Rlp.InvalidRlp.selector);
        // With all four fields it is read.
        (bytes32 stateRoot, bytes[] memory proof) = _account(RlpWriter.list(bytes.concat(hex"0180", root, code)));
        assertEq(reader.read(stateRoot, CONTRACT, 0, proof, new bytes[](0)), 0);
    }

    function test_RevertWhen_TheAccountIsNoList() public {
        (bytes32 stateRoot, bytes[] memory proof) = _account(RlpWriter.string_("account"));
        vm.expectRevert(Rlp.InvalidRlp.selector);
        reader.read(stateRoot, CONTRACT, 0, proof, new bytes[](0));
    }

    /// @dev As anvil does for a slot that was cleared.
    function test_aLeafThatSaysZeroIsZero() public view {
        (bytes32 stateRoot, bytes[] memory accountProof, bytes[] memory storageProof) = _value(hex"80");
        assertEq(reader.read(stateRoot, CONTRACT, 0, accountProof, storageProof), 0);
    }

    function _expectValue(bytes memory encoded, bytes4 reason) private {
        (bytes32 stateRoot, bytes[] memory accountProof, bytes[] memory storageProof) = _value(encoded);
        vm.expectRevert(reason);
        reader.read(stateRoot, CONTRACT, 0, accountProof, storageProof);
    }

    function _value(bytes memory encoded) private pure returns (bytes32, bytes[] memory, bytes[] memory storageProof) {
        bytes32[] memory keys = new bytes32[](1);
        bytes[] memory leaves = new bytes[](1);
        keys[0] = keccak256(abi.encodePacked(bytes32(0)));
        leaves[0] = encoded;
        bytes32 storageRoot;
        (storageRoot, storageProof) = Trie.prove(keys, leaves, keys[0]);
        (bytes32 stateRoot, bytes[] memory accountProof) = _account(State.account(storageRoot));
        return (stateRoot, accountProof, storageProof);
    }

    function _expectAccount(bytes memory fields, bytes4 reason) private {
        (bytes32 stateRoot, bytes[] memory proof) = _account(RlpWriter.list(fields));
        vm.expectRevert(reason);
        reader.read(stateRoot, CONTRACT, 0, proof, new bytes[](0));
    }

    function _account(bytes memory encoded) private pure returns (bytes32, bytes[] memory) {
        bytes32[] memory keys = new bytes32[](1);
        bytes[] memory leaves = new bytes[](1);
        keys[0] = keccak256(abi.encodePacked(CONTRACT));
        leaves[0] = encoded;
        return Trie.prove(keys, leaves, keys[0]);
    }
}

contract StorageProofMappingSlot is Test {
    mapping(bytes32 => mapping(bytes32 => uint256)) internal map;

    function testFuzz_isTheCompilers(bytes32 outer, bytes32 inner, uint256 value) public {
        map[outer][inner] = value;
        bytes32 slot;
        assembly {
            slot := map.slot
        }
        bytes32 found = StorageProof.mappingSlot(inner, StorageProof.mappingSlot(outer, slot));
        assertEq(uint256(vm.load(address(this), found)), value);
    }
}

contract BlockHeaderDecode is Test {
    StorageReader internal reader = new StorageReader();

    function testFuzz_readsNumberAndRoot(uint64 number, bytes32 root, uint8 fields) public view {
        (uint64 n, bytes32 r) = reader.decode(State.header(number, root, bound(fields, 15, 40), ""));
        assertEq(n, number);
        assertEq(r, root);
    }

    function test_RevertWhen_TooFewFields() public {
        reader.decode(State.header(1, "root", 15, ""));
        bytes memory header = State.header(1, "root", 14, "");
        vm.expectRevert(BlockHeader.InvalidHeader.selector);
        reader.decode(header);
    }

    function test_RevertWhen_TooLong() public {
        uint256 fixedBytes = State.header(1, "root", 21, new bytes(1000)).length - 1000;
        reader.decode(State.header(1, "root", 21, new bytes(2048 - fixedBytes)));
        bytes memory header = State.header(1, "root", 21, new bytes(2049 - fixedBytes));
        assertEq(header.length, 2049);
        vm.expectRevert(BlockHeader.InvalidHeader.selector);
        reader.decode(header);
    }

    function test_RevertWhen_TheNumberIsTooLarge() public {
        bytes memory header = State.header(uint256(type(uint64).max) + 1, "root", 21, "");
        vm.expectRevert(
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 64, uint256(type(uint64).max) + 1)
        );
        reader.decode(header);
    }

    function testFuzz_RevertWhen_Truncated(uint256 length) public {
        bytes memory header = State.header(1, "root");
        length = bound(length, 0, header.length - 1);
        bytes memory cut = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            cut[i] = header[i];
        }
        vm.expectRevert(Rlp.InvalidRlp.selector);
        reader.decode(cut);
    }

    function test_RevertWhen_Trailing() public {
        bytes memory header = bytes.concat(State.header(1, "root"), hex"00");
        vm.expectRevert(Rlp.InvalidRlp.selector);
        reader.decode(header);
    }
}
