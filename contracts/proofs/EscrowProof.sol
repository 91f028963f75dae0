// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { SessionLedger } from "../src/libraries/SessionLedger.sol";

/// @notice Money of one session over its whole life, with one payee that is watched and all others together. The model checker proves
///         the assertions for all sequences of calls with all arguments; {SessionManager} takes these steps with the same arithmetic.
contract EscrowProof {
    uint256 private deposit;
    uint256 private debited;
    uint256 private takenByOne;
    uint256 private takenByOthers;
    /// @dev What is there for the session; moved by hand, never computed from the rest.
    uint256 private held;
    bool private closed;

    function fund(uint80 amount) external {
        require(!closed && deposit + amount <= type(uint80).max);
        deposit += amount;
        held += amount;
    }

    function redeem(uint256 cumulative, bool one) external {
        require(!closed);
        uint256 amount = SessionLedger.due(cumulative, one ? takenByOne : takenByOthers);
        require(amount != 0 && amount <= SessionLedger.left(deposit, debited));
        if (one) takenByOne = cumulative;
        else takenByOthers = cumulative;
        debited += amount;
        held -= amount;
    }

    function withdraw() external {
        require(!closed);
        closed = true;
        held -= SessionLedger.left(deposit, debited);
    }

    /// @dev What is held is what was not debited, and nothing after the refund; payees have what was debited, never more than there was.
    function check() external view {
        assert(
            debited <= deposit && takenByOne + takenByOthers == debited && held == (closed ? 0 : deposit - debited)
        );
    }
}
