// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Invitation } from "../types/Invitation.sol";
import { IAdmission } from "./IAdmission.sol";

/// @title Who belongs to a permissioned layer
/// @notice Members are admitted by governance, or by admins to whom governance delegated some permissions and a number of seats.
///         Each member holds one seat of whoever admitted it. Asked at entry only; no withdrawal, claim or exit asks it.
interface IMembership is IAdmission {
    /// @param permissions bits of types/Permissions; zero when it is no member
    /// @param expiry      unix seconds from which it is none
    /// @param admin       whose seat it holds; zero is governance
    struct Member {
        uint32 permissions;
        uint48 expiry;
        address admin;
    }

    /// @param permissions bits that it may give; zero when it is no admin
    /// @param expiry      unix seconds from which it is none
    /// @param quota       seats that it may fill
    /// @param seats       seats that are filled, at most `quota`
    struct Admin {
        uint32 permissions;
        uint48 expiry;
        uint32 quota;
        uint32 seats;
    }

    /// @param account     who is admitted
    /// @param permissions bits of types/Permissions
    /// @param expiry      unix seconds
    struct Admission {
        address account;
        uint32 permissions;
        uint48 expiry;
    }

    /// @param admin whose seat it holds; zero is governance
    event MemberAdmitted(address indexed account, address indexed admin, uint32 permissions, uint48 expiry);
    /// @param admin whose seat is free again; zero is governance
    /// @param by    who removed it: governance, its admin, itself, or anyone after its expiry
    event MemberRemoved(address indexed account, address indexed admin, address indexed by);
    event AdminSet(address indexed admin, uint32 permissions, uint48 expiry, uint32 quota);
    event AdminDismissed(address indexed admin);
    /// @param used true when it was accepted, false when it was taken back
    event InvitationSpent(address indexed admin, uint256 indexed nonce, bool used);

    /// @notice An address that must name somebody is zero.
    error ZeroAddress();
    /// @notice Only governance may call this.
    error NotGovernance(address caller);
    /// @notice The account is not an admin, or its term ended.
    error NotAdmin(address account);
    /// @notice The account is not a member.
    error NotMember(address account);
    /// @notice The caller admitted somebody else, not this member.
    error NotAuthorised(address caller);
    /// @notice No permissions, or unknown bits.
    error InvalidPermissions(uint32 permissions);
    /// @notice No roles, or unknown bits.
    error InvalidRoles(uint32 roles);
    /// @notice A membership must end in the future.
    error InvalidExpiry(uint48 expiry);
    /// @notice The admin may not give these permissions; `missing` are those it lacks.
    error BeyondPermissions(address admin, uint32 missing);
    /// @notice All of the admin's seats are filled.
    error QuotaReached(address admin, uint32 quota);
    /// @notice The admin has filled more seats than the new quota has.
    error QuotaBelowSeats(uint32 quota, uint32 seats);
    /// @notice The layer has as many members as it may have.
    error TooManyMembers(uint256 max);
    /// @notice The layer has as many admins as it may have.
    error TooManyAdmins(uint256 max);
    /// @notice The account holds a seat of another admin.
    error AlreadyMember(address account, address admin);
    /// @notice The member has time left.
    error NotExpired(address account, uint48 expiry);
    /// @notice Only the invited account may accept.
    error NotInvitee(address caller);
    /// @notice The invitation ran out.
    error InvitationExpired(uint48 deadline);
    /// @notice The admin's nonce was used or taken back.
    error InvitationUsed(address admin, uint256 nonce);
    /// @notice The account lacks what it needs; `missing` are the bits.
    error NotPermitted(address account, uint32 missing);

    /// @notice Admits an account, or replaces what it may do. By governance, or by an admin within its permissions and quota, for
    ///         accounts that hold no seat of another. What governance admits holds a seat of governance.
    function admit(address account, uint32 permissions, uint48 expiry) external;

    /// @notice Accepts an admin's invitation. By the invited account, which holds no seat yet, or one of the same admin.
    /// @param signature EIP-712, 65 bytes, of an admin that could admit the caller itself now
    function accept(Invitation calldata invitation, bytes calldata signature) external;

    /// @notice Takes an invitation of the caller back, whether it was signed or not.
    function cancelInvitation(uint256 nonce) external;

    /// @notice Removes a member. By governance, or by the admin whose seat it holds.
    function revoke(address account) external;

    /// @notice Removes the caller.
    function resign() external;

    /// @notice Removes a member whose time has run out, and frees its seat. Anyone may call.
    function prune(address account) external;

    /// @notice Makes an account an admin, or changes what it may delegate. By governance.
    /// @param quota seats, at least as many as are filled
    function setAdmin(address admin, uint32 permissions, uint48 expiry, uint32 quota) external;

    /// @notice Takes an admin's say away; its members stay, in the seats that they hold. By governance.
    function dismissAdmin(address admin) external;

    /// @notice Reverts unless the account may send transactions. For the chain's permission hooks.
    function requireTransact(address account) external view;

    /// @notice Reverts unless the account may deploy contracts. For the chain's permission hooks.
    function requireDeploy(address account) external view;

    /// @notice What the account may do now: bits of types/Permissions.
    function permissionsOf(address account) external view returns (uint32);

    /// @notice A member's entry, in force or expired; zeros when there is none.
    function member(address account) external view returns (Member memory);

    /// @notice An admin's entry. `seats` may be filled after it was dismissed.
    function admin(address account) external view returns (Admin memory);

    /// @notice Entries of members, expired ones included until they are removed.
    function memberCount() external view returns (uint256);

    /// @notice Most members that the layer may have; fixed for good.
    function membersMax() external view returns (uint256);

    /// @notice Admins that were set and not dismissed.
    function adminCount() external view returns (uint256);

    /// @notice Whether the admin's nonce was used or taken back.
    function nonceUsed(address admin, uint256 nonce) external view returns (bool);

    /// @notice EIP-712 digest that an admin signs.
    function invitationDigest(Invitation calldata invitation) external view returns (bytes32);

    function governance() external view returns (address);
}
