// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILayerAccount } from "../interfaces/ILayerAccount.sol";
import { IOutbox } from "../interfaces/IOutbox.sol";
import { ISlashRelay } from "../interfaces/ISlashRelay.sol";
import { ISlasher } from "../interfaces/ISlasher.sol";

/// @title SlashRelay
/// @notice See {ISlashRelay}.
contract SlashRelay is ISlashRelay {
    uint256 public constant CALLERS_MAX = 16;

    /// @inheritdoc ISlashRelay
    IOutbox public immutable outbox;
    /// @inheritdoc ISlashRelay
    uint256 public immutable toChainId;
    /// @inheritdoc ISlashRelay
    address public immutable account;
    /// @inheritdoc ISlashRelay
    address public immutable stakeVault;
    /// @inheritdoc ISlashRelay
    mapping(address caller => bool) public isCaller;
    /// @inheritdoc ISlashRelay
    mapping(bytes32 caseId => address) public proposerOf;

    constructor(IOutbox outbox_, uint256 toChainId_, address account_, address stakeVault_, address[] memory callers) {
        if (address(outbox_) == address(0) || account_ == address(0) || stakeVault_ == address(0)) {
            revert ZeroAddress();
        }
        if (callers.length == 0 || callers.length > CALLERS_MAX) revert InvalidCallers(callers.length);
        outbox = outbox_;
        toChainId = toChainId_;
        account = account_;
        stakeVault = stakeVault_;
        for (uint256 i = 0; i < callers.length; ++i) {
            if (callers[i] == address(0)) revert ZeroAddress();
            isCaller[callers[i]] = true;
        }
    }

    /// @inheritdoc ISlasher
    function proposeSlash(bytes32 caseId, address owner, address operator, uint256 amount, address reporter) external {
        if (!isCaller[msg.sender]) revert NotCaller(msg.sender);
        if (proposerOf[caseId] != address(0)) revert CaseExists(caseId);
        proposerOf[caseId] = msg.sender;
        bytes32 message = _send(abi.encodeCall(ISlasher.proposeSlash, (caseId, owner, operator, amount, reporter)));
        emit SlashProposed(caseId, msg.sender, message);
    }

    /// @inheritdoc ISlasher
    function cancelSlash(bytes32 caseId) external {
        if (proposerOf[caseId] != msg.sender) revert NotProposer(caseId, msg.sender);
        emit SlashCancelled(caseId, _send(abi.encodeCall(ISlasher.cancelSlash, (caseId))));
    }

    function _send(bytes memory data) private returns (bytes32) {
        ILayerAccount.Call[] memory calls = new ILayerAccount.Call[](1);
        calls[0] = ILayerAccount.Call(stakeVault, data);
        return outbox.send(toChainId, account, abi.encode(calls));
    }
}
