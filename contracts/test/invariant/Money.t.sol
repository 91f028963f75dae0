// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IEpochRoots } from "../../src/interfaces/IEpochRoots.sol";
import { ISessionManager } from "../../src/interfaces/ISessionManager.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { CorToken } from "../../src/l1/CorToken.sol";
import { EpochRoots } from "../../src/l2/EpochRoots.sol";
import { Rewards } from "../../src/l2/Rewards.sol";
import { SessionManager } from "../../src/l2/SessionManager.sol";
import { Settlement } from "../../src/l2/Settlement.sol";
import { EpochRoot } from "../../src/types/Attestation.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { RewardRoot } from "../../src/types/RewardRoot.sol";
import { VoucherDebit } from "../../src/types/Voucher.sol";
import { SettlementBase } from "../utils/SettlementBase.t.sol";
import { Tree, Trees } from "../utils/Trees.sol";
import { Test } from "forge-std/Test.sol";

/// @notice Everybody's moves in any order, with sums kept beside the contracts. The quorum is honest or not: some epochs take from
///         accounts, drop them or pay them twice, and fall when somebody shows it.
contract MoneyHandler is SettlementBase {
    using Trees for Tree;

    address internal constant PAYEE = address(0xBEEF);
    uint256 internal constant SESSIONS_MAX = 8;
    uint256 internal constant EPOCHS_MAX = 40;

    enum Kind {
        Good,
        Decreased,
        Omitted,
        Unsorted
    }

    Rewards public rewards;
    bytes32[] public ids;

    // Kept beside the contracts, of both kinds of epochs.
    mapping(EpochRoots => uint64[]) public epochs;
    mapping(EpochRoots => mapping(uint64 => Kind)) public kinds;
    mapping(EpochRoots => mapping(uint64 => bytes32)) public postedAs;
    mapping(EpochRoots => mapping(uint64 => Tree)) internal trees;
    mapping(EpochRoots => mapping(uint64 => address[])) internal accountsOf;
    mapping(EpochRoots => mapping(uint64 => bool)) public fallen;
    mapping(EpochRoots => uint256) public claimedFrom;
    mapping(EpochRoots => uint256) public bonds;
    /// @dev Highest place of an active epoch.
    mapping(EpochRoots => uint64) public activeSeen;

    uint256 public deposited;
    uint256 public paidToPayee;
    uint256 public settled;
    uint256 public refunded;
    uint256 public fundedRewards;
    /// @dev Wei that all epochs of Settlement that stand may have taken from each session.
    mapping(bytes32 => uint256) internal owed;

    function setUp() public override {
        super.setUp();
        numbers.put(Parameter.EmissionWei, 1 ether);
        numbers.put(Parameter.EmissionDecayBps, 9900);
        numbers.put(Parameter.EmissionPeriodEpochs, 3);
        rewards = new Rewards(token, registry, numbers);
        vm.prank(stranger);
        token.approve(address(rewards), type(uint256).max);
        deposited = 1000;
        ids.push(session);
    }

    function contractsOf() external view returns (CorToken, SessionManager, Settlement, Rewards) {
        return (token, sessions, settlement, rewards);
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function epochCount(EpochRoots roots) external view returns (uint256) {
        return epochs[roots].length;
    }

    function openSession(uint256 amount) external {
        if (ids.length >= SESSIONS_MAX) return;
        amount = bound(amount, 1, 1000 ether);
        ids.push(open(amount));
        deposited += amount;
    }

    function topUp(uint256 which, uint256 amount) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok || s.state != ISessionManager.State.Open || block.timestamp >= s.endsAt) return;
        amount = bound(amount, 1, 100 ether);
        vm.prank(client);
        sessions.topUp(id, amount);
        deposited += amount;
    }

    function redeem(uint256 which, uint256 amount, bool bySpender) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        uint256 left = bySpender ? s.allowance - s.spenderDebited : type(uint256).max;
        if (left > s.deposit - s.debited) left = s.deposit - s.debited;
        if (!ok || left == 0) return;
        uint256 next = sessions.debitedBy(id, PAYEE) + bound(amount, 1, left);
        VoucherDebit memory d = debitOf(bySpender ? spenderKey : clientKey, id, PAYEE, next, next);
        vm.prank(PAYEE);
        paidToPayee += sessions.redeem(single(d));
    }

    /// @dev Tries to take what was taken before, or more than there is, in any encoding; must always fail.
    function redeemWrongly(uint256 which, uint256 beyond, uint8 encoding) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok) return;
        uint256 had = sessions.debitedBy(id, PAYEE);
        bool again = beyond % 2 == 0 || encoding % 4 != 0;
        uint256 debit = again ? had : had + (s.deposit - s.debited) + bound(beyond, 1, 1e30);
        VoucherDebit memory d = debitOf(clientKey, id, PAYEE, again ? had + 1 : debit, again ? had + 1 : debit);
        if (again && encoding % 4 == 0) d.cumulativeDebit = had;
        (uint8 v, bytes32 r, bytes32 sig) = vm.sign(clientKey, sessions.voucherDigest(d.voucher));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        if (encoding % 4 == 1) d.signature = abi.encodePacked(r, bytes32(uint256(sig) | (uint256(v - 27) << 255)));
        if (encoding % 4 == 2) d.signature = abi.encodePacked(r, order - uint256(sig), v == 27 ? 28 : 27);
        if (encoding % 4 == 3) d.signature = bytes.concat(d.signature, hex"00");
        vm.prank(PAYEE);
        try sessions.redeem(single(d)) {
            revert("paid twice");
        } catch { }
    }

    function settle(uint256 which, uint256 amount, uint8 kind, uint256 seed) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        uint256 taken = sessions.debitedBy(id, address(settlement));
        // What a void epoch took is there to be charged again.
        uint256 left = s.deposit - s.debited + taken - owedOf(id);
        if (!ok || left == 0 || epochs[settlement].length >= EPOCHS_MAX) return;
        amount = bound(amount, 1, left);
        skip(EPOCH_SECONDS);
        uint64 epoch = numbers.currentEpoch();
        Tree memory t = draw(settlement, epoch, uint128(amount), kind, seed);
        EpochRoot memory e = epochOf(epoch, t, tasks(bytes32(uint256(epoch)), uint128(amount)));
        uint256 debit = owedOf(id) + amount;
        VoucherDebit[] memory debits = single(debitOf(clientKey, id, address(settlement), debit, debit));
        bytes[] memory signatures = attest(e, debits, 3);
        vm.prank(oracle);
        settlement.settle(e, debits, block.timestamp - 1, signatures);
        if (debit > taken) settled += debit - taken;
        charges.push(Charge(epoch, id, debit));
        remember(settlement, epoch);
    }

    function reward(uint256 amount, uint8 kind, uint256 seed) external {
        if (epochs[rewards].length >= EPOCHS_MAX) return;
        skip(EPOCH_SECONDS);
        uint64 epoch = numbers.currentEpoch();
        uint256 emission = rewards.emissionBetween(rewards.standingEpoch(), epoch);
        if (emission == 0) return;
        amount = bound(amount, 1, emission);
        vm.prank(holder);
        token.transfer(address(rewards), amount);
        fundedRewards += amount;
        Tree memory t = draw(rewards, epoch, uint128(amount), kind, seed);
        RewardRoot memory r =
            RewardRoot(epoch, t.root(), rewards.posted(rewards.standingEpoch()).root, t.total(), t.count());
        uint256[] memory keys = new uint256[](3);
        (keys[0], keys[1], keys[2]) = (guardKeys[0], guardKeys[1], guardKeys[2]);
        bytes[] memory signatures = signSorted(keys, rewards.rewardDigest(r));
        vm.prank(oracle);
        rewards.post(r, block.timestamp - 1, signatures);
        remember(rewards, epoch);
    }

    /// @dev A quorum signed on another root than the latest: whatever it was, it must not land.
    function settleOnAnotherBase(bytes32 base) external {
        bytes32 latest = latestRoot();
        if (base == latest) return;
        skip(EPOCH_SECONDS);
        EpochRoot memory e =
            epochFor(numbers.currentEpoch(), alice, uint256(settlement.posted(settlement.standingEpoch()).total) + 1);
        e.base = base;
        VoucherDebit[] memory nothing = new VoucherDebit[](0);
        bytes[] memory signatures = attest(e, nothing, 3);
        vm.expectRevert(abi.encodeWithSelector(IEpochRoots.WrongBase.selector, base, latest));
        vm.prank(oracle);
        settlement.settle(e, nothing, block.timestamp - 1, signatures);
    }

    /// @dev Somebody shows the fault of an epoch that waits; of a good one there is none to show.
    function show(uint256 which, bool ofRewards) external {
        (EpochRoots roots, uint64 epoch, bool ok) = pickEpoch(which, ofRewards);
        if (!ok || roots.statusOf(epoch) != IEpochRoots.Status.Pending) return;
        Tree memory t = trees[roots][epoch];
        address[] memory accounts = accountsOf[roots][epoch];
        Kind kind = kinds[roots][epoch];
        if (kind == Kind.Unsorted) {
            roots.voidPayoutsUnsorted(epoch, payoutProof(t, 0, accounts[0]), payoutProof(t, 1, accounts[1]));
            forget(roots, epoch);
            return;
        }
        vm.expectRevert(IEpochRoots.NoFault.selector);
        roots.voidPayoutsUnsorted(epoch, payoutProof(t, 0, accounts[0]), payoutProof(t, 1, accounts[1]));
        if (kind == Kind.Good) return;
        uint64 base = baseOf[roots][epoch];
        Tree memory before = trees[roots][base];
        if (kind == Kind.Decreased) {
            roots.voidDecreased(epoch, payoutProof(t, 0, alice), payoutProof(before, 0, alice));
        } else {
            IEpochRoots.PayoutProof memory none;
            roots.voidOmitted(epoch, payoutProof(before, 0, alice), 0, none, payoutProof(t, 0, accounts[0]));
        }
        forget(roots, epoch);
    }

    function challenge(uint256 which, bool ofRewards, uint8 leaf) external {
        (EpochRoots roots, uint64 epoch, bool ok) = pickEpoch(which, ofRewards);
        if (!ok || roots.statusOf(epoch) != IEpochRoots.Status.Pending) return;
        if (block.timestamp >= roots.posted(epoch).activeAt) return;
        uint32 index = leaf % roots.posted(epoch).payouts;
        if (roots.challengeOf(epoch, IEpochRoots.Part.Payouts, index).deadline != 0) return;
        bonds[roots] += roots.bondFor(epoch);
        vm.prank(stranger);
        roots.challenge(epoch, IEpochRoots.Part.Payouts, index);
    }

    function answer(uint256 which, bool ofRewards, uint8 leaf) external {
        (EpochRoots roots, uint64 epoch, bool ok) = pickEpoch(which, ofRewards);
        if (!ok || roots.statusOf(epoch) != IEpochRoots.Status.Pending) return;
        uint32 index = leaf % roots.posted(epoch).payouts;
        IEpochRoots.Challenge memory c = roots.challengeOf(epoch, IEpochRoots.Part.Payouts, index);
        if (c.deadline == 0 || c.closed || block.timestamp > c.deadline) return;
        roots.answerPayout(epoch, payoutProof(trees[roots][epoch], index, accountsOf[roots][epoch][index]));
        bonds[roots] -= c.bond;
    }

    function closeChallenge(uint256 which, bool ofRewards, uint8 leaf) external {
        (EpochRoots roots, uint64 epoch, bool ok) = pickEpoch(which, ofRewards);
        if (!ok) return;
        uint32 index = leaf % roots.posted(epoch).payouts;
        IEpochRoots.Challenge memory c = roots.challengeOf(epoch, IEpochRoots.Part.Payouts, index);
        if (c.deadline == 0 || c.closed) return;
        if (roots.statusOf(epoch) == IEpochRoots.Status.Pending) {
            if (block.timestamp <= c.deadline) return;
            forget(roots, epoch);
        }
        roots.closeChallenge(epoch, IEpochRoots.Part.Payouts, index);
        bonds[roots] -= c.bond;
    }

    /// @dev Any leaf of any epoch that was ever posted: void ones never pay, active ones pay what was not paid before.
    function claim(uint256 which, bool ofRewards, uint8 leaf) external {
        (EpochRoots roots, uint64 epoch, bool ok) = pickEpoch(which, ofRewards);
        if (!ok) return;
        Tree memory t = trees[roots][epoch];
        uint32 index = leaf % t.count();
        address account = accountsOf[roots][epoch][index];
        uint256 before = roots.claimed(account);
        uint256 balance = token.balanceOf(account);
        try roots.claim(epoch, account, t.values[index], index, t.proof(index)) returns (uint256 amount) {
            require(roots.statusOf(epoch) == IEpochRoots.Status.Active && !fallen[roots][epoch], "paid by a void epoch");
            require(amount == t.values[index] - before && token.balanceOf(account) == balance + amount, "paid twice");
            claimedFrom[roots] += amount;
        } catch {
            bool active = roots.statusOf(epoch) == IEpochRoots.Status.Active;
            uint256 most = roots.posted(roots.activeEpoch()).total;
            require(
                !active || before >= t.values[index] || claimedFrom[roots] + t.values[index] - before > most,
                "a good claim was refused"
            );
        }
    }

    function requestClose(uint256 which) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok || s.state != ISessionManager.State.Open) return;
        vm.prank(client);
        sessions.requestClose(id);
    }

    function withdraw(uint256 which) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok || s.state != ISessionManager.State.Closing) return;
        if (block.timestamp < uint256(s.endsAt) + s.thawSeconds) vm.warp(uint256(s.endsAt) + s.thawSeconds);
        vm.prank(client);
        refunded += sessions.withdraw(id);
    }

    /// @dev A stranger can add to a session, but neither close it nor delay its end.
    function meddle(uint256 which, uint256 amount) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok) return;
        vm.startPrank(stranger);
        token.approve(address(sessions), 1 ether);
        amount = bound(amount, 1, 1 ether);
        try sessions.topUp(id, amount) {
            deposited += amount;
        } catch { }
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.NotClient.selector, stranger));
        sessions.requestClose(id);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.NotClient.selector, stranger));
        sessions.withdraw(id);
        vm.stopPrank();
        ISessionManager.Session memory after_ = sessions.session(id);
        require(
            after_.endsAt == s.endsAt && after_.thawSeconds == s.thawSeconds && after_.state == s.state, "meddled with"
        );
    }

    /// @dev Governance changes what it likes; nothing that was posted or opened may notice.
    function govern(uint256 what, uint256 value) external {
        Parameter[6] memory which = [
            Parameter.ChallengeSeconds,
            Parameter.DataSeconds,
            Parameter.DataBondWei,
            Parameter.RouterBps,
            Parameter.ThawSeconds,
            Parameter.EmissionWei
        ];
        uint256 i = what % which.length;
        uint256[6] memory max = [uint256(3 hours), 1 hours, 10 ether, 5000, 3 days, 2 ether];
        numbers.put(which[i], bound(value, 1, max[i]));
    }

    function pass(uint256 time) external {
        skip(bound(time, 1, 2 hours));
    }

    struct Charge {
        uint64 epoch;
        bytes32 session;
        uint256 cumulative;
    }

    Charge[] internal charges;
    mapping(EpochRoots => mapping(uint64 => uint64)) public baseOf;

    /// @dev The charge of the last epoch that stands, as nodes read it from the events.
    function owedOf(bytes32 id) public view returns (uint256) {
        for (uint256 i = charges.length; i > 0; --i) {
            Charge memory c = charges[i - 1];
            if (c.session == id && !fallen[settlement][c.epoch]) return c.cumulative;
        }
        return 0;
    }

    /// @dev Payouts of an epoch: those of the last one and `amount` more; with a fault if there is somebody to take from.
    function draw(EpochRoots roots, uint64 epoch, uint128 amount, uint8 kind, uint256 seed)
        private
        returns (Tree memory t)
    {
        uint64 base = roots.standingEpoch();
        baseOf[roots][epoch] = base;
        (Kind kind_, uint128 first) = fault(roots, base, amount, kind, seed);
        uint128 rest = roots.posted(base).total + amount - first;
        kinds[roots][epoch] = kind_;
        if (kind_ == Kind.Omitted) {
            t = payouts(bob, first, carol, rest);
            accountsOf[roots][epoch] = [bob, carol];
        } else if (kind_ == Kind.Unsorted) {
            t = payouts(bob, first, alice, rest);
            accountsOf[roots][epoch] = [bob, alice];
        } else {
            t = payouts(alice, first, bob, rest);
            accountsOf[roots][epoch] = [alice, bob];
        }
        trees[roots][epoch] = t;
    }

    /// @dev What is wrong with the epoch and what its first leaf gets. Of a good base alice's is the first leaf.
    function fault(EpochRoots roots, uint64 base, uint128 amount, uint8 kind, uint256 seed)
        private
        view
        returns (Kind wanted, uint128 first)
    {
        bool has = base != 0 && kinds[roots][base] == Kind.Good;
        uint128 alices = has ? trees[roots][base].values[0] : 0;
        if (has && kind % 3 == 0) wanted = Kind(1 + kind / 3 % 3);
        if (wanted == Kind.Decreased && alices == 0) wanted = Kind.Good;
        first = wanted == Kind.Decreased ? alices - 1 : alices + uint128(bound(seed, 0, amount));
    }

    function remember(EpochRoots roots, uint64 epoch) private {
        epochs[roots].push(epoch);
        postedAs[roots][epoch] = fingerprint(roots, epoch);
    }

    /// @dev All that is fixed when an epoch is posted.
    function fingerprint(EpochRoots roots, uint64 epoch) public view returns (bytes32) {
        IEpochRoots.Posted memory p = roots.posted(epoch);
        p.openChallenges = 0;
        return keccak256(abi.encode(p));
    }

    function forget(EpochRoots roots, uint64 from) private {
        for (uint256 i = 0; i < epochs[roots].length; ++i) {
            if (epochs[roots][i] >= from) fallen[roots][epochs[roots][i]] = true;
        }
    }

    function pickEpoch(uint256 which, bool ofRewards) private view returns (EpochRoots roots, uint64 epoch, bool ok) {
        roots = ofRewards ? EpochRoots(rewards) : EpochRoots(settlement);
        uint256 n = epochs[roots].length;
        if (n == 0) return (roots, 0, false);
        return (roots, epochs[roots][which % n], true);
    }

    function pick(uint256 which) private view returns (bytes32 id, ISessionManager.Session memory s, bool ok) {
        id = ids[which % ids.length];
        s = sessions.session(id);
        ok = s.state != ISessionManager.State.Closed;
    }
}

contract MoneyInvariant is Test {
    MoneyHandler internal handler;
    CorToken internal token;
    SessionManager internal sessions;
    Settlement internal settlement;
    Rewards internal rewards;
    mapping(EpochRoots => uint64) internal activeSeen;

    function setUp() public {
        handler = new MoneyHandler();
        handler.setUp();
        (token, sessions, settlement, rewards) = handler.contractsOf();
        bytes4[] memory selectors = new bytes4[](16);
        selectors[0] = MoneyHandler.openSession.selector;
        selectors[1] = MoneyHandler.topUp.selector;
        selectors[2] = MoneyHandler.redeem.selector;
        selectors[3] = MoneyHandler.redeemWrongly.selector;
        selectors[4] = bytes4(keccak256("settle(uint256,uint256,uint8,uint256)"));
        selectors[5] = MoneyHandler.claim.selector;
        selectors[6] = MoneyHandler.requestClose.selector;
        selectors[7] = MoneyHandler.withdraw.selector;
        selectors[8] = MoneyHandler.pass.selector;
        selectors[9] = MoneyHandler.settleOnAnotherBase.selector;
        selectors[10] = MoneyHandler.reward.selector;
        selectors[11] = MoneyHandler.show.selector;
        selectors[12] = MoneyHandler.challenge.selector;
        selectors[13] = MoneyHandler.answer.selector;
        selectors[14] = MoneyHandler.closeChallenge.selector;
        selectors[15] = MoneyHandler.govern.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), selectors));
        bytes4[] memory more = new bytes4[](1);
        more[0] = MoneyHandler.meddle.selector;
        targetSelector(FuzzSelector(address(handler), more));
    }

    /// @dev deposits = what is refundable + what payees and Settlement took + what went back.
    function invariant_depositsAreConserved() public view {
        uint256 refundable;
        for (uint256 i = 0; i < handler.count(); ++i) {
            ISessionManager.Session memory s = sessions.session(handler.ids(i));
            if (s.state != ISessionManager.State.Closed) refundable += s.deposit - s.debited;
            assertLe(s.debited, s.deposit);
            assertLe(s.spenderDebited, s.allowance);
        }
        assertEq(token.balanceOf(address(sessions)), refundable);
        assertEq(handler.deposited(), refundable + handler.paidToPayee() + handler.settled() + handler.refunded());
    }

    /// @dev Settlement holds what vouchers brought in and nobody claimed, and the bonds; Rewards what it was given.
    function invariant_rootsHoldWhatTheyOwe() public view {
        assertEq(settlement.funded(), handler.settled());
        assertEq(
            token.balanceOf(address(settlement)),
            handler.settled() - handler.claimedFrom(settlement) + handler.bonds(settlement)
        );
        assertEq(
            token.balanceOf(address(rewards)),
            handler.fundedRewards() - handler.claimedFrom(rewards) + handler.bonds(rewards)
        );
        assertGe(settlement.funded(), settlement.posted(settlement.standingEpoch()).total);
        check(settlement);
        check(rewards);
    }

    function check(EpochRoots roots) private view {
        assertEq(roots.totalClaimed(), handler.claimedFrom(roots));
        assertEq(roots.bondsHeld(), handler.bonds(roots));
        assertLe(roots.totalClaimed(), roots.posted(roots.activeEpoch()).total);
    }

    /// @dev An epoch that fell stays void, what was posted never changes, and what is active stays so.
    function invariant_epochsStandOrFallForGood() public {
        follow(settlement);
        follow(rewards);
    }

    function follow(EpochRoots roots) private {
        uint64 active = roots.activeEpoch();
        assertGe(active, activeSeen[roots]);
        activeSeen[roots] = active;
        for (uint256 i = 0; i < handler.epochCount(roots); ++i) {
            uint64 epoch = handler.epochs(roots, i);
            assertEq(handler.fingerprint(roots, epoch), handler.postedAs(roots, epoch));
            IEpochRoots.Status status = roots.statusOf(epoch);
            if (handler.fallen(roots, epoch)) assertEq(uint8(status), uint8(IEpochRoots.Status.Voided));
            else if (epoch <= active) assertEq(uint8(status), uint8(IEpochRoots.Status.Active));
            else assertEq(uint8(status), uint8(IEpochRoots.Status.Pending));
        }
    }
}
