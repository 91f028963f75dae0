// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ISessionManager } from "../../src/interfaces/ISessionManager.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { VoucherDebit } from "../../src/types/Voucher.sol";
import { Base } from "../utils/Base.t.sol";

abstract contract SessionManagerBase is Base {
    address internal payee = makeAddr("payee");

    /// @dev deposits = debited + refundable, for a contract that holds one session.
    function check_conserved(bytes32 id) internal view {
        ISessionManager.Session memory s = sessions.session(id);
        uint256 refundable = s.closed ? 0 : s.deposit - s.debited;
        assertEq(token.balanceOf(address(sessions)), refundable);
        assertLe(s.debited, s.deposit);
        assertLe(s.spenderDebited, s.allowance);
    }

    function redeem(VoucherDebit memory d) internal returns (uint256) {
        vm.prank(payee);
        return sessions.redeem(single(d));
    }

    function expectRedeemRevert(VoucherDebit memory d, bytes memory reason) internal {
        vm.expectRevert(reason);
        redeem(d);
    }
}

contract SessionManagerOpen is SessionManagerBase {
    function testFuzz_movesTheDepositAndKeepsTheTerms(uint96 deposit) public {
        deposit = uint96(bound(deposit, 1, 100_000 ether));
        bytes32 id = open(deposit);
        ISessionManager.Session memory s = sessions.session(id);
        assertEq(s.client, client);
        assertEq(s.deposit, deposit);
        assertEq(s.allowance, deposit / 2);
        assertEq(s.model, MODEL);
        assertEq(s.expiry, block.timestamp + 30 days);
        assertEq(s.completionPriceMax, 2 ether);
        assertEq(s.name, "name");
        check_conserved(id);
    }

    function test_theSameTermsTwiceAreTwoSessions() public {
        assertNotEq(open(1), open(1));
        assertEq(sessions.sessionCount(client), 2);
    }

    function expectInvalid(ISessionManager.OpenTerms memory terms, string memory field) internal {
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.InvalidTerms.selector, field));
        vm.prank(client);
        sessions.open(terms);
    }

    function test_InvalidTerms() public {
        ISessionManager.OpenTerms memory terms = termsOf(0);
        expectInvalid(terms, "deposit");
        terms = termsOf(1);
        terms.expiry = uint64(block.timestamp);
        expectInvalid(terms, "expiry");
        terms = termsOf(1);
        terms.model = 0;
        expectInvalid(terms, "model");
        terms = termsOf(1);
        terms.nodesMin = 2;
        expectInvalid(terms, "nodesMin");
        terms.nodesMin = 0;
        expectInvalid(terms, "nodesMin");
        terms = termsOf(1);
        terms.redundancy = 2;
        expectInvalid(terms, "redundancy");
        terms = termsOf(1);
        terms.spender = address(0);
        terms.allowance = 1;
        expectInvalid(terms, "allowance");
    }
}

contract SessionManagerOpenWithPermit is SessionManagerBase {
    function permitOf(uint256 amount) internal view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                client,
                address(sessions),
                amount,
                token.nonces(client),
                block.timestamp
            )
        );
        return vm.sign(clientKey, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }

    function setUp() public override {
        super.setUp();
        vm.prank(client);
        token.approve(address(sessions), 0);
    }

    function test_opensWithoutAnAllowance() public {
        (uint8 v, bytes32 r, bytes32 s) = permitOf(7);
        vm.prank(client);
        bytes32 id = sessions.openWithPermit(termsOf(7), block.timestamp, v, r, s);
        check_conserved(id);
    }

    function test_aPermitSentBeforeDoesNoHarm() public {
        (uint8 v, bytes32 r, bytes32 s) = permitOf(7);
        token.permit(client, address(sessions), 7, block.timestamp, v, r, s);
        vm.prank(client);
        check_conserved(sessions.openWithPermit(termsOf(7), block.timestamp, v, r, s));
    }
}

contract SessionManagerTopUp is SessionManagerBase {
    function test_anyoneAddsToTheDeposit() public {
        bytes32 id = open(10);
        vm.startPrank(holder);
        token.approve(address(sessions), 5);
        sessions.topUp(id, 5);
        assertEq(sessions.session(id).deposit, 15);
        check_conserved(id);
    }

    function test_ZeroAmount() public {
        bytes32 id = open(10);
        vm.expectRevert(ISessionManager.ZeroAmount.selector);
        sessions.topUp(id, 0);
    }

    function test_UnknownSession() public {
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.UnknownSession.selector, bytes32("x")));
        sessions.topUp("x", 1);
    }

    function test_NotOpen() public {
        bytes32 id = open(10);
        bytes memory reason = abi.encodeWithSelector(ISessionManager.NotOpen.selector, id);
        vm.startPrank(client);
        sessions.requestClose(id);
        vm.expectRevert(reason);
        sessions.topUp(id, 1);
        vm.stopPrank();
        id = open(10);
        skip(30 days);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.NotOpen.selector, id));
        vm.prank(client);
        sessions.topUp(id, 1);
    }
}

contract SessionManagerRaiseAllowance is SessionManagerBase {
    function test_raisesIt() public {
        bytes32 id = open(10);
        vm.prank(client);
        sessions.raiseAllowance(id, 9);
        assertEq(sessions.session(id).allowance, 9);
    }

    function test_AllowanceNotRaised() public {
        bytes32 id = open(10);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.AllowanceNotRaised.selector, 5, 5));
        vm.prank(client);
        sessions.raiseAllowance(id, 5);
    }

    function test_NotClient() public {
        bytes32 id = open(10);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.NotClient.selector, spender));
        vm.prank(spender);
        sessions.raiseAllowance(id, 9);
    }
}

contract SessionManagerRequestClose is SessionManagerBase {
    function test_startsTheThaw() public {
        bytes32 id = open(10);
        vm.prank(client);
        sessions.requestClose(id);
        assertEq(sessions.session(id).closesAt, block.timestamp + THAW);
    }

    function test_CloseAlreadyRequested() public {
        bytes32 id = open(10);
        vm.startPrank(client);
        sessions.requestClose(id);
        vm.expectPartialRevert(ISessionManager.CloseAlreadyRequested.selector);
        sessions.requestClose(id);
    }

    function test_NotClient() public {
        bytes32 id = open(10);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.NotClient.selector, stranger));
        vm.prank(stranger);
        sessions.requestClose(id);
    }
}

contract SessionManagerWithdraw is SessionManagerBase {
    function test_StillThawing_withoutARequestBeforeTheExpiryAndTheThaw() public {
        bytes32 id = open(10);
        uint256 at = block.timestamp + 30 days + THAW;
        skip(30 days + THAW - 1);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.StillThawing.selector, at));
        vm.prank(client);
        sessions.withdraw(id);
    }

    function test_StillThawing_afterARequest() public {
        bytes32 id = open(10);
        uint256 at = block.timestamp + THAW;
        vm.startPrank(client);
        sessions.requestClose(id);
        skip(THAW - 1);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.StillThawing.selector, at));
        sessions.withdraw(id);
    }

    function testFuzz_paysEverythingUnspentAfterTheThaw(uint96 deposit, uint96 spent) public {
        deposit = uint96(bound(deposit, 1, 100_000 ether));
        spent = uint96(bound(spent, 0, deposit));
        uint256 before = token.balanceOf(client);
        bytes32 id = open(deposit);
        if (spent > 0) redeem(debitOf(clientKey, id, payee, spent, spent));
        vm.startPrank(client);
        sessions.requestClose(id);
        skip(THAW);
        assertEq(sessions.withdraw(id), deposit - spent);
        assertEq(token.balanceOf(client), before - spent);
        check_conserved(id);
    }

    function test_afterTheExpiryAndTheThawNoRequestIsNeeded() public {
        bytes32 id = open(10);
        skip(30 days + THAW);
        vm.prank(client);
        assertEq(sessions.withdraw(id), 10);
    }

    function test_aRequestAfterTheExpiryDelaysNothing() public {
        bytes32 id = open(10);
        skip(30 days + THAW - 1);
        vm.startPrank(client);
        sessions.requestClose(id);
        skip(1);
        assertEq(sessions.withdraw(id), 10);
    }

    function test_AlreadyClosed() public {
        bytes32 id = open(10);
        skip(30 days + THAW);
        vm.startPrank(client);
        sessions.withdraw(id);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.AlreadyClosed.selector, id));
        sessions.withdraw(id);
    }

    function test_NotClient() public {
        bytes32 id = open(10);
        skip(30 days + THAW);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.NotClient.selector, stranger));
        vm.prank(stranger);
        sessions.withdraw(id);
    }
}

contract SessionManagerRedeem is SessionManagerBase {
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = open(100);
    }

    function testFuzz_aGrowingVoucherPaysEachWeiOnce(uint8[5] memory steps) public {
        uint256 paid;
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 next = paid + bound(steps[i], 1, 20);
            assertEq(redeem(debitOf(clientKey, id, payee, next, next)), next - paid);
            paid = next;
            assertEq(token.balanceOf(payee), paid);
            check_conserved(id);
        }
    }

    function test_AlreadyDebited_theSameVoucherTwice() public {
        VoucherDebit memory d = debitOf(clientKey, id, payee, 10, 10);
        redeem(d);
        expectRedeemRevert(d, abi.encodeWithSelector(ISessionManager.AlreadyDebited.selector, id, 10, 10));
    }

    function test_AlreadyDebited_theSameVoucherTwiceInOneCall() public {
        VoucherDebit[] memory debits = new VoucherDebit[](2);
        debits[0] = debits[1] = debitOf(clientKey, id, payee, 10, 10);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.AlreadyDebited.selector, id, 10, 10));
        vm.prank(payee);
        sessions.redeem(debits);
    }

    function test_AlreadyDebited_aSmallerVoucherAfterALargerOne() public {
        redeem(debitOf(clientKey, id, payee, 10, 10));
        expectRedeemRevert(
            debitOf(clientKey, id, payee, 9, 9),
            abi.encodeWithSelector(ISessionManager.AlreadyDebited.selector, id, 9, 10)
        );
    }

    function test_aVoucherIsAnUpperBoundThatCanBeTakenInParts() public {
        assertEq(redeem(debitOf(clientKey, id, payee, 10, 4)), 4);
        assertEq(redeem(debitOf(clientKey, id, payee, 10, 10)), 6);
    }

    function test_DebitAboveVoucher() public {
        expectRedeemRevert(
            debitOf(clientKey, id, payee, 10, 11),
            abi.encodeWithSelector(ISessionManager.DebitAboveVoucher.selector, id, 11, 10)
        );
    }

    function test_NotPayee() public {
        VoucherDebit[] memory debits = single(debitOf(clientKey, id, payee, 10, 10));
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.NotPayee.selector, stranger, payee));
        vm.prank(stranger);
        sessions.redeem(debits);
    }

    function test_WrongSigner() public {
        expectRedeemRevert(
            debitOf(oracleKey, id, payee, 10, 10),
            abi.encodeWithSelector(ISessionManager.WrongSigner.selector, id, oracle)
        );
    }

    function test_theSpenderSignsWithinItsAllowance() public {
        assertEq(redeem(debitOf(spenderKey, id, payee, 50, 50)), 50);
        assertEq(sessions.session(id).spenderDebited, 50);
    }

    function test_AllowanceExceeded_acrossPayees() public {
        redeem(debitOf(spenderKey, id, payee, 30, 30));
        VoucherDebit[] memory debits = single(debitOf(spenderKey, id, stranger, 21, 21));
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.AllowanceExceeded.selector, id, 21, 20));
        vm.prank(stranger);
        sessions.redeem(debits);
    }

    function test_whatTheClientSignsDoesNotCountAgainstTheAllowance() public {
        redeem(debitOf(clientKey, id, payee, 40, 40));
        redeem(debitOf(spenderKey, id, payee, 90, 90));
        assertEq(sessions.session(id).spenderDebited, 50);
        check_conserved(id);
    }

    function test_InsufficientDeposit_acrossPayees() public {
        redeem(debitOf(clientKey, id, payee, 60, 60));
        VoucherDebit[] memory debits = single(debitOf(clientKey, id, stranger, 41, 41));
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.InsufficientDeposit.selector, id, 41, 40));
        vm.prank(stranger);
        sessions.redeem(debits);
    }

    function test_UnknownSession() public {
        expectRedeemRevert(
            debitOf(clientKey, "x", payee, 1, 1),
            abi.encodeWithSelector(ISessionManager.UnknownSession.selector, bytes32("x"))
        );
    }

    function test_ZeroAmount_withoutDebits() public {
        vm.expectRevert(ISessionManager.ZeroAmount.selector);
        sessions.redeem(new VoucherDebit[](0));
    }

    function test_duringTheThawPayeesStillRedeem() public {
        vm.prank(client);
        sessions.requestClose(id);
        skip(THAW);
        assertEq(redeem(debitOf(clientKey, id, payee, 10, 10)), 10);
    }

    function test_AlreadyClosed() public {
        vm.startPrank(client);
        sessions.requestClose(id);
        skip(THAW);
        sessions.withdraw(id);
        vm.stopPrank();
        expectRedeemRevert(
            debitOf(clientKey, id, payee, 10, 10), abi.encodeWithSelector(ISessionManager.AlreadyClosed.selector, id)
        );
    }

    function test_InvalidSignature_theHighTwin() public {
        VoucherDebit memory d = debitOf(clientKey, id, payee, 10, 10);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(clientKey, sessions.voucherDigest(d.voucher));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        d.signature = abi.encodePacked(r, order - uint256(s), v == 27 ? uint8(28) : uint8(27));
        expectRedeemRevert(d, abi.encodeWithSelector(StrictSignature.InvalidSignature.selector));
    }

    function test_InvalidSignature_theCompactForm() public {
        VoucherDebit memory d = debitOf(clientKey, id, payee, 10, 10);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(clientKey, sessions.voucherDigest(d.voucher));
        d.signature = abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
        expectRedeemRevert(d, abi.encodeWithSelector(StrictSignature.InvalidSignature.selector));
    }

    function test_InvalidSignature_ofNobody() public {
        VoucherDebit memory d = debitOf(clientKey, id, payee, 10, 10);
        d.signature = new bytes(65);
        expectRedeemRevert(d, abi.encodeWithSelector(StrictSignature.InvalidSignature.selector));
    }
}
