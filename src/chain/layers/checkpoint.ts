import type { Address, Hex } from '../../types/index.ts';
import { chainError } from '../errors.ts';
import type { RpcClient } from '../rpc.ts';
import { encodeHeader, type RpcBlock } from './header.ts';

/** What oracles say about a block of another layer (contracts/src/types/Checkpoint.sol). */
export interface Checkpoint {
  readonly number: bigint;
  readonly hash: Hex;
  readonly stateRoot: Hex;
}

const CHECKPOINT = [
  { name: 'chainId', type: 'uint256' },
  { name: 'number', type: 'uint64' },
  { name: 'hash', type: 'bytes32' },
  { name: 'stateRoot', type: 'bytes32' },
] as const;

/** Where a checkpoint is taken: the anchor and its chain. */
export interface AnchorAt {
  readonly chainId: number;
  readonly anchor: Address;
}

/** What an oracle signs so that `at` believes in a block of chain `remoteChainId`. */
export function checkpointTypedData(at: AnchorAt, remoteChainId: number, checkpoint: Checkpoint) {
  return {
    domain: { name: 'cortensord', version: '1', chainId: at.chainId, verifyingContract: at.anchor },
    types: { Checkpoint: CHECKPOINT },
    primaryType: 'Checkpoint',
    message: { chainId: BigInt(remoteChainId), ...checkpoint },
  } as const;
}

/**
 * A block as oracles state it, with the header that the anchor reads it from.
 *
 * @throws CHAIN_BLOCK_UNKNOWN, CHAIN_HEADER_UNKNOWN
 */
export async function readCheckpoint(client: RpcClient, number?: bigint): Promise<{ checkpoint: Checkpoint; header: Hex }> {
  const tag = number === undefined ? 'latest' : (`0x${number.toString(16)}` as const);
  // Undecoded: the header is hashed over every field of the block, also those that a client does not know.
  const block = (await client.request({ method: 'eth_getBlockByNumber', params: [tag, false] })) as RpcBlock | null;
  if (block === null) throw chainError('CHAIN_BLOCK_UNKNOWN', `the endpoint has no block ${tag}`, { block: tag });
  const [at, hash, stateRoot] = [block.number, block.hash, block.stateRoot] as [Hex, Hex, Hex];
  return { checkpoint: { number: BigInt(at), hash, stateRoot }, header: encodeHeader(block) };
}
