/** Headers of execution blocks as CheckpointAnchor reads them (docs/contracts/checkpointAnchor.md). */
import { keccak256, toRlp } from 'viem';
import type { Hex } from '../../types/index.ts';
import { chainError } from '../errors.ts';

/** A block as `eth_getBlockByNumber` gives it, before any client has parsed it. */
export type RpcBlock = Readonly<Record<string, unknown>>;

/** In the order of the header's list (yellow paper §4.4.3 and later forks); `true` marks numbers. Forks append, so a prefix is a header. */
const FIELDS: readonly (readonly [name: string, number: boolean])[] = [
  ['parentHash', false],
  ['sha3Uncles', false],
  ['miner', false],
  ['stateRoot', false],
  ['transactionsRoot', false],
  ['receiptsRoot', false],
  ['logsBloom', false],
  ['difficulty', true],
  ['number', true],
  ['gasLimit', true],
  ['gasUsed', true],
  ['timestamp', true],
  ['extraData', false],
  ['mixHash', false],
  ['nonce', false],
  ['baseFeePerGas', true],
  ['withdrawalsRoot', false],
  ['blobGasUsed', true],
  ['excessBlobGas', true],
  ['parentBeaconBlockRoot', false],
  ['requestsHash', false],
];

/** RLP has no leading zeros: zero is the empty string. */
function minimal(quantity: Hex): Hex {
  const digits = quantity.slice(2).replace(/^0+/, '');
  return `0x${digits.length % 2 === 1 ? '0' : ''}${digits}`;
}

/**
 * RLP of the block's header, whose hash is the block's hash.
 *
 * @throws CHAIN_HEADER_UNKNOWN when the block has fields that this version does not know
 */
export function encodeHeader(block: RpcBlock): Hex {
  const fields: Hex[] = [];
  for (const [name, number] of FIELDS) {
    const value = block[name];
    if (typeof value !== 'string') break;
    fields.push(number ? minimal(value as Hex) : (value as Hex));
  }
  const header = toRlp(fields);
  if (keccak256(header) !== block.hash) {
    throw chainError('CHAIN_HEADER_UNKNOWN', `the header of block ${String(block.number)} does not hash to ${String(block.hash)}`);
  }
  return header;
}
