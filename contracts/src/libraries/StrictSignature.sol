// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice One encoding per signature: 65 bytes r ‖ s ‖ v, low s, v 27 or 28, never the zero signer.
library StrictSignature {
    /// @notice The signature is malformed, has a high s or recovers to nobody.
    error InvalidSignature();

    /// @dev OpenZeppelin's `tryRecover(bytes)` takes no EIP-2098 form and no high s; it never returns the zero address
    ///      without an error.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        ECDSA.RecoverError err;
        (signer, err,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (err != ECDSA.RecoverError.NoError || signer == address(0)) revert InvalidSignature();
    }
}
