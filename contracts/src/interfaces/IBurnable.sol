// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A token whose holder can destroy what it holds
interface IBurnable {
    function burn(uint256 amount) external;
}
