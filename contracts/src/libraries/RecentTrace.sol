// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @notice Values over time, the last of them in a word of its own: whoever asks for a time since then, as nearly all do,
///         reads that word and no other.
library RecentTrace {
    using Checkpoints for Checkpoints.Trace208;

    /// @param since  first key at which `value` holds
    /// @param before all values before, by their first keys
    struct Trace {
        uint48 since;
        uint208 value;
        Checkpoints.Trace208 before;
    }

    /// @notice `value` holds from `key` on; keys never go back. A second one for the same key replaces the first.
    function push(Trace storage self, uint48 key, uint208 value) internal {
        uint48 since = self.since;
        if (key < since) revert Checkpoints.CheckpointUnorderedInsertion();
        // What held before the first value is zero without being written down.
        if (key > since && (since != 0 || self.value != 0)) self.before.push(since, self.value);
        self.since = key;
        self.value = value;
    }

    /// @notice The last value pushed; zero before the first.
    function latest(Trace storage self) internal view returns (uint208) {
        return self.value;
    }

    /// @notice The value that holds at `key`; zero before the first.
    function valueAt(Trace storage self, uint48 key) internal view returns (uint208) {
        return key >= self.since ? self.value : self.before.upperLookupRecent(key);
    }
}
