// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What a session may still give
/// @notice The arithmetic of {SessionManager}, apart from its storage: contracts/proofs shows what holds for every sequence of calls.
library SessionLedger {
    /// @notice What a cumulative debit takes beyond what was taken before; zero when that is nothing.
    function due(uint256 cumulative, uint256 taken) internal pure returns (uint256) {
        return cumulative > taken ? cumulative - taken : 0;
    }

    /// @notice What can still be spent of a limit.
    function left(uint256 limit, uint256 spent) internal pure returns (uint256) {
        return limit - spent;
    }
}
