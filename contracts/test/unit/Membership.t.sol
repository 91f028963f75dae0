// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IMembership } from "../../src/interfaces/IMembership.sol";
import { Compliance } from "../../src/l2/Compliance.sol";
import { Membership } from "../../src/l2/Membership.sol";
import { StrictSignature } from "../../src/libraries/StrictSignature.sol";
import { Invitation } from "../../src/types/Invitation.sol";
import { Permissions } from "../../src/types/Permissions.sol";
import { Roles } from "../../src/types/Roles.sol";
import { MarketTest } from "../utils/MarketMocks.sol";

abstract contract MembershipBase is MarketTest {
    uint32 internal constant TRANSACT = Permissions.TRANSACT;
    uint32 internal constant DEPLOY = Permissions.DEPLOY;
    uint32 internal constant SESSION = Permissions.SESSION;
    uint256 internal constant MEMBERS_MAX = 6;
    uint32 internal constant QUOTA = 2;

    Membership internal membership;
    address internal admin;
    uint256 internal adminKey;
    address internal other = makeAddr("other admin");
    address internal user = makeAddr("user");

    function setUp() public virtual override {
        super.setUp();
        (admin, adminKey) = makeAddrAndKey("admin");
        membership = new Membership(governance, MEMBERS_MAX, new IMembership.Admission[](0));
        vm.startPrank(governance);
        membership.setAdmin(admin, TRANSACT | SESSION, inDays(100), QUOTA);
        membership.setAdmin(other, Permissions.ALL, inDays(100), 10);
        vm.stopPrank();
    }

    function inDays(uint256 days_) internal view returns (uint48) {
        return uint48(block.timestamp + days_ * 1 days);
    }

    function admit(address by, address account, uint32 permissions) internal {
        vm.prank(by);
        membership.admit(account, permissions, inDays(10));
    }

    function expectAdmitRevert(address by, address account, uint32 permissions, bytes memory reason) internal {
        vm.expectRevert(reason);
        admit(by, account, permissions);
    }

    function numbered(uint256 i) internal pure returns (address) {
        return address(uint160(0x1000 + i));
    }

    function check_counts(uint256 members, uint32 seats) internal view {
        assertEq(membership.memberCount(), members);
        assertEq(membership.admin(admin).seats, seats);
    }
}

contract MembershipConstructorTest is MembershipBase {
    function firstMembers(uint256 n) internal view returns (IMembership.Admission[] memory first) {
        first = new IMembership.Admission[](n);
        for (uint256 i = 0; i < n; ++i) {
            first[i] = IMembership.Admission(numbered(i), TRANSACT, inDays(1));
        }
    }

    function test_admitsTheFirstMembers() public {
        Membership m = new Membership(governance, 64, firstMembers(64));
        assertEq(m.governance(), governance);
        assertEq(m.membersMax(), 64);
        assertEq(m.memberCount(), 64);
        assertEq(m.member(numbered(63)).permissions, TRANSACT);
        assertEq(m.member(numbered(63)).expiry, inDays(1));
        assertEq(m.member(numbered(63)).admin, address(0));
        m.requireTransact(numbered(0));
    }

    function test_RevertWhen_ZeroAddress() public {
        vm.expectRevert(IMembership.ZeroAddress.selector);
        new Membership(address(0), 1, new IMembership.Admission[](0));
    }

    function test_RevertWhen_TooManyMembers() public {
        IMembership.Admission[] memory first = firstMembers(65);
        vm.expectRevert(abi.encodeWithSelector(IMembership.TooManyMembers.selector, 64));
        new Membership(governance, 1000, first);
        first = firstMembers(2);
        vm.expectRevert(abi.encodeWithSelector(IMembership.TooManyMembers.selector, 1));
        new Membership(governance, 1, first);
    }
}

contract MembershipAdmitTest is MembershipBase {
    function testFuzz_givesWhatGovernanceGives(uint32 permissions, uint48 lasts) public {
        permissions = permissions & Permissions.ALL;
        vm.assume(permissions != 0);
        lasts = uint48(bound(lasts, 1, 3650 days));
        uint48 expiry = uint48(block.timestamp) + lasts;
        vm.expectEmit(address(membership));
        emit IMembership.MemberAdmitted(user, address(0), permissions, expiry);
        vm.prank(governance);
        membership.admit(user, permissions, expiry);
        IMembership.Member memory m = membership.member(user);
        assertEq(m.permissions, permissions);
        assertEq(m.expiry, expiry);
        assertEq(m.admin, address(0));
        assertEq(membership.memberCount(), 1);
        skip(lasts - 1);
        assertEq(membership.permissionsOf(user), permissions);
        skip(1);
        assertEq(membership.permissionsOf(user), 0);
        assertEq(membership.member(user).permissions, permissions);
    }

    function test_anAdminFillsASeatOfItsOwn() public {
        vm.expectEmit(address(membership));
        emit IMembership.MemberAdmitted(user, admin, TRANSACT, inDays(10));
        admit(admin, user, TRANSACT);
        check_counts(1, 1);
        assertEq(membership.member(user).admin, admin);
        // changing what it may do takes no second seat
        admit(admin, user, SESSION);
        check_counts(1, 1);
        assertEq(membership.permissionsOf(user), SESSION);
    }

    function test_RevertWhen_QuotaReached() public {
        admit(admin, numbered(0), TRANSACT);
        admit(admin, numbered(1), TRANSACT);
        bytes memory full = abi.encodeWithSelector(IMembership.QuotaReached.selector, admin, QUOTA);
        expectAdmitRevert(admin, user, TRANSACT, full);
        // members in their seats can still be changed
        admit(admin, numbered(1), SESSION);
        vm.prank(numbered(0));
        membership.resign();
        admit(admin, user, TRANSACT);
        expectAdmitRevert(admin, numbered(0), TRANSACT, full);
        check_counts(2, 2);
    }

    function testFuzz_RevertWhen_BeyondPermissions(uint32 permissions) public {
        permissions = permissions & Permissions.ALL;
        vm.assume(permissions != 0);
        uint32 missing = permissions & ~(TRANSACT | SESSION);
        if (missing != 0) {
            vm.expectRevert(abi.encodeWithSelector(IMembership.BeyondPermissions.selector, admin, missing));
        }
        admit(admin, user, permissions);
    }

    function test_RevertWhen_NotAdmin() public {
        bytes memory reason = abi.encodeWithSelector(IMembership.NotAdmin.selector, stranger);
        expectAdmitRevert(stranger, user, TRANSACT, reason);
        admit(governance, stranger, Permissions.ALL);
        expectAdmitRevert(stranger, user, TRANSACT, reason);
    }

    function test_RevertWhen_TheAdminsTermEnded() public {
        skip(100 days - 1);
        admit(admin, user, TRANSACT);
        skip(1);
        expectAdmitRevert(admin, user, TRANSACT, abi.encodeWithSelector(IMembership.NotAdmin.selector, admin));
    }

    function test_RevertWhen_AlreadyMember() public {
        admit(admin, user, TRANSACT);
        bytes memory reason = abi.encodeWithSelector(IMembership.AlreadyMember.selector, user, admin);
        expectAdmitRevert(other, user, DEPLOY, reason);
        admit(governance, numbered(0), TRANSACT);
        reason = abi.encodeWithSelector(IMembership.AlreadyMember.selector, numbered(0), address(0));
        expectAdmitRevert(admin, numbered(0), TRANSACT, reason);
    }

    function test_anExpiredSeatIsFreeForAnotherAdmin() public {
        admit(admin, user, TRANSACT);
        skip(10 days - 1);
        bytes memory reason = abi.encodeWithSelector(IMembership.AlreadyMember.selector, user, admin);
        expectAdmitRevert(other, user, DEPLOY, reason);
        skip(1);
        vm.expectEmit(address(membership));
        emit IMembership.MemberRemoved(user, admin, other);
        admit(other, user, DEPLOY);
        check_counts(1, 0);
        assertEq(membership.admin(other).seats, 1);
        assertEq(membership.permissionsOf(user), DEPLOY);
    }

    function test_anExpiredMemberKeepsItsSeatWhenItsAdminRenewsIt() public {
        admit(admin, user, TRANSACT);
        skip(20 days);
        admit(admin, user, TRANSACT);
        check_counts(1, 1);
        membership.requireTransact(user);
    }

    function test_governanceTakesAMemberOver() public {
        admit(admin, user, TRANSACT);
        admit(governance, user, DEPLOY);
        check_counts(1, 0);
        assertEq(membership.member(user).admin, address(0));
        assertEq(membership.permissionsOf(user), DEPLOY);
    }

    function test_RevertWhen_InvalidPermissions() public {
        expectAdmitRevert(
            governance, user, 0, abi.encodeWithSelector(IMembership.InvalidPermissions.selector, uint32(0))
        );
        for (uint256 bit = 0; bit < 32; ++bit) {
            uint32 permissions = uint32(1 << bit);
            bool known = bit < 3 || (bit >= 8 && bit < 12);
            if (!known) {
                vm.expectRevert(abi.encodeWithSelector(IMembership.InvalidPermissions.selector, permissions));
            }
            admit(governance, user, permissions);
        }
    }

    function test_RevertWhen_InvalidExpiry() public {
        uint48 now48 = uint48(block.timestamp);
        vm.startPrank(governance);
        vm.expectRevert(abi.encodeWithSelector(IMembership.InvalidExpiry.selector, now48));
        membership.admit(user, TRANSACT, now48);
        membership.admit(user, TRANSACT, now48 + 1);
    }

    function test_RevertWhen_ZeroAddress() public {
        expectAdmitRevert(governance, address(0), TRANSACT, abi.encodeWithSelector(IMembership.ZeroAddress.selector));
    }

    function test_RevertWhen_TooManyMembers() public {
        for (uint256 i = 0; i < MEMBERS_MAX; ++i) {
            admit(governance, numbered(i), TRANSACT);
        }
        bytes memory full = abi.encodeWithSelector(IMembership.TooManyMembers.selector, MEMBERS_MAX);
        expectAdmitRevert(governance, user, TRANSACT, full);
        expectAdmitRevert(other, user, TRANSACT, full);
        admit(governance, numbered(0), DEPLOY);
        vm.prank(numbered(0));
        membership.resign();
        admit(other, user, TRANSACT);
        assertEq(membership.memberCount(), MEMBERS_MAX);
    }
}

contract MembershipAcceptTest is MembershipBase {
    function invitation() internal view returns (Invitation memory) {
        return Invitation(user, TRANSACT | SESSION, inDays(10), 77, uint48(block.timestamp + 1 days));
    }

    function accept(uint256 key, Invitation memory i) internal {
        bytes memory signature = sign(key, membership.invitationDigest(i));
        vm.prank(i.invitee);
        membership.accept(i, signature);
    }

    function expectAcceptRevert(uint256 key, Invitation memory i, bytes memory reason) internal {
        bytes memory signature = sign(key, membership.invitationDigest(i));
        vm.expectRevert(reason);
        vm.prank(i.invitee);
        membership.accept(i, signature);
    }

    function testFuzz_admitsTheInvitedAccount(address invitee, uint256 nonce, uint48 lasts) public {
        vm.assume(invitee != address(0));
        Invitation memory i = invitation();
        i.invitee = invitee;
        i.nonce = nonce;
        i.expiry = uint48(block.timestamp + bound(lasts, 1, 3650 days));
        bytes memory signature = sign(adminKey, membership.invitationDigest(i));
        vm.expectEmit(address(membership));
        emit IMembership.InvitationSpent(admin, nonce, true);
        vm.expectEmit(address(membership));
        emit IMembership.MemberAdmitted(invitee, admin, i.permissions, i.expiry);
        vm.prank(invitee);
        membership.accept(i, signature);
        assertEq(membership.permissionsOf(invitee), TRANSACT | SESSION);
        assertEq(membership.member(invitee).expiry, i.expiry);
        assertEq(membership.member(invitee).admin, admin);
        assertTrue(membership.nonceUsed(admin, nonce));
        check_counts(1, 1);
    }

    function test_theDigestIsEip712() public view {
        Invitation memory i = invitation();
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Invitation(address invitee,uint32 permissions,uint48 expiry,uint256 nonce,uint48 deadline)"),
                i.invitee,
                i.permissions,
                i.expiry,
                i.nonce,
                i.deadline
            )
        );
        assertEq(membership.invitationDigest(i), typedDigest(address(membership), structHash));
    }

    function test_RevertWhen_NotInvitee() public {
        Invitation memory i = invitation();
        bytes memory signature = sign(adminKey, membership.invitationDigest(i));
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotInvitee.selector, stranger));
        vm.prank(stranger);
        membership.accept(i, signature);
    }

    function test_RevertWhen_InvitationExpired() public {
        Invitation memory i = invitation();
        vm.warp(i.deadline + 1);
        expectAcceptRevert(adminKey, i, abi.encodeWithSelector(IMembership.InvitationExpired.selector, i.deadline));
        vm.warp(i.deadline);
        accept(adminKey, i);
    }

    function test_RevertWhen_UsedAgainAfterLeaving() public {
        Invitation memory i = invitation();
        accept(adminKey, i);
        vm.prank(user);
        membership.resign();
        bytes memory used = abi.encodeWithSelector(IMembership.InvitationUsed.selector, admin, 77);
        expectAcceptRevert(adminKey, i, used);
        // the nonce is spent for every other invitation, too
        i.invitee = stranger;
        expectAcceptRevert(adminKey, i, used);
        ++i.nonce;
        accept(adminKey, i);
    }

    function test_noncesAreEachAdminsOwn() public {
        vm.prank(other);
        membership.cancelInvitation(77);
        accept(adminKey, invitation());
    }

    function test_RevertWhen_TakenBack() public {
        vm.expectEmit(address(membership));
        emit IMembership.InvitationSpent(admin, 77, false);
        vm.prank(admin);
        membership.cancelInvitation(77);
        bytes memory used = abi.encodeWithSelector(IMembership.InvitationUsed.selector, admin, 77);
        expectAcceptRevert(adminKey, invitation(), used);
        vm.expectRevert(used);
        vm.prank(admin);
        membership.cancelInvitation(77);
    }

    function testFuzz_RevertWhen_NotSignedByAnAdmin(uint256 key) public {
        key = boundPrivateKey(key);
        vm.assume(key != adminKey);
        expectAcceptRevert(key, invitation(), abi.encodeWithSelector(IMembership.NotAdmin.selector, vm.addr(key)));
    }

    function testFuzz_RevertWhen_OneFieldIsNotWhatWasSigned(uint8 field) public {
        Invitation memory i = invitation();
        bytes memory signature = sign(adminKey, membership.invitationDigest(i));
        if (field % 5 == 0) i.invitee = stranger;
        else if (field % 5 == 1) i.permissions = SESSION;
        else if (field % 5 == 2) ++i.expiry;
        else if (field % 5 == 3) ++i.nonce;
        else ++i.deadline;
        vm.expectPartialRevert(IMembership.NotAdmin.selector);
        vm.prank(i.invitee);
        membership.accept(i, signature);
    }

    function test_RevertWhen_SignedForAnotherContract() public {
        Invitation memory i = invitation();
        Membership twin = new Membership(governance, MEMBERS_MAX, new IMembership.Admission[](0));
        bytes memory signature = sign(adminKey, twin.invitationDigest(i));
        vm.expectPartialRevert(IMembership.NotAdmin.selector);
        vm.prank(user);
        membership.accept(i, signature);
    }

    function test_RevertWhen_InvalidSignature() public {
        Invitation memory i = invitation();
        bytes memory signature = sign(adminKey, membership.invitationDigest(i));
        vm.startPrank(user);
        vm.expectRevert(StrictSignature.InvalidSignature.selector);
        membership.accept(i, highS(signature));
    }

    function test_RevertWhen_TheAdminMayNotOrHasNoSeat() public {
        Invitation memory i = invitation();
        i.permissions = DEPLOY | TRANSACT;
        expectAcceptRevert(adminKey, i, abi.encodeWithSelector(IMembership.BeyondPermissions.selector, admin, DEPLOY));
        admit(admin, numbered(0), TRANSACT);
        admit(admin, numbered(1), TRANSACT);
        expectAcceptRevert(
            adminKey, invitation(), abi.encodeWithSelector(IMembership.QuotaReached.selector, admin, QUOTA)
        );
        vm.prank(governance);
        membership.dismissAdmin(admin);
        expectAcceptRevert(adminKey, invitation(), abi.encodeWithSelector(IMembership.NotAdmin.selector, admin));
    }

    function test_RevertWhen_AMemberOfAnotherAdminAccepts() public {
        admit(other, user, DEPLOY);
        expectAcceptRevert(
            adminKey, invitation(), abi.encodeWithSelector(IMembership.AlreadyMember.selector, user, other)
        );
    }

    function test_RevertWhen_TheMembershipWouldBeOver() public {
        Invitation memory i = invitation();
        i.expiry = uint48(block.timestamp);
        expectAcceptRevert(adminKey, i, abi.encodeWithSelector(IMembership.InvalidExpiry.selector, i.expiry));
    }
}

contract MembershipRemoveTest is MembershipBase {
    function setUp() public override {
        super.setUp();
        admit(admin, user, TRANSACT);
    }

    function check_gone(address by) internal view {
        assertEq(membership.permissionsOf(user), 0);
        assertEq(membership.member(user).expiry, 0);
        check_counts(0, 0);
        assertNotEq(by, address(0));
    }

    function expectRemoved(address by) internal {
        vm.expectEmit(address(membership));
        emit IMembership.MemberRemoved(user, admin, by);
        vm.prank(by);
    }

    function test_itsAdminRevokesAMember() public {
        expectRemoved(admin);
        membership.revoke(user);
        check_gone(admin);
    }

    function test_governanceRevokesAnyMember() public {
        expectRemoved(governance);
        membership.revoke(user);
        check_gone(governance);
    }

    function test_aMemberResigns() public {
        expectRemoved(user);
        membership.resign();
        check_gone(user);
    }

    function test_anyonePrunesAnExpiredMember() public {
        skip(10 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotExpired.selector, user, uint48(block.timestamp + 1)));
        membership.prune(user);
        skip(1);
        expectRemoved(stranger);
        membership.prune(user);
        check_gone(stranger);
    }

    function test_RevertWhen_AnotherAdminRevokes() public {
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotAuthorised.selector, other));
        vm.prank(other);
        membership.revoke(user);
    }

    function test_RevertWhen_AnAdminRevokesWhomGovernanceAdmitted() public {
        admit(governance, numbered(0), TRANSACT);
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotAuthorised.selector, admin));
        vm.prank(admin);
        membership.revoke(numbered(0));
    }

    function test_RevertWhen_NotAdmin() public {
        bytes memory reason = abi.encodeWithSelector(IMembership.NotAdmin.selector, user);
        vm.expectRevert(reason);
        vm.prank(user);
        membership.revoke(user);
        vm.prank(governance);
        membership.dismissAdmin(admin);
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotAdmin.selector, admin));
        vm.prank(admin);
        membership.revoke(user);
    }

    function test_RevertWhen_NotMember() public {
        bytes memory reason = abi.encodeWithSelector(IMembership.NotMember.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(reason);
        membership.resign();
        vm.expectRevert(reason);
        membership.prune(stranger);
        vm.startPrank(governance);
        vm.expectRevert(reason);
        membership.revoke(stranger);
        membership.admit(stranger, TRANSACT, inDays(1));
        membership.revoke(stranger);
        vm.expectRevert(reason);
        membership.revoke(stranger);
        assertEq(membership.memberCount(), 1);
    }
}

contract MembershipSetAdminTest is MembershipBase {
    function test_delegatesAndChanges() public {
        assertEq(membership.adminCount(), 2);
        vm.expectEmit(address(membership));
        emit IMembership.AdminSet(admin, DEPLOY, inDays(1), 5);
        vm.prank(governance);
        membership.setAdmin(admin, DEPLOY, inDays(1), 5);
        assertEq(membership.adminCount(), 2);
        IMembership.Admin memory a = membership.admin(admin);
        assertEq(a.permissions, DEPLOY);
        assertEq(a.expiry, inDays(1));
        assertEq(a.quota, 5);
        assertEq(a.seats, 0);
    }

    function test_membersStayWhenTheirAdminGoesAndSeatsAreRemembered() public {
        admit(admin, user, TRANSACT);
        admit(admin, numbered(0), TRANSACT);
        vm.expectEmit(address(membership));
        emit IMembership.AdminDismissed(admin);
        vm.prank(governance);
        membership.dismissAdmin(admin);
        assertEq(membership.adminCount(), 1);
        membership.requireTransact(user);
        check_counts(2, 2);
        vm.prank(user);
        membership.resign();
        check_counts(1, 1);
        vm.startPrank(governance);
        vm.expectRevert(abi.encodeWithSelector(IMembership.QuotaBelowSeats.selector, uint32(0), uint32(1)));
        membership.setAdmin(admin, TRANSACT, inDays(1), 0);
        membership.setAdmin(admin, TRANSACT, inDays(1), 1);
        vm.stopPrank();
        assertEq(membership.adminCount(), 2);
        expectAdmitRevert(
            admin, user, TRANSACT, abi.encodeWithSelector(IMembership.QuotaReached.selector, admin, uint32(1))
        );
    }

    function test_RevertWhen_NotGovernance() public {
        vm.startPrank(admin);
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotGovernance.selector, admin));
        membership.setAdmin(admin, Permissions.ALL, inDays(1), 100);
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotGovernance.selector, admin));
        membership.dismissAdmin(other);
    }

    function test_RevertWhen_TooManyAdmins() public {
        vm.startPrank(governance);
        for (uint256 i = 2; i < 64; ++i) {
            membership.setAdmin(numbered(i), TRANSACT, inDays(1), 0);
        }
        assertEq(membership.adminCount(), 64);
        vm.expectRevert(abi.encodeWithSelector(IMembership.TooManyAdmins.selector, 64));
        membership.setAdmin(stranger, TRANSACT, inDays(1), 0);
        membership.setAdmin(admin, TRANSACT, inDays(2), 0);
        membership.dismissAdmin(admin);
        membership.setAdmin(stranger, TRANSACT, inDays(1), 0);
    }

    function test_RevertWhen_ItMakesNoSense() public {
        vm.startPrank(governance);
        vm.expectRevert(IMembership.ZeroAddress.selector);
        membership.setAdmin(address(0), TRANSACT, inDays(1), 1);
        vm.expectRevert(abi.encodeWithSelector(IMembership.InvalidPermissions.selector, uint32(0)));
        membership.setAdmin(admin, 0, inDays(1), 1);
        vm.expectRevert(abi.encodeWithSelector(IMembership.InvalidPermissions.selector, uint32(8)));
        membership.setAdmin(admin, 8, inDays(1), 1);
        vm.expectRevert(abi.encodeWithSelector(IMembership.InvalidExpiry.selector, inDays(0)));
        membership.setAdmin(admin, TRANSACT, inDays(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotAdmin.selector, stranger));
        membership.dismissAdmin(stranger);
        membership.dismissAdmin(admin);
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotAdmin.selector, admin));
        membership.dismissAdmin(admin);
    }
}

contract MembershipRequireTest is MembershipBase {
    /// @dev Each bit opens its own door and no other.
    function testFuzz_eachBitOpensItsOwnDoor(uint32 permissions) public {
        permissions = permissions & Permissions.ALL;
        if (permissions != 0) admit(governance, user, permissions);
        check_door(abi.encodeCall(membership.requireTransact, (user)), permissions, TRANSACT);
        check_door(abi.encodeCall(membership.requireDeploy, (user)), permissions, DEPLOY);
        check_door(abi.encodeCall(membership.requireSession, (user, "model")), permissions, SESSION);
        for (uint32 roles = 1; roles <= Roles.ALL; ++roles) {
            check_door(abi.encodeCall(membership.requireNode, (user, stranger, roles)), permissions, roles << 8);
        }
    }

    function check_door(bytes memory call, uint32 permissions, uint32 needed) internal view {
        (bool ok, bytes memory reason) = address(membership).staticcall(call);
        uint32 missing = needed & ~permissions;
        assertEq(ok, missing == 0);
        if (!ok) assertEq(reason, abi.encodeWithSelector(IMembership.NotPermitted.selector, user, missing));
    }

    function test_theDoorsCloseWithTheMembership() public {
        admit(governance, user, Permissions.ALL);
        skip(10 days - 1);
        membership.requireTransact(user);
        membership.requireDeploy(user);
        membership.requireSession(user, "model");
        membership.requireNode(user, stranger, Roles.ALL);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotPermitted.selector, user, TRANSACT));
        membership.requireTransact(user);
        vm.expectRevert(abi.encodeWithSelector(IMembership.NotPermitted.selector, user, Roles.ALL << 8));
        membership.requireNode(user, stranger, Roles.ALL);
    }

    function test_RevertWhen_InvalidRoles() public {
        admit(governance, user, Permissions.ALL);
        vm.expectRevert(abi.encodeWithSelector(IMembership.InvalidRoles.selector, uint32(0)));
        membership.requireNode(user, stranger, 0);
        vm.expectRevert(abi.encodeWithSelector(IMembership.InvalidRoles.selector, uint32(16)));
        membership.requireNode(user, stranger, 16);
        vm.expectRevert(abi.encodeWithSelector(IMembership.InvalidRoles.selector, uint32(1 << 24 | 1)));
        membership.requireNode(user, stranger, 1 << 24 | 1);
    }

    function test_worksBehindCompliance() public {
        Compliance compliance = new Compliance(governance);
        vm.prank(governance);
        compliance.setNext(membership);
        (bool ok, bytes4 reason) = compliance.checkSession(user, "model");
        assertFalse(ok);
        assertEq(reason, IMembership.NotPermitted.selector);
        admit(governance, user, SESSION);
        (ok,) = compliance.checkSession(user, "model");
        assertTrue(ok);
        compliance.requireSession(user, "model");
    }
}
