// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Takes stake, with time to appeal
/// @notice StakeVault on the layer that holds the stakes; a relay to it elsewhere. Called by whoever found the fault.
interface ISlasher {
    /// @notice Freezes up to `amount` of the pair's stake (active first, then unbonding) until the slash is executed or cancelled.
    /// @param caseId   names the slash for good: the caller's own, unique case; the same one twice is refused
    /// @param reporter gets the reporter's part when it is executed; zero is nobody, then all is burned
    function proposeSlash(bytes32 caseId, address owner, address operator, uint256 amount, address reporter) external;

    /// @notice Gives the frozen stake back: an appeal was won.
    function cancelSlash(bytes32 caseId) external;
}
