/**
 * One loop that keeps every view at the newest confirmed block. It never trusts subscriptions to tell of removed logs:
 * it remembers where it was (number and hash), and when that block is gone it walks back to one that is still there and
 * reads again everything that the lost blocks had touched.
 */

import type { Logger } from 'pino';
import type { Block } from 'viem';
import type { Address, Hex } from '../types/index.ts';
import type { Clock } from '../util/clock.ts';
import type { Deployment } from './deployment.ts';
import { codedRead, isTransport, type RpcClient, shortMessage, toChainError } from './rpc.ts';
import { type ChainHead, decodeLogs, type TrackedView } from './view.ts';

export interface ChainHealth {
  readonly status: 'ok' | 'degraded';
  /** Code of the last failure while degraded. */
  readonly code: string | undefined;
  /** Unix ms of the last time when the chain was read without a failure. */
  readonly lastOkAt: number;
  readonly failures: number;
}

export interface WatcherOptions {
  readonly client: RpcClient;
  readonly deployment: Deployment;
  /** Blocks on top of the one that views reflect. */
  readonly confirmations: number;
  readonly pollMs: number;
  readonly views: readonly TrackedView[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Watcher {
  head(): ChainHead;
  health(): ChainHealth;
  /** Number of the newest block at the confirmation depth, asked now. */
  confirmedBlock(): Promise<bigint>;
  /** Listeners run after the views changed, one after another; what they throw is logged. */
  onBlock(listener: (head: ChainHead) => void): () => void;
  /** Catches up with what the chain is now; polls never overlap. @throws CHAIN_UNREACHABLE */
  sync(): Promise<void>;
  /** Polls until closed. Failures only change `health`. */
  start(): void;
  close(): Promise<void>;
}

/** A block that the views once reflected, with the keys that its range of blocks touched, by view. */
interface Checkpoint {
  readonly number: bigint;
  readonly hash: Hex;
  readonly touched: readonly ReadonlySet<string>[];
}

/** How far back a reorg is followed step by step; a deeper one reads the whole history again. */
export const CHECKPOINTS_MAX = 256;
/** Blocks asked for in one eth_getLogs. */
export const LOGS_RANGE_MAX = 2_000n;
export const BACKOFF_MS_MAX = 30_000;

type MinedBlock = Block<bigint, false, 'latest'>;

export function createWatcher(options: WatcherOptions): Watcher {
  const { client, deployment, views, clock, log } = options;
  const { parameters, nodeRegistry, stakeVault, sessionManager, settlement } = deployment;
  const contracts: Address[] = [parameters, nodeRegistry, stakeVault, sessionManager, settlement];
  const confirmations = BigInt(options.confirmations);
  const firstBlock = BigInt(deployment.block);
  const listeners = new Set<(head: ChainHead) => void>();
  const stop = new AbortController();

  let checkpoints: Checkpoint[] = [];
  /** Keys to read again that no successful poll has covered yet; survives failures. */
  let dirty: Set<string>[] = views.map(() => new Set());
  let head: ChainHead | undefined;
  let failures = 0;
  let code: string | undefined;
  let lastOkAt = clock.now();
  let running: Promise<void> | undefined;
  let loop: Promise<void> | undefined;

  const blockAt = (blockNumber: bigint): Promise<MinedBlock> => client.getBlock({ blockNumber }) as Promise<MinedBlock>;

  async function confirmedBlock(): Promise<bigint> {
    const latest = await codedRead('eth_blockNumber', client.getBlockNumber());
    return latest > confirmations ? latest - confirmations : 0n;
  }

  async function isCanonical(checkpoint: Checkpoint): Promise<boolean> {
    try {
      return (await blockAt(checkpoint.number)).hash === checkpoint.hash;
    } catch (error) {
      if (error instanceof Error && error.name === 'BlockNotFoundError') return false;
      throw error;
    }
  }

  /** Drops checkpoints that the chain no longer knows; what they touched becomes dirty. */
  async function walkBack(): Promise<void> {
    let depth = 0;
    for (let last = checkpoints.at(-1); last !== undefined && !(await isCanonical(last)); last = checkpoints.at(-1)) {
      checkpoints.pop();
      depth++;
      for (const [i, keys] of last.touched.entries()) for (const key of keys) dirty[i]?.add(key);
    }
    if (depth === 0) return;
    log.warn({ depth, to: checkpoints.at(-1)?.number.toString() ?? 'start' }, 'chain reorganised');
    if (checkpoints.length > 0) return;
    dirty = views.map(() => new Set());
    for (const view of views) view.reset();
  }

  /** Collects the keys that events in a range of blocks touch. Halves the range when the endpoint finds it too large. */
  async function collect(fromBlock: bigint, toBlock: bigint, touched: readonly Set<string>[]): Promise<void> {
    let span = LOGS_RANGE_MAX;
    for (let from = fromBlock; from <= toBlock; ) {
      stop.signal.throwIfAborted();
      const to = from + span - 1n < toBlock ? from + span - 1n : toBlock;
      try {
        const logs = await client.getLogs({ address: contracts, fromBlock: from, toBlock: to });
        for (const entry of decodeLogs(logs)) {
          for (const [i, view] of views.entries()) for (const key of view.keysOf(entry)) touched[i]?.add(key);
        }
        from = to + 1n;
      } catch (error) {
        if (span === 1n || isTransport(error)) throw error;
        span = span / 2n > 0n ? span / 2n : 1n;
      }
    }
  }

  /** The block that the views moved to; undefined when they stay where they are. */
  async function advance(): Promise<ChainHead | undefined> {
    const number = await confirmedBlock();
    const target = await blockAt(number);
    const cursor = checkpoints.at(-1);
    if (cursor !== undefined && cursor.hash === target.hash && dirty.every((keys) => keys.size === 0)) return undefined;
    const follows = cursor !== undefined && target.number === cursor.number + 1n && target.parentHash === cursor.hash;
    if (!follows) await walkBack();

    const base = checkpoints.at(-1);
    if (base !== undefined && number < base.number) return undefined; // an endpoint that lags behind another one
    const touched = views.map(() => new Set<string>());
    await collect(base === undefined ? firstBlock : base.number + 1n, number, touched);
    const [from, to] = [head?.timestamp ?? 0, Number(target.timestamp) * 1000];
    for (const [i, view] of views.entries()) for (const key of view.keysOfTime?.(from, to) ?? []) touched[i]?.add(key);
    for (const [i, keys] of touched.entries()) for (const key of keys) dirty[i]?.add(key);

    const apply = await Promise.all(
      views.map((view, i) => {
        const keys = [...(dirty[i] ?? [])];
        return keys.length === 0 ? undefined : view.load(keys, number);
      }),
    );
    // The logs and the state are of this block only if it is still there.
    if ((await blockAt(number)).hash !== target.hash) return undefined;
    for (const change of apply) change?.();
    dirty = views.map(() => new Set());
    if (base === undefined || base.hash !== target.hash) checkpoints.push({ number, hash: target.hash, touched });
    if (checkpoints.length > CHECKPOINTS_MAX) checkpoints = checkpoints.slice(-CHECKPOINTS_MAX);
    return { number: Number(number), hash: target.hash, timestamp: Number(target.timestamp) * 1000 };
  }

  function notify(at: ChainHead): void {
    for (const listener of listeners) {
      try {
        listener(at);
      } catch (error) {
        log.error({ error: shortMessage(error) }, 'block listener failed');
      }
    }
  }

  async function pollOnce(): Promise<void> {
    try {
      const moved = await advance();
      if (failures > 0) log.info({ failures }, 'chain reachable again');
      failures = 0;
      code = undefined;
      lastOkAt = clock.now();
      if (moved === undefined) return;
      head = moved;
      notify(moved);
    } catch (error) {
      const coded = toChainError('poll', error);
      if (stop.signal.aborted) throw coded;
      failures++;
      code = coded.code;
      if (failures === 1) log.warn({ code, error: coded.message }, 'chain degraded');
      throw coded;
    }
  }

  function poll(): Promise<void> {
    running ??= pollOnce().finally(() => {
      running = undefined;
    });
    return running;
  }

  /** A poll that is under way may have asked before the caller's event happened: wait for it, then poll once more. */
  async function sync(): Promise<void> {
    await running?.catch(() => {});
    await poll();
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      await poll().catch(() => {});
      const waitMs = Math.min(options.pollMs * 2 ** Math.min(failures, 16), Math.max(BACKOFF_MS_MAX, options.pollMs));
      await clock.sleep(waitMs, stop.signal).catch(() => {});
    }
  }

  return {
    head() {
      return head ?? { number: 0, hash: `0x${'00'.repeat(32)}`, timestamp: 0 };
    },
    health: () => ({ status: failures === 0 ? 'ok' : 'degraded', code, lastOkAt, failures }),
    confirmedBlock,
    onBlock(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    sync,
    start() {
      loop ??= run();
    },
    async close() {
      stop.abort();
      listeners.clear();
      await loop;
      await running?.catch(() => {});
    },
  };
}
