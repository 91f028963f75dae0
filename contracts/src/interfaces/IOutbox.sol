// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Messages to other layers
/// @notice Remembers what was sent, in storage that the other layer proves: `sent` is the mapping at slot 0 (SENT_SLOT),
///         the word of a message being one. Nothing is ever cleared, so that a message can be proven against any later block.
interface IOutbox {
    event MessageSent(
        bytes32 indexed hash,
        address indexed sender,
        uint256 indexed toChainId,
        address target,
        uint256 nonce,
        bytes data
    );

    /// @notice A message to this chain itself, or to nobody.
    error InvalidDestination(uint256 chainId, address target);
    /// @notice More data than a message may carry.
    error DataTooLong(uint256 length);

    /// @notice Sends a message from the caller. By anyone.
    /// @return hash names the message (types/Message)
    function send(uint256 toChainId, address target, bytes calldata data) external returns (bytes32 hash);

    function sent(bytes32 hash) external view returns (bool);

    /// @notice Nonce of the next message.
    function nextNonce() external view returns (uint256);
}
