// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Roles } from "./Roles.sol";

/// @notice Bits of what a member of a permissioned layer may do. Running nodes is one bit for each role of types/Roles.
library Permissions {
    uint32 internal constant TRANSACT = 1;
    uint32 internal constant DEPLOY = 2;
    uint32 internal constant SESSION = 4;
    uint32 internal constant NODE_SHIFT = 8;
    uint32 internal constant ALL = TRANSACT | DEPLOY | SESSION | (Roles.ALL << NODE_SHIFT);

    /// @notice What running a node with these roles needs.
    function ofRoles(uint32 roles) internal pure returns (uint32) {
        return roles << NODE_SHIFT;
    }
}
