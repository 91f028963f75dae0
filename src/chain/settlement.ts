import { encodeFunctionData } from 'viem';
import { hashStatement, type Receipt, recoverSigner, type Voucher } from '../crypto/eip712.ts';
import type { Address, Hex, Wei } from '../types/index.ts';
import { isCoded } from '../util/errors.ts';
import { resultOf, type TxResult, type WriteContext } from './context.ts';
import { chainError } from './errors.ts';
import { settlementAbi } from './generated/Settlement.ts';
import { type BilledTask, debitsHash, type SumProof, sortDebits } from './merkle.ts';
import { readEpoch } from './settlementView.ts';

/** What an epoch settles; with `debitsHash` of its debits it is the Attestation that guards sign. */
export interface EpochRoot {
  readonly epoch: number;
  /** Payout tree's root, total and number of leaves (merkle.ts). */
  readonly root: Hex;
  readonly total: Wei;
  readonly payouts: number;
  /** Root of the latest epoch that stands, which this one builds on: the chain takes it on no other. Zero before the first. */
  readonly base: Hex;
  /** The same of the tree of billed tasks; their costs are what `total` grows by. */
  readonly tasksRoot: Hex;
  readonly tasksTotal: Wei;
  readonly tasks: number;
}

/** One session's voucher and what the session owes Settlement in total. */
export interface VoucherDebit {
  readonly voucher: Voucher;
  readonly signature: Hex;
  readonly cumulativeDebit: Wei;
}

export interface SettleRequest {
  readonly epoch: EpochRoot;
  readonly debits: readonly VoucherDebit[];
  /** Guards' signatures over the Attestation, any order; doubles are dropped. */
  readonly signatures: readonly Hex[];
  /** Unix seconds at which the guards' weights are read; the newest possible one when absent. */
  readonly snapshot?: number;
}

/** `already`: the chain held this very epoch before; nothing was sent, or what was sent came second. */
export type SettleResult = ({ readonly already: false } & TxResult) | { readonly already: true };

interface SignedBy {
  readonly signature: Hex;
  readonly signer: Address;
}

/** The contract wants signatures ascending by signer, each signer once. */
function sortSignatures(digest: Hex, signatures: readonly Hex[]): Hex[] {
  const bySigner = new Map(
    signatures.map((signature): [Address, SignedBy] => {
      const signer = recoverSigner(digest, signature);
      return [signer, { signature, signer }];
    }),
  );
  return [...bySigner.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1)).map(({ signature }) => signature);
}

async function isPosted({ client, deployment }: WriteContext, epoch: EpochRoot): Promise<boolean> {
  const posted = await readEpoch(client, deployment, epoch.epoch);
  if (posted === undefined) return false;
  if (posted.root === epoch.root.toLowerCase() && posted.total === epoch.total) return true;
  throw chainError('CHAIN_REVERTED', `settle: epoch ${epoch.epoch} stands on chain with another root`, {
    what: 'settle',
    error: 'EpochNotIncreasing',
  });
}

/** Newest instant whose weights can no longer change: the second before the latest block, never before the last snapshot. */
async function newestSnapshot({ client, deployment }: WriteContext): Promise<bigint> {
  const [block, last] = await Promise.all([
    client.getBlock(),
    client.readContract({ address: deployment.settlement, abi: settlementAbi, functionName: 'latestSnapshot' }),
  ]);
  const newest = block.timestamp - 1n;
  return newest > last ? newest : last;
}

/**
 * Settles an epoch in one transaction. Idempotent: an epoch that stands on chain with the same root is done.
 *
 * @throws CHAIN_REVERTED with the contract's error in `data.error` (Settlement's, or SessionManager's for a voucher),
 *         SIGNATURE_MALFORMED, and the sender's other errors
 */
export async function settle(context: WriteContext, { epoch, debits, signatures, snapshot }: SettleRequest): Promise<SettleResult> {
  if (await isPosted(context, epoch)) return { already: true };
  const { settlement } = context.deployment;
  const sorted = sortDebits(debits.map((debit) => ({ ...debit, session: debit.voucher.session })));
  const digest = hashStatement('Attestation', context.deployment, { ...epoch, debitsHash: debitsHash(sorted) });
  const data = encodeFunctionData({
    abi: settlementAbi,
    functionName: 'settle',
    args: [
      { ...epoch, epoch: BigInt(epoch.epoch) },
      sorted.map(({ voucher, signature, cumulativeDebit }) => ({
        voucher: { ...voucher, nonce: BigInt(voucher.nonce) },
        signature,
        cumulativeDebit,
      })),
      snapshot === undefined ? await newestSnapshot(context) : BigInt(snapshot),
      sortSignatures(digest, signatures),
    ],
  });
  try {
    return { already: false, ...resultOf(await context.sender.send({ kind: 'settle', to: settlement, data })) };
  } catch (error) {
    // Another oracle, or this one before a crash, may have been first.
    if (isCoded(error) && (await isPosted(context, epoch))) return { already: true };
    throw error;
  }
}

/** Shows a payout that somebody asked for, and earns the bond. */
export async function answerPayout({ sender, deployment }: WriteContext, { epoch, ...payout }: ClaimRequest): Promise<TxResult> {
  const data = encodeFunctionData({ abi: settlementAbi, functionName: 'answerPayout', args: [BigInt(epoch), payout] });
  return resultOf(await sender.send({ kind: 'answerPayout', to: deployment.settlement, data }));
}

export interface TaskAnswer extends SumProof {
  readonly epoch: number;
  readonly receipt: Receipt;
  readonly bill: BilledTask;
}

/** Shows a task that somebody asked for with its receipt, and earns the bond. */
export async function answerTask({ sender, deployment }: WriteContext, answer: TaskAnswer): Promise<TxResult> {
  const { epoch, receipt, bill, index, proof } = answer;
  const data = encodeFunctionData({
    abi: settlementAbi,
    functionName: 'answerTask',
    args: [
      BigInt(epoch),
      { ...bill, index, proof },
      { ...receipt, startedAt: BigInt(receipt.startedAt), endedAt: BigInt(receipt.endedAt) },
    ],
  });
  return resultOf(await sender.send({ kind: 'answerTask', to: deployment.settlement, data }));
}

/** A leaf of an epoch: what an account has earned by then. */
export interface ClaimRequest extends SumProof {
  readonly epoch: number;
  readonly account: Address;
  readonly cumulative: Wei;
}

/** Pays out to an account what an active epoch owes it; anyone may send it. Undefined when it has had that much already. */
export async function claim(context: WriteContext, request: ClaimRequest): Promise<TxResult | undefined> {
  const { epoch, account, cumulative, index, proof } = request;
  const { client, deployment, sender } = context;
  const claimed = await client.readContract({
    address: deployment.settlement,
    abi: settlementAbi,
    functionName: 'claimed',
    args: [account],
  });
  if (claimed >= cumulative) return undefined;
  const data = encodeFunctionData({ abi: settlementAbi, functionName: 'claim', args: [BigInt(epoch), account, cumulative, index, proof] });
  return resultOf(await sender.send({ kind: 'claim', to: deployment.settlement, data }));
}
