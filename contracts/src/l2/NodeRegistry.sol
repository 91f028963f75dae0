// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { INodeRegistry } from "../interfaces/INodeRegistry.sol";
import { IStakeListener } from "../interfaces/IStakeListener.sol";
import { IStakeVault } from "../interfaces/IStakeVault.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { Roles } from "../types/Roles.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title NodeRegistry
/// @notice See {INodeRegistry}.
contract NodeRegistry is INodeRegistry, EIP712 {
    using Checkpoints for Checkpoints.Trace208;
    using SafeCast for uint256;

    bytes32 public constant CONSENT_TYPEHASH = keccak256(
        "OperatorConsent(address owner,address operator,bytes peerId,uint32 roles,bytes32 encryptionKey,uint256 nonce,uint256 deadline)"
    );
    uint256 public constant PEER_ID_BYTES_MAX = 64;

    /// @inheritdoc INodeRegistry
    IStakeVault public immutable stakeVault;
    uint256 public immutable minStakeRouter;
    uint256 public immutable minStakeMiner;
    uint256 public immutable minStakeGuard;
    uint256 public immutable minStakeOracle;

    mapping(address operator => Node) private _nodes;
    /// @inheritdoc INodeRegistry
    mapping(address operator => uint256) public consentNonce;
    mapping(address operator => Checkpoints.Trace208) private _guardWeights;
    Checkpoints.Trace208 private _totalGuardWeight;
    Checkpoints.Trace208 private _guardCount;

    constructor(IStakeVault stakeVault_, MinimumStakes memory minimum) EIP712("cortensord", "1") {
        stakeVault = stakeVault_;
        minStakeRouter = minimum.router;
        minStakeMiner = minimum.miner;
        minStakeGuard = minimum.guard;
        minStakeOracle = minimum.oracle;
    }

    /// @inheritdoc INodeRegistry
    function register(Registration calldata registration, uint256 deadline, bytes calldata consent) external {
        if (_nodes[registration.operator].owner != address(0)) revert AlreadyRegistered(registration.operator);
        _set(registration, deadline, consent);
        emit NodeRegistered(
            registration.operator, msg.sender, registration.roles, registration.peerId, registration.encryptionKey
        );
    }

    /// @inheritdoc INodeRegistry
    function update(Registration calldata registration, uint256 deadline, bytes calldata consent) external {
        address owner = _nodes[registration.operator].owner;
        if (owner == address(0)) revert NotRegistered(registration.operator);
        if (owner != msg.sender) revert NotAuthorised(msg.sender);
        _set(registration, deadline, consent);
        emit NodeUpdated(
            registration.operator, msg.sender, registration.roles, registration.peerId, registration.encryptionKey
        );
    }

    /// @inheritdoc INodeRegistry
    function deregister(address operator) external {
        address owner = _nodes[operator].owner;
        if (owner == address(0)) revert NotRegistered(operator);
        if (msg.sender != owner && msg.sender != operator) revert NotAuthorised(msg.sender);
        delete _nodes[operator];
        _setGuardWeight(operator, 0);
        emit NodeDeregistered(operator, owner);
    }

    /// @inheritdoc IStakeListener
    function onStakeChanged(address owner, address operator, uint256 stake) external {
        if (msg.sender != address(stakeVault)) revert NotAuthorised(msg.sender);
        if (_nodes[operator].owner != owner) return;
        _setGuardWeight(operator, _weight(_nodes[operator].roles, stake));
    }

    /// @inheritdoc INodeRegistry
    function isActive(address operator, uint32 role) external view returns (bool) {
        Node storage n = _nodes[operator];
        if (n.owner == address(0) || role == 0 || n.roles & role != role) return false;
        return stakeVault.stakeOf(n.owner, operator) >= stakeRequired(n.roles);
    }

    /// @inheritdoc INodeRegistry
    function node(address operator) external view returns (Node memory) {
        return _nodes[operator];
    }

    /// @inheritdoc INodeRegistry
    function stakeRequired(uint32 roles) public view returns (uint256 required) {
        if (roles & Roles.ROUTER != 0) required += minStakeRouter;
        if (roles & Roles.MINER != 0) required += minStakeMiner;
        if (roles & Roles.GUARD != 0) required += minStakeGuard;
        if (roles & Roles.ORACLE != 0) required += minStakeOracle;
    }

    /// @inheritdoc INodeRegistry
    function guardWeightAt(address operator, uint256 timestamp) external view returns (uint256) {
        return _at(_guardWeights[operator], timestamp);
    }

    /// @inheritdoc INodeRegistry
    function totalGuardWeightAt(uint256 timestamp) external view returns (uint256) {
        return _at(_totalGuardWeight, timestamp);
    }

    /// @inheritdoc INodeRegistry
    function guardCountAt(uint256 timestamp) external view returns (uint256) {
        return _at(_guardCount, timestamp);
    }

    function _set(Registration calldata r, uint256 deadline, bytes calldata consent) private {
        if (r.roles == 0 || r.roles & ~Roles.ALL != 0) revert InvalidRoles(r.roles);
        if (r.peerId.length == 0 || r.peerId.length > PEER_ID_BYTES_MAX) revert InvalidPeerId(r.peerId.length);
        _useConsent(r, deadline, consent);
        uint256 stake = stakeVault.stakeOf(msg.sender, r.operator);
        uint256 required = stakeRequired(r.roles);
        if (stake < required) revert StakeTooLow(stake, required);
        _nodes[r.operator] = Node(msg.sender, r.roles, r.encryptionKey, r.peerId);
        _setGuardWeight(r.operator, _weight(r.roles, stake));
    }

    /// @dev The operator agrees to this owner and these data, once.
    function _useConsent(Registration calldata r, uint256 deadline, bytes calldata consent) private {
        if (block.timestamp > deadline) revert ConsentExpired(deadline);
        bytes32 structHash = keccak256(
            abi.encode(
                CONSENT_TYPEHASH,
                msg.sender,
                r.operator,
                keccak256(r.peerId),
                r.roles,
                r.encryptionKey,
                consentNonce[r.operator]++,
                deadline
            )
        );
        address signer = StrictSignature.recover(_hashTypedDataV4(structHash), consent);
        if (signer != r.operator) revert NotOperator(signer);
    }

    /// @dev A guard whose stake no longer covers its roles has no say; with the stake back, it has.
    function _weight(uint32 roles, uint256 stake) private view returns (uint256) {
        return roles & Roles.GUARD != 0 && stake >= stakeRequired(roles) ? stake : 0;
    }

    function _setGuardWeight(address operator, uint256 weight) private {
        uint256 previous = _guardWeights[operator].latest();
        if (weight == previous) return;
        uint48 now48 = uint48(block.timestamp);
        uint256 total = _totalGuardWeight.latest() - previous + weight;
        _guardWeights[operator].push(now48, weight.toUint208());
        _totalGuardWeight.push(now48, total.toUint208());
        if (previous == 0) _guardCount.push(now48, _guardCount.latest() + 1);
        else if (weight == 0) _guardCount.push(now48, _guardCount.latest() - 1);
        emit GuardWeightChanged(operator, weight, total);
    }

    function _at(Checkpoints.Trace208 storage trace, uint256 timestamp) private view returns (uint256) {
        if (timestamp >= block.timestamp) revert NotYetPast(timestamp);
        return trace.upperLookupRecent(timestamp.toUint48());
    }
}
