// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IMembership } from "../../src/interfaces/IMembership.sol";
import { Membership } from "../../src/l2/Membership.sol";
import { Invitation } from "../../src/types/Invitation.sol";
import { Permissions } from "../../src/types/Permissions.sol";
import { MarketTest } from "../utils/MarketMocks.sol";

/// @notice Governance, three admins and eight accounts in any order. Calls may be refused; what is checked is what is left.
contract MembershipHandler is MarketTest {
    uint256 public constant ADMINS = 3;
    uint256 public constant ACCOUNTS = 8;
    uint256 public constant MEMBERS_MAX = 6;

    Membership public membership;
    uint256 public done;
    uint256 private nonce;

    constructor() {
        vm.warp(1_699_999_200);
        membership = new Membership(governance, MEMBERS_MAX, new IMembership.Admission[](0));
    }

    function adminKey(uint256 i) public pure returns (uint256) {
        return 0xAD1 + i % ADMINS;
    }

    function adminAt(uint256 i) public pure returns (address) {
        return vm.addr(adminKey(i));
    }

    function account(uint256 i) public pure returns (address) {
        return address(uint160(0xACC0 + i % ACCOUNTS));
    }

    function attempt(address by, bytes memory call) private {
        vm.prank(by);
        (bool ok, bytes memory reason) = address(membership).call(call);
        if (ok) ++done;
        else assertNotEq(bytes4(reason), bytes4(keccak256("Panic(uint256)")), "arithmetic");
    }

    function setAdmin(uint256 who, uint32 permissions, uint256 lasts, uint256 quota) external {
        uint48 expiry = uint48(block.timestamp + bound(lasts, 1, 30 days));
        permissions = permissions & Permissions.ALL;
        attempt(
            governance,
            abi.encodeCall(membership.setAdmin, (adminAt(who), permissions | 1, expiry, uint32(bound(quota, 0, 3))))
        );
    }

    function dismissAdmin(uint256 who) external {
        attempt(governance, abi.encodeCall(membership.dismissAdmin, (adminAt(who))));
    }

    function admit(uint256 by, uint256 who, uint32 permissions, uint256 lasts) external {
        uint48 expiry = uint48(block.timestamp + bound(lasts, 1, 30 days));
        address from = by % (ADMINS + 1) == ADMINS ? governance : adminAt(by);
        // mostly what every admin may give
        permissions = permissions % 4 == 0 ? permissions & Permissions.ALL : Permissions.TRANSACT;
        attempt(from, abi.encodeCall(membership.admit, (account(who), permissions, expiry)));
    }

    function accept(uint256 by, uint256 who, uint256 lasts, bool again) external {
        Invitation memory i = Invitation({
            invitee: account(who),
            permissions: Permissions.TRANSACT,
            expiry: uint48(block.timestamp + bound(lasts, 1, 30 days)),
            nonce: again ? nonce : ++nonce,
            deadline: uint48(block.timestamp)
        });
        bytes memory signature = sign(adminKey(by), membership.invitationDigest(i));
        attempt(account(who), abi.encodeCall(membership.accept, (i, signature)));
    }

    function revoke(uint256 by, uint256 who) external {
        address from = by % (ADMINS + 1) == ADMINS ? governance : adminAt(by);
        attempt(from, abi.encodeCall(membership.revoke, (account(who))));
    }

    function resign(uint256 who) external {
        attempt(account(who), abi.encodeCall(membership.resign, ()));
    }

    function prune(uint256 who) external {
        attempt(stranger, abi.encodeCall(membership.prune, (account(who))));
    }

    function wait(uint256 time) external {
        skip(bound(time, 1, 5 days));
    }
}

contract MembershipInvariantTest is MarketTest {
    MembershipHandler internal handler;
    Membership internal membership;

    function setUp() public override {
        super.setUp();
        handler = new MembershipHandler();
        membership = handler.membership();
        handler.setAdmin(0, Permissions.ALL, 30 days, 3);
        handler.setAdmin(1, Permissions.TRANSACT, 30 days, 2);
        bytes4[] memory selectors = new bytes4[](8);
        selectors[0] = MembershipHandler.setAdmin.selector;
        selectors[1] = MembershipHandler.dismissAdmin.selector;
        selectors[2] = MembershipHandler.admit.selector;
        selectors[3] = MembershipHandler.accept.selector;
        selectors[4] = MembershipHandler.revoke.selector;
        selectors[5] = MembershipHandler.resign.selector;
        selectors[6] = MembershipHandler.prune.selector;
        selectors[7] = MembershipHandler.wait.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
        targetContract(address(handler));
    }

    function invariant_noQuotaIsExceededAndSeatsAreMembers() public view {
        uint256 members;
        uint256[3] memory seats;
        for (uint256 i = 0; i < handler.ACCOUNTS(); ++i) {
            IMembership.Member memory m = membership.member(handler.account(i));
            if (m.permissions == 0) continue;
            ++members;
            for (uint256 a = 0; a < handler.ADMINS(); ++a) {
                if (m.admin == handler.adminAt(a)) ++seats[a];
            }
        }
        assertEq(membership.memberCount(), members);
        assertLe(members, handler.MEMBERS_MAX());
        uint256 admins;
        for (uint256 a = 0; a < handler.ADMINS(); ++a) {
            IMembership.Admin memory entry = membership.admin(handler.adminAt(a));
            assertEq(entry.seats, seats[a]);
            assertLe(entry.seats, entry.quota);
            if (entry.permissions != 0) ++admins;
        }
        assertEq(membership.adminCount(), admins);
        assertGe(handler.done(), 2);
    }
}
