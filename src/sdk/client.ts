import { type Logger, pino } from 'pino';
import type { LocalAccount } from 'viem';
import type { Deployment } from '../chain/deployment.ts';
import type { OpenedSession, OpenTerms } from '../chain/sessionManager.ts';
import { type ChainWriter, openWriter } from '../chain/writer.ts';
import type { SessionId } from '../types/index.ts';

export interface ClientOptions {
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  /** Pays deposits and gas; signs locally. Nobody else may send with this key while the client is open. */
  readonly account: LocalAccount;
  /** Silent when absent. */
  readonly log?: Logger;
}

/** A payer's view of the network's chain. */
export interface SessionClient {
  /** Locks a deposit; resolves when mined. The router takes the session at its own confirmation depth. */
  openSession(terms: OpenTerms): Promise<OpenedSession>;
  topUp: ChainWriter['topUp'];
  /** First call: no new work. After the thaw, `withdraw` pays out what is left. */
  requestClose: ChainWriter['requestClose'];
  withdraw(session: SessionId): ReturnType<ChainWriter['withdrawSession']>;
  close(): void;
}

/** @throws CHAIN_UNREACHABLE, CHAIN_WRONG_ID, CHAIN_NO_CONTRACT */
export async function openClient(options: ClientOptions): Promise<SessionClient> {
  const writer = await openWriter({ ...options, log: options.log ?? pino({ level: 'silent' }) });
  return {
    openSession: writer.openSession,
    topUp: writer.topUp,
    requestClose: writer.requestClose,
    withdraw: writer.withdrawSession,
    close: writer.close,
  };
}
