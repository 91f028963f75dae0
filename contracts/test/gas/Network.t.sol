// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { INodeRegistry } from "../../src/interfaces/INodeRegistry.sol";
import { IValidation } from "../../src/interfaces/IValidation.sol";
import { Rank } from "../../src/types/Rank.sol";
import { Roles } from "../../src/types/Roles.sol";
import { VOTE_TYPEHASH, Vote } from "../../src/types/Statements.sol";
import { TaskReceipt } from "../utils/Base.t.sol";
import { GasBase } from "./GasBase.t.sol";
import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

contract RegistryGas is GasBase {
    function test_register() public {
        (address operator, uint256 key) = makeAddrAndKey("operator");
        stake(operator, STAKE);
        record("registry", "stake");
        INodeRegistry.Registration memory r = registration(operator, Roles.MINER | Roles.GUARD);
        r.peerId = abi.encodePacked(hex"002408011220", keccak256("peer"));
        bytes memory consent = consentOf(key, holder, r, block.timestamp);
        vm.prank(holder);
        registry.register(r, block.timestamp, consent);
        record("registry", "register");
        skip(1);
        stake(operator, STAKE);
        record("registry", "stake_more");
    }

    /// @dev The second ranking, of 1,000 operators; a level that the registry hears of for the second time.
    function test_ranking() public {
        address operator = register(uint256(keccak256("miner")), Roles.MINER, STAKE);
        for (uint8 i = 0; i < 2; ++i) {
            skip(1 hours);
            Rank memory rank = Rank(operator, 3 + i, 9000, keccak256("class"));
            (bytes32 root, bytes32[] memory proof) = treeOf(keccak256(bytes.concat(keccak256(abi.encode(rank)))));
            uint64 epoch = parameters.currentEpoch();
            bytes[] memory signatures = quorum(ranking.digestOf(epoch, root));
            vm.prank(oracle);
            ranking.post(epoch, root, block.timestamp - 1, signatures);
            if (i == 1) record("ranking", "post");
            vm.prank(operator);
            ranking.prove(epoch, rank, proof);
            if (i == 1) record("ranking", "prove");
        }
    }

    /// @dev Ten levels: 513 to 1,024 leaves.
    function treeOf(bytes32 leaf) private pure returns (bytes32 root, bytes32[] memory proof) {
        proof = new bytes32[](10);
        root = leaf;
        for (uint256 i = 0; i < 10; ++i) {
            proof[i] = keccak256(abi.encode(i));
            root = Hashes.commutativeKeccak256(root, proof[i]);
        }
    }
}

contract DisputesGas is GasBase {
    uint8 private constant INVALID = 2;

    address private miner;
    uint256 private minerKey;

    function setUp() public override {
        super.setUp();
        (miner, minerKey) = makeAddrAndKey("miner");
        vm.startPrank(client);
        token.approve(address(vault), STAKE);
        vault.stake(miner, STAKE);
        INodeRegistry.Registration memory r = registration(miner, Roles.MINER);
        registry.register(r, block.timestamp, consentOf(minerKey, client, r, block.timestamp));
        vm.stopPrank();
        vm.prank(holder);
        token.transfer(stranger, 1000 ether);
        vm.prank(stranger);
        token.approve(address(validation), type(uint256).max);
        vm.warp((block.timestamp / EPOCH + 1) * EPOCH + 1);
    }

    function digestOf(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainOf(address(registry)), structHash));
    }

    /// @dev From the accusation to the verdict and the slash, with a drawn committee.
    function test_dispute() public {
        TaskReceipt memory r = fullReceipt("task", miner);
        bytes memory signature = sign(minerKey, digestOf(hashOf(r)));
        vm.prank(stranger);
        bytes32 id = validation.open(r, signature);
        record("disputes", "open");
        draw(parameters.currentEpoch() + 1);
        vm.warp(validation.roundOf(id, 1).commitFrom);
        address[] memory seated = seatsOf(id);
        for (uint256 i = 0; i < seated.length; ++i) {
            bytes32 commitment = keccak256(
                abi.encode(seated[i], r.task, uint32(1), INVALID, keccak256("evidence"), keccak256("salt"))
            );
            vm.prank(seated[i]);
            validation.commit(id, commitment);
        }
        record("disputes", "commit");
        vm.warp(validation.roundOf(id, 1).revealFrom);
        for (uint256 i = 0; i < seated.length; ++i) {
            vm.prank(seated[i]);
            validation.reveal(id, INVALID, keccak256("evidence"), keccak256("salt"));
        }
        record("disputes", "reveal");
        vm.warp(validation.roundOf(id, 1).revealUntil);
        validation.resolve(id);
        record("disputes", "resolve");
        assertEq(uint8(validation.caseOf(id).status), uint8(IValidation.Status.Invalid));
        validation.proposeSlash(id);
        record("disputes", "propose_slash");
    }

    function test_reportVotes() public {
        Vote memory a = Vote("task", 0, 1, keccak256("evidence"), keccak256("salt"));
        Vote memory b = Vote("task", 0, INVALID, keccak256("other evidence"), keccak256("salt"));
        bytes memory signatureA = sign(committee[0], digestOf(keccak256(abi.encode(VOTE_TYPEHASH, a))));
        bytes memory signatureB = sign(committee[0], digestOf(keccak256(abi.encode(VOTE_TYPEHASH, b))));
        vm.prank(stranger);
        validation.reportVotes(a, signatureA, b, signatureB);
        record("disputes", "report_votes");
    }

    /// @dev The beacon of an epoch: one oracle commits and reveals.
    function draw(uint64 epoch) private {
        bytes32 commitment = epochs.commitmentOf(epoch, oracle, keccak256("value"), keccak256("salt"));
        vm.prank(oracle);
        epochs.commit(epoch, commitment);
        record("beacon", "commit");
        (, uint256 revealFrom,) = epochs.windows(epoch);
        vm.warp(revealFrom);
        vm.prank(oracle);
        epochs.reveal(epoch, keccak256("value"), keccak256("salt"));
        record("beacon", "reveal");
    }

    function seatsOf(bytes32 id) private view returns (address[] memory seated) {
        seated = new address[](GUARDS);
        uint256 count = 0;
        for (uint256 i = 0; i < GUARDS; ++i) {
            address guard = vm.addr(committee[i]);
            if (validation.seated(id, guard)) seated[count++] = guard;
        }
        assembly ("memory-safe") {
            mstore(seated, count)
        }
    }
}
