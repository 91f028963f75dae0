/** The chain as the rest of the daemon sees it: views at the confirmation depth, and verbs that send. */
import type { Logger } from 'pino';
import type { LocalAccount } from 'viem';
import type { Address, Wei } from '../types/index.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import { withDeadline } from '../util/deadline.ts';
import { isCoded } from '../util/errors.ts';
import { checkChain } from './check.ts';
import type { Deployment } from './deployment.ts';
import { chainError } from './errors.ts';
import type { TxJournal } from './journal.ts';
import { createRegistryView, type RegistryView } from './registryView.ts';
import { codedRead, connectRpc, toChainError } from './rpc.ts';
import { createSessionView, type SessionView } from './sessionView.ts';
import { createSettlementView, readSettlementParams, type SettlementView } from './settlementView.ts';
import { allowanceOf, balanceOf } from './token.ts';
import type { ChainHead } from './view.ts';
import { type ChainHealth, createWatcher } from './watcher.ts';
import { type ChainWriter, createWriter } from './writer.ts';

export interface ChainOptions {
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  /** Blocks on top of the one that views reflect; 0 reflects the newest block. */
  readonly confirmations: number;
  readonly pollMs: number;
  readonly log: Logger;
  /** Without it nothing can be sent. Nobody else may send with this key. */
  readonly account?: LocalAccount;
  readonly clock?: Clock;
  readonly journal?: TxJournal;
  /** Longest wait for the checks and the first catching up. */
  readonly openTimeoutMs?: number;
  readonly receiptTimeoutMs?: number;
}

export interface Chain {
  readonly deployment: Deployment;
  readonly registry: RegistryView;
  readonly sessions: SessionView;
  readonly settlement: SettlementView;
  /** Verbs of the configured account. @throws CHAIN_NO_ACCOUNT when read without one */
  readonly write: ChainWriter;
  /** The confirmed block that all views reflect. */
  head(): ChainHead;
  health(): ChainHealth;
  /** Called after the views moved to another block. Returns how to stop it. */
  onBlock(listener: (head: ChainHead) => void): () => void;
  /** Catches up with the chain now instead of at the next poll. @throws CHAIN_UNREACHABLE */
  sync(): Promise<void>;
  /** COR of an account, read now, wei. @throws CHAIN_UNREACHABLE */
  balanceOf(account: Address): Promise<Wei>;
  allowanceOf(owner: Address, spender: Address): Promise<Wei>;
  close(): Promise<void>;
}

const OPEN_TIMEOUT_MS = 60_000;

/**
 * Connects, checks that the chain is the deployment's, catches up once, and keeps following. With an account, transactions
 * that an earlier run left open in the journal are brought to an end in the background, before the first new one.
 *
 * @throws CHAIN_UNREACHABLE, CHAIN_WRONG_ID, CHAIN_NO_CONTRACT
 */
export async function openChain(options: ChainOptions, signal?: AbortSignal): Promise<Chain> {
  const { rpcUrl, deployment, log, account } = options;
  const clock = options.clock ?? systemClock;
  const client = connectRpc(rpcUrl);

  const build = async () => {
    await checkChain(client, deployment);
    const params = await readSettlementParams(client, deployment);
    const registry = createRegistryView(client, deployment, params.epochMs);
    const sessions = createSessionView(client, deployment, () => watcher.confirmedBlock());
    const settlement = createSettlementView(client, deployment, params);
    const { confirmations, pollMs } = options;
    const views = [registry, sessions, settlement];
    const watcher = createWatcher({ client, deployment, confirmations, pollMs, views, clock, log });
    await watcher.sync();
    return { registry, sessions, settlement, watcher };
  };
  const { registry, sessions, settlement, watcher } = await withDeadline(
    'opening the chain',
    options.openTimeoutMs ?? OPEN_TIMEOUT_MS,
    signal,
    build,
  ).catch((error: unknown) => {
    if (isCoded(error, 'TIMEOUT')) throw chainError('CHAIN_UNREACHABLE', error.message, {}, error);
    throw toChainError('opening the chain', error);
  });
  watcher.start();

  const writer =
    account === undefined
      ? undefined
      : createWriter(client, {
          deployment,
          account,
          log,
          clock,
          receiptPollMs: Math.min(options.pollMs, 1_000),
          ...(options.journal === undefined ? {} : { journal: options.journal }),
          ...(options.receiptTimeoutMs === undefined ? {} : { receiptTimeoutMs: options.receiptTimeoutMs }),
        });
  void writer?.reconcile().catch((error: unknown) => log.warn({ code: toChainError('reconcile', error).code }, 'reconciling failed'));

  return {
    deployment,
    registry,
    sessions,
    settlement,
    get write() {
      if (writer === undefined) throw chainError('CHAIN_NO_ACCOUNT', 'no account was configured to send with');
      return writer;
    },
    head: watcher.head,
    health: watcher.health,
    onBlock: watcher.onBlock,
    sync: watcher.sync,
    balanceOf: (owner) => codedRead('balanceOf', balanceOf(client, deployment, owner)),
    allowanceOf: (owner, spender) => codedRead('allowance', allowanceOf(client, deployment, owner, spender)),
    async close() {
      writer?.close();
      await watcher.close();
    },
  };
}
