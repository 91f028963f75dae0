// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IInbox } from "../interfaces/IInbox.sol";
import { ILayerAccount } from "../interfaces/ILayerAccount.sol";
import { MessageReceiver } from "./MessageReceiver.sol";
import { Address } from "@openzeppelin/contracts/utils/Address.sol";

/// @title LayerAccount
/// @notice See {ILayerAccount}.
contract LayerAccount is ILayerAccount, MessageReceiver {
    uint256 public constant TARGETS_MAX = 32;
    uint256 public constant CALLS_MAX = 16;

    /// @inheritdoc ILayerAccount
    mapping(address target => bool) public isTarget;

    constructor(IInbox inbox_, address remoteSender_, address[] memory targets) MessageReceiver(inbox_, remoteSender_) {
        if (targets.length == 0 || targets.length > TARGETS_MAX) revert InvalidTargets(targets.length);
        for (uint256 i = 0; i < targets.length; ++i) {
            if (targets[i] == address(0)) revert ZeroAddress();
            isTarget[targets[i]] = true;
        }
    }

    /// @dev Calls, in their order; all or none.
    function _receive(bytes calldata data) internal override {
        Call[] memory calls = abi.decode(data, (Call[]));
        if (calls.length == 0 || calls.length > CALLS_MAX) revert InvalidCallCount(calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            address target = calls[i].target;
            if (!isTarget[target]) revert TargetNotAllowed(target);
            emit Called(target, calls[i].data);
            Address.functionCall(target, calls[i].data);
        }
    }
}
