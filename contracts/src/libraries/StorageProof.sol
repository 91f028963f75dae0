// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MerklePatricia } from "./MerklePatricia.sol";
import { Rlp } from "./Rlp.sol";

/// @notice What `eth_getProof` (EIP-1186) proves: a storage slot of an account under a state root.
library StorageProof {
    /// @notice The account does not exist under this root, so that nothing can be said about its storage.
    error AccountAbsent(address account);

    /// @notice Value of the slot; zero when the proof shows that it was never written or was cleared.
    function read(
        bytes32 stateRoot,
        address account,
        bytes32 slot,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) internal pure returns (uint256) {
        bytes calldata encoded = MerklePatricia.get(stateRoot, keccak256(abi.encodePacked(account)), accountProof);
        if (encoded.length == 0) revert AccountAbsent(account);
        encoded = MerklePatricia.get(_storageRoot(encoded), keccak256(abi.encodePacked(slot)), storageProof);
        if (encoded.length == 0) return 0;
        // A cleared slot has no leaf; development nodes keep one that says zero, which means the same.
        return Rlp.toUint(encoded);
    }

    /// @notice Slot of `key` in a mapping that stands at `slot`.
    function mappingSlot(bytes32 key, bytes32 slot) internal pure returns (bytes32) {
        return keccak256(abi.encode(key, slot));
    }

    /// @dev An account is a list of nonce, balance, storage root, code hash.
    function _storageRoot(bytes calldata account) private pure returns (bytes32 root) {
        bytes calldata rest = Rlp.listPayload(account);
        bytes calldata item;
        (, rest) = Rlp.split(rest);
        (, rest) = Rlp.split(rest);
        (item, rest) = Rlp.split(rest);
        root = Rlp.toBytes32(item);
        (item, rest) = Rlp.split(rest);
        if (rest.length != 0 || Rlp.stringPayload(item).length != 32) revert MerklePatricia.InvalidProof();
    }
}
