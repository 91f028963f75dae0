/**
 * The trees and hashes of an epoch, as Settlement reads them (docs/contracts/settlement.md). Oracle and guards compute them
 * separately and must agree to the byte, so every function here orders its input by itself.
 *
 *     leaf = keccak256(keccak256(abi.encode(…)))        node = keccak256(smaller ‖ larger)        an odd node is promoted
 *
 * That is OpenZeppelin's double-hashed, sorted-pair form: a node can't be read as a leaf, and proofs need no sides.
 */
import { concat, encodeAbiParameters, keccak256 } from 'viem';
import type { Address, Hex, SessionId, TaskId, Wei } from '../types/index.ts';
import { chainError } from './errors.ts';

/** What an account has earned since genesis. */
export interface Payout {
  readonly account: Address;
  readonly cumulative: Wei;
}

export interface PayoutTree {
  readonly root: Hex;
  /** Sum over all leaves. */
  readonly total: Wei;
  readonly payouts: readonly Payout[];
  /** What `Settlement.claim` takes for an account; undefined when it has no leaf. */
  claimOf(account: Address): { readonly cumulative: Wei; readonly proof: readonly Hex[] } | undefined;
}

/** One session's debit of an epoch. */
export interface SessionDebit {
  readonly session: SessionId;
  /** Wei that Settlement will have taken from the session in total. */
  readonly cumulativeDebit: Wei;
}

/** A billed task, as a client finds it in `tasksRoot`. */
export interface BilledTask {
  readonly task: TaskId;
  /** EIP-712 digest of the miner's receipt. */
  readonly receipt: Hex;
  readonly cost: Wei;
}

export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const parent = (a: Hex, b: Hex): Hex => keccak256(a < b ? concat([a, b]) : concat([b, a]));

/** Levels from the leaves to the root. */
function levelsOf(leaves: readonly Hex[]): Hex[][] {
  const levels: Hex[][] = [[...leaves]];
  for (let level = levels[0] ?? []; level.length > 1; ) {
    const next: Hex[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Hex;
      const right = level[i + 1];
      next.push(right === undefined ? left : parent(left, right));
    }
    levels.push(next);
    level = next;
  }
  return levels;
}

function proofOf(levels: readonly (readonly Hex[])[], index: number): Hex[] {
  const proof: Hex[] = [];
  let at = index;
  for (const level of levels.slice(0, -1)) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) proof.push(sibling);
    at >>= 1;
  }
  return proof;
}

/** Whether `leaf` is under `root`. */
export function verifyProof(root: Hex, leaf: Hex, proof: readonly Hex[]): boolean {
  const lower = (hash: Hex): Hex => hash.toLowerCase() as Hex;
  return proof.map(lower).reduce(parent, lower(leaf)) === lower(root);
}

export function payoutLeaf(account: Address, cumulative: Wei): Hex {
  return keccak256(keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [account, cumulative])));
}

/**
 * The payout tree over any order of payouts; leaves are sorted by account. Payouts of zero are left out.
 *
 * @throws CHAIN_TREE_EMPTY, CHAIN_TREE_DUPLICATE
 */
export function payoutTree(payouts: Iterable<Payout>): PayoutTree {
  const sorted = [...payouts]
    .filter((payout) => payout.cumulative > 0n)
    .map(({ account, cumulative }) => ({ account: account.toLowerCase() as Address, cumulative }))
    .sort((a, b) => compare(a.account, b.account));
  if (sorted.length === 0) throw chainError('CHAIN_TREE_EMPTY', 'nobody is owed anything');
  const index = new Map(sorted.map(({ account }, i) => [account, i]));
  if (index.size !== sorted.length) throw chainError('CHAIN_TREE_DUPLICATE', 'an account stands in the payouts twice');
  const levels = levelsOf(sorted.map(({ account, cumulative }) => payoutLeaf(account, cumulative)));
  return {
    root: levels.at(-1)?.[0] as Hex,
    total: sorted.reduce((sum, { cumulative }) => sum + cumulative, 0n),
    payouts: sorted,
    claimOf(account) {
      const at = index.get(account.toLowerCase() as Address);
      const payout = at === undefined ? undefined : sorted[at];
      if (at === undefined || payout === undefined) return undefined;
      return { cumulative: payout.cumulative, proof: proofOf(levels, at) };
    },
  };
}

/** The order in which debits go on chain: ascending by session. */
export function sortDebits<D extends SessionDebit>(debits: Iterable<D>): D[] {
  return [...debits].sort((a, b) => compare(a.session.toLowerCase(), b.session.toLowerCase()));
}

/** `debitsHash` of an Attestation: keccak256 over the pairs (session, cumulativeDebit), 64 bytes each, in {@link sortDebits} order. */
export function debitsHash(debits: Iterable<SessionDebit>): Hex {
  const words = sortDebits(debits).flatMap(({ session, cumulativeDebit }): Hex[] => [
    session,
    `0x${cumulativeDebit.toString(16).padStart(64, '0')}`,
  ]);
  return keccak256(words.length === 0 ? '0x' : concat(words));
}

export function taskLeaf({ task, receipt, cost }: BilledTask): Hex {
  const encoded = encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }, { type: 'uint256' }], [task, receipt, cost]);
  return keccak256(keccak256(encoded));
}

const sortTasks = (tasks: Iterable<BilledTask>): BilledTask[] =>
  [...tasks].sort((a, b) => compare(a.task.toLowerCase(), b.task.toLowerCase()));

/** `tasksRoot` of an epoch over any order of tasks; leaves are sorted by task. Zero when the epoch bills none. */
export function tasksRoot(tasks: Iterable<BilledTask>): Hex {
  return levelsOf(sortTasks(tasks).map(taskLeaf)).at(-1)?.[0] ?? ZERO_HASH;
}

/** Proof that an epoch bills `task`; undefined when it does not. Check it with {@link verifyProof} and {@link taskLeaf}. */
export function taskProof(tasks: Iterable<BilledTask>, task: TaskId): Hex[] | undefined {
  const sorted = sortTasks(tasks);
  const at = sorted.findIndex((entry) => entry.task.toLowerCase() === task.toLowerCase());
  return at < 0 ? undefined : proofOf(levelsOf(sorted.map(taskLeaf)), at);
}
