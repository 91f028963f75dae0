// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An admin's offer to one account.
/// @param invitee     who may accept it
/// @param permissions bits of types/Permissions that it gives
/// @param expiry      unix seconds until which the membership lasts
/// @param nonce       any number that the admin did not use before
/// @param deadline    last unix second at which it can be accepted
struct Invitation {
    address invitee;
    uint32 permissions;
    uint48 expiry;
    uint256 nonce;
    uint48 deadline;
}

bytes32 constant INVITATION_TYPEHASH =
    keccak256("Invitation(address invitee,uint32 permissions,uint48 expiry,uint256 nonce,uint48 deadline)");

using { hash } for Invitation global;

/// @dev EIP-712 struct hash.
function hash(Invitation calldata i) pure returns (bytes32) {
    return keccak256(abi.encode(INVITATION_TYPEHASH, i.invitee, i.permissions, i.expiry, i.nonce, i.deadline));
}
