// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IOutbox } from "./IOutbox.sol";
import { ISlasher } from "./ISlasher.sol";

/// @title Slashes of a lower layer on their way up
/// @notice Sends what fixed contracts of this layer find to the account that is StakeVault's slasher. A proposal and its
///         cancellation may arrive in any order: the later of the two is tried again until the other is there.
interface ISlashRelay is ISlasher {
    event SlashProposed(bytes32 indexed caseId, address indexed caller, bytes32 message);
    event SlashCancelled(bytes32 indexed caseId, bytes32 message);

    /// @notice The list of callers is empty or too long.
    error InvalidCallers(uint256 count);
    /// @notice Only a contract of the fixed list may call this.
    error NotCaller(address caller);
    /// @notice The case was proposed before.
    error CaseExists(bytes32 caseId);
    /// @notice Only who proposed the case may cancel it.
    error NotProposer(bytes32 caseId, address caller);
    /// @notice An address that must name somebody is zero.
    error ZeroAddress();

    /// @notice Who proposed the case; zero when nobody did.
    function proposerOf(bytes32 caseId) external view returns (address);

    function isCaller(address caller) external view returns (bool);

    function outbox() external view returns (IOutbox);

    /// @notice Chain of StakeVault and of `account`, its slasher.
    function toChainId() external view returns (uint256);

    /// @notice LayerAccount there whose remote sender is this contract.
    function account() external view returns (address);

    function stakeVault() external view returns (address);
}
