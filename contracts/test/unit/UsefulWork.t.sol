// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IUsefulWork } from "../../src/interfaces/IUsefulWork.sol";
import { UsefulWork } from "../../src/l2/UsefulWork.sol";
import { Quorum } from "../../src/libraries/Quorum.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Roles } from "../../src/types/Roles.sol";
import { MockEpochs, WorkBase } from "../utils/MocksWork.sol";

abstract contract UsefulWorkBase is WorkBase {
    uint256 internal constant STEP = 50;
    uint256 internal constant COOLDOWN = 400;
    uint128 internal constant REWARD = 3 ether;
    bytes32 internal constant SALT = "salt";

    UsefulWork internal work;
    MockEpochs internal epochs;
    address internal client = makeAddr("client");
    address internal oracle = makeAddr("oracle");
    address[4] internal miners;
    uint256[] internal guardKeys;

    function setUp() public virtual override {
        super.setUp();
        registry.set(oracle, makeAddr("oracleOwner"), Roles.ORACLE, 1 ether);
        for (uint256 i = 0; i < 4; ++i) {
            miners[i] = makeAddr(string.concat("miner", vm.toString(i)));
            registry.set(miners[i], ownerOf(i), Roles.MINER, 1000 ether);
        }
        for (uint256 i = 0; i < 3; ++i) {
            (address guard, uint256 key) = makeAddrAndKey(string.concat("guard", vm.toString(i)));
            registry.set(guard, guard, Roles.GUARD, 1 ether);
            guardKeys.push(key);
        }
        skip(1);
        epochs = new MockEpochs(parameters);
        work = new UsefulWork(token, registry, parameters, epochsOf(epochs));
        token.mint(client, 1_000_000 ether);
        vm.prank(client);
        token.approve(address(work), type(uint256).max);
    }

    function ownerOf(uint256 i) internal returns (address) {
        return makeAddr(string.concat("minerOwner", vm.toString(i)));
    }

    function termsOf(uint32 items, uint8 nodes) internal pure returns (IUsefulWork.Terms memory) {
        return IUsefulWork.Terms("model", "spec", items, nodes, REWARD);
    }

    function request(uint32 items, uint8 nodes) internal returns (bytes32) {
        vm.prank(client);
        return work.request(termsOf(items, nodes));
    }

    function join(bytes32 id, uint256 i) internal {
        vm.prank(miners[i]);
        work.join(id);
    }

    function toJoin(bytes32 id) internal {
        vm.warp(work.session(id).joinFrom);
    }

    /// @dev A session of two miners and ten items, brought to a state.
    function upTo(IUsefulWork.State state) internal returns (bytes32 id) {
        id = request(10, 2);
        if (state == IUsefulWork.State.Request) return id;
        toJoin(id);
        join(id, 0);
        join(id, 1);
        if (state == IUsefulWork.State.Create) return id;
        vm.startPrank(miners[0]);
        work.create(id, "topics");
        if (state >= IUsefulWork.State.Start) work.prepare(id, "questions");
        if (state >= IUsefulWork.State.Precommit) work.start(id);
        vm.stopPrank();
        if (state >= IUsefulWork.State.Commit) {
            precommit(id, 0, 5);
            precommit(id, 1, 4);
        }
        if (state >= IUsefulWork.State.End) {
            commit(id, 0, 5);
            commit(id, 1, 4);
        }
    }

    function precommit(bytes32 id, uint256 i, uint32 items) internal {
        bytes32 hash = work.precommitOf(id, miners[i], "dataset", "cid", items, SALT);
        vm.prank(miners[i]);
        work.precommit(id, hash);
    }

    function commit(bytes32 id, uint256 i, uint32 items) internal {
        vm.prank(miners[i]);
        work.commit(id, "dataset", "cid", items, SALT);
    }

    function scores(uint32 a, uint32 b) internal pure returns (uint32[] memory accepted) {
        accepted = new uint32[](2);
        (accepted[0], accepted[1]) = (a, b);
    }

    function signed(bytes32 id, uint32[] memory accepted, uint256 count) internal view returns (bytes[] memory) {
        uint256[] memory keys = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            keys[i] = guardKeys[i];
        }
        return signSorted(keys, work.scoreDigest(id, accepted));
    }

    function score(bytes32 id, uint32[] memory accepted) internal {
        bytes[] memory signatures = signed(id, accepted, 3);
        work.score(id, accepted, block.timestamp - 1, signatures);
    }

    function stateOf(bytes32 id) internal view returns (IUsefulWork.State) {
        return work.session(id).state;
    }

    function assertState(bytes32 id, IUsefulWork.State state) internal view {
        assertEq(uint256(stateOf(id)), uint256(state));
    }

    function wrongState(bytes32 id, IUsefulWork.State state) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IUsefulWork.WrongState.selector, id, state);
    }

    function toDeadline(bytes32 id) internal {
        vm.warp(work.session(id).deadline);
    }

    function timeoutBy(address caller, bytes32 id) internal {
        vm.prank(caller);
        work.timeout(id);
    }

    function assertSeats(bytes32 id, uint256 count) internal view {
        assertEq(work.seatsOf(id).length, count);
    }

    function expectTooLate(bytes32 id) internal {
        toDeadline(id);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.TooLate.selector, block.timestamp));
    }
}

contract UsefulWorkConstructorTest is UsefulWorkBase {
    function test_namesItsParts() public view {
        assertEq(address(work.token()), address(token));
        assertEq(address(work.registry()), address(registry));
        assertEq(address(work.parameters()), address(parameters));
        assertEq(address(work.epochs()), address(epochs));
        assertEq(work.NODES_MAX(), 16);
        assertEq(work.ITEMS_MAX(), 100_000);
        assertEq(work.SEATS_FACTOR(), 3);
    }
}

contract UsefulWorkRequestTest is UsefulWorkBase {
    function test_takesTheBudgetAndFixesTheNumbers() public {
        IUsefulWork.Terms memory terms = termsOf(10, 2);
        bytes32 id = keccak256(abi.encode(block.chainid, address(work), client, uint256(0), terms));
        uint256 joinFrom = (epochNow() + 1) * EPOCH;
        vm.expectEmit(address(work));
        emit IUsefulWork.SessionRequested(id, client, terms, epochNow() + 1);
        vm.expectEmit(address(work));
        emit IUsefulWork.StateEntered(id, IUsefulWork.State.Request, joinFrom + STEP);
        vm.prank(client);
        assertEq(work.request(terms), id);
        assertEq(token.balanceOf(address(work)), 30 ether);
        IUsefulWork.Session memory s = work.session(id);
        assertEq(s.requester, client);
        assertEq(uint256(s.state), uint256(IUsefulWork.State.Request));
        assertEq(s.joinFrom, joinFrom);
        assertEq(s.deadline, joinFrom + STEP);
        assertEq(s.snapshot, block.timestamp - 1);
        assertEq(s.missedMax, 2);
        assertEq(s.stepSeconds, STEP);
        assertEq(s.cooldownSeconds, COOLDOWN);
        assertEq(work.requestCount(client), 1);
    }

    function test_theSameTermsTwiceAreTwoSessions() public {
        assertNotEq(request(10, 2), request(10, 2));
        assertEq(token.balanceOf(address(work)), 60 ether);
    }

    function test_anOracleRequestsNetworkMiningWithoutABudget() public {
        IUsefulWork.Terms memory terms = termsOf(10, 2);
        terms.rewardPerItem = 0;
        vm.prank(oracle);
        bytes32 id = work.request(terms);
        assertState(id, IUsefulWork.State.Request);
        assertEq(token.balanceOf(address(work)), 0);
    }

    function test_RevertWhen_NotOracle() public {
        IUsefulWork.Terms memory terms = termsOf(10, 2);
        terms.rewardPerItem = 0;
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.NotOracle.selector, client));
        vm.prank(client);
        work.request(terms);
    }

    function expectInvalid(IUsefulWork.Terms memory terms) private {
        vm.expectRevert(IUsefulWork.InvalidTerms.selector);
        vm.prank(client);
        work.request(terms);
    }

    function test_RevertWhen_InvalidTerms() public {
        expectInvalid(termsOf(0, 2));
        expectInvalid(termsOf(100_001, 2));
        expectInvalid(termsOf(10, 0));
        expectInvalid(termsOf(10, 17));
        IUsefulWork.Terms memory terms = termsOf(10, 2);
        terms.model = 0;
        expectInvalid(terms);
        terms = termsOf(10, 2);
        terms.spec = 0;
        expectInvalid(terms);
        request(100_000, 16);
        request(1, 1);
    }

    function testFuzz_theBudgetIsItemsTimesReward(uint32 items, uint64 reward) public {
        items = uint32(bound(items, 1, 1000));
        vm.assume(reward != 0);
        IUsefulWork.Terms memory terms = termsOf(items, 4);
        terms.rewardPerItem = reward;
        vm.prank(client);
        work.request(terms);
        assertEq(token.balanceOf(address(work)), uint256(items) * reward);
    }
}

contract UsefulWorkJoinTest is UsefulWorkBase {
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = request(10, 2);
    }

    function test_takesASeatAndTheLastOneBegins() public {
        toJoin(id);
        vm.expectEmit(address(work));
        emit IUsefulWork.MinerJoined(id, miners[0]);
        join(id, 0);
        assertEq(work.sessionOf(miners[0]), id);
        assertEq(work.seatsOf(id)[0].miner, miners[0]);
        assertEq(work.seatsOf(id)[0].owner, ownerOf(0));
        assertState(id, IUsefulWork.State.Request);
        skip(7);
        join(id, 1);
        assertState(id, IUsefulWork.State.Create);
        assertEq(work.session(id).deadline, block.timestamp + STEP);
        vm.expectRevert(wrongState(id, IUsefulWork.State.Create));
        join(id, 2);
    }

    function test_onlyFromTheDrawToTheDeadline() public {
        uint256 joinFrom = work.session(id).joinFrom;
        vm.warp(joinFrom - 1);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.TooEarly.selector, joinFrom));
        join(id, 0);
        vm.warp(joinFrom);
        join(id, 0);
        vm.warp(joinFrom + STEP - 1);
        uint256 state = vm.snapshotState();
        join(id, 1);
        vm.revertToState(state);
        expectTooLate(id);
        join(id, 1);
    }

    function test_RevertWhen_NotDrawn_notActive() public {
        toJoin(id);
        registry.setActive(miners[0], Roles.MINER, false);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.NotDrawn.selector, id, miners[0]));
        join(id, 0);
    }

    function test_RevertWhen_NotDrawn_registeredAfterTheRequest() public {
        registry.set(stranger, stranger, Roles.MINER, 1_000_000 ether);
        toJoin(id);
        assertFalse(work.drawn(id, stranger));
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.NotDrawn.selector, id, stranger));
        vm.prank(stranger);
        work.join(id);
    }

    function test_RevertWhen_Busy() public {
        toJoin(id);
        join(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.Busy.selector, miners[0], id));
        join(id, 0);
    }

    function test_RevertWhen_CoolingDown() public {
        toJoin(id);
        join(id, 0);
        join(id, 1);
        parameters.put(Parameter.UsefulWorkStepSeconds, 2000);
        bytes32 next = request(10, 2);
        vm.warp(work.session(next).joinFrom - 200);
        timeoutBy(oracle, id);
        uint256 until = work.cooldownUntil(miners[0]);
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.CoolingDown.selector, miners[0], until));
        join(next, 0);
        vm.warp(until);
        join(next, 0);
    }

    /// @dev Of 200 equal miners 3 × 4 seats are drawn on average.
    function test_seatsAreDrawnByWeight() public {
        for (uint256 i = 0; i < 200; ++i) {
            registry.set(address(uint160(0x10000 + i)), client, Roles.MINER, 1000 ether);
        }
        skip(1);
        uint256 seats = 0;
        bytes32 first = request(10, 4);
        toJoin(first);
        for (uint256 k = 0; k < 8; ++k) {
            epochs.setSalt(bytes32(k));
            for (uint256 i = 0; i < 200; ++i) {
                if (work.drawn(first, address(uint160(0x10000 + i)))) ++seats;
            }
        }
        // 8 × 12 × 200 / 204 = 94 on average, with a deviation of 9
        assertGt(seats, 60);
        assertLt(seats, 130);
    }
}

contract UsefulWorkLeadTest is UsefulWorkBase {
    function test_createThenPrepareThenStart() public {
        bytes32 id = upTo(IUsefulWork.State.Create);
        vm.startPrank(miners[0]);
        vm.expectEmit(address(work));
        emit IUsefulWork.TopicsPosted(id, miners[0], "topics");
        work.create(id, "topics");
        assertState(id, IUsefulWork.State.Prepare);
        assertEq(work.session(id).topics, "topics");
        skip(20);
        vm.expectEmit(address(work));
        emit IUsefulWork.QuestionsPosted(id, miners[0], "questions");
        work.prepare(id, "questions");
        assertState(id, IUsefulWork.State.Start);
        assertEq(work.session(id).questions, "questions");
        assertEq(work.session(id).deadline, block.timestamp + STEP);
        vm.expectEmit(address(work));
        emit IUsefulWork.StateEntered(id, IUsefulWork.State.Precommit, block.timestamp + STEP);
        work.start(id);
        assertState(id, IUsefulWork.State.Precommit);
    }

    function test_RevertWhen_NotLead() public {
        bytes memory reason = abi.encodeWithSelector(IUsefulWork.NotLead.selector, miners[1], miners[0]);
        bytes32 id = upTo(IUsefulWork.State.Create);
        vm.expectRevert(reason);
        vm.prank(miners[1]);
        work.create(id, "topics");
        vm.prank(miners[0]);
        work.create(id, "topics");
        vm.expectRevert(reason);
        vm.prank(miners[1]);
        work.prepare(id, "questions");
        vm.prank(miners[0]);
        work.prepare(id, "questions");
        vm.expectRevert(reason);
        vm.prank(miners[1]);
        work.start(id);
    }

    function test_RevertWhen_EmptyHash() public {
        bytes32 id = upTo(IUsefulWork.State.Create);
        vm.startPrank(miners[0]);
        vm.expectRevert(IUsefulWork.EmptyHash.selector);
        work.create(id, 0);
        work.create(id, "topics");
        vm.expectRevert(IUsefulWork.EmptyHash.selector);
        work.prepare(id, 0);
    }

    function test_RevertWhen_WrongState() public {
        bytes32 id = upTo(IUsefulWork.State.Create);
        vm.startPrank(miners[0]);
        vm.expectRevert(wrongState(id, IUsefulWork.State.Create));
        work.prepare(id, "questions");
        vm.expectRevert(wrongState(id, IUsefulWork.State.Create));
        work.start(id);
        work.create(id, "topics");
        vm.expectRevert(wrongState(id, IUsefulWork.State.Prepare));
        work.create(id, "topics");
    }

    function test_RevertWhen_TooLate() public {
        bytes32 id = upTo(IUsefulWork.State.Create);
        expectTooLate(id);
        vm.prank(miners[0]);
        work.create(id, "topics");
        vm.warp(block.timestamp - 1);
        vm.prank(miners[0]);
        work.create(id, "topics");
        expectTooLate(id);
        vm.prank(miners[0]);
        work.prepare(id, "questions");
        vm.warp(block.timestamp - 1);
        vm.prank(miners[0]);
        work.prepare(id, "questions");
        expectTooLate(id);
        vm.prank(miners[0]);
        work.start(id);
    }
}

contract UsefulWorkAnswersTest is UsefulWorkBase {
    function test_everySeatPrecommitsThenCommits() public {
        bytes32 id = upTo(IUsefulWork.State.Precommit);
        bytes32 hash = work.precommitOf(id, miners[0], "dataset", "cid", 5, SALT);
        assertEq(
            hash,
            keccak256(
                abi.encode(
                    block.chainid, address(work), id, miners[0], bytes32("dataset"), bytes32("cid"), uint32(5), SALT
                )
            )
        );
        vm.expectEmit(address(work));
        emit IUsefulWork.AnswersPrecommitted(id, miners[0], hash);
        precommit(id, 0, 5);
        assertState(id, IUsefulWork.State.Precommit);
        skip(5);
        precommit(id, 1, 4);
        assertState(id, IUsefulWork.State.Commit);
        assertEq(work.session(id).deadline, block.timestamp + STEP);
        vm.expectEmit(address(work));
        emit IUsefulWork.AnswersCommitted(id, miners[1], "dataset", "cid", 4);
        commit(id, 1, 4);
        assertState(id, IUsefulWork.State.Commit);
        commit(id, 0, 5);
        assertState(id, IUsefulWork.State.End);
        IUsefulWork.Seat[] memory seats = work.seatsOf(id);
        assertEq(seats[0].items, 5);
        assertEq(seats[0].dataset, "dataset");
        assertEq(seats[0].cid, "cid");
        assertEq(seats[0].precommit, hash);
        assertEq(seats[1].items, 4);
    }

    function test_RevertWhen_NoSeat() public {
        bytes32 id = upTo(IUsefulWork.State.Precommit);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.NoSeat.selector, id, miners[2]));
        vm.prank(miners[2]);
        work.precommit(id, "hash");
        precommit(id, 0, 5);
        precommit(id, 1, 5);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.NoSeat.selector, id, miners[2]));
        commit(id, 2, 5);
    }

    function test_RevertWhen_AlreadyDone() public {
        bytes32 id = upTo(IUsefulWork.State.Precommit);
        precommit(id, 0, 5);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.AlreadyDone.selector, id, miners[0]));
        vm.prank(miners[0]);
        work.precommit(id, "another");
        precommit(id, 1, 5);
        commit(id, 0, 5);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.AlreadyDone.selector, id, miners[0]));
        commit(id, 0, 5);
    }

    function test_RevertWhen_EmptyHash() public {
        bytes32 id = upTo(IUsefulWork.State.Precommit);
        vm.expectRevert(IUsefulWork.EmptyHash.selector);
        vm.prank(miners[0]);
        work.precommit(id, 0);
    }

    function test_RevertWhen_TooLate() public {
        bytes32 id = upTo(IUsefulWork.State.Precommit);
        expectTooLate(id);
        vm.prank(miners[0]);
        work.precommit(id, "hash");
        vm.warp(block.timestamp - 1);
        precommit(id, 0, 5);
        precommit(id, 1, 5);
        expectTooLate(id);
        commit(id, 0, 5);
        vm.warp(block.timestamp - 1);
        commit(id, 0, 5);
    }

    function test_RevertWhen_WrongState() public {
        bytes32 id = upTo(IUsefulWork.State.Start);
        vm.expectRevert(wrongState(id, IUsefulWork.State.Start));
        vm.prank(miners[0]);
        work.precommit(id, "hash");
        vm.expectRevert(wrongState(id, IUsefulWork.State.Start));
        commit(id, 0, 5);
    }

    /// @dev Ten items for three miners: at most four each.
    function test_RevertWhen_InvalidItems() public {
        bytes32 id = request(10, 3);
        toJoin(id);
        for (uint256 i = 0; i < 3; ++i) {
            join(id, i);
        }
        vm.startPrank(miners[0]);
        work.create(id, "topics");
        work.prepare(id, "questions");
        work.start(id);
        vm.stopPrank();
        precommit(id, 0, 5);
        precommit(id, 1, 0);
        precommit(id, 2, 4);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.InvalidItems.selector, 5, 4));
        commit(id, 0, 5);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.InvalidItems.selector, 0, 4));
        commit(id, 1, 0);
        commit(id, 2, 4);
    }

    function testFuzz_RevertWhen_WrongOpening(bytes32 dataset, bytes32 cid, uint32 items, bytes32 salt) public {
        items = uint32(bound(items, 1, 5));
        vm.assume(dataset != "dataset" || cid != "cid" || items != 5 || salt != SALT);
        bytes32 id = upTo(IUsefulWork.State.Commit);
        vm.expectRevert(
            abi.encodeWithSelector(
                IUsefulWork.WrongOpening.selector,
                work.precommitOf(id, miners[0], "dataset", "cid", 5, SALT),
                work.precommitOf(id, miners[0], dataset, cid, items, salt)
            )
        );
        vm.prank(miners[0]);
        work.commit(id, dataset, cid, items, salt);
    }

    /// @dev Who repeats another's hash cannot open it.
    function test_RevertWhen_WrongOpening_aCopiedPrecommit() public {
        bytes32 id = upTo(IUsefulWork.State.Precommit);
        precommit(id, 0, 5);
        bytes32 copy = work.seatsOf(id)[0].precommit;
        vm.prank(miners[1]);
        work.precommit(id, copy);
        vm.expectRevert(
            abi.encodeWithSelector(
                IUsefulWork.WrongOpening.selector, copy, work.precommitOf(id, miners[1], "dataset", "cid", 5, SALT)
            )
        );
        commit(id, 1, 5);
    }
}

contract UsefulWorkScoreTest is UsefulWorkBase {
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = upTo(IUsefulWork.State.End);
    }

    function expectScoreRevert(uint32[] memory accepted, uint256 snapshot, bytes memory reason) internal {
        bytes[] memory signatures = signed(id, accepted, 3);
        vm.expectRevert(reason);
        work.score(id, accepted, snapshot, signatures);
    }

    function test_paysWhatIsAcceptedAndTheRestBack() public {
        uint32[] memory accepted = scores(5, 2);
        bytes[] memory signatures = signed(id, accepted, 3);
        vm.expectEmit(address(work));
        emit IUsefulWork.MinerScored(id, miners[0], 5, 15 ether);
        vm.expectEmit(address(work));
        emit IUsefulWork.MinerScored(id, miners[1], 2, 6 ether);
        vm.expectEmit(address(work));
        emit IUsefulWork.SessionClosed(id, IUsefulWork.State.Cooldown, 21 ether, 9 ether);
        vm.prank(stranger);
        work.score(id, accepted, block.timestamp - 1, signatures);
        assertEq(token.balanceOf(ownerOf(0)), 15 ether);
        assertEq(token.balanceOf(ownerOf(1)), 6 ether);
        assertEq(token.balanceOf(client), 1_000_000 ether - 21 ether);
        assertEq(token.balanceOf(address(work)), 0);
        assertState(id, IUsefulWork.State.Cooldown);
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(work.sessionOf(miners[i]), 0);
            assertEq(work.cooldownUntil(miners[i]), block.timestamp + COOLDOWN);
        }
        vm.expectRevert(wrongState(id, IUsefulWork.State.Cooldown));
        work.score(id, accepted, block.timestamp - 1, signatures);
        vm.expectRevert(wrongState(id, IUsefulWork.State.Cooldown));
        work.timeout(id);
    }

    function test_nothingAcceptedIsAllRefunded() public {
        score(id, scores(0, 0));
        assertEq(token.balanceOf(client), 1_000_000 ether);
    }

    function testFuzz_conservesTheBudget(uint32 a, uint32 b) public {
        a = uint32(bound(a, 0, 5));
        b = uint32(bound(b, 0, 4));
        score(id, scores(a, b));
        assertEq(token.balanceOf(ownerOf(0)), a * REWARD);
        assertEq(token.balanceOf(ownerOf(1)), b * REWARD);
        assertEq(token.balanceOf(client), 1_000_000 ether - (uint256(a) + b) * REWARD);
        assertEq(token.balanceOf(address(work)), 0);
    }

    function test_paysTheOwnerOfTheDayItJoined() public {
        registry.setOwner(miners[0], stranger);
        score(id, scores(5, 4));
        assertEq(token.balanceOf(ownerOf(0)), 15 ether);
        assertEq(token.balanceOf(stranger), 0);
    }

    function test_networkMiningIsScoredWithoutMoney() public {
        IUsefulWork.Terms memory terms = termsOf(10, 1);
        terms.rewardPerItem = 0;
        vm.prank(oracle);
        id = work.request(terms);
        toJoin(id);
        join(id, 2);
        vm.startPrank(miners[2]);
        work.create(id, "topics");
        work.prepare(id, "questions");
        work.start(id);
        vm.stopPrank();
        precommit(id, 2, 10);
        commit(id, 2, 10);
        uint32[] memory accepted = new uint32[](1);
        accepted[0] = 9;
        bytes[] memory signatures = signed(id, accepted, 3);
        vm.expectEmit(address(work));
        emit IUsefulWork.MinerScored(id, miners[2], 9, 0);
        work.score(id, accepted, block.timestamp - 1, signatures);
    }

    function test_theDigestIsTypedDataOverSeatsAndScores() public view {
        uint32[] memory accepted = scores(5, 2);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Score(bytes32 session,bytes32 seats,bytes32 accepted)"),
                id,
                keccak256(abi.encode(work.seatsOf(id))),
                keccak256(abi.encode(accepted))
            )
        );
        assertEq(
            work.scoreDigest(id, accepted),
            keccak256(abi.encodePacked(hex"1901", domainOf(block.chainid, address(work)), structHash))
        );
    }

    function test_RevertWhen_WrongScores() public {
        uint32[] memory accepted = new uint32[](1);
        bytes memory reason = abi.encodeWithSelector(IUsefulWork.WrongScores.selector, 1, 2);
        expectScoreRevert(accepted, block.timestamp - 1, reason);
    }

    function test_RevertWhen_TooManyAccepted() public {
        bytes4 selector = IUsefulWork.TooManyAccepted.selector;
        expectScoreRevert(scores(6, 0), block.timestamp - 1, abi.encodeWithSelector(selector, 6, 5));
        expectScoreRevert(scores(0, 5), block.timestamp - 1, abi.encodeWithSelector(selector, 5, 4));
    }

    /// @dev Three miners may make four items each, but ten are paid.
    function test_RevertWhen_TooManyAccepted_inAll() public {
        parameters.put(Parameter.UsefulWorkCooldownSeconds, 0);
        id = request(10, 3);
        toJoin(id);
        uint256[3] memory who = [uint256(2), 3, 0];
        // miner 0 sits in the first session until it is scored
        vm.warp(block.timestamp - 1000);
        score(previous(), scores(0, 0));
        toJoin(id);
        for (uint256 i = 0; i < 3; ++i) {
            join(id, who[i]);
        }
        vm.startPrank(miners[2]);
        work.create(id, "topics");
        work.prepare(id, "questions");
        work.start(id);
        vm.stopPrank();
        for (uint256 i = 0; i < 3; ++i) {
            precommit(id, who[i], 4);
        }
        for (uint256 i = 0; i < 3; ++i) {
            commit(id, who[i], 4);
        }
        uint32[] memory accepted = new uint32[](3);
        (accepted[0], accepted[1], accepted[2]) = (4, 4, 3);
        bytes4 selector = IUsefulWork.TooManyAccepted.selector;
        expectScoreRevert(accepted, block.timestamp - 1, abi.encodeWithSelector(selector, 11, 10));
        accepted[2] = 2;
        score(id, accepted);
    }

    function previous() private view returns (bytes32) {
        return work.sessionOf(miners[0]);
    }

    function test_RevertWhen_InvalidSnapshot() public {
        bytes4 selector = IUsefulWork.InvalidSnapshot.selector;
        uint256 t = block.timestamp;
        expectScoreRevert(scores(5, 4), t, abi.encodeWithSelector(selector, t));
        expectScoreRevert(scores(5, 4), t - 601, abi.encodeWithSelector(selector, t - 601));
        uint32[] memory accepted = scores(5, 4);
        bytes[] memory signatures = signed(id, accepted, 3);
        work.score(id, accepted, t - 600, signatures);
    }

    function test_RevertWhen_QuorumNotReached() public {
        uint32[] memory accepted = scores(5, 4);
        bytes[] memory signatures = signed(id, accepted, 2);
        vm.expectRevert(abi.encodeWithSelector(Quorum.QuorumNotReached.selector, 2 ether, 3 ether));
        work.score(id, accepted, block.timestamp - 1, signatures);
    }

    function test_RevertWhen_NoWeight_otherScoresWereSigned() public {
        bytes[] memory signatures = signed(id, scores(1, 1), 1);
        vm.expectPartialRevert(Quorum.NoWeight.selector);
        work.score(id, scores(5, 4), block.timestamp - 1, signatures);
    }

    function test_RevertWhen_InvalidSignature_malleable() public {
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = malleable(guardKeys[0], work.scoreDigest(id, scores(5, 4)));
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        work.score(id, scores(5, 4), block.timestamp - 1, signatures);
    }

    function test_RevertWhen_TooLate() public {
        toDeadline(id);
        bytes memory reason = abi.encodeWithSelector(IUsefulWork.TooLate.selector, block.timestamp);
        expectScoreRevert(scores(5, 4), block.timestamp - 1, reason);
        vm.warp(block.timestamp - 1);
        score(id, scores(5, 4));
    }
}

contract UsefulWorkTimeoutTest is UsefulWorkBase {
    function test_oraclesGoFirstThenAnybody() public {
        bytes32 id = upTo(IUsefulWork.State.Create);
        uint256 deadline = work.session(id).deadline;
        vm.warp(deadline - 1);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.TooEarly.selector, deadline));
        timeoutBy(oracle, id);
        vm.warp(deadline + STEP - 1);
        vm.expectRevert(abi.encodeWithSelector(IUsefulWork.TooEarly.selector, deadline + STEP));
        timeoutBy(stranger, id);
        uint256 state = vm.snapshotState();
        vm.warp(deadline);
        timeoutBy(oracle, id);
        vm.revertToState(state);
        vm.warp(deadline + STEP);
        timeoutBy(stranger, id);
    }

    function test_RevertWhen_WrongState() public {
        vm.expectRevert(wrongState("unknown", IUsefulWork.State.None));
        work.timeout("unknown");
    }

    function test_Request_beginsWithWhoIsThere() public {
        bytes32 id = request(10, 2);
        toJoin(id);
        join(id, 3);
        toDeadline(id);
        timeoutBy(oracle, id);
        assertState(id, IUsefulWork.State.Create);
        assertSeats(id, 1);
        assertEq(work.session(id).missed, 0);
    }

    function test_Request_drawsAgainWhenNobodyCame() public {
        bytes32 id = request(10, 2);
        uint64 before = work.session(id).drawEpoch;
        toDeadline(id);
        vm.expectEmit(address(work));
        emit IUsefulWork.MinersRedrawn(id, before + 1, 1);
        timeoutBy(oracle, id);
        IUsefulWork.Session memory s = work.session(id);
        assertEq(uint256(s.state), uint256(IUsefulWork.State.Request));
        assertEq(s.drawEpoch, before + 1);
        assertEq(s.joinFrom, (before + 1) * EPOCH);
        assertEq(s.deadline, (before + 1) * EPOCH + STEP);
        assertEq(s.snapshot, block.timestamp - 1);
    }

    function test_endsWithARefundAfterTheLastTry() public {
        bytes32 id = request(10, 2);
        for (uint256 i = 0; i < 2; ++i) {
            toDeadline(id);
            timeoutBy(oracle, id);
            assertState(id, IUsefulWork.State.Request);
        }
        toDeadline(id);
        vm.expectEmit(address(work));
        emit IUsefulWork.SessionClosed(id, IUsefulWork.State.Refunded, 0, 30 ether);
        timeoutBy(oracle, id);
        assertState(id, IUsefulWork.State.Refunded);
        assertEq(token.balanceOf(client), 1_000_000 ether);
        vm.expectRevert(wrongState(id, IUsefulWork.State.Refunded));
        timeoutBy(oracle, id);
    }

    function test_theNumberOfTriesIsThatOfTheRequest() public {
        bytes32 id = request(10, 2);
        parameters.put(Parameter.UsefulWorkReassignMax, 0);
        toDeadline(id);
        timeoutBy(oracle, id);
        assertState(id, IUsefulWork.State.Request);
        bytes32 other = request(10, 2);
        toDeadline(other);
        timeoutBy(oracle, other);
        assertState(other, IUsefulWork.State.Refunded);
    }

    function leadIsDropped(IUsefulWork.State state) private {
        bytes32 id = upTo(state);
        toDeadline(id);
        vm.expectEmit(address(work));
        emit IUsefulWork.MinerDropped(id, miners[0], state);
        timeoutBy(oracle, id);
        assertState(id, state);
        assertSeats(id, 1);
        assertEq(work.seatsOf(id)[0].miner, miners[1]);
        assertEq(work.session(id).missed, 1);
        assertEq(work.session(id).deadline, block.timestamp + STEP);
        assertEq(work.sessionOf(miners[0]), 0);
        assertEq(work.cooldownUntil(miners[0]), block.timestamp + COOLDOWN);
        // Without the second one too, miners are drawn anew.
        toDeadline(id);
        timeoutBy(oracle, id);
        assertState(id, IUsefulWork.State.Request);
        assertSeats(id, 0);
        assertEq(work.session(id).missed, 2);
    }

    function test_Create_theNextLeads() public {
        leadIsDropped(IUsefulWork.State.Create);
    }

    function test_Prepare_theNextLeads() public {
        leadIsDropped(IUsefulWork.State.Prepare);
    }

    function test_Start_theNextLeads() public {
        leadIsDropped(IUsefulWork.State.Start);
    }

    function test_theOthersKeepTheirOrder() public {
        bytes32 id = request(12, 4);
        toJoin(id);
        for (uint256 i = 0; i < 4; ++i) {
            join(id, i);
        }
        toDeadline(id);
        timeoutBy(oracle, id);
        IUsefulWork.Seat[] memory seats = work.seatsOf(id);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(seats[i].miner, miners[i + 1]);
        }
    }

    function test_Precommit_goesOnWithoutTheSilent() public {
        bytes32 id = upTo(IUsefulWork.State.Precommit);
        precommit(id, 1, 4);
        toDeadline(id);
        timeoutBy(oracle, id);
        assertState(id, IUsefulWork.State.Commit);
        assertSeats(id, 1);
        assertEq(work.seatsOf(id)[0].miner, miners[1]);
        assertEq(work.session(id).missed, 0);
        assertEq(work.sessionOf(miners[0]), 0);
        commit(id, 1, 4);
        assertState(id, IUsefulWork.State.End);
    }

    function test_Precommit_drawsAgainWhenAllAreSilent() public {
        bytes32 id = upTo(IUsefulWork.State.Precommit);
        toDeadline(id);
        timeoutBy(oracle, id);
        assertState(id, IUsefulWork.State.Request);
        assertEq(work.session(id).missed, 1);
        assertSeats(id, 0);
    }

    function test_Commit_goesOnWithoutTheSilent() public {
        bytes32 id = upTo(IUsefulWork.State.Commit);
        commit(id, 0, 5);
        toDeadline(id);
        timeoutBy(oracle, id);
        assertState(id, IUsefulWork.State.End);
        assertSeats(id, 1);
        assertEq(work.cooldownUntil(miners[1]), block.timestamp + COOLDOWN);
    }

    function test_Commit_drawsAgainWhenAllAreSilent() public {
        bytes32 id = upTo(IUsefulWork.State.Commit);
        toDeadline(id);
        timeoutBy(oracle, id);
        assertState(id, IUsefulWork.State.Request);
        assertSeats(id, 0);
    }

    function test_End_waitsForGuardsAndThenRefunds() public {
        bytes32 id = upTo(IUsefulWork.State.End);
        for (uint256 i = 0; i < 2; ++i) {
            toDeadline(id);
            timeoutBy(oracle, id);
            assertState(id, IUsefulWork.State.End);
            assertSeats(id, 2);
        }
        uint256 state = vm.snapshotState();
        score(id, scores(5, 4));
        assertEq(token.balanceOf(client), 1_000_000 ether - 27 ether);
        vm.revertToState(state);
        toDeadline(id);
        timeoutBy(oracle, id);
        assertState(id, IUsefulWork.State.Refunded);
        assertEq(token.balanceOf(client), 1_000_000 ether);
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(work.sessionOf(miners[i]), 0);
            assertEq(work.cooldownUntil(miners[i]), block.timestamp + COOLDOWN);
        }
    }

    /// @dev A full session moves on within a block's gas.
    function test_aFullSessionIsBounded() public {
        for (uint256 i = 0; i < 16; ++i) {
            registry.set(address(uint160(0x10000 + i)), client, Roles.MINER, 1000 ether);
        }
        skip(1);
        bytes32 id = request(100, 16);
        toJoin(id);
        for (uint256 i = 0; i < 16; ++i) {
            vm.prank(address(uint160(0x10000 + i)));
            work.join(id);
        }
        vm.startPrank(address(uint160(0x10000)));
        work.create(id, "topics");
        work.prepare(id, "questions");
        work.start(id);
        vm.stopPrank();
        toDeadline(id);
        uint256 gas = gasleft();
        timeoutBy(oracle, id);
        assertLt(gas - gasleft(), 2_000_000);
        assertSeats(id, 0);
    }
}
