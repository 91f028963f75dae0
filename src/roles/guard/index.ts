import type { Logger } from 'pino';
import type { LocalAccount } from 'viem';
import type { Chain } from '../../chain/client.ts';
import type { SigningContracts } from '../../crypto/eip712.ts';
import type { Engine, ModelInfo } from '../../inference/engine.ts';
import type { Tokenizer } from '../../inference/tokenizer.ts';
import type { Network } from '../../protocols/network.ts';
import type { SettlementBook } from '../../settlement/book.ts';
import type { Database } from '../../storage/database.ts';
import type { Clock } from '../../util/clock.ts';
import type { TaskVerdicts } from '../../validation/taskVerdicts.ts';
import { GuardRole } from './guard.ts';
import type { GuardOptions } from './options.ts';

export interface GuardModel {
  readonly info: ModelInfo;
  readonly tokenizer: Tokenizer;
}

/** What a guard needs from the node. */
export interface GuardComponents {
  readonly network: Network;
  readonly chain: Chain;
  readonly verdicts: TaskVerdicts;
  readonly book: SettlementBook;
  readonly engine: Engine;
  readonly models: readonly GuardModel[];
  readonly db: Database;
  /** The operator's key: signs votes and attestations. */
  readonly account: LocalAccount;
  readonly contracts: SigningContracts;
  readonly clock: Clock;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly log: Logger;
}

export interface Guard {
  counters(): Record<string, number>;
  /** Stops auditing; votes that were committed are revealed first, at most `graceMs` long. */
  close(graceMs: number): Promise<void>;
}

/** Audits finished tasks, votes by commit and reveal, and signs epochs that it computes itself. */
export async function startGuard(components: GuardComponents, options: GuardOptions): Promise<Guard> {
  const guard = new GuardRole(components, options);
  await guard.start();
  return guard;
}
