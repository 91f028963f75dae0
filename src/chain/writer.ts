import type { Logger } from 'pino';
import type { LocalAccount } from 'viem';
import type { Address, SessionId, Wei } from '../types/index.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import { checkChain } from './check.ts';
import type { TxResult, WriteContext } from './context.ts';
import type { Deployment } from './deployment.ts';
import { memoryJournal, type TxJournal } from './journal.ts';
import * as nodeRegistry from './nodeRegistry.ts';
import { codedRead, connectRpc, type RpcClient } from './rpc.ts';
import { createSender } from './sender.ts';
import * as sessionManager from './sessionManager.ts';
import * as settlement from './settlement.ts';
import * as stakeVault from './stakeVault.ts';
import * as token from './token.ts';

/** Everything that one account can send. Each verb resolves when its transaction is mined. Errors: see Sender.send. */
export interface ChainWriter {
  readonly account: Address;
  transfer(to: Address, amount: Wei): Promise<TxResult>;
  approve(spender: Address, amount: Wei): Promise<TxResult>;
  stake(operator: Address, amount: Wei): Promise<TxResult>;
  unstake(operator: Address, amount: Wei): Promise<TxResult>;
  withdrawStake(operator: Address): Promise<TxResult>;
  stakeAndRegister(request: nodeRegistry.StakeAndRegister): Promise<TxResult>;
  register(details: nodeRegistry.NodeDetails, consent: nodeRegistry.OperatorConsent): Promise<TxResult>;
  updateNode(details: nodeRegistry.NodeDetails, consent: nodeRegistry.OperatorConsent): Promise<TxResult>;
  deregister(operator: Address): Promise<TxResult>;
  openSession(terms: sessionManager.OpenTerms): Promise<sessionManager.OpenedSession>;
  topUp(session: SessionId, amount: Wei): Promise<TxResult>;
  raiseAllowance(session: SessionId, allowance: Wei): Promise<TxResult>;
  requestClose(session: SessionId): Promise<TxResult>;
  withdrawSession(session: SessionId): Promise<TxResult>;
  settle(request: settlement.SettleRequest): Promise<settlement.SettleResult>;
  claim(request: settlement.ClaimRequest): Promise<TxResult | undefined>;
  answerPayout(request: settlement.ClaimRequest): Promise<TxResult>;
  answerTask(request: settlement.TaskAnswer): Promise<TxResult>;
  /** Ends open transactions of an earlier run; call it before the first write of a node. */
  reconcile(): Promise<void>;
  close(): void;
}

export interface WriterOptions {
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  /** Signs locally; nobody else may send with this key. */
  readonly account: LocalAccount;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Durable journal of transactions; in memory when absent. */
  readonly journal?: TxJournal;
  readonly receiptPollMs?: number;
  readonly receiptTimeoutMs?: number;
}

/** Binds the verbs to an account without checking the chain: for callers that did. */
export function createWriter(client: RpcClient, options: Omit<WriterOptions, 'rpcUrl'>): ChainWriter {
  const { deployment, account, log } = options;
  const sender = createSender({
    client,
    chainId: deployment.chainId,
    account,
    log,
    journal: options.journal ?? memoryJournal(),
    clock: options.clock ?? systemClock,
    ...(options.receiptPollMs === undefined ? {} : { pollMs: options.receiptPollMs }),
    ...(options.receiptTimeoutMs === undefined ? {} : { receiptTimeoutMs: options.receiptTimeoutMs }),
  });
  const context: WriteContext = { client, deployment, sender };
  const bind =
    <A extends unknown[], R>(verb: (context: WriteContext, ...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      codedRead(verb.name, verb(context, ...args));
  return {
    account: sender.account,
    transfer: bind(token.transfer),
    approve: bind(token.approve),
    stake: bind(stakeVault.stake),
    unstake: bind(stakeVault.unstake),
    withdrawStake: bind(stakeVault.withdrawStake),
    stakeAndRegister: bind(nodeRegistry.stakeAndRegister),
    register: bind(nodeRegistry.register),
    updateNode: bind(nodeRegistry.updateNode),
    deregister: bind(nodeRegistry.deregister),
    openSession: bind(sessionManager.openSession),
    topUp: bind(sessionManager.topUp),
    raiseAllowance: bind(sessionManager.raiseAllowance),
    requestClose: bind(sessionManager.requestClose),
    withdrawSession: bind(sessionManager.withdrawSession),
    settle: bind(settlement.settle),
    claim: bind(settlement.claim),
    answerPayout: bind(settlement.answerPayout),
    answerTask: bind(settlement.answerTask),
    reconcile: () => sender.reconcile(),
    close: () => sender.close(),
  };
}

/**
 * A writer alone, without views: for devnets, the CLI and the SDK.
 *
 * @throws CHAIN_UNREACHABLE, CHAIN_WRONG_ID, CHAIN_NO_CONTRACT
 */
export async function openWriter(options: WriterOptions): Promise<ChainWriter> {
  const client = connectRpc(options.rpcUrl);
  await checkChain(client, options.deployment);
  return createWriter(client, options);
}
