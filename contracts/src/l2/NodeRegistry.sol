// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "../interfaces/IAdmission.sol";
import { INodeRegistry } from "../interfaces/INodeRegistry.sol";
import { IParameters } from "../interfaces/IParameters.sol";
import { IRegistryLevels } from "../interfaces/IRegistryLevels.sol";
import { IRoleRegistry } from "../interfaces/IRoleRegistry.sol";
import { IStakeListener } from "../interfaces/IStakeListener.sol";
import { IStakeSource } from "../interfaces/IStakeSource.sol";
import { IWeights } from "../interfaces/IWeights.sol";
import { RecentTrace } from "../libraries/RecentTrace.sol";
import { StrictSignature } from "../libraries/StrictSignature.sol";
import { Parameter } from "../types/Parameter.sol";
import { Roles } from "../types/Roles.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title NodeRegistry
/// @notice See {INodeRegistry}.
contract NodeRegistry is INodeRegistry, EIP712 {
    using RecentTrace for RecentTrace.Trace;
    using SafeCast for uint256;

    bytes32 public constant CONSENT_TYPEHASH = keccak256(
        "OperatorConsent(address owner,address operator,bytes peerId,uint32 roles,bytes32 encryptionKey,bytes32 endpoints,uint256 nonce,uint256 deadline)"
    );
    uint256 public constant PEER_ID_BYTES_MAX = 64;
    uint8 public constant LEVEL_MAX = 10;

    /// @inheritdoc INodeRegistry
    IStakeSource public immutable stakeVault;
    /// @inheritdoc INodeRegistry
    IParameters public immutable parameters;
    /// @inheritdoc INodeRegistry
    IAdmission public immutable admission;
    /// @inheritdoc INodeRegistry
    address public immutable reputation;

    /// @dev Of an operator that left, the owner stays; without roles it is not registered.
    mapping(address operator => Node) private _nodes;
    /// @inheritdoc INodeRegistry
    mapping(address operator => uint256) public consentNonce;
    /// @dev A node weighs the same in each of its roles: weight ‖ roles (32 bits); zero without weight.
    mapping(address operator => RecentTrace.Trace) private _weights;
    mapping(uint32 role => RecentTrace.Trace) private _totalWeights;

    constructor(IStakeSource stakeVault_, IParameters parameters_, IAdmission admission_, address reputation_)
        EIP712("cortensord", "1")
    {
        stakeVault = stakeVault_;
        parameters = parameters_;
        admission = admission_;
        reputation = reputation_;
    }

    /// @inheritdoc INodeRegistry
    function register(Registration calldata registration, uint256 deadline, bytes calldata consent) external {
        Node storage n = _nodes[registration.operator];
        if (n.roles != 0) revert AlreadyRegistered(registration.operator);
        if (n.owner != address(0) && n.owner != msg.sender) revert OperatorTaken(registration.operator, n.owner);
        _set(registration, deadline, consent);
        emit NodeRegistered(
            registration.operator,
            msg.sender,
            registration.roles,
            registration.peerId,
            registration.encryptionKey,
            registration.endpoints
        );
    }

    /// @inheritdoc INodeRegistry
    function update(Registration calldata registration, uint256 deadline, bytes calldata consent) external {
        if (_registeredOwner(registration.operator) != msg.sender) revert NotAuthorised(msg.sender);
        _set(registration, deadline, consent);
        emit NodeUpdated(
            registration.operator,
            msg.sender,
            registration.roles,
            registration.peerId,
            registration.encryptionKey,
            registration.endpoints
        );
    }

    /// @inheritdoc INodeRegistry
    function deregister(address operator) external {
        address owner = _registeredOwner(operator);
        if (msg.sender != owner && msg.sender != operator) revert NotAuthorised(msg.sender);
        delete _nodes[operator];
        _nodes[operator].owner = owner;
        _setWeight(operator, 0, 0);
        emit NodeDeregistered(operator, owner);
    }

    /// @inheritdoc INodeRegistry
    function refresh(address operator) external {
        uint256 stake = stakeVault.stakeOf(_registeredOwner(operator), operator);
        _count(operator, _nodes[operator].roles, stake);
    }

    /// @inheritdoc IRegistryLevels
    function setLevel(address operator, uint8 level) external {
        if (msg.sender != reputation) revert NotAuthorised(msg.sender);
        if (level > LEVEL_MAX) revert InvalidLevel(level);
        _registeredOwner(operator);
        _nodes[operator].level = level;
        emit LevelSet(operator, level);
    }

    /// @inheritdoc IStakeListener
    function onStakeChanged(address owner, address operator, uint256 stake) external {
        if (msg.sender != address(stakeVault)) revert NotAuthorised(msg.sender);
        Node storage n = _nodes[operator];
        if (n.owner != owner || n.roles == 0) return;
        _count(operator, n.roles, stake);
    }

    /// @inheritdoc IRoleRegistry
    function isActive(address operator, uint32 role) external view returns (bool) {
        if (role == 0 || _nodes[operator].roles & role != role) return false;
        return statusOf(operator) == Status.Active;
    }

    /// @inheritdoc IRoleRegistry
    function ownerOf(address operator) external view returns (address) {
        return _nodes[operator].owner;
    }

    /// @inheritdoc INodeRegistry
    function statusOf(address operator) public view returns (Status) {
        Node storage n = _nodes[operator];
        if (n.roles == 0) return Status.Unregistered;
        bool covered = stakeVault.stakeOf(n.owner, operator) >= stakeRequired(n.roles);
        return covered ? Status.Active : Status.Understaked;
    }

    /// @inheritdoc INodeRegistry
    function node(address operator) external view returns (Node memory n) {
        if (_nodes[operator].roles != 0) n = _nodes[operator];
    }

    /// @inheritdoc INodeRegistry
    function stakeRequired(uint32 roles) public view returns (uint256 required) {
        if (roles & Roles.ROUTER != 0) required += parameters.get(Parameter.MinStakeRouterWei);
        if (roles & Roles.MINER != 0) required += parameters.get(Parameter.MinStakeMinerWei);
        if (roles & Roles.GUARD != 0) required += parameters.get(Parameter.MinStakeGuardWei);
        if (roles & Roles.ORACLE != 0) required += parameters.get(Parameter.MinStakeOracleWei);
    }

    /// @inheritdoc IWeights
    function weightAt(address operator, uint32 role, uint256 timestamp) external view returns (uint256) {
        _requireOneRole(role);
        uint256 packed = _at(_weights[operator], timestamp);
        return packed & role == 0 ? 0 : packed >> 32;
    }

    /// @inheritdoc IWeights
    function totalWeightAt(uint32 role, uint256 timestamp) external view returns (uint256) {
        _requireOneRole(role);
        return _at(_totalWeights[role], timestamp);
    }

    function _set(Registration calldata r, uint256 deadline, bytes calldata consent) private {
        if (r.roles == 0 || r.roles & ~Roles.ALL != 0) revert InvalidRoles(r.roles);
        if (r.peerId.length == 0 || r.peerId.length > PEER_ID_BYTES_MAX) revert InvalidPeerId(r.peerId.length);
        _useConsent(r, deadline, consent);
        if (address(admission) != address(0)) admission.requireNode(msg.sender, r.operator, r.roles);
        uint256 stake = stakeVault.stakeOf(msg.sender, r.operator);
        uint256 required = stakeRequired(r.roles);
        if (stake < required) revert StakeTooLow(stake, required);
        Node storage n = _nodes[r.operator];
        n.owner = msg.sender;
        n.roles = r.roles;
        n.encryptionKey = r.encryptionKey;
        n.endpoints = r.endpoints;
        n.peerId = r.peerId;
        _setWeight(r.operator, r.roles, stake);
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
                r.endpoints,
                consentNonce[r.operator]++,
                deadline
            )
        );
        address signer = StrictSignature.recover(_hashTypedDataV4(structHash), consent);
        if (signer != r.operator) revert NotOperator(signer);
    }

    /// @dev A node whose stake no longer covers its roles has no say; with the stake back, it has.
    function _count(address operator, uint32 roles, uint256 stake) private {
        _setWeight(operator, roles, stake >= stakeRequired(roles) ? stake : 0);
    }

    function _setWeight(address operator, uint32 roles, uint256 weight) private {
        uint256 previous = _weights[operator].latest();
        uint256 next = weight == 0 ? 0 : uint256(weight.toUint176()) << 32 | roles;
        if (next == previous) return;
        // 176 bits and 32.
        // forge-lint: disable-next-line(unsafe-typecast)
        _weights[operator].push(uint48(block.timestamp), uint208(next));
        for (uint32 role = Roles.ROUTER; role <= Roles.ORACLE; role <<= 1) {
            uint256 before = previous & role == 0 ? 0 : previous >> 32;
            uint256 afterwards = next & role == 0 ? 0 : weight;
            if (before == afterwards) continue;
            uint256 total = _totalWeights[role].latest() - before + afterwards;
            _totalWeights[role].push(uint48(block.timestamp), total.toUint208());
            emit WeightChanged(operator, role, afterwards, total);
        }
    }

    function _registeredOwner(address operator) private view returns (address) {
        Node storage n = _nodes[operator];
        if (n.roles == 0) revert NotRegistered(operator);
        return n.owner;
    }

    function _requireOneRole(uint32 role) private pure {
        if (role == 0 || role & ~Roles.ALL != 0 || role & (role - 1) != 0) revert InvalidRoles(role);
    }

    function _at(RecentTrace.Trace storage trace, uint256 timestamp) private view returns (uint256) {
        if (timestamp >= block.timestamp) revert NotYetPast(timestamp);
        // Past.
        // forge-lint: disable-next-line(unsafe-typecast)
        return trace.valueAt(uint48(timestamp));
    }
}
