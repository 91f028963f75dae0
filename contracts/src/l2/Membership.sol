// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../interfaces/IAdmission.sol";
import { IMembership } from "../interfaces/IMembership.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { Invitation } from "../types/Invitation.sol";
import { Permissions } from "../types/Permissions.sol";
import { Roles } from "../types/Roles.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Membership
/// @notice See {IMembership}.
contract Membership is IMembership, EIP712 {
    uint256 public constant ADMINS_MAX = 64;
    /// @notice Members that may be named at deployment.
    uint256 public constant FIRST_MEMBERS_MAX = 64;

    /// @inheritdoc IMembership
    address public immutable governance;
    /// @inheritdoc IMembership
    uint256 public immutable membersMax;

    /// @inheritdoc IMembership
    uint256 public memberCount;
    /// @inheritdoc IMembership
    uint256 public adminCount;
    mapping(address account => Member) private _members;
    mapping(address account => Admin) private _admins;
    /// @inheritdoc IMembership
    mapping(address admin => mapping(uint256 nonce => bool)) public nonceUsed;

    modifier onlyGovernance() {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        _;
    }

    /// @param first who belongs from the start: a layer on which nobody may transact can admit nobody
    constructor(address governance_, uint256 membersMax_, Admission[] memory first) EIP712("cortensord", "1") {
        if (governance_ == address(0)) revert ZeroAddress();
        if (first.length > FIRST_MEMBERS_MAX) revert TooManyMembers(FIRST_MEMBERS_MAX);
        governance = governance_;
        membersMax = membersMax_;
        for (uint256 i = 0; i < first.length; ++i) {
            _admit(first[i].account, first[i].permissions, first[i].expiry, address(0), membersMax_);
        }
    }

    /// @inheritdoc IMembership
    function admit(address account, uint32 permissions, uint48 expiry) external {
        address by = msg.sender == governance ? address(0) : msg.sender;
        _admit(account, permissions, expiry, by, membersMax);
    }

    /// @inheritdoc IMembership
    function accept(Invitation calldata invitation, bytes calldata signature) external {
        if (msg.sender != invitation.invitee) revert NotInvitee(msg.sender);
        if (block.timestamp > invitation.deadline) revert InvitationExpired(invitation.deadline);
        address by = StrictSignature.recover(invitationDigest(invitation), signature);
        _spend(by, invitation.nonce, true);
        _admit(msg.sender, invitation.permissions, invitation.expiry, by, membersMax);
    }

    /// @inheritdoc IMembership
    function cancelInvitation(uint256 nonce) external {
        _spend(msg.sender, nonce, false);
    }

    /// @inheritdoc IMembership
    function revoke(address account) external {
        Member storage m = _known(account);
        if (msg.sender != governance) {
            _activeAdmin(msg.sender);
            if (msg.sender != m.admin) revert NotAuthorised(msg.sender);
        }
        _remove(account);
    }

    /// @inheritdoc IMembership
    function resign() external {
        _known(msg.sender);
        _remove(msg.sender);
    }

    /// @inheritdoc IMembership
    function prune(address account) external {
        Member storage m = _known(account);
        if (block.timestamp < m.expiry) revert NotExpired(account, m.expiry);
        _remove(account);
    }

    /// @inheritdoc IMembership
    function setAdmin(address account, uint32 permissions, uint48 expiry, uint32 quota) external onlyGovernance {
        if (account == address(0)) revert ZeroAddress();
        _checkTerms(permissions, expiry);
        Admin storage a = _admins[account];
        if (quota < a.seats) revert QuotaBelowSeats(quota, a.seats);
        if (a.permissions == 0) {
            if (adminCount == ADMINS_MAX) revert TooManyAdmins(ADMINS_MAX);
            ++adminCount;
        }
        a.permissions = permissions;
        a.expiry = expiry;
        a.quota = quota;
        emit AdminSet(account, permissions, expiry, quota);
    }

    /// @inheritdoc IMembership
    function dismissAdmin(address account) external onlyGovernance {
        Admin storage a = _admins[account];
        if (a.permissions == 0) revert NotAdmin(account);
        a.permissions = 0;
        a.expiry = 0;
        --adminCount;
        emit AdminDismissed(account);
    }

    /// @inheritdoc IMembership
    function requireTransact(address account) external view {
        _require(account, Permissions.TRANSACT);
    }

    /// @inheritdoc IMembership
    function requireDeploy(address account) external view {
        _require(account, Permissions.DEPLOY);
    }

    /// @inheritdoc IAdmission
    function requireSession(address client, bytes32) external view {
        _require(client, Permissions.SESSION);
    }

    /// @inheritdoc IAdmission
    /// @dev The owner answers for the node. Its operator sends transactions, which the chain's hooks check.
    function requireNode(address owner, address, uint32 roles) external view {
        if (roles == 0 || roles & ~Roles.ALL != 0) revert InvalidRoles(roles);
        _require(owner, Permissions.ofRoles(roles));
    }

    /// @inheritdoc IMembership
    function permissionsOf(address account) public view returns (uint32) {
        Member storage m = _members[account];
        return block.timestamp < m.expiry ? m.permissions : 0;
    }

    /// @inheritdoc IMembership
    function member(address account) external view returns (Member memory) {
        return _members[account];
    }

    /// @inheritdoc IMembership
    function admin(address account) external view returns (Admin memory) {
        return _admins[account];
    }

    /// @inheritdoc IMembership
    function invitationDigest(Invitation calldata invitation) public view returns (bytes32) {
        return _hashTypedDataV4(invitation.hash());
    }

    /// @dev `by` zero is governance, which is bound by no quota and may take any member over.
    function _admit(address account, uint32 permissions, uint48 expiry, address by, uint256 max) private {
        if (account == address(0)) revert ZeroAddress();
        _checkTerms(permissions, expiry);
        Admin storage a = _admins[by];
        if (by != address(0)) {
            uint32 missing = permissions & ~_activeAdmin(by).permissions;
            if (missing != 0) revert BeyondPermissions(by, missing);
        }
        Member storage m = _members[account];
        if (m.permissions != 0 && m.admin != by) {
            // A seat whose member's time has run out is free for others.
            if (by != address(0) && block.timestamp < m.expiry) revert AlreadyMember(account, m.admin);
            _remove(account);
        }
        if (m.permissions == 0) {
            if (memberCount >= max) revert TooManyMembers(max);
            ++memberCount;
            if (by != address(0)) {
                if (a.seats >= a.quota) revert QuotaReached(by, a.quota);
                ++a.seats;
            }
        }
        _members[account] = Member(permissions, expiry, by);
        emit MemberAdmitted(account, by, permissions, expiry);
    }

    function _remove(address account) private {
        address by = _members[account].admin;
        delete _members[account];
        --memberCount;
        if (by != address(0)) --_admins[by].seats;
        emit MemberRemoved(account, by, msg.sender);
    }

    function _spend(address by, uint256 nonce, bool used) private {
        if (nonceUsed[by][nonce]) revert InvitationUsed(by, nonce);
        nonceUsed[by][nonce] = true;
        emit InvitationSpent(by, nonce, used);
    }

    function _require(address account, uint32 needed) private view {
        uint32 missing = needed & ~permissionsOf(account);
        if (missing != 0) revert NotPermitted(account, missing);
    }

    function _activeAdmin(address account) private view returns (Admin storage a) {
        a = _admins[account];
        if (block.timestamp >= a.expiry) revert NotAdmin(account);
    }

    function _known(address account) private view returns (Member storage m) {
        m = _members[account];
        if (m.permissions == 0) revert NotMember(account);
    }

    function _checkTerms(uint32 permissions, uint48 expiry) private view {
        if (permissions == 0 || permissions & ~Permissions.ALL != 0) revert InvalidPermissions(permissions);
        if (block.timestamp >= expiry) revert InvalidExpiry(expiry);
    }
}
