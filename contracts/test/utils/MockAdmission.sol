// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../../src/interfaces/IAdmission.sol";

/// @notice Lets everybody in, or nobody.
contract MockAdmission is IAdmission {
    error Denied(address who);

    bool private _closed;

    function deny(bool closed) external {
        _closed = closed;
    }

    function requireSession(address client, bytes32) external view {
        if (_closed) revert Denied(client);
    }

    function requireNode(address owner, address, uint32) external view {
        if (_closed) revert Denied(owner);
    }
}
