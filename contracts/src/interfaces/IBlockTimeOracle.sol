// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Observation } from "../types/Observation.sol";
import { IParameters } from "./IParameters.sol";
import { IWeights } from "./IWeights.sol";

/// @title Network time and the health of layers
/// @notice Oracles sign what they see of a layer. A round of them that holds more than two thirds of the oracles' weight moves
///         that layer's network time and sets its flags, by weighted medians: up to a third of the weight may lie
///         and moves nothing. It only tells; whoever asks it must never make a withdrawal, claim or exit depend on it.
interface IBlockTimeOracle {
    /// @param number    of the block
    /// @param timestamp of the block, unix seconds
    /// @param localTime oracle's clock, unix seconds; zero when it never posted
    /// @param round     round that it was posted in; it counts in this one only
    struct Report {
        bytes32 blockHash;
        uint64 number;
        uint64 timestamp;
        uint64 localTime;
        uint64 round;
    }

    /// @param networkTime unix seconds; zero when the layer was never observed. Never falls
    /// @param updatedAt   unix seconds on this chain of the last round
    /// @param head        highest block number that a round's median reached
    /// @param advancedAt  median of the oracles' clocks when `head` was reached
    /// @param blockTime   median timestamp of the last round
    /// @param forkedAt    highest number at which hashes were found to differ
    /// @param rounds      rounds so far
    /// @param flags       bits of STALLED, FORKED, AHEAD; zero is healthy
    struct Status {
        uint64 networkTime;
        uint64 updatedAt;
        uint64 head;
        uint64 advancedAt;
        uint64 blockTime;
        uint64 forkedAt;
        uint64 rounds;
        uint8 flags;
    }

    event ObservationPosted(
        uint64 indexed chainId,
        address indexed oracle,
        uint64 number,
        bytes32 blockHash,
        uint64 timestamp,
        uint64 localTime
    );
    event RoundClosed(
        uint64 indexed chainId, uint64 indexed round, uint64 networkTime, uint64 head, uint64 blockTime, uint8 flags
    );
    /// @notice The flags of a layer changed.
    event FlagsChanged(uint64 indexed chainId, uint8 previous, uint8 flags);
    /// @notice More than two thirds of the oracles' weight agree on a block.
    event BlockAgreed(uint64 indexed chainId, uint64 indexed number, bytes32 blockHash);
    /// @notice An oracle signed two hashes for one block; both observations are in the calldata of this transaction, or the first
    ///         in that of an earlier one.
    event Equivocation(
        uint64 indexed chainId, address indexed oracle, uint64 indexed number, bytes32 first, bytes32 second
    );

    /// @notice An address that must name somebody is zero.
    error ZeroAddress();
    /// @notice More observations than a round may have.
    error TooManyOracles(uint256 count, uint256 max);
    /// @notice Each observation needs its signature.
    error LengthMismatch(uint256 observations, uint256 signatures);
    /// @notice A round is of one layer.
    error MixedLayers(uint64 chainId, uint64 other);
    /// @notice The oracle's clock is too far ahead of this chain's.
    error ClockTooFarAhead(uint64 localTime, uint256 max);
    /// @notice The oracle posted this observation, or a later one.
    error NotNewer(address oracle, uint64 localTime, uint64 latest);
    /// @notice The oracle posted nothing in this round.
    error NotPosted(address oracle);
    /// @notice The observations do not contradict each other, or are not of one oracle.
    error NoEquivocation();
    /// @notice This contradiction is known.
    error AlreadyReported(address oracle, uint64 chainId, uint64 number);
    /// @notice The layer was never observed.
    error UnknownLayer(uint64 chainId);
    /// @notice The layer is stalled, forked or ahead.
    error Unhealthy(uint64 chainId, uint8 flags);
    /// @notice No quorum has said anything of the layer for `StallSeconds`.
    error Outdated(uint64 chainId, uint64 updatedAt);

    /// @notice Stores an observation for the round under way, in place of the oracle's earlier one. Anyone may send it.
    /// @param signature EIP-712, 65 bytes, of an oracle with weight
    function post(Observation calldata observation, bytes calldata signature) external;

    /// @notice Closes the round of a layer over what these oracles posted in it. Anyone may call.
    /// @param oracles distinct, ascending, at most 64
    function update(uint64 chainId, address[] calldata oracles) external;

    /// @notice Posts observations of one layer and closes its round over them. Anyone may call. An observation that was posted before
    ///         does no harm; where its oracle posted a later one, that counts.
    /// @param observations sorted by signer, each signer once, at most 64
    function postAndUpdate(Observation[] calldata observations, bytes[] calldata signatures) external;

    /// @notice Records that an oracle signed two hashes for one block. Anyone may call.
    function reportEquivocation(
        Observation calldata first,
        bytes calldata firstSignature,
        Observation calldata second,
        bytes calldata secondSignature
    ) external;

    /// @notice Network time of the last round of a layer, unix seconds.
    function networkTime(uint64 chainId) external view returns (uint64);

    /// @notice What the last round of a layer said; zeros when there was none.
    function status(uint64 chainId) external view returns (Status memory);

    /// @notice Reverts with the reason unless a quorum found the layer healthy, at most `StallSeconds` ago.
    function requireHealthy(uint64 chainId) external view;

    /// @notice The oracle's latest observation of a layer; zeros when there is none.
    function report(uint64 chainId, address oracle) external view returns (Report memory);

    /// @notice Hash that a quorum agreed on, of the latest 64 such numbers at most; zero when unknown.
    function agreedHash(uint64 chainId, uint64 number) external view returns (bytes32);

    /// @notice Whether the oracle is known to have signed two hashes for this block.
    function equivocated(address oracle, uint64 chainId, uint64 number) external view returns (bool);

    /// @notice EIP-712 digest that oracles sign.
    function observationDigest(Observation calldata observation) external view returns (bytes32);

    function weights() external view returns (IWeights);
    function parameters() external view returns (IParameters);
}
