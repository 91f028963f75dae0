// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IStakeListener } from "./IStakeListener.sol";
import { IStakeVault } from "./IStakeVault.sol";

/// @title Who takes part
/// @notice Binds an operator key to its owner, libp2p peer and roles, backed by the owner's stake. A peer id
///         may be claimed twice: which claim holds is decided by the NodeRecord, which the peer itself signs.
interface INodeRegistry is IStakeListener {
    /// @param operator      hot key of the node
    /// @param peerId        libp2p peer id, multihash bytes, 1 to 64
    /// @param roles         bits of types/Roles
    /// @param encryptionKey X25519 public key
    struct Registration {
        address operator;
        bytes peerId;
        uint32 roles;
        bytes32 encryptionKey;
    }

    /// @param owner who holds the stake and may change the entry; zero when the operator is not registered
    struct Node {
        address owner;
        uint32 roles;
        bytes32 encryptionKey;
        bytes peerId;
    }

    struct MinimumStakes {
        uint128 router;
        uint128 miner;
        uint128 guard;
        uint128 oracle;
    }

    event NodeRegistered(
        address indexed operator, address indexed owner, uint32 roles, bytes peerId, bytes32 encryptionKey
    );
    event NodeUpdated(
        address indexed operator, address indexed owner, uint32 roles, bytes peerId, bytes32 encryptionKey
    );
    event NodeDeregistered(address indexed operator, address indexed owner);
    /// @notice Quorum weight of a guard changed; zero when it lost its seat.
    event GuardWeightChanged(address indexed operator, uint256 weight, uint256 totalWeight);

    /// @notice `roles` is empty or has unknown bits.
    error InvalidRoles(uint32 roles);
    /// @notice The peer id is empty or longer than 64 bytes.
    error InvalidPeerId(uint256 length);
    /// @notice The operator's consent ran out.
    error ConsentExpired(uint256 deadline);
    /// @notice The consent is not signed by the operator.
    error NotOperator(address signer);
    /// @notice The operator is registered already.
    error AlreadyRegistered(address operator);
    /// @notice The operator is not registered.
    error NotRegistered(address operator);
    /// @notice The caller is not who may do this.
    error NotAuthorised(address caller);
    /// @notice The stake behind the operator is below what its roles need.
    error StakeTooLow(uint256 stake, uint256 required);
    /// @notice Snapshots can be read for the past only.
    error NotYetPast(uint256 timestamp);

    /// @notice Registers an operator of the caller, who is its owner. Needs stake in StakeVault.
    /// @param deadline unix seconds until which the consent holds
    /// @param consent  EIP-712 `OperatorConsent` of the operator: 65 bytes
    function register(Registration calldata registration, uint256 deadline, bytes calldata consent) external;

    /// @notice Replaces peer id, roles and encryption key. Caller and consent as in `register`.
    function update(Registration calldata registration, uint256 deadline, bytes calldata consent) external;

    /// @notice Takes the operator out, at once. By its owner, or by the operator itself.
    function deregister(address operator) external;

    /// @notice Whether the operator is registered with every bit of `role` and its stake covers all of its roles, now.
    function isActive(address operator, uint32 role) external view returns (bool);

    /// @notice The entry of a registered operator; zeros otherwise.
    function node(address operator) external view returns (Node memory);

    /// @notice Stake that a set of roles needs: the sum over the roles, wei.
    function stakeRequired(uint32 roles) external view returns (uint256);

    /// @notice Nonce that the operator's next consent must carry.
    function consentNonce(address operator) external view returns (uint256);

    /// @notice Quorum weight of a guard at the end of a past second, wei.
    function guardWeightAt(address operator, uint256 timestamp) external view returns (uint256);

    /// @notice Sum of all guards' weights at the end of a past second, wei.
    function totalGuardWeightAt(uint256 timestamp) external view returns (uint256);

    /// @notice Number of guards at the end of a past second.
    function guardCountAt(uint256 timestamp) external view returns (uint256);

    /// @notice Where the stakes are.
    function stakeVault() external view returns (IStakeVault);
}
