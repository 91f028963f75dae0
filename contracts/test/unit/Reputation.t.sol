// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IRegistryLevels } from "../../src/interfaces/IRegistryLevels.sol";
import { IReputation } from "../../src/interfaces/IReputation.sol";
import { IRoleRegistry } from "../../src/interfaces/IRoleRegistry.sol";
import { Reputation } from "../../src/l2/Reputation.sol";
import { Quorum } from "../../src/libraries/Quorum.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Rank } from "../../src/types/Rank.sol";
import { Roles } from "../../src/types/Roles.sol";
import { WorkBase } from "../utils/MocksWork.sol";
import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

abstract contract ReputationBase is WorkBase {
    uint64 internal constant NOW = uint64(START / EPOCH);

    Reputation internal reputation;
    address internal oracle = makeAddr("oracle");
    address internal node = makeAddr("node");
    uint256[] internal keys;

    function setUp() public virtual override {
        super.setUp();
        registry.set(oracle, oracle, Roles.ORACLE, 1 ether);
        for (uint256 i = 0; i < 3; ++i) {
            (address guard, uint256 key) = makeAddrAndKey(string.concat("guard", vm.toString(i)));
            registry.set(guard, guard, Roles.GUARD, 1 ether);
            keys.push(key);
        }
        skip(10);
        reputation = new Reputation(registry, registry, parameters);
    }

    function rankOf(uint8 level) internal view returns (Rank memory) {
        return Rank(node, level, 9000, "class");
    }

    function leafOf(Rank memory r) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(r.operator, r.level, r.scoreBps, r.class))));
    }

    function signedBy(uint256 count, uint64 epoch, bytes32 root) internal view returns (bytes[] memory) {
        uint256[] memory signers = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            signers[i] = keys[i];
        }
        return signSorted(signers, reputation.digestOf(epoch, root));
    }

    function post(uint64 epoch, bytes32 root) internal {
        postAt(epoch, root, block.timestamp - 1);
    }

    function postAt(uint64 epoch, bytes32 root, uint256 snapshot) internal {
        bytes[] memory signatures = signedBy(3, epoch, root);
        vm.prank(oracle);
        reputation.post(epoch, root, snapshot, signatures);
    }

    function expectPostRevert(uint64 epoch, bytes32 root, uint256 snapshot, bytes memory reason) internal {
        bytes[] memory signatures = signedBy(3, epoch, root);
        vm.expectRevert(reason);
        vm.prank(oracle);
        reputation.post(epoch, root, snapshot, signatures);
    }

    function prove(uint64 epoch, Rank memory r) internal {
        reputation.prove(epoch, r, new bytes32[](0));
    }
}

contract ReputationConstructorTest is ReputationBase {
    function test_namesItsParts() public view {
        assertEq(address(reputation.registry()), address(registry));
        assertEq(address(reputation.levels()), address(registry));
        assertEq(address(reputation.parameters()), address(parameters));
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IReputation.ZeroAddress.selector);
        new Reputation(IRoleRegistry(address(0)), registry, parameters);
        vm.expectRevert(IReputation.ZeroAddress.selector);
        new Reputation(registry, IRegistryLevels(address(0)), parameters);
    }
}

contract ReputationPostTest is ReputationBase {
    function test_keepsTheRoot() public {
        bytes[] memory signatures = signedBy(3, NOW, "root");
        uint256 snapshot = block.timestamp - 1;
        vm.expectEmit(address(reputation));
        emit IReputation.RankingPosted(NOW, "root", snapshot, oracle);
        vm.prank(oracle);
        reputation.post(NOW, "root", snapshot, signatures);
        assertEq(reputation.rootOf(NOW), "root");
        assertEq(reputation.latestEpoch(), NOW);
        assertEq(reputation.latestSnapshot(), snapshot);
    }

    function test_theDigestIsTypedData() public view {
        bytes32 structHash =
            keccak256(abi.encode(keccak256("Ranking(uint64 epoch,bytes32 root)"), NOW, bytes32("root")));
        assertEq(
            reputation.digestOf(NOW, "root"),
            keccak256(abi.encodePacked(hex"1901", domainOf(block.chainid, address(reputation)), structHash))
        );
    }

    function test_RevertWhen_NotOracle() public {
        bytes[] memory signatures = signedBy(3, NOW, "root");
        vm.expectRevert(abi.encodeWithSelector(IReputation.NotOracle.selector, stranger));
        vm.prank(stranger);
        reputation.post(NOW, "root", block.timestamp - 1, signatures);
    }

    function test_RevertWhen_EpochNotIncreasing() public {
        post(NOW - 1, "root");
        uint256 snapshot = block.timestamp - 1;
        bytes4 selector = IReputation.EpochNotIncreasing.selector;
        expectPostRevert(NOW - 1, "other", snapshot, abi.encodeWithSelector(selector, NOW - 1, NOW - 1));
        expectPostRevert(NOW - 2, "other", snapshot, abi.encodeWithSelector(selector, NOW - 2, NOW - 1));
        post(NOW, "other");
    }

    function test_RevertWhen_EpochNotIncreasing_zero() public {
        bytes memory reason = abi.encodeWithSelector(IReputation.EpochNotIncreasing.selector, 0, 0);
        expectPostRevert(0, "root", block.timestamp - 1, reason);
    }

    function test_RevertWhen_EpochInFuture() public {
        bytes memory reason = abi.encodeWithSelector(IReputation.EpochInFuture.selector, NOW + 1, NOW);
        expectPostRevert(NOW + 1, "root", block.timestamp - 1, reason);
    }

    function test_RevertWhen_EmptyRoot() public {
        expectPostRevert(NOW, 0, block.timestamp - 1, abi.encodeWithSelector(IReputation.EmptyRoot.selector));
    }

    function test_RevertWhen_InvalidSnapshot() public {
        skip(700);
        bytes4 selector = IReputation.InvalidSnapshot.selector;
        uint256 t = block.timestamp;
        expectPostRevert(NOW, "root", t, abi.encodeWithSelector(selector, t));
        expectPostRevert(NOW, "root", t - 601, abi.encodeWithSelector(selector, t - 601));
        postAt(NOW - 1, "root", t - 600);
        postAt(NOW, "root", t - 1);
        vm.warp(START + EPOCH);
        t -= 2;
        expectPostRevert(NOW + 1, "root", t, abi.encodeWithSelector(selector, t));
        postAt(NOW + 1, "root", t + 1);
    }

    function test_RevertWhen_QuorumNotReached() public {
        bytes[] memory signatures = signedBy(2, NOW, "root");
        vm.expectRevert(abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 2 ether, 3 ether));
        vm.prank(oracle);
        reputation.post(NOW, "root", block.timestamp - 1, signatures);
    }

    function test_RevertWhen_NoWeight_signedByOracles() public {
        (address other, uint256 key) = makeAddrAndKey("other");
        registry.set(other, other, Roles.ORACLE, 100 ether);
        skip(1);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = sign(key, reputation.digestOf(NOW, "root"));
        vm.expectRevert(abi.encodeWithSelector(Quorum.NoWeight.selector, other));
        vm.prank(oracle);
        reputation.post(NOW, "root", block.timestamp - 1, signatures);
    }

    function test_RevertWhen_InvalidSignature_malleable() public {
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = malleable(keys[0], reputation.digestOf(NOW, "root"));
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        vm.prank(oracle);
        reputation.post(NOW, "root", block.timestamp - 1, signatures);
    }

    function testFuzz_aSignatureOverAnythingElseDoesNotCount(uint64 epoch, bytes32 root) public {
        vm.assume(epoch != NOW || root != "root");
        bytes[] memory signatures = signedBy(1, epoch, root);
        vm.expectPartialRevert(Quorum.NoWeight.selector);
        vm.prank(oracle);
        reputation.post(NOW, "root", block.timestamp - 1, signatures);
    }
}

contract ReputationProveTest is ReputationBase {
    function test_setsTheLevel() public {
        post(NOW, leafOf(rankOf(7)));
        vm.expectEmit(address(reputation));
        emit IReputation.RankProven(NOW, node, "class", 7, 9000);
        vm.prank(stranger);
        prove(NOW, rankOf(7));
        assertEq(registry.levelOf(node), 7);
        (uint64 epoch, uint8 level) = reputation.provenOf(node);
        assertEq(epoch, NOW);
        assertEq(level, 7);
    }

    function test_RevertWhen_LevelStands_twice() public {
        post(NOW, leafOf(rankOf(7)));
        prove(NOW, rankOf(7));
        vm.expectRevert(abi.encodeWithSelector(IReputation.LevelStands.selector, node, 7));
        prove(NOW, rankOf(7));
        assertEq(registry.levelsSet(), 1);
    }

    function test_aLaterRankingMayLowerIt() public {
        post(NOW - 1, leafOf(rankOf(7)));
        prove(NOW - 1, rankOf(7));
        post(NOW, leafOf(rankOf(0)));
        prove(NOW, rankOf(0));
        assertEq(registry.levelOf(node), 0);
    }

    function test_RevertWhen_NotLatest() public {
        post(NOW - 1, leafOf(rankOf(7)));
        post(NOW, leafOf(rankOf(3)));
        vm.expectRevert(abi.encodeWithSelector(IReputation.NotLatest.selector, NOW - 1, NOW));
        prove(NOW - 1, rankOf(7));
        vm.expectRevert(abi.encodeWithSelector(IReputation.NotLatest.selector, NOW + 1, NOW));
        prove(NOW + 1, rankOf(7));
        prove(NOW, rankOf(3));
    }

    function test_RevertWhen_InvalidProof_beforeTheFirstRanking() public {
        vm.expectRevert(IReputation.InvalidProof.selector);
        prove(0, rankOf(7));
    }

    function testFuzz_RevertWhen_InvalidProof(uint8 field, uint256 bits) public {
        Rank memory r = rankOf(7);
        post(NOW, leafOf(r));
        field = field % 4;
        if (field == 0) r.operator = address(uint160(node) ^ uint160(bound(bits, 1, type(uint160).max)));
        else if (field == 1) r.level = uint8(7 ^ bound(bits, 1, 255));
        else if (field == 2) r.scoreBps = uint16(9000 ^ bound(bits, 1, type(uint16).max));
        else r.class ^= bytes32(bound(bits, 1, type(uint256).max));
        vm.expectRevert(IReputation.InvalidProof.selector);
        prove(NOW, r);
    }

    function test_RevertWhen_InvalidRank() public {
        Rank memory r = Rank(node, 11, 10_000, "class");
        post(NOW - 2, leafOf(r));
        vm.expectRevert(abi.encodeWithSelector(IReputation.InvalidRank.selector, 11, 10_000));
        prove(NOW - 2, r);
        r = Rank(node, 10, 10_001, "class");
        post(NOW - 1, leafOf(r));
        vm.expectRevert(abi.encodeWithSelector(IReputation.InvalidRank.selector, 10, 10_001));
        prove(NOW - 1, r);
        r = Rank(node, 10, 10_000, "class");
        post(NOW, leafOf(r));
        prove(NOW, r);
        assertEq(registry.levelOf(node), 10);
    }

    /// @dev Leaves of two classes of one node: the highest stands, in whatever order they come.
    function test_theHighestOfAllClassesStands() public {
        Rank memory low = Rank(node, 2, 5000, "small");
        Rank memory high = Rank(node, 8, 9000, "large");
        bytes32[] memory besideLow = new bytes32[](1);
        besideLow[0] = leafOf(high);
        bytes32[] memory besideHigh = new bytes32[](1);
        besideHigh[0] = leafOf(low);
        post(NOW, Hashes.commutativeKeccak256(leafOf(low), leafOf(high)));

        uint256 state = vm.snapshotState();
        reputation.prove(NOW, low, besideLow);
        assertEq(registry.levelOf(node), 2);
        reputation.prove(NOW, high, besideHigh);
        assertEq(registry.levelOf(node), 8);
        vm.revertToState(state);
        reputation.prove(NOW, high, besideHigh);
        vm.expectRevert(abi.encodeWithSelector(IReputation.LevelStands.selector, node, 8));
        reputation.prove(NOW, low, besideLow);
        assertEq(registry.levelOf(node), 8);
    }
}

contract ReputationVerifyTest is ReputationBase {
    function test_anyPostedEpoch() public {
        post(NOW - 1, leafOf(rankOf(7)));
        post(NOW, leafOf(rankOf(3)));
        bytes32[] memory none = new bytes32[](0);
        assertTrue(reputation.verify(NOW - 1, rankOf(7), none));
        assertTrue(reputation.verify(NOW, rankOf(3), none));
        assertFalse(reputation.verify(NOW, rankOf(7), none));
        assertFalse(reputation.verify(NOW + 1, rankOf(3), none));
    }

    /// @dev No two nodes of the tree can be passed off as a leaf: leaves are hashed twice, and 64 bytes are no rank.
    function test_aLeafIsHashedTwice() public {
        Rank memory r = rankOf(7);
        post(NOW, keccak256(abi.encode(r)));
        assertFalse(reputation.verify(NOW, r, new bytes32[](0)));
    }
}
