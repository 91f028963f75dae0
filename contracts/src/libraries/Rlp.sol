// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Strict reading of Recursive Length Prefix (Ethereum yellow paper, appendix B): every value has one encoding only, and
///         nothing is read past the end. An item is the slice with its prefix, a payload the slice without.
library Rlp {
    /// @notice Truncated, trailing or not the shortest encoding, or of another kind than was asked for.
    error InvalidRlp();

    /// @notice Cuts the first item off `data`.
    function split(bytes calldata data) internal pure returns (bytes calldata item, bytes calldata rest) {
        (,, uint256 end) = _head(data);
        return (data[:end], data[end:]);
    }

    function isList(bytes calldata item) internal pure returns (bool list) {
        (list,,) = _head(item);
    }

    /// @notice Payload of an item that must be one whole list; its items are not looked at.
    function listPayload(bytes calldata item) internal pure returns (bytes calldata) {
        return _payload(item, true);
    }

    /// @notice Payload of an item that must be one whole string.
    function stringPayload(bytes calldata item) internal pure returns (bytes calldata) {
        return _payload(item, false);
    }

    /// @notice A string of exactly 32 bytes.
    function toBytes32(bytes calldata item) internal pure returns (bytes32) {
        bytes calldata payload = _payload(item, false);
        if (payload.length != 32) revert InvalidRlp();
        // forge-lint: disable-next-line(unsafe-typecast)
        return bytes32(payload);
    }

    /// @notice A big-endian number without leading zeros, at most 32 bytes; the empty string is zero.
    function toUint(bytes calldata item) internal pure returns (uint256) {
        bytes calldata payload = _payload(item, false);
        if (payload.length == 0) return 0;
        if (payload.length > 32 || payload[0] == 0) revert InvalidRlp();
        // What is cut off or missing on the right is shifted out.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint256(bytes32(payload)) >> (8 * (32 - payload.length));
    }

    function _payload(bytes calldata item, bool wantList) private pure returns (bytes calldata) {
        (bool list, uint256 start, uint256 end) = _head(item);
        if (list != wantList || end != item.length) revert InvalidRlp();
        return item[start:end];
    }

    /// @dev Where the payload of the first item of `data` starts and ends.
    function _head(bytes calldata data) private pure returns (bool list, uint256 start, uint256 end) {
        if (data.length == 0) revert InvalidRlp();
        uint256 first = uint8(data[0]);
        if (first < 0x80) return (false, 0, 1);
        list = first >= 0xc0;
        uint256 length = first - (list ? 0xc0 : 0x80);
        start = 1;
        if (length > 55) {
            uint256 lengthBytes = length - 55;
            start = 1 + lengthBytes;
            if (start > data.length || data[1] == 0) revert InvalidRlp();
            length = uint256(bytes32(data[1:start])) >> (8 * (32 - lengthBytes));
            // A length that fits into the first byte belongs there.
            if (length <= 55) revert InvalidRlp();
        }
        end = start + length;
        if (end > data.length) revert InvalidRlp();
        // A single byte below 0x80 is its own encoding.
        if (!list && length == 1 && uint8(data[1]) < 0x80) revert InvalidRlp();
    }
}
