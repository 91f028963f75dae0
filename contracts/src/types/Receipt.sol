// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a miner says it did; its EIP-712 domain is NodeRegistry's.
/// @param promptPrice     wei per 1,000 prompt tokens
/// @param completionPrice wei per 1,000 completion tokens
/// @param startedAt       unix milliseconds
/// @param endedAt         unix milliseconds
struct Receipt {
    bytes32 task;
    bytes32 session;
    bytes32 model;
    address miner;
    uint32 promptTokens;
    uint32 completionTokens;
    bytes32 promptCommit;
    bytes32 outputRoot;
    bytes32 sampling;
    uint128 promptPrice;
    uint128 completionPrice;
    uint64 startedAt;
    uint64 endedAt;
    bytes32 numericsProfile;
}

bytes32 constant RECEIPT_TYPEHASH = keccak256(
    "Receipt(bytes32 task,bytes32 session,bytes32 model,address miner,uint32 promptTokens,uint32 completionTokens,bytes32 promptCommit,bytes32 outputRoot,bytes32 sampling,uint128 promptPrice,uint128 completionPrice,uint64 startedAt,uint64 endedAt,bytes32 numericsProfile)"
);

using { hash, bill } for Receipt global;

/// @dev EIP-712 struct hash. Every field is one word, so the encoding is the type hash and the struct as it stands.
function hash(Receipt calldata r) pure returns (bytes32) {
    return keccak256(abi.encode(RECEIPT_TYPEHASH, r));
}

/// @dev What the task costs, wei: prompt and completion, each rounded up to a whole wei.
function bill(Receipt calldata r) pure returns (uint256) {
    return _part(r.promptPrice, r.promptTokens) + _part(r.completionPrice, r.completionTokens);
}

function _part(uint256 price, uint256 tokens) pure returns (uint256) {
    return (price * tokens + 999) / 1000;
}
