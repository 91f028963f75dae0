import type { Logger } from 'pino';
import type { LocalAccount } from 'viem';
import type { RegistryView } from '../../chain/registryView.ts';
import type { SessionView } from '../../chain/sessionView.ts';
import type { SigningContracts } from '../../crypto/eip712.ts';
import type { Engine } from '../../inference/engine.ts';
import type { Network } from '../../protocols/network.ts';
import type { Capacity } from '../../protocols/node/messages.ts';
import type { Database } from '../../storage/database.ts';
import type { Clock } from '../../util/clock.ts';
import type { TaskVerdicts } from '../../validation/taskVerdicts.ts';
import type { MinerModel } from './measure.ts';
import { MinerRole } from './miner.ts';
import type { MinerOptions } from './options.ts';

/** What a miner needs from the node. */
export interface MinerComponents {
  readonly network: Network;
  readonly registry: RegistryView;
  readonly sessions: SessionView;
  readonly verdicts: TaskVerdicts;
  readonly engine: Engine;
  /** What this miner offers. */
  readonly models: readonly MinerModel[];
  readonly db: Database;
  /** The operator's key: signs receipts. */
  readonly account: LocalAccount;
  readonly contracts: SigningContracts;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Miner {
  /** What it can take on now: goes into the node's heartbeat. */
  capacity(): Capacity;
  counters(): Record<string, number>;
  /** Takes no more work, lets running answers end, at most `graceMs`; then cuts them off. */
  close(graceMs: number): Promise<void>;
}

/** Serves assignments and evidence. */
export async function startMiner(components: MinerComponents, options: MinerOptions): Promise<Miner> {
  const miner = new MinerRole(components, options);
  await miner.start();
  return miner;
}
