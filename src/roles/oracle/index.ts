import type { Logger } from 'pino';
import type { LocalAccount } from 'viem';
import type { Chain } from '../../chain/client.ts';
import type { SigningContracts } from '../../crypto/eip712.ts';
import type { Network } from '../../protocols/network.ts';
import type { SettlementBook } from '../../settlement/book.ts';
import type { Clock } from '../../util/clock.ts';
import type { TaskVerdicts } from '../../validation/taskVerdicts.ts';
import type { OracleOptions } from './options.ts';
import { OracleRole } from './oracle.ts';

/** What an oracle needs from the node. */
export interface OracleComponents {
  readonly network: Network;
  readonly chain: Chain;
  readonly verdicts: TaskVerdicts;
  readonly book: SettlementBook;
  /** The operator's key: sends settlements. */
  readonly account: LocalAccount;
  readonly contracts: SigningContracts;
  readonly clock: Clock;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly log: Logger;
}

export interface Oracle {
  counters(): Record<string, number>;
  /** Lets a settlement that is under way end, at most `graceMs` long. */
  close(graceMs: number): Promise<void>;
}

/** Sends beacons, leads epochs in turn, and settles what the guards found valid. */
export function startOracle(components: OracleComponents, options: OracleOptions): Oracle {
  return new OracleRole(components, options);
}
