import type { TransactionReceipt } from 'viem';
import type { Hex } from '../types/index.ts';
import type { Deployment } from './deployment.ts';
import type { RpcClient } from './rpc.ts';
import type { Sender } from './sender.ts';

/** What a write verb needs. */
export interface WriteContext {
  readonly client: RpcClient;
  readonly deployment: Deployment;
  readonly sender: Sender;
}

/** A mined transaction. */
export interface TxResult {
  readonly hash: Hex;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
}

export function resultOf(receipt: TransactionReceipt): TxResult {
  return { hash: receipt.transactionHash, blockNumber: Number(receipt.blockNumber), gasUsed: receipt.gasUsed };
}
