// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @notice OpenZeppelin's standard tree over (address account, uint256 cumulative): leaves hashed twice, sorted pairs.
library PayoutTree {
    function leaf(address account, uint256 cumulative) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account, cumulative))));
    }

    function verify(bytes32[] calldata proof, bytes32 root, address account, uint256 cumulative)
        internal
        pure
        returns (bool)
    {
        return MerkleProof.verifyCalldata(proof, root, leaf(account, cumulative));
    }
}
