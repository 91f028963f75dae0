// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Bits of `roles` in NodeRegistry and in the off-chain NodeRecord.
library Roles {
    uint32 internal constant ROUTER = 1;
    uint32 internal constant MINER = 2;
    uint32 internal constant GUARD = 4;
    uint32 internal constant ORACLE = 8;
    uint32 internal constant ALL = ROUTER | MINER | GUARD | ORACLE;
}
