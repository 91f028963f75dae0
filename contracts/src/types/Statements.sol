// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A router gives one task to one miner, at the miner's own ask. Read by NodeRegistry's domain.
/// @param promptPrice     wei per 1,000 prompt tokens
/// @param completionPrice wei per 1,000 completion tokens
/// @param deadline        unix milliseconds
struct Assignment {
    bytes32 task;
    bytes32 session;
    bytes32 model;
    address router;
    address miner;
    bytes32 promptCommit;
    uint32 promptTokens;
    uint32 maxTokens;
    bytes32 sampling;
    uint128 promptPrice;
    uint128 completionPrice;
    uint64 deadline;
}

/// @notice A guard's revealed vote in an audit off chain. Read by NodeRegistry's domain.
/// @param round   0 is the first audit
/// @param verdict VALID 1, INVALID 2, UNAVAILABLE 3
struct Vote {
    bytes32 task;
    uint32 round;
    uint8 verdict;
    bytes32 evidenceHash;
    bytes32 salt;
}

bytes32 constant ASSIGNMENT_TYPEHASH = keccak256(
    "Assignment(bytes32 task,bytes32 session,bytes32 model,address router,address miner,bytes32 promptCommit,uint32 promptTokens,uint32 maxTokens,bytes32 sampling,uint128 promptPrice,uint128 completionPrice,uint64 deadline)"
);
bytes32 constant VOTE_TYPEHASH =
    keccak256("Vote(bytes32 task,uint32 round,uint8 verdict,bytes32 evidenceHash,bytes32 salt)");
bytes32 constant DOMAIN_TYPEHASH =
    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
bytes32 constant DOMAIN_NAME_HASH = keccak256("cortensord");
bytes32 constant DOMAIN_VERSION_HASH = keccak256("1");

using Statements for Assignment global;
using Statements for Vote global;

/// @notice EIP-712 hashes of statements. Every field of them is one word, so the encoding is the type hash and the struct as it stands.
library Statements {
    /// @dev EIP-712 struct hash.
    function hash(Assignment calldata a) internal pure returns (bytes32) {
        return keccak256(abi.encode(ASSIGNMENT_TYPEHASH, a));
    }

    /// @dev EIP-712 struct hash.
    function hash(Vote calldata v) internal pure returns (bytes32) {
        return keccak256(abi.encode(VOTE_TYPEHASH, v));
    }

    /// @dev Domain separator of any contract of this protocol. NodeRegistry reads Receipt, Assignment and Vote, SessionManager
    ///      Voucher, Settlement Attestation, and an anchor Checkpoint.
    function domainSeparator(uint256 chainId, address verifyingContract) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, DOMAIN_NAME_HASH, DOMAIN_VERSION_HASH, chainId, verifyingContract));
    }
}
