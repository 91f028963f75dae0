// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { SessionLedger } from "../src/libraries/SessionLedger.sol";

/// @notice The vouchers of one session for one payee, signed by its client or its spender. Proven as in {EscrowProof}.
contract VoucherProof {
    uint256 private allowance;
    uint256 private spent;
    uint256 private taken;
    uint256 private takenBySpender;

    function raiseAllowance(uint80 to) external {
        require(to > allowance);
        allowance = to;
    }

    function redeem(uint256 cumulative, bool bySpender) external {
        uint256 before = taken;
        uint256 amount = SessionLedger.due(cumulative, before);
        require(amount != 0);
        if (bySpender) {
            require(amount <= SessionLedger.left(allowance, spent));
            spent += amount;
            takenBySpender += amount;
        }
        taken = cumulative;
        // A voucher only ever adds, and what it adds is what is new in it: the same one again, or an older one, adds nothing.
        assert(cumulative > before && amount == cumulative - before);
        assert(SessionLedger.due(cumulative, taken) == 0);
    }

    /// @dev Whatever vouchers come in whatever order, the spender's stay within its allowance.
    function check() external view {
        assert(spent <= allowance && takenBySpender == spent);
    }
}
