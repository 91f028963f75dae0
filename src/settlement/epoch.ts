import { type BilledTask, debitsHash, type Payout, payoutTree, sortDebits, taskTree } from '../chain/merkle.ts';
import { budgetOf, type SessionEntry } from '../chain/sessionView.ts';
import type { EpochRoot, VoucherDebit } from '../chain/settlement.ts';
import { type SignedVoucher, structHash } from '../crypto/eip712.ts';
import type { TaskResult } from '../protocols/result/messages.ts';
import { type Address, billOf, type Hex, type SessionId, type SplitBps, type TaskId, type Wei } from '../types/index.ts';
import { addTask, type Payouts } from '../validation/payouts.ts';

/** A task to bill and the guards (operators) who share the guards' part. */
export interface VerifiedTask {
  readonly result: TaskResult;
  readonly guards: readonly Address[];
}

/** The newest root on chain that stands, and its leaves; zero and none before the first epoch. */
export interface EpochBase {
  readonly root: Hex;
  readonly payouts: readonly Payout[];
}

export interface EpochInput {
  readonly epoch: number;
  readonly base: EpochBase;
  readonly tasks: readonly VerifiedTask[];
  /** Best voucher to Settlement of a session that its spender signed. */
  readonly voucher: (session: SessionId, spender: Address) => SignedVoucher | undefined;
  readonly session: (id: SessionId) => SessionEntry | undefined;
  /** What sessions owe for the epochs that stand, where that is less than what was taken from them: an epoch fell. */
  readonly charged: ReadonlyMap<SessionId, Wei>;
  /** How costs are split in this epoch. */
  readonly split: SplitBps;
  /** Account that receives for an operator: its owner. */
  readonly ownerOf: (operator: Address) => Address | undefined;
  /** Operator of the oracle that settles. */
  readonly oracle: Address;
  readonly treasury: Address;
}

export interface EpochDraft {
  readonly root: EpochRoot;
  readonly debitsHash: Hex;
  readonly payouts: readonly Payout[];
  readonly debits: readonly VoucherDebit[];
  readonly billed: readonly (VerifiedTask & { readonly cost: Wei })[];
}

/**
 * What an epoch settles, from what this node itself has seen. Pure: oracle and guards call it separately and must come to
 * the same bytes. Tasks that cannot be billed now are left out: of sessions that cannot pay them any more or never agreed to
 * router, model or price, without a voucher that covers them, or with a party that left the registry. One debit that the
 * chain refuses would take the whole epoch with it, so everything that it checks is checked here. Undefined when nothing is
 * left to bill.
 */
export function draftEpoch(input: EpochInput): EpochDraft | undefined {
  const billed: (VerifiedTask & { cost: Wei })[] = [];
  const payouts: Payouts = new Map(input.base.payouts.map(({ account, cumulative }) => [account, cumulative]));
  const debited = new Map<SessionId, { cumulativeDebit: Wei; voucher: SignedVoucher }>();
  const seen = new Set<TaskId>();
  for (const task of [...input.tasks].sort(byTask)) {
    const { receipt } = task.result.receipt;
    if (seen.has(receipt.task)) continue;
    seen.add(receipt.task);
    const cost = billOf(receipt);
    const accounts = accountsOf(task, input);
    const session = input.session(receipt.session);
    if (accounts === undefined || session === undefined || session.closed || !agreedTo(session, task.result)) continue;
    const voucher = input.voucher(receipt.session, session.spender);
    if (voucher === undefined || cost === 0n) continue;
    const cumulativeDebit = (debited.get(receipt.session)?.cumulativeDebit ?? input.charged.get(receipt.session) ?? session.settled) + cost;
    if (cumulativeDebit > voucher.voucher.cumulativeAmount || cumulativeDebit > budgetOf(session)) continue;
    debited.set(receipt.session, { cumulativeDebit, voucher });
    addTask(payouts, { cost, ...accounts }, input.split);
    billed.push({ ...task, cost });
  }
  if (billed.length === 0) return undefined;
  const tree = payoutTree([...payouts].map(([account, cumulative]) => ({ account, cumulative })));
  const tasks = taskTree(billed.map(billedTask));
  const debits = sortDebits([...debited].map(([session, { cumulativeDebit, voucher }]) => ({ session, cumulativeDebit, ...voucher }))).map(
    ({ voucher, signature, cumulativeDebit }) => ({ voucher, signature, cumulativeDebit }),
  );
  return {
    root: {
      epoch: input.epoch,
      root: tree.root,
      base: input.base.root,
      total: tree.total,
      payouts: tree.count,
      tasksRoot: tasks.root,
      tasksTotal: tasks.total,
      tasks: tasks.count,
    },
    debitsHash: debitsHash(debits.map(({ voucher, cumulativeDebit }) => ({ session: voucher.session, cumulativeDebit }))),
    payouts: tree.payouts,
    debits,
    billed,
  };
}

/** Whether the session lets this router spend on this model at this price. */
function agreedTo(session: SessionEntry, { assignment, receipt }: TaskResult): session is SessionEntry & { spender: Address } {
  const { model, promptPrice, completionPrice } = receipt.receipt;
  return (
    session.spender === assignment.assignment.router.toLowerCase() &&
    session.model === model &&
    promptPrice <= session.priceMax.prompt &&
    completionPrice <= session.priceMax.completion
  );
}

const byTask = (a: VerifiedTask, b: VerifiedTask): number => (a.result.receipt.receipt.task < b.result.receipt.receipt.task ? -1 : 1);

function billedTask({ result, cost }: VerifiedTask & { cost: Wei }): BilledTask {
  const { receipt } = result.receipt;
  return { task: receipt.task, receipt: structHash('Receipt', receipt), cost };
}

function accountsOf({ result, guards }: VerifiedTask, { ownerOf, oracle, treasury }: EpochInput) {
  const miner = ownerOf(result.receipt.receipt.miner);
  const router = ownerOf(result.assignment.assignment.router);
  const oracleOwner = ownerOf(oracle);
  const guardOwners = guards.map(ownerOf);
  if (miner === undefined || router === undefined || oracleOwner === undefined) return undefined;
  if (guardOwners.length === 0 || guardOwners.some((owner) => owner === undefined)) return undefined;
  return { miner, router, oracle: oracleOwner, treasury, guards: guardOwners as Address[] };
}
