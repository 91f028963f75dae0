// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAdmission } from "./IAdmission.sol";
import { IParameters } from "./IParameters.sol";
import { IRegistryLevels } from "./IRegistryLevels.sol";
import { IRoleRegistry } from "./IRoleRegistry.sol";
import { IStakeListener } from "./IStakeListener.sol";
import { IStakeSource } from "./IStakeSource.sol";

/// @title Who takes part
/// @notice Binds an operator key to its owner, libp2p peer and roles, backed by the owner's stake. A peer id
///         may be claimed twice: which claim holds is decided by the NodeRecord, which the peer itself signs.
///         Weight of a node in each of its roles is its stake while that covers all of them. An operator belongs to one owner for
///         good, also when it left: whoever is to answer for a fault of it stays known.
interface INodeRegistry is IStakeListener, IRoleRegistry, IRegistryLevels {
    enum Status {
        Unregistered,
        Understaked,
        Active
    }

    /// @param operator      hot key of the node
    /// @param peerId        libp2p peer id, multihash bytes, 1 to 64
    /// @param roles         bits of types/Roles
    /// @param encryptionKey X25519 public key
    /// @param endpoints     digest of the node's list of endpoints; zero when it has none to show
    struct Registration {
        address operator;
        bytes peerId;
        uint32 roles;
        bytes32 encryptionKey;
        bytes32 endpoints;
    }

    /// @param owner who holds the stake and may change the entry; zero when the operator is not registered
    /// @param level 0 to 10, by the reputation contract; 0 for a new node
    struct Node {
        address owner;
        uint32 roles;
        uint8 level;
        bytes32 encryptionKey;
        bytes32 endpoints;
        bytes peerId;
    }

    event NodeRegistered(
        address indexed operator,
        address indexed owner,
        uint32 roles,
        bytes peerId,
        bytes32 encryptionKey,
        bytes32 endpoints
    );
    event NodeUpdated(
        address indexed operator,
        address indexed owner,
        uint32 roles,
        bytes peerId,
        bytes32 encryptionKey,
        bytes32 endpoints
    );
    event NodeDeregistered(address indexed operator, address indexed owner);
    /// @notice Weight of a node in one role changed; zero when it lost its seat.
    event WeightChanged(address indexed operator, uint32 indexed role, uint256 weight, uint256 totalWeight);
    event LevelSet(address indexed operator, uint8 level);

    /// @notice `roles` is empty or has unknown bits; for a weight, it is not one role.
    error InvalidRoles(uint32 roles);
    /// @notice The peer id is empty or longer than 64 bytes.
    error InvalidPeerId(uint256 length);
    /// @notice The level is above 10.
    error InvalidLevel(uint8 level);
    /// @notice The operator's consent ran out.
    error ConsentExpired(uint256 deadline);
    /// @notice The consent is not signed by the operator.
    error NotOperator(address signer);
    /// @notice The operator is registered already.
    error AlreadyRegistered(address operator);
    /// @notice The operator was registered by another owner before.
    error OperatorTaken(address operator, address owner);
    /// @notice The operator is not registered.
    error NotRegistered(address operator);
    /// @notice The caller is not who may do this.
    error NotAuthorised(address caller);
    /// @notice The stake behind the operator is below what its roles need.
    error StakeTooLow(uint256 stake, uint256 required);

    /// @notice Registers an operator of the caller, who is its owner. Needs stake, and the admission's yes where there is one.
    /// @param deadline unix seconds until which the consent holds
    /// @param consent  EIP-712 `OperatorConsent` of the operator: 65 bytes
    function register(Registration calldata registration, uint256 deadline, bytes calldata consent) external;

    /// @notice Replaces peer id, roles, encryption key and endpoints. Caller and consent as in `register`.
    function update(Registration calldata registration, uint256 deadline, bytes calldata consent) external;

    /// @notice Takes the operator out, at once. By its owner, or by the operator itself.
    function deregister(address operator) external;

    /// @notice Counts the operator's weight again. Anyone may call: a new minimum stake changes no weight by itself.
    function refresh(address operator) external;

    /// @notice Whether the operator is registered, and whether its stake covers all of its roles, now.
    function statusOf(address operator) external view returns (Status);

    /// @notice The entry of a registered operator; zeros otherwise.
    function node(address operator) external view returns (Node memory);

    /// @notice Stake that a set of roles needs now: the sum over the roles, wei.
    function stakeRequired(uint32 roles) external view returns (uint256);

    /// @notice Nonce that the operator's next consent must carry.
    function consentNonce(address operator) external view returns (uint256);

    /// @notice Where the stakes are.
    function stakeVault() external view returns (IStakeSource);
    function parameters() external view returns (IParameters);
    /// @notice Asked before a node is let in; zero lets everybody in.
    function admission() external view returns (IAdmission);
    /// @notice Who sets levels.
    function reputation() external view returns (address);
}
