// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { ERC20Capped } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import { ERC20Votes } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import { Nonces } from "@openzeppelin/contracts/utils/Nonces.sol";

/// @title COR
/// @notice The network's token. The whole supply is minted once, to the holder named at deployment; there is no mint, no
///         pause, no owner. Whoever holds some may burn it, and nothing brings it back. Votes are counted by timestamps, so
///         that they mean the same on every layer.
contract CorToken is ERC20, ERC20Burnable, ERC20Permit, ERC20Capped, ERC20Votes {
    constructor(address holder, uint256 supply)
        ERC20("Cortensord", "COR")
        ERC20Permit("Cortensord")
        ERC20Capped(supply)
    {
        _mint(holder, supply);
    }

    /// @notice EIP-6372 clock: unix seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Capped, ERC20Votes) {
        super._update(from, to, value);
    }
}
