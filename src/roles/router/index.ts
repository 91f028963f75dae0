import type { Logger } from 'pino';
import type { LocalAccount } from 'viem';
import type { RegistryView } from '../../chain/registryView.ts';
import type { SessionView } from '../../chain/sessionView.ts';
import type { SigningContracts } from '../../crypto/eip712.ts';
import type { Network } from '../../protocols/network.ts';
import type { SettlementBook } from '../../settlement/book.ts';
import type { Database } from '../../storage/database.ts';
import type { SessionId, TaskId, Wei } from '../../types/index.ts';
import type { Clock } from '../../util/clock.ts';
import type { TaskVerdicts } from '../../validation/taskVerdicts.ts';
import type { Catalog } from './catalog.ts';
import type { FinishedTask } from './ledger.ts';
import type { RouterOptions } from './options.ts';
import { RouterRole } from './router.ts';
import type { RouterService } from './service.ts';

/** What a router needs from the node. */
export interface RouterComponents {
  readonly network: Network;
  readonly registry: RegistryView;
  readonly sessions: SessionView;
  readonly verdicts: TaskVerdicts;
  readonly book: SettlementBook;
  readonly catalog: Catalog;
  readonly db: Database;
  /** The operator's key: signs assignments and vouchers. */
  readonly account: LocalAccount;
  readonly contracts: SigningContracts;
  readonly clock: Clock;
  /** Uniform bytes: salts, seeds and tie breaks. */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly log: Logger;
}

export interface Router extends RouterService {
  /** Wei of a session that are promised or reserved. */
  promised(session: SessionId): Wei;
  task(task: TaskId): FinishedTask | undefined;
  counters(): Record<string, number>;
  /** Takes no more work and waits for the running one, at most `graceMs`; then cancels it. */
  close(graceMs: number): Promise<void>;
}

/** Takes prompts, checks who pays, picks miners, streams answers, keeps the session ledger. */
export function createRouter(components: RouterComponents, options: RouterOptions): Router {
  return new RouterRole(components, options);
}
