// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a compliance officer states of an account.
/// @param account       whom it is about
/// @param jurisdictions bits of where the account is; at least one
/// @param nonCommercial the account uses models for no business
/// @param issuedAt      unix seconds; a later statement of any officer replaces it
/// @param expiresAt     unix seconds from which it is void
struct JurisdictionAttestation {
    address account;
    uint256 jurisdictions;
    bool nonCommercial;
    uint48 issuedAt;
    uint48 expiresAt;
}

bytes32 constant JURISDICTION_ATTESTATION_TYPEHASH = keccak256(
    "JurisdictionAttestation(address account,uint256 jurisdictions,bool nonCommercial,uint48 issuedAt,uint48 expiresAt)"
);

using { hash } for JurisdictionAttestation global;

/// @dev EIP-712 struct hash.
function hash(JurisdictionAttestation calldata a) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            JURISDICTION_ATTESTATION_TYPEHASH, a.account, a.jurisdictions, a.nonCommercial, a.issuedAt, a.expiresAt
        )
    );
}
