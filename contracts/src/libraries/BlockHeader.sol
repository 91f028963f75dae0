// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Rlp } from "./Rlp.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice The two fields of an execution block's header that anchoring needs. Later forks append fields; none moved.
library BlockHeader {
    /// @notice Longer than any header, or with fewer fields than the first one had.
    error InvalidHeader();

    uint256 internal constant BYTES_MAX = 2048;
    uint256 private constant STATE_ROOT = 3;
    uint256 private constant NUMBER = 8;
    uint256 private constant FIELDS_MIN = 15;

    function decode(bytes calldata header) internal pure returns (uint64 number, bytes32 stateRoot) {
        if (header.length > BYTES_MAX) revert InvalidHeader();
        bytes calldata rest = Rlp.listPayload(header);
        bytes calldata item;
        uint256 fields = 0;
        for (; rest.length > 0; ++fields) {
            (item, rest) = Rlp.split(rest);
            if (fields == STATE_ROOT) stateRoot = Rlp.toBytes32(item);
            else if (fields == NUMBER) number = SafeCast.toUint64(Rlp.toUint(item));
        }
        if (fields < FIELDS_MIN) revert InvalidHeader();
    }
}
