// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../../src/interfaces/IAdmission.sol";
import { ISessionManager } from "../../src/interfaces/ISessionManager.sol";
import { SessionManager } from "../../src/l2/SessionManager.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { Parameter } from "../../src/types/Parameter.sol";
import { VoucherDebit } from "../../src/types/Voucher.sol";
import { Base } from "../utils/Base.t.sol";
import { MockAdmission } from "../utils/MockAdmission.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

abstract contract SessionManagerBase is Base {
    address internal payee = makeAddr("payee");

    /// @dev deposits = debited + refundable, for a contract that holds one session.
    function check_conserved(bytes32 id) internal view {
        ISessionManager.Session memory s = sessions.session(id);
        uint256 refundable = s.state == ISessionManager.State.Closed ? 0 : s.deposit - s.debited;
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
    function testFuzz_movesTheDepositAndKeepsWhatMovesMoney(uint96 deposit) public {
        deposit = uint96(bound(deposit, 1, 100_000 ether));
        uint256 before = token.balanceOf(client);
        bytes32 id = open(deposit);
        assertEq(token.balanceOf(client), before - deposit);
        ISessionManager.Session memory s = sessions.session(id);
        assertEq(s.client, client);
        assertEq(s.deposit, deposit);
        assertEq(s.spender, spender);
        assertEq(s.allowance, deposit / 2);
        assertEq(s.debited, 0);
        assertEq(s.spenderDebited, 0);
        assertEq(s.endsAt, block.timestamp + 30 days);
        assertEq(s.thawSeconds, THAW);
        assertEq(uint8(s.state), uint8(ISessionManager.State.Open));
        check_conserved(id);
    }

    function test_tellsAllTerms() public {
        ISessionManager.OpenTerms memory terms = termsOf(9);
        terms.metadata = "metadata";
        bytes32 id = keccak256(abi.encode(block.chainid, address(sessions), client, terms));
        assertEq(sessions.idOf(client, terms), id);
        vm.expectEmit(address(sessions));
        emit ISessionManager.SessionOpened(id, client, terms);
        vm.prank(client);
        assertEq(sessions.open(terms), id);
    }

    function test_AlreadyOpened_theSameTermsNeedAnotherSalt() public {
        ISessionManager.OpenTerms memory terms = termsOf(1);
        vm.startPrank(client);
        bytes32 id = sessions.open(terms);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.AlreadyOpened.selector, id));
        sessions.open(terms);
        terms.salt = "salt";
        assertNotEq(sessions.open(terms), id);
        vm.stopPrank();
        // Nor once it is closed: its vouchers must not fit another session.
        skip(30 days + THAW);
        vm.startPrank(client);
        sessions.withdraw(id);
        vm.warp(1_700_000_000);
        terms.salt = 0;
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.AlreadyOpened.selector, id));
        sessions.open(terms);
    }

    function testFuzz_theIdBindsChainContractClientAndEveryTerm(uint8 field, uint256 change) public {
        vm.assume(change != 0);
        ISessionManager.OpenTerms memory terms = termsOf(1);
        bytes32 id = sessions.idOf(client, terms);
        assertNotEq(sessions.idOf(stranger, terms), id);
        assertNotEq(new SessionManager(token, numbers, IAdmission(address(0))).idOf(client, terms), id);
        bytes memory encoded = abi.encode(terms);
        uint256 words = encoded.length / 32;
        uint256 place = field % words;
        uint256 word;
        assembly {
            word := mload(add(add(encoded, 32), mul(place, 32)))
        }
        // Within the narrowest type of a term: an enum of two.
        word ^= place == 7 || place == 13 ? 1 : change & 0xff == 0 ? 1 : change & 0xff;
        assembly {
            mstore(add(add(encoded, 32), mul(place, 32)), word)
        }
        assertNotEq(sessions.idOf(client, abi.decode(encoded, (ISessionManager.OpenTerms))), id);
        vm.chainId(block.chainid + 1);
        assertNotEq(sessions.idOf(client, terms), id);
    }

    function test_AmountsThatDoNotFitAreRefused() public {
        ISessionManager.OpenTerms memory terms = termsOf(1);
        terms.deposit = uint256(type(uint80).max) + 1;
        vm.startPrank(client);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 80, terms.deposit));
        sessions.open(terms);
        terms = termsOf(1);
        terms.allowance = uint256(type(uint80).max) + 1;
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 80, terms.allowance));
        sessions.open(terms);
    }

    function test_theAdmissionIsAskedForTheClientAndTheModel() public {
        MockAdmission admission = new MockAdmission();
        sessions = new SessionManager(token, numbers, admission);
        vm.prank(client);
        token.approve(address(sessions), 2);
        vm.expectCall(address(admission), abi.encodeCall(IAdmission.requireSession, (client, MODEL)));
        check_conserved(open(1));
        admission.deny(true);
        vm.expectRevert(abi.encodeWithSelector(MockAdmission.Denied.selector, client));
        vm.prank(client);
        sessions.open(termsOf(1));
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
        terms.expiry = uint64(type(uint32).max) + 1;
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

    function test_ERC20InsufficientAllowance_whenThePermitIsWrongAndThereIsNone() public {
        (uint8 v, bytes32 r, bytes32 s) = permitOf(6);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(sessions), 0, 7)
        );
        vm.prank(client);
        sessions.openWithPermit(termsOf(7), block.timestamp, v, r, s);
    }
}

contract SessionManagerTopUp is SessionManagerBase {
    function test_anyoneAddsToTheDeposit() public {
        bytes32 id = open(10);
        vm.startPrank(holder);
        token.approve(address(sessions), 5);
        vm.expectEmit(address(sessions));
        emit ISessionManager.SessionToppedUp(id, holder, 5, 15);
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
        vm.expectEmit(address(sessions));
        emit ISessionManager.AllowanceRaised(id, 9);
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
        vm.expectEmit(address(sessions));
        emit ISessionManager.CloseRequested(id, block.timestamp + THAW);
        vm.prank(client);
        sessions.requestClose(id);
        assertEq(sessions.session(id).endsAt, block.timestamp);
        assertEq(uint8(sessions.session(id).state), uint8(ISessionManager.State.Closing));
    }

    function test_CloseAlreadyRequested() public {
        bytes32 id = open(10);
        vm.startPrank(client);
        sessions.requestClose(id);
        uint256 when = block.timestamp + THAW;
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.CloseAlreadyRequested.selector, id, when));
        sessions.requestClose(id);
    }

    function test_AlreadyClosed() public {
        bytes32 id = open(10);
        skip(30 days + THAW);
        vm.startPrank(client);
        sessions.withdraw(id);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.AlreadyClosed.selector, id));
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
        uint256 when = block.timestamp + 30 days + THAW;
        skip(30 days + THAW - 1);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.StillThawing.selector, when));
        vm.prank(client);
        sessions.withdraw(id);
    }

    function test_StillThawing_afterARequest() public {
        bytes32 id = open(10);
        uint256 when = block.timestamp + THAW;
        vm.startPrank(client);
        sessions.requestClose(id);
        skip(THAW - 1);
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.StillThawing.selector, when));
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
        vm.expectEmit(address(sessions));
        emit ISessionManager.SessionClosed(id, client, 10);
        vm.prank(client);
        assertEq(sessions.withdraw(id), 10);
    }

    function test_theThawIsThatOfTheOpening() public {
        bytes32 id = open(10);
        numbers.put(Parameter.ThawSeconds, 3 * THAW);
        assertEq(sessions.session(id).thawSeconds, THAW);
        vm.startPrank(client);
        sessions.requestClose(id);
        skip(THAW);
        assertEq(sessions.withdraw(id), 10);
        vm.stopPrank();
        assertEq(sessions.session(open(10)).thawSeconds, 3 * THAW);
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

    function test_tellsWhoSignedAndWhatWasTaken() public {
        redeem(debitOf(clientKey, id, payee, 4, 4));
        vm.expectEmit(address(sessions));
        emit ISessionManager.VoucherRedeemed(id, payee, spender, 6, 10);
        redeem(debitOf(spenderKey, id, payee, 10, 10));
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

    /// @dev A voucher for this session whose signature is over another domain recovers to nobody who may sign.
    function expectForeign(VoucherDebit memory d, bytes32 domain) internal {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Voucher(bytes32 session,address payee,uint256 cumulativeAmount,uint64 nonce,bytes32 streamRoot)"
                ),
                d.voucher.session,
                d.voucher.payee,
                d.voucher.cumulativeAmount,
                d.voucher.nonce,
                d.voucher.streamRoot
            )
        );
        // The same way of signing is good in the domain of this contract: the domain makes the difference.
        assertEq(
            keccak256(abi.encodePacked(hex"1901", domainOf(address(sessions)), structHash)),
            sessions.voucherDigest(d.voucher)
        );
        d.signature = sign(clientKey, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        vm.expectPartialRevert(ISessionManager.WrongSigner.selector);
        redeem(d);
    }

    function test_WrongSigner_aVoucherOfAnotherContract() public {
        expectForeign(debitOf(clientKey, id, payee, 10, 10), domainOf(address(settlement)));
    }

    function test_WrongSigner_aVoucherOfAnotherChain() public {
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        bytes32 foreign = domainOf(address(sessions));
        vm.chainId(here);
        expectForeign(debitOf(clientKey, id, payee, 10, 10), foreign);
    }

    function test_WrongSigner_aVoucherSignedBeforeTheChainSplit() public {
        VoucherDebit memory d = debitOf(clientKey, id, payee, 10, 10);
        vm.chainId(block.chainid + 1);
        vm.expectPartialRevert(ISessionManager.WrongSigner.selector);
        redeem(d);
    }

    function testFuzz_WrongSigner_everyFieldOfTheVoucherIsSigned(uint8 field, uint64 change) public {
        vm.assume(change != 0);
        bytes32 other = open(100);
        VoucherDebit memory d = debitOf(clientKey, id, payee, 10, 10);
        field = field % 5;
        if (field == 0) d.voucher.session = other;
        else if (field == 1) d.voucher.payee = address(this);
        else if (field == 2) d.voucher.cumulativeAmount += change;
        else if (field == 3) d.voucher.nonce ^= change;
        else d.voucher.streamRoot ^= bytes32(uint256(change));
        vm.expectPartialRevert(ISessionManager.WrongSigner.selector);
        vm.prank(d.voucher.payee);
        sessions.redeem(single(d));
    }

    function testFuzz_InvalidSignature_anyOtherLength(uint8 length) public {
        vm.assume(length != 65);
        VoucherDebit memory d = debitOf(clientKey, id, payee, 10, 10);
        bytes memory signature = new bytes(length);
        for (uint256 i = 0; i < length && i < 65; ++i) {
            signature[i] = d.signature[i];
        }
        d.signature = signature;
        expectRedeemRevert(d, abi.encodeWithSelector(StrictSignature.InvalidSignature.selector));
    }

    function testFuzz_InvalidSignature_anyOtherV(uint8 v) public {
        vm.assume(v != 27 && v != 28);
        VoucherDebit memory d = debitOf(clientKey, id, payee, 10, 10);
        d.signature[64] = bytes1(v);
        expectRedeemRevert(d, abi.encodeWithSelector(StrictSignature.InvalidSignature.selector));
    }

    /// @dev A session of a client that never named a spender: zero is nobody, whatever recovers to it.
    function test_InvalidSignature_ofNobodyWhenThereIsNoSpender() public {
        ISessionManager.OpenTerms memory terms = termsOf(10);
        terms.spender = address(0);
        terms.allowance = 0;
        vm.prank(client);
        bytes32 mine = sessions.open(terms);
        VoucherDebit memory d = debitOf(clientKey, mine, payee, 1, 1);
        d.signature = new bytes(65);
        d.signature[64] = bytes1(uint8(27));
        expectRedeemRevert(d, abi.encodeWithSelector(StrictSignature.InvalidSignature.selector));
    }
}

contract SessionManagerRedeemRest is SessionManagerBase {
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        id = open(100);
    }

    function redeemRest(VoucherDebit[] memory debits) private returns (uint256) {
        vm.prank(payee);
        return sessions.redeemRest(debits);
    }

    function test_passesOverWhatWasTaken() public {
        VoucherDebit[] memory debits = new VoucherDebit[](3);
        bytes32 other = open(100);
        debits[0] = debitOf(clientKey, id, payee, 10, 10);
        debits[1] = debitOf(clientKey, other, payee, 7, 7);
        debits[2] = debitOf(clientKey, id, payee, 10, 4);
        redeem(debits[0]);
        assertEq(redeemRest(debits), 7);
        assertEq(token.balanceOf(payee), 17);
        assertEq(redeemRest(debits), 0);
        assertEq(redeemRest(new VoucherDebit[](0)), 0);
    }

    /// @dev What it does not pass over it checks as `redeem` does.
    function test_RevertWhen_aVoucherIsWrong() public {
        VoucherDebit[] memory debits = single(debitOf(oracleKey, id, payee, 10, 10));
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.WrongSigner.selector, id, oracle));
        redeemRest(debits);
        debits = single(debitOf(clientKey, id, payee, 10, 10));
        vm.expectRevert(abi.encodeWithSelector(ISessionManager.NotPayee.selector, stranger, payee));
        vm.prank(stranger);
        sessions.redeemRest(debits);
    }

    /// @dev What the client signs as its own spender counts as the spender's while the allowance lasts.
    function test_aClientThatIsItsOwnSpenderNeedsNoAllowance() public {
        ISessionManager.OpenTerms memory terms = termsOf(100);
        (terms.spender, terms.allowance) = (client, 10);
        vm.prank(client);
        bytes32 own = sessions.open(terms);
        redeem(debitOf(clientKey, own, payee, 10, 10));
        assertEq(sessions.session(own).spenderDebited, 10);
        redeem(debitOf(clientKey, own, payee, 100, 100));
        assertEq(sessions.session(own).debited, 100);
        assertEq(sessions.session(own).spenderDebited, 10);
    }
}
