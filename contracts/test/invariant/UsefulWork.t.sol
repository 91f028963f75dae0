// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IUsefulWork } from "../../src/interfaces/IUsefulWork.sol";
import { UsefulWork } from "../../src/l2/UsefulWork.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { Roles } from "../../src/types/Roles.sol";
import { MockEpochs, MockRegistry, MockToken, WorkBase } from "../utils/MocksWork.sol";

/// @notice Everybody's moves in any order, with sums kept beside the contract.
contract UsefulWorkHandler is WorkBase {
    uint256 internal constant MINERS = 5;
    uint256 internal constant SESSIONS_MAX = 6;

    UsefulWork public work;
    MockEpochs internal epochs;
    address public client = makeAddr("client");
    address internal oracle = makeAddr("oracle");
    bytes32[] public ids;
    uint256[] internal guardKeys;

    uint256 public deposited;
    uint256 public paid;

    function setUp() public override {
        super.setUp();
        registry.set(oracle, oracle, Roles.ORACLE, 1 ether);
        for (uint256 i = 0; i < MINERS; ++i) {
            registry.set(minerOf(i), ownerOf(i), Roles.MINER, 1000 ether);
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

    function tokenOf() external view returns (MockToken) {
        return token;
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function minerOf(uint256 i) public pure returns (address) {
        return address(uint160(0x10000 + i % MINERS));
    }

    function ownerOf(uint256 i) public pure returns (address) {
        return address(uint160(0x20000 + i % MINERS));
    }

    function minersCount() external pure returns (uint256) {
        return MINERS;
    }

    function request(uint32 items, uint8 nodes, uint64 reward, bool byOracle) external {
        if (ids.length >= SESSIONS_MAX) return;
        IUsefulWork.Terms memory terms = IUsefulWork.Terms(
            "model", "spec", uint32(bound(items, 1, 50)), uint8(bound(nodes, 1, 4)), byOracle ? 0 : reward | 1
        );
        vm.prank(byOracle ? oracle : client);
        ids.push(work.request(terms));
        deposited += uint256(terms.items) * terms.rewardPerItem;
    }

    function join(uint256 which, uint256 who) external {
        (bytes32 id, IUsefulWork.Session memory s, bool ok) = pick(which, IUsefulWork.State.Request);
        if (!ok) return;
        if (block.timestamp < s.joinFrom) vm.warp(s.joinFrom);
        address miner = minerOf(who);
        if (block.timestamp >= s.deadline || !work.drawn(id, miner) || work.sessionOf(miner) != 0) return;
        if (block.timestamp < work.cooldownUntil(miner)) return;
        vm.prank(miner);
        work.join(id);
    }

    function lead(uint256 which) external {
        bytes32 id = any(which);
        if (id == 0 || late(id)) return;
        IUsefulWork.State state = work.session(id).state;
        if (state < IUsefulWork.State.Create || state > IUsefulWork.State.Start) return;
        vm.startPrank(work.seatsOf(id)[0].miner);
        if (state == IUsefulWork.State.Create) work.create(id, "topics");
        else if (state == IUsefulWork.State.Prepare) work.prepare(id, "questions");
        else work.start(id);
        vm.stopPrank();
    }

    function answer(uint256 which, uint256 who) external {
        bytes32 id = any(which);
        if (id == 0 || late(id)) return;
        IUsefulWork.Session memory s = work.session(id);
        if (s.state != IUsefulWork.State.Precommit && s.state != IUsefulWork.State.Commit) return;
        IUsefulWork.Seat[] memory seats = work.seatsOf(id);
        IUsefulWork.Seat memory seat = seats[who % seats.length];
        uint32 items = (s.terms.items + s.terms.nodes - 1) / s.terms.nodes;
        if (s.state == IUsefulWork.State.Precommit) {
            if (seat.precommit != 0) return;
            bytes32 hash = work.precommitOf(id, seat.miner, "dataset", "cid", items, "salt");
            vm.prank(seat.miner);
            work.precommit(id, hash);
        } else {
            if (seat.items != 0) return;
            vm.prank(seat.miner);
            work.commit(id, "dataset", "cid", items, "salt");
        }
    }

    function score(uint256 which, uint256 seed) external {
        (bytes32 id, IUsefulWork.Session memory s, bool ok) = pick(which, IUsefulWork.State.End);
        if (!ok || late(id)) return;
        IUsefulWork.Seat[] memory seats = work.seatsOf(id);
        uint32[] memory accepted = new uint32[](seats.length);
        uint256 left = s.terms.items;
        for (uint256 i = 0; i < seats.length; ++i) {
            uint256 max = seats[i].items < left ? seats[i].items : left;
            accepted[i] = uint32(bound(uint256(keccak256(abi.encode(seed, i))), 0, max));
            left -= accepted[i];
        }
        paid += (s.terms.items - left) * s.terms.rewardPerItem;
        work.score(id, accepted, block.timestamp - 1, signSorted(guardKeys, work.scoreDigest(id, accepted)));
    }

    function timeout(uint256 which, bool byOracle) external {
        bytes32 id = any(which);
        if (id == 0 || closed(id)) return;
        uint256 from = work.session(id).deadline + (byOracle ? 0 : 50);
        if (block.timestamp < from) vm.warp(from);
        vm.prank(byOracle ? oracle : stranger);
        work.timeout(id);
    }

    function pass(uint256 time) external {
        skip(bound(time, 1, 60));
    }

    function closed(bytes32 id) public view returns (bool) {
        return work.session(id).state >= IUsefulWork.State.Cooldown;
    }

    function any(uint256 which) private view returns (bytes32) {
        return ids.length == 0 ? bytes32(0) : ids[which % ids.length];
    }

    function late(bytes32 id) private view returns (bool) {
        return block.timestamp >= work.session(id).deadline;
    }

    function pick(uint256 which, IUsefulWork.State state)
        private
        view
        returns (bytes32 id, IUsefulWork.Session memory s, bool ok)
    {
        id = any(which);
        if (id == 0) return (id, s, false);
        s = work.session(id);
        ok = s.state == state;
    }
}

contract UsefulWorkInvariant is WorkBase {
    UsefulWorkHandler internal handler;
    UsefulWork internal work;

    function setUp() public override {
        handler = new UsefulWorkHandler();
        handler.setUp();
        work = handler.work();
        token = handler.tokenOf();
        bytes4[] memory selectors = new bytes4[](9);
        selectors[0] = UsefulWorkHandler.request.selector;
        selectors[1] = UsefulWorkHandler.join.selector;
        selectors[2] = UsefulWorkHandler.lead.selector;
        selectors[3] = UsefulWorkHandler.answer.selector;
        selectors[4] = UsefulWorkHandler.score.selector;
        selectors[5] = UsefulWorkHandler.timeout.selector;
        selectors[6] = UsefulWorkHandler.pass.selector;
        // Most moves are joins and answers: several of them make one session go on.
        selectors[7] = UsefulWorkHandler.join.selector;
        selectors[8] = UsefulWorkHandler.answer.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
    }

    function budgetsOpen() private view returns (uint256 sum) {
        for (uint256 i = 0; i < handler.count(); ++i) {
            bytes32 id = handler.ids(i);
            IUsefulWork.Terms memory terms = work.session(id).terms;
            if (!handler.closed(id)) sum += uint256(terms.items) * terms.rewardPerItem;
        }
    }

    function invariant_budgetsAreHeldPaidOrRefunded() public view {
        uint256 open = budgetsOpen();
        assertEq(token.balanceOf(address(work)), open);
        uint256 owners = 0;
        for (uint256 i = 0; i < handler.minersCount(); ++i) {
            owners += token.balanceOf(handler.ownerOf(i));
        }
        assertEq(owners, handler.paid());
        assertEq(token.balanceOf(handler.client()), 1_000_000 ether - open - handler.paid());
    }

    function invariant_aMinerSitsInOneSession() public view {
        uint256 busy = 0;
        for (uint256 i = 0; i < handler.minersCount(); ++i) {
            if (work.sessionOf(handler.minerOf(i)) != 0) ++busy;
        }
        uint256 seated = 0;
        for (uint256 i = 0; i < handler.count(); ++i) {
            bytes32 id = handler.ids(i);
            IUsefulWork.Session memory s = work.session(id);
            IUsefulWork.Seat[] memory seats = work.seatsOf(id);
            assertLe(seats.length, s.terms.nodes);
            assertLe(s.missed, s.missedMax);
            if (handler.closed(id)) continue;
            // Whoever is to act is there: no state waits for nobody.
            if (s.state != IUsefulWork.State.Request) assertGt(seats.length, 0);
            for (uint256 k = 0; k < seats.length; ++k) {
                assertEq(work.sessionOf(seats[k].miner), id);
                ++seated;
            }
        }
        assertEq(seated, busy);
    }

    /// @dev From wherever a session is, time and one stranger's calls lead to its end, each call a step on.
    function afterInvariant() public {
        for (uint256 i = 0; i < handler.count(); ++i) {
            bytes32 id = handler.ids(i);
            uint256 calls = 0;
            while (!handler.closed(id)) {
                IUsefulWork.Session memory s = work.session(id);
                if (block.timestamp < s.deadline + 50) vm.warp(s.deadline + 50);
                bytes32 before = keccak256(abi.encode(s.state, s.missed));
                vm.prank(stranger);
                work.timeout(id);
                assertNotEq(keccak256(abi.encode(work.session(id).state, work.session(id).missed)), before);
                assertLt(++calls, 32);
            }
        }
        invariant_budgetsAreHeldPaidOrRefunded();
        assertEq(token.balanceOf(address(work)), 0);
    }
}
