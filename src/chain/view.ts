import type { Log } from 'viem';
import { parseEventLogs } from 'viem';
import type { Hex } from '../types/index.ts';
import { nodeRegistryAbi } from './generated/NodeRegistry.ts';
import { parametersAbi } from './generated/Parameters.ts';
import { sessionManagerAbi } from './generated/SessionManager.ts';
import { settlementAbi } from './generated/Settlement.ts';
import { stakeMirrorAbi } from './generated/StakeMirror.ts';
import { stakeVaultAbi } from './generated/StakeVault.ts';

/** A block of the chain. */
export interface ChainHead {
  readonly number: number;
  readonly hash: Hex;
  /** Unix ms; blocks carry whole seconds. */
  readonly timestamp: number;
}

const VIEW_ABI = [
  ...parametersAbi,
  ...nodeRegistryAbi,
  ...stakeVaultAbi,
  ...stakeMirrorAbi,
  ...sessionManagerAbi,
  ...settlementAbi,
] as const;

/** Events of the deployment, decoded; anything else in the logs is dropped. */
export function decodeLogs(logs: Log[]) {
  return parseEventLogs({ abi: VIEW_ABI, logs });
}
export type ChainLog = ReturnType<typeof decodeLogs>[number];

/**
 * A picture of some on-chain state. Events only tell which keys to look at; the state itself is read from the contracts at
 * the block that the picture is of, so that after a reorg the same keys are read again and nothing has to be undone.
 */
export interface TrackedView {
  /** Keys whose state the event may have changed. */
  keysOf(log: ChainLog): readonly string[];
  /** Keys whose state the time between two blocks may have changed; unix ms. */
  keysOfTime?(from: number, to: number): readonly string[];
  /** Reads the keys as of a block. The returned function changes the view, at once. */
  load(keys: readonly string[], blockNumber: bigint): Promise<() => void>;
  /** Forgets everything: the chain's history is another one. */
  reset(): void;
}

/** Keys read side by side; more would only queue up in the endpoint. */
const LOAD_PARALLEL = 64;

/** Maps in slices of {@link LOAD_PARALLEL}. */
export async function mapSlices<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += LOAD_PARALLEL) {
    results.push(...(await Promise.all(items.slice(i, i + LOAD_PARALLEL).map(read))));
  }
  return results;
}
