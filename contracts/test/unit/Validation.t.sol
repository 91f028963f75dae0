// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochManager } from "../../src/interfaces/IEpochManager.sol";
import { ISlasher } from "../../src/interfaces/ISlasher.sol";
import { IValidation } from "../../src/interfaces/IValidation.sol";
import { Validation } from "../../src/l2/Validation.sol";
import { Sortition } from "../../src/libraries/Sortition.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { EpochRoot } from "../../src/types/Attestation.sol";
import { Checkpoint } from "../../src/types/Checkpoint.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Receipt as MinerReceipt } from "../../src/types/Receipt.sol";
import { Roles } from "../../src/types/Roles.sol";
import { Vote } from "../../src/types/Statements.sol";
import { MockEpochs, MockSlasher, WorkBase } from "../utils/MocksWork.sol";

/// @dev Hashes what lies in memory by the libraries that take calldata.
contract StatementHasher {
    function ofReceipt(MinerReceipt calldata r) external pure returns (bytes32) {
        return r.hash();
    }

    function ofVote(Vote calldata v) external pure returns (bytes32) {
        return v.hash();
    }

    function ofRoot(EpochRoot calldata e, bytes32 debitsHash) external pure returns (bytes32) {
        return e.hash(debitsHash);
    }
}

abstract contract ValidationBase is WorkBase {
    uint8 internal constant VALID = 1;
    uint8 internal constant INVALID = 2;
    uint8 internal constant UNAVAILABLE = 3;
    uint256 internal constant BOND = 100 ether;
    uint256 internal constant APPEAL_BOND = 500 ether;
    uint256 internal constant ANCHOR_CHAIN = 1;
    bytes32 internal constant SALT = "salt";
    bytes32 internal constant EVIDENCE = "evidence";

    Validation internal validation;
    MockEpochs internal epochs;
    StatementHasher internal hasher;
    address internal settlement = makeAddr("settlement");
    address internal anchor = makeAddr("anchor");
    address internal opener = makeAddr("opener");
    address internal owner = makeAddr("owner");
    address internal miner;
    uint256 internal minerKey;
    address[5] internal guards;
    uint256[5] internal guardKeys;
    address[5] internal oracles;
    uint256[5] internal oracleKeys;

    function setUp() public virtual override {
        super.setUp();
        (miner, minerKey) = makeAddrAndKey("miner");
        registry.set(miner, owner, Roles.MINER, 2000 ether);
        for (uint256 i = 0; i < 5; ++i) {
            string memory n = vm.toString(i);
            (guards[i], guardKeys[i]) = makeAddrAndKey(string.concat("guard", n));
            registry.set(guards[i], makeAddr(string.concat("guardOwner", n)), Roles.GUARD, 6000 ether);
            (oracles[i], oracleKeys[i]) = makeAddrAndKey(string.concat("oracle", n));
            registry.set(oracles[i], makeAddr(string.concat("oracleOwner", n)), Roles.ORACLE, 12_000 ether);
        }
        vm.warp(START + 1);
        epochs = new MockEpochs(parameters);
        hasher = new StatementHasher();
        validation =
            new Validation(token, registry, parameters, epochsOf(epochs), slasher, settlement, ANCHOR_CHAIN, anchor);
        fund(opener);
        fund(owner);
    }

    function fund(address account) internal {
        token.mint(account, 10_000 ether);
        vm.prank(account);
        token.approve(address(validation), type(uint256).max);
    }

    function receiptOf(bytes32 task) internal view returns (MinerReceipt memory r) {
        r.task = task;
        r.session = "session";
        r.model = "model";
        r.miner = miner;
        r.promptTokens = 10;
        r.completionTokens = 20;
        r.outputRoot = "output";
        r.endedAt = 7;
    }

    function digestOf(MinerReceipt memory r) internal view returns (bytes32) {
        return typed(domainOf(block.chainid, address(registry)), hasher.ofReceipt(r));
    }

    function typed(bytes32 domain, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function open(bytes32 task) internal returns (bytes32 id) {
        MinerReceipt memory r = receiptOf(task);
        bytes memory signature = sign(minerKey, digestOf(r));
        vm.prank(opener);
        id = validation.open(r, signature);
    }

    function roundOf(bytes32 id) internal view returns (IValidation.Round memory) {
        return validation.roundOf(id, validation.caseOf(id).round);
    }

    function toCommits(bytes32 id) internal {
        vm.warp(roundOf(id).commitFrom);
    }

    function toReveals(bytes32 id) internal {
        vm.warp(roundOf(id).revealFrom);
    }

    function toEnd(bytes32 id) internal {
        vm.warp(roundOf(id).revealUntil);
    }

    function commitmentOf(bytes32 id, address voter, uint8 verdict) internal view returns (bytes32) {
        IValidation.Case memory c = validation.caseOf(id);
        return keccak256(abi.encode(voter, c.task, c.round, verdict, EVIDENCE, SALT));
    }

    function commitAs(bytes32 id, address voter, uint8 verdict) internal {
        bytes32 commitment = commitmentOf(id, voter, verdict);
        vm.prank(voter);
        validation.commit(id, commitment);
    }

    function revealAs(bytes32 id, address voter, uint8 verdict) internal {
        vm.prank(voter);
        validation.reveal(id, verdict, EVIDENCE, SALT);
    }

    /// @dev One vote each by the first of `voters`, and the round's end. Zero stays away.
    function vote(bytes32 id, address[5] memory voters, uint8[5] memory verdicts) internal {
        toCommits(id);
        for (uint256 i = 0; i < 5; ++i) {
            if (verdicts[i] != 0) commitAs(id, voters[i], verdicts[i]);
        }
        toReveals(id);
        for (uint256 i = 0; i < 5; ++i) {
            if (verdicts[i] != 0) revealAs(id, voters[i], verdicts[i]);
        }
        toEnd(id);
    }

    function all(uint8 verdict) internal pure returns (uint8[5] memory) {
        return [verdict, verdict, verdict, verdict, verdict];
    }

    function decide(bytes32 id, uint8[5] memory verdicts) internal {
        vote(id, validation.caseOf(id).status == IValidation.Status.Appealed ? oracles : guards, verdicts);
        validation.resolve(id);
    }

    function slashed(bytes32 task) internal returns (bytes32 id) {
        id = open(task);
        decide(id, all(INVALID));
        validation.proposeSlash(id);
    }

    function appealed(bytes32 task) internal returns (bytes32 id) {
        id = slashed(task);
        vm.prank(owner);
        validation.appeal(id);
    }

    function statusOf(bytes32 id) internal view returns (IValidation.Status) {
        return validation.caseOf(id).status;
    }

    function assertStatus(bytes32 id, IValidation.Status status) internal view {
        assertEq(uint256(statusOf(id)), uint256(status));
    }

    function wrongStatus(bytes32 id, IValidation.Status status) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IValidation.WrongStatus.selector, id, status);
    }

    function proposalOf(bytes32 id) internal view returns (MockSlasher.Proposal memory p) {
        (p.owner, p.operator, p.amount, p.reporter, p.cancelled) = slasher.proposals(id);
    }
}

contract ValidationConstructorTest is ValidationBase {
    function test_namesItsParts() public view {
        assertEq(address(validation.token()), address(token));
        assertEq(address(validation.registry()), address(registry));
        assertEq(address(validation.parameters()), address(parameters));
        assertEq(address(validation.epochs()), address(epochs));
        assertEq(address(validation.slasher()), address(slasher));
        assertEq(validation.settlement(), settlement);
        assertEq(validation.checkpointDomain(), domainOf(ANCHOR_CHAIN, anchor));
        assertEq(validation.ROUNDS_MAX(), 3);
    }

    function test_RevertWhen_ZeroAddress() public {
        IEpochManager e = epochsOf(epochs);
        vm.expectRevert(IValidation.ZeroAddress.selector);
        new Validation(token, registry, parameters, e, ISlasher(address(0)), settlement, 1, anchor);
        vm.expectRevert(IValidation.ZeroAddress.selector);
        new Validation(token, registry, parameters, e, slasher, address(0), 1, anchor);
    }
}

contract ValidationOpenTest is ValidationBase {
    function test_fixesTheCaseAndItsRound() public {
        MinerReceipt memory r = receiptOf("task");
        bytes32 id = validation.caseIdOf(r);
        assertEq(id, keccak256(abi.encode(block.chainid, address(validation), digestOf(r))));
        bytes memory signature = sign(minerKey, digestOf(r));
        vm.expectEmit(address(validation));
        emit IValidation.CaseOpened(id, "task", miner, opener, 1, epochNow() + 1, r);
        vm.prank(opener);
        assertEq(validation.open(r, signature), id);

        IValidation.Case memory c = validation.caseOf(id);
        assertEq(uint256(c.status), uint256(IValidation.Status.Voting));
        assertEq(c.round, 1);
        assertEq(c.miner, miner);
        assertEq(c.owner, owner);
        assertEq(c.opener, opener);
        assertEq(c.task, "task");
        assertEq(c.bond, BOND);
        assertEq(c.slashAmount, 400 ether);
        IValidation.Round memory round = validation.roundOf(id, 1);
        uint256 from = (epochNow() + 1) * EPOCH;
        assertEq(round.role, Roles.GUARD);
        assertEq(round.snapshot, block.timestamp - 1);
        assertEq(round.commitFrom, from);
        assertEq(round.revealFrom, from + 60);
        assertEq(round.revealUntil, from + 100);
        assertEq(round.size, 5);
        assertEq(round.silenceBps, 100);
        assertEq(round.totalWeight, 30_000 ether);
        assertEq(token.balanceOf(address(validation)), BOND);
        assertEq(token.balanceOf(opener), 10_000 ether - BOND);
    }

    function test_waitsForAnEpochThatNobodyKnows() public {
        epochs.setLate(true);
        bytes32 id = open("task");
        assertEq(roundOf(id).drawEpoch, epochNow() + 2);
        assertEq(roundOf(id).commitFrom, (epochNow() + 2) * EPOCH);
    }

    function test_theSlashIsAtLeastOfTheMinimumStake() public {
        vm.warp(START + 2);
        registry.set(miner, owner, Roles.MINER, 0);
        vm.warp(START + 3);
        assertEq(validation.caseOf(open("task")).slashAmount, 200 ether);
    }

    function test_aMinerThatLeftIsChargedAllTheSame() public {
        registry.setActive(miner, Roles.MINER, false);
        assertEq(validation.caseOf(open("task")).owner, owner);
    }

    function test_RevertWhen_NotMiner() public {
        MinerReceipt memory r = receiptOf("task");
        bytes memory signature = sign(guardKeys[0], digestOf(r));
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotMiner.selector, guards[0], miner));
        vm.prank(opener);
        validation.open(r, signature);
    }

    function test_RevertWhen_NotMiner_anotherDomain() public {
        MinerReceipt memory r = receiptOf("task");
        bytes[] memory signatures = new bytes[](2);
        bytes32 structHash = hasher.ofReceipt(r);
        signatures[0] = sign(minerKey, typed(domainOf(block.chainid + 1, address(registry)), structHash));
        signatures[1] = sign(minerKey, typed(domainOf(block.chainid, address(validation)), structHash));
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectPartialRevert(IValidation.NotMiner.selector);
            vm.prank(opener);
            validation.open(r, signatures[i]);
        }
    }

    function test_RevertWhen_InvalidSignature_malleable() public {
        MinerReceipt memory r = receiptOf("task");
        bytes memory signature = malleable(minerKey, digestOf(r));
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        vm.prank(opener);
        validation.open(r, signature);
    }

    function test_RevertWhen_UnknownOperator() public {
        registry.setOwner(miner, address(0));
        MinerReceipt memory r = receiptOf("task");
        bytes memory signature = sign(minerKey, digestOf(r));
        vm.expectRevert(abi.encodeWithSelector(IValidation.UnknownOperator.selector, miner));
        vm.prank(opener);
        validation.open(r, signature);
    }

    function test_RevertWhen_WrongStatus_onceForAReceiptAndRound() public {
        bytes32 id = open("task");
        MinerReceipt memory r = receiptOf("task");
        bytes memory signature = sign(minerKey, digestOf(r));
        vm.expectRevert(wrongStatus(id, IValidation.Status.Voting));
        vm.prank(owner);
        validation.open(r, signature);
        decide(id, all(VALID));
        vm.expectRevert(wrongStatus(id, IValidation.Status.Valid));
        vm.prank(owner);
        validation.open(r, signature);
    }

    function test_anUndecidedCaseOpensAgainByAnybody() public {
        bytes32 id = open("task");
        toEnd(id);
        validation.resolve(id);
        assertStatus(id, IValidation.Status.Undecided);
        MinerReceipt memory r = receiptOf("task");
        bytes memory signature = sign(minerKey, digestOf(r));
        parameters.put(Parameter.DisputeBondWei, 7 ether);
        vm.prank(owner);
        validation.open(r, signature);
        IValidation.Case memory c = validation.caseOf(id);
        assertEq(c.round, 2);
        assertEq(c.opener, owner);
        assertEq(c.bond, 7 ether);
        assertEq(token.balanceOf(address(validation)), 7 ether);
    }

    function test_RevertWhen_TooManyRounds() public {
        bytes32 id;
        for (uint256 i = 0; i < 3; ++i) {
            id = open("task");
            toEnd(id);
            validation.resolve(id);
        }
        MinerReceipt memory r = receiptOf("task");
        bytes memory signature = sign(minerKey, digestOf(r));
        vm.expectRevert(abi.encodeWithSelector(IValidation.TooManyRounds.selector, id));
        vm.prank(opener);
        validation.open(r, signature);
    }

    function test_aDrawThatCouldBeKnownIsNoTry() public {
        bytes32 id;
        for (uint256 i = 0; i < 4; ++i) {
            id = open("task");
            epochs.setDerived(roundOf(id).drawEpoch, true);
            toEnd(id);
            validation.resolve(id);
        }
        assertEq(validation.caseOf(id).undecided, 0);
        assertEq(validation.caseOf(id).round, 4);
    }

    /// @dev 500 to appeal, 2,000 to the draw, 60 and 40 of voting, 100 to bring the cancellation: 2,700.
    function test_RevertWhen_AppealTooLate() public {
        open("task");
        parameters.put(Parameter.SlashAppealSeconds, 2700);
        MinerReceipt memory r = receiptOf("another");
        bytes memory signature = sign(minerKey, digestOf(r));
        vm.expectRevert(abi.encodeWithSelector(IValidation.AppealTooLate.selector, 2700, 2700));
        vm.prank(opener);
        validation.open(r, signature);
    }

    function test_RevertWhen_EmptyCommittee() public {
        parameters.put(Parameter.CommitteeSize, 0);
        MinerReceipt memory r = receiptOf("task");
        bytes memory signature = sign(minerKey, digestOf(r));
        vm.expectRevert(IValidation.EmptyCommittee.selector);
        vm.prank(opener);
        validation.open(r, signature);
    }

    function testFuzz_anyOtherReceiptIsAnotherCase(uint8 field, uint256 bits) public {
        MinerReceipt memory r = receiptOf("task");
        bytes32 id = validation.caseIdOf(r);
        field = field % 14;
        bits = bound(bits, 1, type(uint32).max);
        if (field == 0) r.task ^= bytes32(bits);
        else if (field == 1) r.session ^= bytes32(bits);
        else if (field == 2) r.model ^= bytes32(bits);
        else if (field == 3) r.miner = address(uint160(r.miner) ^ uint160(bits));
        else if (field == 4) r.promptTokens ^= uint32(bits);
        else if (field == 5) r.completionTokens ^= uint32(bits);
        else if (field == 6) r.promptCommit ^= bytes32(bits);
        else if (field == 7) r.outputRoot ^= bytes32(bits);
        else if (field == 8) r.sampling ^= bytes32(bits);
        else if (field == 9) r.promptPrice ^= uint128(bits);
        else if (field == 10) r.completionPrice ^= uint128(bits);
        else if (field == 11) r.startedAt ^= uint64(bits);
        else if (field == 12) r.endedAt ^= uint64(bits);
        else r.numericsProfile ^= bytes32(bits);
        assertNotEq(validation.caseIdOf(r), id);
        bytes memory signature = sign(minerKey, digestOf(receiptOf("task")));
        vm.expectPartialRevert(IValidation.NotMiner.selector);
        vm.prank(opener);
        validation.open(r, signature);
    }
}

contract ValidationCommitTest is ValidationBase {
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = open("task");
    }

    function test_aSeatCommits() public {
        toCommits(id);
        bytes32 commitment = commitmentOf(id, guards[0], VALID);
        vm.expectEmit(address(validation));
        emit IValidation.VoteCommitted(id, 1, guards[0], commitment);
        vm.prank(guards[0]);
        validation.commit(id, commitment);
        assertEq(roundOf(id).committed, 1);
        assertEq(validation.ballotOf(id, 1, guards[0]).commitment, commitment);
    }

    function test_onlyInTheCommitPhase() public {
        IValidation.Round memory r = roundOf(id);
        bytes memory error_ = abi.encodeWithSelector(IValidation.NotCommitPhase.selector, id, 1);
        vm.warp(r.commitFrom - 1);
        vm.expectRevert(error_);
        vm.prank(guards[0]);
        validation.commit(id, "commitment");
        vm.warp(r.commitFrom);
        commitAs(id, guards[0], VALID);
        vm.warp(r.revealFrom - 1);
        commitAs(id, guards[1], VALID);
        vm.warp(r.revealFrom);
        vm.expectRevert(error_);
        vm.prank(guards[2]);
        validation.commit(id, "commitment");
    }

    function test_RevertWhen_EmptyCommitment() public {
        toCommits(id);
        vm.expectRevert(IValidation.EmptyCommitment.selector);
        vm.prank(guards[0]);
        validation.commit(id, 0);
    }

    function test_RevertWhen_PredictableDraw() public {
        toCommits(id);
        epochs.setDerived(roundOf(id).drawEpoch, true);
        vm.expectRevert(abi.encodeWithSelector(IValidation.PredictableDraw.selector, roundOf(id).drawEpoch));
        vm.prank(guards[0]);
        validation.commit(id, "commitment");
    }

    function test_RevertWhen_AlreadyCommitted() public {
        toCommits(id);
        commitAs(id, guards[0], VALID);
        vm.expectRevert(abi.encodeWithSelector(IValidation.AlreadyCommitted.selector, id, guards[0]));
        vm.prank(guards[0]);
        validation.commit(id, "another");
    }

    function test_RevertWhen_WrongStatus() public {
        bytes32 unknown = "unknown";
        vm.expectRevert(wrongStatus(unknown, IValidation.Status.None));
        validation.commit(unknown, "commitment");
        vm.expectRevert(wrongStatus(unknown, IValidation.Status.None));
        validation.reveal(unknown, VALID, EVIDENCE, SALT);
        vm.expectRevert(wrongStatus(unknown, IValidation.Status.None));
        validation.resolve(unknown);
        vm.expectRevert(wrongStatus(unknown, IValidation.Status.None));
        validation.seated(unknown, stranger);
    }

    function expectNotSeated(address voter) private {
        toCommits(id);
        assertFalse(validation.seated(id, voter));
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotSeated.selector, id, voter));
        vm.prank(voter);
        validation.commit(id, "commitment");
    }

    function test_RevertWhen_NotSeated_withoutWeight() public {
        expectNotSeated(stranger);
    }

    function test_RevertWhen_NotSeated_anotherRole() public {
        expectNotSeated(oracles[0]);
    }

    function test_RevertWhen_NotSeated_registeredAfterTheOpening() public {
        address late = makeAddr("late");
        registry.set(late, late, Roles.GUARD, 1_000_000 ether);
        expectNotSeated(late);
        // and it takes no seat from anybody
        assertTrue(validation.seated(id, guards[0]));
    }

    function test_RevertWhen_NotSeated_theMinersOwner() public {
        registry.setOwner(guards[0], owner);
        expectNotSeated(guards[0]);
    }

    function test_RevertWhen_NotSeated_theOpenersOwn() public {
        registry.setOwner(guards[0], opener);
        expectNotSeated(guards[0]);
    }

    function test_RevertWhen_NotSeated_itsOwnerIsTheOpenersOwner() public {
        address shared = makeAddr("shared");
        registry.setOwner(opener, shared);
        registry.setOwner(guards[0], shared);
        expectNotSeated(guards[0]);
    }

    function test_RevertWhen_NotSeated_theMinerItself() public {
        vm.warp(START + 1);
        registry.set(miner, owner, Roles.GUARD, 6000 ether);
        vm.warp(START + 2);
        id = open("other");
        expectNotSeated(miner);
    }

    function test_RevertWhen_NotSeated_theOpenerItself() public {
        fund(guards[0]);
        MinerReceipt memory r = receiptOf("other");
        bytes memory signature = sign(minerKey, digestOf(r));
        vm.prank(guards[0]);
        id = validation.open(r, signature);
        expectNotSeated(guards[0]);
    }

    function test_guardsWithoutAnyOwnerAreNoFamily() public {
        // Neither the opener nor this guard has an owner: that makes them no relatives.
        registry.setOwner(guards[0], address(0));
        toCommits(id);
        assertTrue(validation.seated(id, guards[0]));
    }

    /// @dev Of 200 guards with equal weights five sit on average; which ones differs from round to round and case to case.
    function test_seatsAreDrawnByWeightAndCaseAndRound() public {
        vm.warp(START + 1);
        address[] memory many = new address[](200);
        for (uint256 i = 0; i < many.length; ++i) {
            many[i] = address(uint160(0x10000 + i));
            registry.set(many[i], address(uint160(0x20000 + i)), Roles.GUARD, 6000 ether);
        }
        vm.warp(START + 2);
        uint256 seats = 0;
        uint256 differs = 0;
        bytes32[8] memory ids;
        for (uint256 k = 0; k < 8; ++k) {
            ids[k] = open(bytes32(k + 1));
        }
        toCommits(ids[0]);
        for (uint256 k = 0; k < 8; ++k) {
            for (uint256 i = 0; i < many.length; ++i) {
                bool sits = validation.seated(ids[k], many[i]);
                if (sits) ++seats;
                if (sits != validation.seated(ids[0], many[i])) ++differs;
            }
        }
        bytes32 subject = keccak256(abi.encode(ids[0], uint32(1)));
        bytes32 random = epochs.randomness(roundOf(ids[0]).drawEpoch);
        for (uint256 i = 0; i < many.length; ++i) {
            bool sits = Sortition.sits(random, subject, many[i], 6000 ether, 1_230_000 ether, 5);
            assertEq(validation.seated(ids[0], many[i]), sits);
        }
        // 8 × 5 × 200 / 205 = 39 on average, with a deviation of 6
        assertGt(seats, 20);
        assertLt(seats, 60);
        assertGt(differs, 0);
    }
}

contract ValidationRevealTest is ValidationBase {
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = open("task");
        toCommits(id);
        commitAs(id, guards[0], INVALID);
    }

    function test_countsSeatAndWeight() public {
        toReveals(id);
        vm.expectEmit(address(validation));
        emit IValidation.VoteRevealed(id, 1, guards[0], INVALID, EVIDENCE);
        revealAs(id, guards[0], INVALID);
        (uint256 seats, uint256 weight) = validation.tallyOf(id, 1, INVALID);
        assertEq(seats, 1);
        assertEq(weight, 6000 ether);
        assertEq(roundOf(id).revealedWeight, 6000 ether);
        assertEq(validation.ballotOf(id, 1, guards[0]).verdict, INVALID);
    }

    function test_onlyInTheRevealPhase() public {
        bytes memory error_ = abi.encodeWithSelector(IValidation.NotRevealPhase.selector, id, 1);
        IValidation.Round memory r = roundOf(id);
        vm.warp(r.revealFrom - 1);
        commitAs(id, guards[1], VALID);
        vm.expectRevert(error_);
        revealAs(id, guards[0], INVALID);
        vm.warp(r.revealFrom);
        revealAs(id, guards[0], INVALID);
        vm.warp(r.revealUntil - 1);
        uint256 state = vm.snapshotState();
        revealAs(id, guards[1], VALID);
        vm.revertToState(state);
        vm.warp(r.revealUntil);
        vm.expectRevert(error_);
        revealAs(id, guards[1], VALID);
    }

    function test_RevertWhen_UnknownVerdict() public {
        toReveals(id);
        vm.expectRevert(abi.encodeWithSelector(IValidation.UnknownVerdict.selector, 0));
        revealAs(id, guards[0], 0);
        vm.expectRevert(abi.encodeWithSelector(IValidation.UnknownVerdict.selector, 4));
        revealAs(id, guards[0], 4);
    }

    function test_RevertWhen_NotCommitted() public {
        toReveals(id);
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotCommitted.selector, id, guards[1]));
        revealAs(id, guards[1], INVALID);
    }

    function test_RevertWhen_AlreadyRevealed() public {
        toReveals(id);
        revealAs(id, guards[0], INVALID);
        vm.expectRevert(abi.encodeWithSelector(IValidation.AlreadyRevealed.selector, id, guards[0]));
        revealAs(id, guards[0], INVALID);
    }

    function testFuzz_RevertWhen_WrongReveal(uint8 verdict, bytes32 evidence, bytes32 salt) public {
        verdict = uint8(bound(verdict, 1, 3));
        vm.assume(verdict != INVALID || evidence != EVIDENCE || salt != SALT);
        toReveals(id);
        vm.expectRevert(
            abi.encodeWithSelector(
                IValidation.WrongReveal.selector,
                commitmentOf(id, guards[0], INVALID),
                keccak256(abi.encode(guards[0], bytes32("task"), uint32(1), verdict, evidence, salt))
            )
        );
        vm.prank(guards[0]);
        validation.reveal(id, verdict, evidence, salt);
    }

    /// @dev Who repeats another's commitment earns nothing by it: it opens for nobody else, and silence costs.
    function test_RevertWhen_WrongReveal_aCopiedVote() public {
        bytes32 copy = commitmentOf(id, guards[0], INVALID);
        vm.prank(guards[1]);
        validation.commit(id, copy);
        toReveals(id);
        revealAs(id, guards[0], INVALID);
        vm.expectRevert(
            abi.encodeWithSelector(IValidation.WrongReveal.selector, copy, commitmentOf(id, guards[1], INVALID))
        );
        revealAs(id, guards[1], INVALID);
        toEnd(id);
        validation.punishSilence(id, 1, guards[1]);
        assertEq(slasher.count(), 1);
    }

    /// @dev A commitment of one round opens in no other.
    function test_RevertWhen_WrongReveal_ofAnotherRound() public {
        bytes32 old = commitmentOf(id, guards[0], INVALID);
        toEnd(id);
        validation.resolve(id);
        open("task");
        toCommits(id);
        vm.prank(guards[0]);
        validation.commit(id, old);
        toReveals(id);
        vm.expectRevert(
            abi.encodeWithSelector(IValidation.WrongReveal.selector, old, commitmentOf(id, guards[0], INVALID))
        );
        revealAs(id, guards[0], INVALID);
    }
}

contract ValidationResolveTest is ValidationBase {
    function resolved(uint8[5] memory verdicts) private returns (bytes32 id) {
        id = open("task");
        decide(id, verdicts);
    }

    function test_RevertWhen_RoundNotOver() public {
        bytes32 id = open("task");
        vm.warp(roundOf(id).revealUntil - 1);
        vm.expectRevert(abi.encodeWithSelector(IValidation.RoundNotOver.selector, id, 1));
        validation.resolve(id);
        vm.warp(roundOf(id).revealUntil);
        validation.resolve(id);
        vm.expectRevert(wrongStatus(id, IValidation.Status.Undecided));
        validation.resolve(id);
    }

    function test_INVALID_givesTheBondBackAndWaitsForTheSlash() public {
        bytes32 id = open("task");
        vote(id, guards, all(INVALID));
        vm.expectEmit(address(validation));
        emit IValidation.RoundDecided(id, 1, INVALID, IValidation.Status.Invalid);
        validation.resolve(id);
        assertStatus(id, IValidation.Status.Invalid);
        assertEq(token.balanceOf(opener), 10_000 ether);
        assertEq(roundOf(id).verdict, INVALID);
        assertTrue(roundOf(id).decided);
        assertEq(slasher.count(), 0);
    }

    function test_VALID_givesTheBondToTheMinersOwner() public {
        bytes32 id = resolved(all(VALID));
        assertStatus(id, IValidation.Status.Valid);
        assertEq(token.balanceOf(owner), 10_000 ether + BOND);
        assertEq(token.balanceOf(opener), 10_000 ether - BOND);
        assertEq(token.balanceOf(address(validation)), 0);
    }

    function test_nothingHappensWithoutAVerdict() public {
        bytes32 id = resolved(all(0));
        assertStatus(id, IValidation.Status.Undecided);
        assertEq(token.balanceOf(opener), 10_000 ether);
        assertEq(validation.caseOf(id).undecided, 1);
        assertEq(roundOf(id).verdict, 0);
    }

    function test_UNAVAILABLE_isNoReasonToSlash() public {
        bytes32 id = resolved(all(UNAVAILABLE));
        assertStatus(id, IValidation.Status.Undecided);
        assertEq(roundOf(id).verdict, UNAVAILABLE);
        assertEq(token.balanceOf(opener), 10_000 ether);
        vm.expectRevert(wrongStatus(id, IValidation.Status.Undecided));
        validation.proposeSlash(id);
    }

    /// @dev Four of five are more than two thirds; three of five are not.
    function test_moreThanTwoThirdsOfTheRevealedWeight() public {
        uint256 state = vm.snapshotState();
        assertStatus(resolved([INVALID, INVALID, INVALID, INVALID, VALID]), IValidation.Status.Invalid);
        vm.revertToState(state);
        assertStatus(resolved([INVALID, INVALID, INVALID, VALID, VALID]), IValidation.Status.Undecided);
    }

    function test_twoThirdsExactlyAreNotEnough() public {
        // Committee weights 4, 2 of 6 in all: exactly two thirds.
        vm.warp(START + 1);
        registry.set(guards[0], makeAddr("guardOwner0"), Roles.GUARD, 18_000 ether);
        registry.set(guards[1], makeAddr("guardOwner1"), Roles.GUARD, 9000 ether);
        registry.set(guards[2], makeAddr("guardOwner2"), Roles.GUARD, 0);
        registry.set(guards[3], makeAddr("guardOwner3"), Roles.GUARD, 0);
        registry.set(guards[4], makeAddr("guardOwner4"), Roles.GUARD, 0);
        vm.warp(START + 2);
        assertStatus(resolved([INVALID, VALID, 0, 0, 0]), IValidation.Status.Undecided);
        vm.warp(block.timestamp + 1);
        registry.set(guards[0], makeAddr("guardOwner0"), Roles.GUARD, 18_000 ether + 1);
        vm.warp(block.timestamp + 1);
        bytes32 id = open("other");
        decide(id, [INVALID, VALID, 0, 0, 0]);
        assertStatus(id, IValidation.Status.Invalid);
    }

    /// @dev One colluding guard that votes alone decides nothing: a committee weighs as much as all guards on average.
    function test_aFewSeatsDecideNothing() public {
        uint256 state = vm.snapshotState();
        assertStatus(resolved([INVALID, INVALID, 0, 0, 0]), IValidation.Status.Undecided);
        vm.revertToState(state);
        assertStatus(resolved([INVALID, INVALID, INVALID, 0, 0]), IValidation.Status.Invalid);
    }

    function test_exactlyHalfOfTheAverageWeightIsEnough() public {
        vm.warp(START + 1);
        registry.set(guards[4], makeAddr("guardOwner4"), Roles.GUARD, 0);
        vm.warp(START + 2);
        assertStatus(resolved([INVALID, INVALID, 0, 0, 0]), IValidation.Status.Invalid);
    }

    /// @dev Half of the seats that committed must have found it: commits without reveals cannot be outvoted by weight alone.
    function test_halfOfTheCommittedSeats() public {
        vm.warp(START + 1);
        registry.set(guards[0], makeAddr("guardOwner0"), Roles.GUARD, 24_000 ether);
        parameters.put(Parameter.CommitteeSize, 9);
        vm.warp(START + 2);
        uint256 state = vm.snapshotState();
        bytes32 id = withSilent(2);
        assertStatus(id, IValidation.Status.Undecided);
        vm.revertToState(state);
        assertStatus(withSilent(1), IValidation.Status.Invalid);
    }

    function withSilent(uint256 count) private returns (bytes32 id) {
        id = open("task");
        toCommits(id);
        commitAs(id, guards[0], INVALID);
        for (uint256 i = 1; i <= count; ++i) {
            commitAs(id, guards[i], VALID);
        }
        toReveals(id);
        revealAs(id, guards[0], INVALID);
        toEnd(id);
        validation.resolve(id);
    }

    /// @dev A guard that was drawn with little stake counts a whole seat, so that one large guard is not the committee.
    function test_aSmallGuardsSeatStandsForThoseThatWereNotDrawn() public {
        vm.warp(START + 1);
        address[] memory many = new address[](100);
        for (uint256 i = 0; i < many.length; ++i) {
            many[i] = address(uint160(0x10000 + i));
            registry.set(many[i], address(uint160(0x20000 + i)), Roles.GUARD, 900 ether);
        }
        vm.warp(START + 2);
        bytes32 id = open("task");
        toCommits(id);
        address seat;
        for (uint256 i = 0; i < many.length && seat == address(0); ++i) {
            if (validation.seated(id, many[i])) seat = many[i];
        }
        commitAs(id, seat, VALID);
        toReveals(id);
        revealAs(id, seat, VALID);
        (, uint256 weight) = validation.tallyOf(id, 1, VALID);
        assertEq(weight, 120_000 ether / 5);
    }
}

contract ValidationProposeSlashTest is ValidationBase {
    function test_takesThePartOfTheStakeForTheOpener() public {
        bytes32 id = open("task");
        decide(id, all(INVALID));
        vm.expectEmit(address(validation));
        emit IValidation.SlashProposed(id, miner, 400 ether, block.timestamp + 500);
        vm.prank(stranger);
        validation.proposeSlash(id);
        MockSlasher.Proposal memory p = proposalOf(id);
        assertEq(p.owner, owner);
        assertEq(p.operator, miner);
        assertEq(p.amount, 400 ether);
        assertEq(p.reporter, opener);
        assertStatus(id, IValidation.Status.Slashed);
        assertEq(validation.caseOf(id).appealUntil, block.timestamp + 500);
    }

    function test_RevertWhen_WrongStatus() public {
        bytes32 id = open("task");
        vm.expectRevert(wrongStatus(id, IValidation.Status.Voting));
        validation.proposeSlash(id);
        decide(id, all(INVALID));
        validation.proposeSlash(id);
        vm.expectRevert(wrongStatus(id, IValidation.Status.Slashed));
        validation.proposeSlash(id);
    }

    /// @dev Windows that changed meanwhile must leave time for the appeal too.
    function test_RevertWhen_AppealTooLate() public {
        bytes32 id = open("task");
        decide(id, all(INVALID));
        parameters.put(Parameter.AppealSeconds, 501);
        vm.expectRevert(abi.encodeWithSelector(IValidation.AppealTooLate.selector, 2701, 2701));
        validation.proposeSlash(id);
    }

    function test_aSlasherThatRefusesHoldsUpNoBond() public {
        bytes32 id = open("task");
        slasher.refuse(true);
        decide(id, all(INVALID));
        assertEq(token.balanceOf(opener), 10_000 ether);
        vm.expectRevert(MockSlasher.Refused.selector);
        validation.proposeSlash(id);
        slasher.refuse(false);
        validation.proposeSlash(id);
    }

    function test_resolvesAndProposesInOneTransaction() public {
        bytes32 id = open("task");
        vote(id, guards, all(INVALID));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IValidation.resolve, (id));
        calls[1] = abi.encodeCall(IValidation.proposeSlash, (id));
        validation.multicall(calls);
        assertStatus(id, IValidation.Status.Slashed);
    }
}

contract ValidationAppealTest is ValidationBase {
    function test_callsALargerCommitteeOfOracles() public {
        bytes32 id = slashed("task");
        vm.expectEmit(address(validation));
        emit IValidation.CaseAppealed(id, owner, 2, epochNow() + 1);
        vm.prank(owner);
        validation.appeal(id);
        IValidation.Round memory r = roundOf(id);
        assertEq(validation.caseOf(id).round, 2);
        assertEq(validation.caseOf(id).appellant, owner);
        assertEq(r.role, Roles.ORACLE);
        assertEq(r.size, 11);
        assertEq(r.totalWeight, 60_000 ether);
        assertEq(r.commitFrom, (epochNow() + 1) * EPOCH);
        assertEq(r.revealFrom, r.commitFrom + 60);
        assertEq(r.revealUntil, r.commitFrom + 100);
        assertEq(token.balanceOf(address(validation)), APPEAL_BOND);
    }

    function test_keepsTheNumbersOfTheProposal() public {
        bytes32 id = slashed("task");
        parameters.put(Parameter.AppealBondWei, 1);
        parameters.put(Parameter.AppealCommitteeSize, 12);
        parameters.put(Parameter.DisputeCommitSeconds, 1);
        parameters.put(Parameter.DisputeRevealSeconds, 1);
        parameters.put(Parameter.AppealSeconds, 1);
        skip(100);
        vm.prank(owner);
        validation.appeal(id);
        IValidation.Round memory r = roundOf(id);
        assertEq(r.size, 11);
        assertEq(r.revealUntil, r.commitFrom + 100);
        assertEq(token.balanceOf(address(validation)), APPEAL_BOND);
    }

    function test_untilTheWindowEnds() public {
        bytes32 id = slashed("task");
        uint256 until = validation.caseOf(id).appealUntil;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IValidation.AppealOver.selector, until));
        vm.prank(owner);
        validation.appeal(id);
        vm.warp(until - 1);
        vm.prank(owner);
        validation.appeal(id);
    }

    function test_RevertWhen_WrongStatus() public {
        bytes32 id = open("task");
        vm.expectRevert(wrongStatus(id, IValidation.Status.Voting));
        validation.appeal(id);
        decide(id, all(INVALID));
        vm.expectRevert(wrongStatus(id, IValidation.Status.Invalid));
        validation.appeal(id);
        validation.proposeSlash(id);
        vm.prank(owner);
        validation.appeal(id);
        vm.expectRevert(wrongStatus(id, IValidation.Status.Appealed));
        vm.prank(owner);
        validation.appeal(id);
    }

    function test_RevertWhen_NotSeated_theAppellantsOracle() public {
        bytes32 id = slashed("task");
        fund(oracles[0]);
        vm.prank(oracles[0]);
        validation.appeal(id);
        toCommits(id);
        assertFalse(validation.seated(id, oracles[0]));
        assertTrue(validation.seated(id, oracles[1]));
        assertFalse(validation.seated(id, guards[0]));
    }

    function test_upheld_theBondGoesToTheOpener() public {
        bytes32 id = appealed("task");
        decide(id, all(INVALID));
        assertStatus(id, IValidation.Status.Upheld);
        assertEq(token.balanceOf(opener), 10_000 ether + APPEAL_BOND);
        assertEq(token.balanceOf(owner), 10_000 ether - APPEAL_BOND);
        vm.expectRevert(wrongStatus(id, IValidation.Status.Upheld));
        validation.cancelSlash(id);
        assertFalse(proposalOf(id).cancelled);
    }

    function test_overturned_theSlashIsCancelledAndTheBondComesBack() public {
        bytes32 id = appealed("task");
        vote(id, oracles, all(VALID));
        vm.expectEmit(address(validation));
        emit IValidation.RoundDecided(id, 2, VALID, IValidation.Status.Overturned);
        validation.resolve(id);
        assertEq(token.balanceOf(owner), 10_000 ether);
        assertEq(token.balanceOf(opener), 10_000 ether);
        vm.expectEmit(address(validation));
        emit IValidation.SlashCancelled(id);
        vm.prank(stranger);
        validation.cancelSlash(id);
        assertTrue(proposalOf(id).cancelled);
        vm.expectRevert(wrongStatus(id, IValidation.Status.Overturned));
        validation.cancelSlash(id);
    }

    /// @dev In doubt for the accused: no honest node loses stake because oracles were away.
    function test_undecided_overturns() public {
        bytes32 id = appealed("task");
        decide(id, [INVALID, INVALID, 0, 0, 0]);
        assertStatus(id, IValidation.Status.Overturned);
        assertEq(token.balanceOf(owner), 10_000 ether);
        validation.cancelSlash(id);
        assertTrue(proposalOf(id).cancelled);
    }

    function test_RevertWhen_WrongStatus_cancelBeforeTheDecision() public {
        bytes32 id = appealed("task");
        vm.expectRevert(wrongStatus(id, IValidation.Status.Appealed));
        validation.cancelSlash(id);
    }

    function test_aCaseIsOverAfterItsAppeal() public {
        bytes32 id = appealed("task");
        decide(id, all(VALID));
        MinerReceipt memory r = receiptOf("task");
        bytes memory signature = sign(minerKey, digestOf(r));
        vm.expectRevert(wrongStatus(id, IValidation.Status.Overturned));
        vm.prank(opener);
        validation.open(r, signature);
        vm.expectRevert(wrongStatus(id, IValidation.Status.Overturned));
        validation.appeal(id);
    }

    /// @dev Whenever the proposal is made and the appeal comes, it ends with time to spare before the slash can be executed.
    function testFuzz_endsBeforeTheSlashIsExecuted(uint256 proposedAt, uint256 wait, bool late) public {
        bytes32 id = open("task");
        decide(id, all(INVALID));
        vm.warp(block.timestamp + bound(proposedAt, 0, 2 * EPOCH));
        validation.proposeSlash(id);
        uint256 executes = block.timestamp + parameters.get(Parameter.SlashAppealSeconds);
        epochs.setLate(late);
        vm.warp(block.timestamp + bound(wait, 0, 499));
        vm.prank(owner);
        validation.appeal(id);
        assertLt(roundOf(id).revealUntil + parameters.get(Parameter.CheckpointChallengeSeconds), executes);
    }
}

contract ValidationPunishSilenceTest is ValidationBase {
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = open("task");
        toCommits(id);
        commitAs(id, guards[0], INVALID);
        commitAs(id, guards[1], INVALID);
        toReveals(id);
        revealAs(id, guards[1], INVALID);
    }

    function test_aCommittedSeatThatStayedSilentLosesAPart() public {
        toEnd(id);
        vm.expectEmit(address(validation));
        emit IValidation.SilencePunished(id, 1, guards[0], 60 ether);
        vm.prank(stranger);
        validation.punishSilence(id, 1, guards[0]);
        MockSlasher.Proposal memory p = proposalOf(keccak256(abi.encode("silence", id, uint32(1), guards[0])));
        assertEq(p.owner, makeAddr("guardOwner0"));
        assertEq(p.operator, guards[0]);
        assertEq(p.amount, 60 ether);
        assertEq(p.reporter, stranger);
    }

    /// @dev Griefing: commits without reveals keep a round from a verdict, and each one costs, round after round.
    function test_blockingARoundCostsEachSeat() public {
        toEnd(id);
        validation.resolve(id);
        assertStatus(id, IValidation.Status.Undecided);
        validation.punishSilence(id, 1, guards[0]);
        open("task");
        toCommits(id);
        commitAs(id, guards[0], INVALID);
        toEnd(id);
        validation.punishSilence(id, 2, guards[0]);
        assertEq(slasher.count(), 2);
    }

    function test_RevertWhen_RoundNotOver() public {
        vm.warp(roundOf(id).revealUntil - 1);
        vm.expectRevert(abi.encodeWithSelector(IValidation.RoundNotOver.selector, id, 1));
        validation.punishSilence(id, 1, guards[0]);
    }

    function test_RevertWhen_NotSilent() public {
        toEnd(id);
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotSilent.selector, id, guards[1]));
        validation.punishSilence(id, 1, guards[1]);
        validation.punishSilence(id, 1, guards[0]);
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotSilent.selector, id, guards[0]));
        validation.punishSilence(id, 1, guards[0]);
    }

    function test_RevertWhen_NotCommitted() public {
        toEnd(id);
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotCommitted.selector, id, guards[2]));
        validation.punishSilence(id, 1, guards[2]);
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotCommitted.selector, id, guards[0]));
        validation.punishSilence(id, 2, guards[0]);
    }
}

contract ValidationRecordDissentTest is ValidationBase {
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = open("task");
        vote(id, guards, [INVALID, INVALID, INVALID, INVALID, VALID]);
    }

    function test_isRecordedAndTakesNothing() public {
        validation.resolve(id);
        vm.expectEmit(address(validation));
        emit IValidation.VotedAgainstQuorum(id, 1, guards[4], VALID);
        validation.recordDissent(id, 1, guards[4]);
        assertEq(slasher.count(), 0);
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotDissenting.selector, id, guards[4]));
        validation.recordDissent(id, 1, guards[4]);
    }

    function test_RevertWhen_NotDissenting() public {
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotDissenting.selector, id, guards[4]));
        validation.recordDissent(id, 1, guards[4]);
        validation.resolve(id);
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotDissenting.selector, id, guards[0]));
        validation.recordDissent(id, 1, guards[0]);
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotDissenting.selector, id, stranger));
        validation.recordDissent(id, 1, stranger);
    }

    function test_RevertWhen_NotDissenting_silent() public {
        bytes32 other = open("other");
        toCommits(other);
        for (uint256 i = 0; i < 5; ++i) {
            commitAs(other, guards[i], INVALID);
        }
        toReveals(other);
        for (uint256 i = 0; i < 4; ++i) {
            revealAs(other, guards[i], INVALID);
        }
        toEnd(other);
        validation.resolve(other);
        vm.expectRevert(abi.encodeWithSelector(IValidation.NotDissenting.selector, other, guards[4]));
        validation.recordDissent(other, 1, guards[4]);
    }
}

contract ValidationReportVotesTest is ValidationBase {
    Vote internal a;
    Vote internal b;

    function setUp() public override {
        super.setUp();
        a = Vote("task", 0, VALID, EVIDENCE, "salt");
        b = Vote("task", 0, INVALID, EVIDENCE, "salt");
    }

    function digest(Vote memory v) internal view returns (bytes32) {
        return typed(domainOf(block.chainid, address(registry)), hasher.ofVote(v));
    }

    function report(uint256 keyA, uint256 keyB) internal {
        (bytes memory sa, bytes memory sb) = (sign(keyA, digest(a)), sign(keyB, digest(b)));
        vm.prank(stranger);
        validation.reportVotes(a, sa, b, sb);
    }

    function caseId() internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                "equivocation",
                block.chainid,
                address(validation),
                IValidation.Kind.Vote,
                guards[0],
                keccak256(abi.encode(a.task, a.round))
            )
        );
    }

    function test_twoVerdicts() public {
        bytes32 subject = keccak256(abi.encode(a.task, a.round));
        (bytes memory sa, bytes memory sb) = (sign(guardKeys[0], digest(a)), sign(guardKeys[0], digest(b)));
        vm.expectEmit(address(validation));
        emit IValidation.Equivocated(IValidation.Kind.Vote, guards[0], subject, 3000 ether, stranger);
        vm.prank(stranger);
        validation.reportVotes(a, sa, b, sb);
        MockSlasher.Proposal memory p = proposalOf(caseId());
        assertEq(p.owner, makeAddr("guardOwner0"));
        assertEq(p.operator, guards[0]);
        assertEq(p.amount, 3000 ether);
        assertEq(p.reporter, stranger);
        assertTrue(validation.reported(caseId()));
    }

    function test_twoEvidences() public {
        b = Vote("task", 0, VALID, "other", "salt");
        report(guardKeys[0], guardKeys[0]);
        assertEq(slasher.count(), 1);
    }

    function test_theSlashIsAtLeastOfTheMinimumStake() public {
        registry.set(guards[0], makeAddr("guardOwner0"), Roles.GUARD, 0);
        skip(1);
        report(guardKeys[0], guardKeys[0]);
        assertEq(proposalOf(caseId()).amount, 2500 ether);
    }

    function test_RevertWhen_NoConflict_theSame() public {
        b = a;
        vm.expectRevert(IValidation.NoConflict.selector);
        this.reportExternal(guardKeys[0]);
    }

    function test_RevertWhen_NoConflict_anotherSaltOnly() public {
        b = a;
        b.salt = "another";
        vm.expectRevert(IValidation.NoConflict.selector);
        this.reportExternal(guardKeys[0]);
    }

    function test_RevertWhen_NoConflict_anotherTaskOrRound() public {
        b.task = "other";
        vm.expectRevert(IValidation.NoConflict.selector);
        this.reportExternal(guardKeys[0]);
        b.task = a.task;
        b.round = 1;
        vm.expectRevert(IValidation.NoConflict.selector);
        this.reportExternal(guardKeys[0]);
    }

    function test_RevertWhen_SignersDiffer() public {
        vm.expectRevert(abi.encodeWithSelector(IValidation.SignersDiffer.selector, guards[0], guards[1]));
        this.reportExternal2(guardKeys[0], guardKeys[1]);
    }

    function test_RevertWhen_SignersDiffer_anotherDomain() public {
        bytes memory sa = sign(guardKeys[0], digest(a));
        bytes32 elsewhere = typed(domainOf(block.chainid + 1, address(registry)), hasher.ofVote(b));
        bytes memory sb = sign(guardKeys[0], elsewhere);
        vm.expectPartialRevert(IValidation.SignersDiffer.selector);
        validation.reportVotes(a, sa, b, sb);
        sb = sign(guardKeys[0], typed(domainOf(block.chainid, settlement), hasher.ofVote(b)));
        vm.expectPartialRevert(IValidation.SignersDiffer.selector);
        validation.reportVotes(a, sa, b, sb);
    }

    function test_RevertWhen_InvalidSignature_malleable() public {
        bytes memory sa = sign(guardKeys[0], digest(a));
        bytes memory sb = malleable(guardKeys[0], digest(b));
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        validation.reportVotes(a, sa, b, sb);
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        validation.reportVotes(b, sb, a, sa);
    }

    function test_RevertWhen_UnknownOperator() public {
        (address nobody, uint256 key) = makeAddrAndKey("nobody");
        vm.expectRevert(abi.encodeWithSelector(IValidation.UnknownOperator.selector, nobody));
        this.reportExternal(key);
    }

    function test_RevertWhen_AlreadyReported() public {
        report(guardKeys[0], guardKeys[0]);
        bytes32 subject = keccak256(abi.encode(a.task, a.round));
        vm.expectRevert(abi.encodeWithSelector(IValidation.AlreadyReported.selector, guards[0], subject));
        this.reportExternal(guardKeys[0]);
        // A third vote on the same task and round is the same fault, in whatever order.
        a = Vote("task", 0, UNAVAILABLE, EVIDENCE, "salt");
        vm.expectRevert(abi.encodeWithSelector(IValidation.AlreadyReported.selector, guards[0], subject));
        this.reportExternal(guardKeys[0]);
        // Another round, and another guard, are others.
        a.round = b.round = 1;
        report(guardKeys[0], guardKeys[0]);
        report(guardKeys[1], guardKeys[1]);
        assertEq(slasher.count(), 3);
    }

    function reportExternal(uint256 key) external {
        report(key, key);
    }

    function reportExternal2(uint256 keyA, uint256 keyB) external {
        report(keyA, keyB);
    }
}

contract ValidationReportReceiptsTest is ValidationBase {
    function report(MinerReceipt memory a, uint256 keyA, MinerReceipt memory b, uint256 keyB, bytes memory reason)
        internal
    {
        (bytes memory sa, bytes memory sb) = (sign(keyA, digestOf(a)), sign(keyB, digestOf(b)));
        if (reason.length != 0) vm.expectRevert(reason);
        vm.prank(stranger);
        validation.reportReceipts(a, sa, b, sb);
    }

    function test_twoReceiptsForOneTask() public {
        (MinerReceipt memory a, MinerReceipt memory b) = (receiptOf("task"), receiptOf("task"));
        b.outputRoot = "other";
        report(a, minerKey, b, minerKey, "");
        bytes32 id = keccak256(
            abi.encode(
                "equivocation", block.chainid, address(validation), IValidation.Kind.Receipt, miner, bytes32("task")
            )
        );
        MockSlasher.Proposal memory p = proposalOf(id);
        assertEq(p.owner, owner);
        assertEq(p.operator, miner);
        assertEq(p.amount, 1000 ether);
        assertEq(p.reporter, stranger);
        report(
            b,
            minerKey,
            a,
            minerKey,
            abi.encodeWithSelector(IValidation.AlreadyReported.selector, miner, bytes32("task"))
        );
    }

    function test_RevertWhen_NoConflict() public {
        bytes memory reason = abi.encodeWithSelector(IValidation.NoConflict.selector);
        report(receiptOf("task"), minerKey, receiptOf("task"), minerKey, reason);
        report(receiptOf("task"), minerKey, receiptOf("other"), minerKey, reason);
    }

    function test_RevertWhen_SignersDiffer() public {
        MinerReceipt memory b = receiptOf("task");
        b.outputRoot = "other";
        report(
            receiptOf("task"),
            minerKey,
            b,
            guardKeys[0],
            abi.encodeWithSelector(IValidation.SignersDiffer.selector, miner, guards[0])
        );
    }

    function test_RevertWhen_NotMiner() public {
        MinerReceipt memory a = receiptOf("task");
        MinerReceipt memory b = receiptOf("task");
        b.miner = guards[1];
        bytes memory reason = abi.encodeWithSelector(IValidation.NotMiner.selector, miner, guards[1]);
        report(a, minerKey, b, minerKey, reason);
        report(b, minerKey, a, minerKey, reason);
    }
}

contract ValidationReportAttestationsTest is ValidationBase {
    function root(uint64 epoch, bytes32 value) internal pure returns (EpochRoot memory e) {
        e.epoch = epoch;
        e.root = value;
        e.total = 5;
    }

    function signed(uint256 key, EpochRoot memory e, bytes32 debitsHash) internal view returns (bytes memory) {
        return sign(key, typed(domainOf(block.chainid, settlement), hasher.ofRoot(e, debitsHash)));
    }

    function report(EpochRoot memory a, EpochRoot memory b, bytes memory reason) internal {
        (bytes memory sa, bytes memory sb) = (signed(guardKeys[0], a, "debits"), signed(guardKeys[0], b, "other"));
        if (reason.length != 0) vm.expectRevert(reason);
        vm.prank(stranger);
        validation.reportAttestations(a, "debits", sa, b, "other", sb);
    }

    function test_twoRootsForOneEpoch() public {
        report(root(3, "a"), root(3, "b"), "");
        bytes32 subject = bytes32(uint256(3));
        bytes32 id = keccak256(
            abi.encode(
                "equivocation", block.chainid, address(validation), IValidation.Kind.Attestation, guards[0], subject
            )
        );
        assertEq(proposalOf(id).amount, 3000 ether);
        assertEq(proposalOf(id).operator, guards[0]);
        report(
            root(3, "b"), root(3, "c"), abi.encodeWithSelector(IValidation.AlreadyReported.selector, guards[0], subject)
        );
    }

    /// @dev A guard may be asked for the same root again with other debits: that is what an honest one signs too.
    function test_RevertWhen_NoConflict() public {
        bytes memory reason = abi.encodeWithSelector(IValidation.NoConflict.selector);
        report(root(3, "a"), root(3, "a"), reason);
        report(root(3, "a"), root(4, "b"), reason);
    }

    function test_RevertWhen_SignersDiffer_anotherDomain() public {
        EpochRoot memory a = root(3, "a");
        EpochRoot memory b = root(3, "b");
        bytes memory sa = signed(guardKeys[0], a, "debits");
        bytes memory sb =
            sign(guardKeys[0], typed(domainOf(block.chainid, address(registry)), hasher.ofRoot(b, "other")));
        vm.expectPartialRevert(IValidation.SignersDiffer.selector);
        validation.reportAttestations(a, "debits", sa, b, "other", sb);
    }
}

contract ValidationReportCheckpointsTest is ValidationBase {
    function digest(uint256 chainId, Checkpoint memory c) internal view returns (bytes32) {
        return typed(domainOf(ANCHOR_CHAIN, anchor), c.hashFor(chainId));
    }

    function report(Checkpoint memory a, Checkpoint memory b, bytes memory reason) internal {
        bytes memory sa = sign(oracleKeys[0], digest(block.chainid, a));
        bytes memory sb = sign(oracleKeys[0], digest(block.chainid, b));
        if (reason.length != 0) vm.expectRevert(reason);
        vm.prank(stranger);
        validation.reportCheckpoints(block.chainid, a, sa, b, sb);
    }

    function test_twoBlocksWithOneNumber() public {
        report(Checkpoint(9, "hash", "state"), Checkpoint(9, "other", "state"), "");
        bytes32 subject = keccak256(abi.encode(block.chainid, uint64(9)));
        bytes32 id = keccak256(
            abi.encode(
                "equivocation", block.chainid, address(validation), IValidation.Kind.Checkpoint, oracles[0], subject
            )
        );
        assertEq(proposalOf(id).amount, 6000 ether);
        assertEq(proposalOf(id).operator, oracles[0]);
        report(
            Checkpoint(9, "hash", "state"),
            Checkpoint(9, "hash", "third"),
            abi.encodeWithSelector(IValidation.AlreadyReported.selector, oracles[0], subject)
        );
    }

    function test_twoStatesOfOneBlock() public {
        report(Checkpoint(9, "hash", "state"), Checkpoint(9, "hash", "other"), "");
        assertEq(slasher.count(), 1);
    }

    function test_RevertWhen_NoConflict() public {
        bytes memory reason = abi.encodeWithSelector(IValidation.NoConflict.selector);
        report(Checkpoint(9, "hash", "state"), Checkpoint(9, "hash", "state"), reason);
        report(Checkpoint(9, "hash", "state"), Checkpoint(10, "other", "state"), reason);
    }

    function test_RevertWhen_SignersDiffer_anotherChain() public {
        Checkpoint memory a = Checkpoint(9, "hash", "state");
        Checkpoint memory b = Checkpoint(9, "other", "state");
        bytes memory sa = sign(oracleKeys[0], digest(block.chainid, a));
        bytes memory sb = sign(oracleKeys[0], digest(block.chainid + 1, b));
        vm.expectPartialRevert(IValidation.SignersDiffer.selector);
        validation.reportCheckpoints(block.chainid, a, sa, b, sb);
        sb = sign(oracleKeys[0], typed(domainOf(block.chainid, anchor), b.hashFor(block.chainid)));
        vm.expectPartialRevert(IValidation.SignersDiffer.selector);
        validation.reportCheckpoints(block.chainid, a, sa, b, sb);
    }
}
