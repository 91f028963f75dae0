/** Ids and commitments that both peers and contracts compute. All are keccak256 over `abi.encode` (fixed 32-byte words) unless said otherwise. */
import { keccak256 } from 'viem';
import type { Address, Hex, LogitBias, NetworkId, Sampling, SessionId, TaskId } from '../types/index.ts';

const uint = (value: number | bigint): string => value.toString(16).padStart(64, '0');
const int = (value: number): string => uint(BigInt.asUintN(256, BigInt(value)));
const bytes32 = (value: Hex): string => value.slice(2).padStart(64, '0');
const hash = (...words: string[]): Hex => keccak256(`0x${words.join('')}`);

/** `keccak256(abi.encode(uint256 chainId, address registry))`. */
export function networkIdOf(chainId: number, nodeRegistry: Address): NetworkId {
  return hash(uint(chainId), bytes32(nodeRegistry)) as NetworkId;
}

/** `keccak256(abi.encode(bytes32 networkId, bytes32 session, address router, bytes32 promptCommit, uint64 nonce))`. */
export function taskIdOf(networkId: NetworkId, session: SessionId, router: Address, promptCommit: Hex, nonce: number): TaskId {
  return hash(bytes32(networkId), bytes32(session), bytes32(router), bytes32(promptCommit), uint(nonce)) as TaskId;
}

/**
 * `keccak256(abi.encode(uint32 temperatureMilli, uint32 topPPpm, uint32 topK, uint32 minPPpm, int32 presenceMilli, int32 frequencyMilli,
 * uint32 repetitionMilli, bytes32 logitBias, bytes32 grammar, bytes32 seed))`, logitBias = `keccak256(u32be token ‖ i32be biasMilli …)`,
 * grammar = keccak256 of its UTF-8.
 */
export function samplingHash(sampling: Sampling): Hex {
  return hash(
    uint(sampling.temperatureMilli),
    uint(sampling.topPPpm),
    uint(sampling.topK),
    uint(sampling.minPPpm),
    int(sampling.presenceMilli),
    int(sampling.frequencyMilli),
    uint(sampling.repetitionMilli),
    bytes32(logitBiasHash(sampling.logitBias)),
    bytes32(keccak256(Buffer.from(sampling.grammar, 'utf8'))),
    bytes32(sampling.seed),
  );
}

function logitBiasHash(biases: readonly LogitBias[]): Hex {
  const bytes = Buffer.allocUnsafe(biases.length * 8);
  for (const [i, { token, biasMilli }] of biases.entries()) bytes.writeInt32BE(biasMilli, bytes.writeUInt32BE(token, 8 * i));
  return keccak256(bytes);
}

/** `keccak256(promptSalt ‖ u32be ids…)`: binds a prompt without showing it. The salt is 32 random bytes, told to the miner and to guards only. */
export function promptCommit(promptSalt: Hex, promptIds: Uint32Array): Hex {
  const bytes = Buffer.allocUnsafe(32 + promptIds.length * 4);
  bytes.write(promptSalt.slice(2), 0, 32, 'hex');
  for (let i = 0; i < promptIds.length; i++) bytes.writeUInt32BE(promptIds[i] as number, 32 + 4 * i);
  return keccak256(bytes);
}

/** `keccak256(abi.encode(bytes32 task, bytes32 outputRoot))`: what a voucher pays for, so that it fits one answer to one task only. */
export function streamRootOf(task: TaskId, outputRoot: Hex): Hex {
  return hash(bytes32(task), bytes32(outputRoot));
}

/** Seed of an answer beside the first: `keccak256(seed ‖ u32be choice)`; choice 0 has the seed itself. */
export function choiceSeed(seed: Hex, choice: number): Hex {
  return choice === 0 ? seed : keccak256(`0x${seed.slice(2)}${choice.toString(16).padStart(8, '0')}`);
}

/** What a guard commits to before it reveals. `verdict` is a VERDICT_CODE. */
export interface VoteSecret {
  readonly voter: Address;
  readonly task: TaskId;
  readonly round: number;
  readonly verdict: number;
  readonly evidenceHash: Hex;
  readonly salt: Hex;
}

/** `keccak256(abi.encode(address voter, bytes32 task, uint32 round, uint8 verdict, bytes32 evidenceHash, bytes32 salt))`. */
export function voteCommit(vote: VoteSecret): Hex {
  return hash(
    bytes32(vote.voter),
    bytes32(vote.task),
    uint(vote.round),
    uint(vote.verdict),
    bytes32(vote.evidenceHash),
    bytes32(vote.salt),
  );
}
