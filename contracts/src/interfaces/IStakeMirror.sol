// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ICheckpointAnchor } from "./ICheckpointAnchor.sol";
import { IStakeListener } from "./IStakeListener.sol";

/// @title Stakes of the security layer, as proven here
/// @notice What a registry on this layer reads in place of StakeVault: `stakeOf` and `unbondingSeconds` have the same
///         selectors. A stake is as of the block that it was last proven at; whoever sees that it fell proves it.
interface IStakeMirror {
    event StakeProven(address indexed owner, address indexed operator, uint256 stake, uint64 number);

    /// @notice The pair was proven at this or a later block.
    error NotNewer(uint64 number, uint64 proven);
    /// @notice An address that must name somebody is zero.
    error ZeroAddress();

    /// @notice Takes over the pair's active stake at a final checkpoint and tells the listener. By anyone.
    /// @param accountProof of the stake vault, from `eth_getProof`
    /// @param storageProof of the pair's word; it may show that there is none
    function prove(
        address owner,
        address operator,
        uint64 number,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external;

    /// @notice Active stake of the pair when last proven, wei.
    function stakeOf(address owner, address operator) external view returns (uint256);

    /// @notice Block of the security layer that the pair was last proven at; zero when never.
    function provenAt(address owner, address operator) external view returns (uint64);

    /// @notice Seconds for which stake that left is still slashable there; fixed for good.
    function unbondingSeconds() external view returns (uint256);

    /// @notice Slot on the security layer that holds the pair's active stake.
    function slotOf(address owner, address operator) external view returns (bytes32);

    function anchor() external view returns (ICheckpointAnchor);

    /// @notice Told of every proof; part of the same deployment, and trusted never to revert.
    function listener() external view returns (IStakeListener);

    /// @notice StakeVault on the security layer.
    function stakeVault() external view returns (address);
}
