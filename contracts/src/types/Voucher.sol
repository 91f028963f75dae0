// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A cumulative promise of a session's payer to one payee: an upper bound on what the payee may debit, ever.
/// @param session          session the money comes from
/// @param payee            the only account that may redeem
/// @param cumulativeAmount wei promised since the session opened; replaces every smaller voucher to the same payee
/// @param nonce            counts the payer's vouchers; orders them off chain and has no meaning here
/// @param streamRoot       commitment to the streams that the voucher pays; has no meaning here
struct Voucher {
    bytes32 session;
    address payee;
    uint256 cumulativeAmount;
    uint64 nonce;
    bytes32 streamRoot;
}

/// @notice A voucher with its signature and what of it is to be taken.
/// @param voucher          the promise
/// @param signature        65 bytes, low s, of the session's client or its delegated spender
/// @param cumulativeDebit  wei to have been debited by this payee in total afterwards; at most `voucher.cumulativeAmount`
struct VoucherDebit {
    Voucher voucher;
    bytes signature;
    uint256 cumulativeDebit;
}

using { hash } for Voucher global;

bytes32 constant VOUCHER_TYPEHASH =
    keccak256("Voucher(bytes32 session,address payee,uint256 cumulativeAmount,uint64 nonce,bytes32 streamRoot)");

/// @dev EIP-712 struct hash.
function hash(Voucher calldata v) pure returns (bytes32) {
    return keccak256(abi.encode(VOUCHER_TYPEHASH, v.session, v.payee, v.cumulativeAmount, v.nonce, v.streamRoot));
}
