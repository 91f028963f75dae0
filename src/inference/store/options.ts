import { type Clock, systemClock } from '../../util/clock.ts';
import { CHUNK_BYTES, CONNECTIONS } from './download.ts';
import { HUB_ENDPOINT, type HubAccess, parseEndpoint } from './hub.ts';
import { ATTEMPTS_MAX, BACKOFF_MS } from './retry.ts';
import type { BlockPeers } from './swarm/ports.ts';

/** How the store behaves; every field has a default. */
export interface StoreOptions {
  readonly clock?: Clock;
  /** Jitter of retries; [0, 1). */
  readonly random?: () => number;
  readonly hub?: HubAccess;
  /** `User-Agent`. */
  readonly agent?: string;
  /** No bytes on a connection for so long: it is given up and tried again. */
  readonly stallMs?: number;
  /** Failures in a row, without any byte between them, after which a file is given up. */
  readonly attemptsMax?: number;
  readonly backoffMs?: number;
  /** Chunks fetched at once. */
  readonly connections?: number;
  /** False where the net is reached through a proxy only: chunks then come by fetch, which knows it. */
  readonly direct?: boolean;
  readonly chunkBytes?: number;
  /** How long to wait for another process that works on the same model. */
  readonly lockWaitMs?: number;
  /** Other nodes; absent, nothing is pulled by its content id. */
  readonly peers?: BlockPeers;
}

export type ResolvedStoreOptions = Required<Omit<StoreOptions, 'peers'>> & Pick<StoreOptions, 'peers'>;

const STALL_MS = 30_000;
const LOCK_WAIT_MS = 6 * 3_600_000;

export function resolveStoreOptions(options: StoreOptions): ResolvedStoreOptions {
  return {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    hub: options.hub ?? { endpoint: parseEndpoint(HUB_ENDPOINT) },
    agent: options.agent ?? 'cortensord',
    stallMs: options.stallMs ?? STALL_MS,
    attemptsMax: options.attemptsMax ?? ATTEMPTS_MAX,
    backoffMs: options.backoffMs ?? BACKOFF_MS,
    direct: options.direct ?? true,
    connections: options.connections ?? CONNECTIONS,
    chunkBytes: options.chunkBytes ?? CHUNK_BYTES,
    lockWaitMs: options.lockWaitMs ?? LOCK_WAIT_MS,
    ...(options.peers ? { peers: options.peers } : {}),
  };
}
