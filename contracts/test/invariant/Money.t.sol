// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISessionManager } from "../../src/interfaces/ISessionManager.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { CorToken } from "../../src/l1/CorToken.sol";
import { SessionManager } from "../../src/l2/SessionManager.sol";
import { Settlement } from "../../src/l2/Settlement.sol";
import { PayoutTree } from "../../src/libraries/PayoutTree.sol";
import { EpochRoot } from "../../src/types/Attestation.sol";
import { VoucherDebit } from "../../src/types/Voucher.sol";
import { Base } from "../utils/Base.t.sol";

/// @notice Everybody's moves in any order, with sums kept beside the contracts.
contract MoneyHandler is Base {
    address internal constant PAYEE = address(0xBEEF);
    uint256 internal constant SESSIONS_MAX = 8;

    bytes32[] public ids;
    address public account = address(0xA11CE);

    uint256 public deposited;
    uint256 public paidToPayee;
    uint256 public settled;
    uint256 public refunded;
    uint256 public claimed;
    uint256 public postedTotal;

    function setUp() public override {
        super.setUp();
        registerCommittee();
    }

    function contractsOf() external view returns (address, address, address) {
        return (address(token), address(sessions), address(settlement));
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function openSession(uint256 amount) external {
        if (ids.length >= SESSIONS_MAX) return;
        amount = bound(amount, 1, 1000 ether);
        ids.push(open(amount));
        deposited += amount;
    }

    function topUp(uint256 which, uint256 amount) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok || s.closesAt != 0 || block.timestamp >= s.expiry) return;
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

    /// @dev Tries to take what was taken before, or more than there is; must always fail.
    function redeemWrongly(uint256 which, uint256 beyond) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok) return;
        uint256 had = sessions.debitedBy(id, PAYEE);
        uint256 debit = beyond % 2 == 0 ? had : had + (s.deposit - s.debited) + bound(beyond, 1, 1e30);
        VoucherDebit memory d = debitOf(clientKey, id, PAYEE, debit, debit);
        vm.prank(PAYEE);
        try sessions.redeem(single(d)) {
            revert("paid twice");
        } catch { }
    }

    function settle(uint256 which, uint256 amount, uint256 share) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok || s.deposit == s.debited) return;
        amount = bound(amount, 1, s.deposit - s.debited);
        skip(1);
        uint256 debit = sessions.debitedBy(id, address(settlement)) + amount;
        settled += amount;
        // The root pays all that came in, or a part of it.
        uint256 total = bound(share, postedTotal, settled);
        if (total == 0) total = 1;
        postedTotal = total;
        settleOne(settlement.latestEpoch() + 1, id, debit, account, total);
    }

    /// @dev A quorum signed on another root than the latest: whatever it was, it must not land.
    function settleOnAnotherBase(bytes32 base) external {
        bytes32 latest = latestRoot();
        if (base == latest) return;
        uint256 total = postedTotal == 0 ? 1 : postedTotal;
        EpochRoot memory e = EpochRoot(settlement.latestEpoch() + 1, PayoutTree.leaf(account, total), base, total, 0);
        VoucherDebit[] memory none = new VoucherDebit[](0);
        bytes[] memory signatures = attest(e, none, 3);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongBase.selector, base, latest));
        vm.prank(oracle);
        settlement.settle(e, none, block.timestamp - 1, signatures);
    }

    function claim() external {
        uint64 epoch = settlement.activeEpoch();
        if (epoch == 0) return;
        uint256 total = settlement.posted(epoch).total;
        if (total <= settlement.claimed(account)) return;
        claimed += settlement.claim(account, total, new bytes32[](0));
    }

    function requestClose(uint256 which) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok || s.closesAt != 0) return;
        vm.prank(client);
        sessions.requestClose(id);
    }

    function withdraw(uint256 which) external {
        (bytes32 id, ISessionManager.Session memory s, bool ok) = pick(which);
        if (!ok || s.closesAt == 0) return;
        if (block.timestamp < s.closesAt) vm.warp(s.closesAt);
        vm.prank(client);
        refunded += sessions.withdraw(id);
    }

    function pass(uint256 time) external {
        skip(bound(time, 1, 2 hours));
    }

    function pick(uint256 which) private view returns (bytes32 id, ISessionManager.Session memory s, bool ok) {
        if (ids.length == 0) return (id, s, false);
        id = ids[which % ids.length];
        s = sessions.session(id);
        ok = !s.closed;
    }
}

contract MoneyInvariant is Base {
    MoneyHandler internal handler;

    function setUp() public override {
        handler = new MoneyHandler();
        handler.setUp();
        bytes4[] memory selectors = new bytes4[](10);
        selectors[0] = MoneyHandler.openSession.selector;
        selectors[1] = MoneyHandler.topUp.selector;
        selectors[2] = MoneyHandler.redeem.selector;
        selectors[3] = MoneyHandler.redeemWrongly.selector;
        selectors[4] = MoneyHandler.settle.selector;
        selectors[5] = MoneyHandler.claim.selector;
        selectors[6] = MoneyHandler.requestClose.selector;
        selectors[7] = MoneyHandler.withdraw.selector;
        selectors[8] = MoneyHandler.pass.selector;
        selectors[9] = MoneyHandler.settleOnAnotherBase.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
        (address t, address m, address s) = handler.contractsOf();
        token = CorToken(t);
        sessions = SessionManager(m);
        settlement = Settlement(s);
    }

    function invariant_depositsAreSpentOrRefundable() public view {
        uint256 refundable;
        uint256 debited;
        for (uint256 i = 0; i < handler.count(); ++i) {
            ISessionManager.Session memory s = sessions.session(handler.ids(i));
            debited += s.debited;
            if (!s.closed) refundable += s.deposit - s.debited;
            assertLe(s.spenderDebited, s.allowance);
        }
        assertEq(debited, handler.paidToPayee() + handler.settled());
        assertEq(token.balanceOf(address(sessions)), refundable);
        assertEq(handler.deposited(), debited + refundable + handler.refunded());
    }

    function invariant_settlementIsSolvent() public view {
        assertEq(settlement.funded(), handler.settled());
        assertEq(settlement.totalClaimed(), handler.claimed());
        assertEq(token.balanceOf(address(settlement)), settlement.funded() - settlement.totalClaimed());
        assertLe(settlement.totalClaimed(), handler.postedTotal());
        assertLe(handler.postedTotal(), settlement.funded());
    }
}
