/**
 * The trees and hashes of an epoch, as Settlement reads them (docs/contracts/settlement.md). Oracle and guards compute them
 * separately and must agree to the byte, so every function here orders its input by itself.
 *
 *     leaf = keccak256(0x00 ‖ … ‖ value)        node = keccak256(0x01 ‖ left ‖ leftSum ‖ right ‖ rightSum)
 *
 * Each node carries the sum of the leaves below (16 bytes), so that a root cannot promise more than its total. A node without a
 * neighbour is promoted. The shape follows from the number of leaves: a proof is the siblings from the leaf up, hash ‖ sum, 48
 * bytes each, and the leaf's index says their sides.
 */
import { concat, keccak256 } from 'viem';
import type { Address, Hex, SessionId, TaskId, Wei } from '../types/index.ts';
import { chainError } from './errors.ts';

/** What an account has earned since genesis. */
export interface Payout {
  readonly account: Address;
  readonly cumulative: Wei;
}

/** Where a leaf stands and the way from it to the root: what the contract takes. */
export interface SumProof {
  readonly index: number;
  readonly proof: Hex;
}

export interface SumRoot {
  readonly root: Hex;
  /** Sum over all leaves. */
  readonly total: Wei;
  /** Number of leaves. */
  readonly count: number;
}

export interface PayoutTree extends SumRoot {
  readonly payouts: readonly Payout[];
  /** What `Settlement.claim` takes for an account; undefined when it has no leaf. */
  claimOf(account: Address): ({ readonly cumulative: Wei } & SumProof) | undefined;
}

export interface TaskTree extends SumRoot {
  /** Proof that the epoch bills a task; undefined when it does not. */
  proofOf(task: TaskId): SumProof | undefined;
}

/** One session's debit of an epoch. */
export interface SessionDebit {
  readonly session: SessionId;
  /** Wei that the session owes Settlement in total. */
  readonly cumulativeDebit: Wei;
}

/** A billed task, as a client finds it in `tasksRoot`. */
export interface BilledTask {
  readonly task: TaskId;
  /** EIP-712 struct hash of the miner's receipt. */
  readonly receipt: Hex;
  readonly cost: Wei;
}

export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`;

interface SumNode {
  readonly hash: Hex;
  readonly sum: Wei;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const SUM_MAX = 2n ** 128n - 1n;

function sumBytes(sum: Wei): Hex {
  if (sum < 0n || sum > SUM_MAX) throw chainError('CHAIN_SUM_TOO_LARGE', `${sum} does not fit 16 bytes`);
  return `0x${sum.toString(16).padStart(32, '0')}`;
}

function parent(left: SumNode, right: SumNode): SumNode {
  const hash = keccak256(concat(['0x01', left.hash, sumBytes(left.sum), right.hash, sumBytes(right.sum)]));
  return { hash, sum: left.sum + right.sum };
}

/** Levels from the leaves to the root. */
function levelsOf(leaves: readonly SumNode[]): (readonly SumNode[])[] {
  const levels: (readonly SumNode[])[] = [leaves];
  for (let level = leaves; level.length > 1; ) {
    const next: SumNode[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as SumNode;
      const right = level[i + 1];
      next.push(right === undefined ? left : parent(left, right));
    }
    levels.push(next);
    level = next;
  }
  return levels;
}

/** A tree over leaves in their order, at least one. */
function sumTree(leaves: readonly SumNode[]): SumRoot & { prove(index: number): SumProof } {
  const levels = levelsOf(leaves);
  const [top] = levels.at(-1) as readonly [SumNode];
  sumBytes(top.sum);
  return {
    root: top.hash,
    total: top.sum,
    count: leaves.length,
    prove(index) {
      const siblings = levels.slice(0, -1).flatMap((level, height): Hex[] => {
        const sibling = level[(index >> height) ^ 1];
        return sibling === undefined ? [] : [sibling.hash, sumBytes(sibling.sum)];
      });
      return { index, proof: `0x${siblings.map((part) => part.slice(2)).join('')}` };
    },
  };
}

const SIBLING_DIGITS = 96;

/** Whether a leaf with its value stands at its index under a root. */
export function verifyProof({ root, total, count }: SumRoot, leaf: Hex, value: Wei, { index, proof }: SumProof): boolean {
  if (index < 0 || index >= count) return false;
  let node: SumNode = { hash: leaf, sum: value };
  let rest = proof.slice(2);
  for (let [at, width] = [index, count]; width > 1; at >>= 1, width = (width + 1) >> 1) {
    if (at % 2 === 0 && at + 1 >= width) continue;
    if (rest.length < SIBLING_DIGITS) return false;
    const sibling: SumNode = { hash: `0x${rest.slice(0, 64)}`, sum: BigInt(`0x${rest.slice(64, SIBLING_DIGITS)}`) };
    rest = rest.slice(SIBLING_DIGITS);
    node = at % 2 === 1 ? parent(sibling, node) : parent(node, sibling);
    if (node.sum > SUM_MAX) return false;
  }
  return rest === '' && node.hash === root.toLowerCase() && node.sum === total;
}

export function payoutLeaf(account: Address, cumulative: Wei): Hex {
  return keccak256(concat(['0x00', account, sumBytes(cumulative)]));
}

/**
 * The payout tree over any order of payouts; leaves are sorted by account. Payouts of zero are left out.
 *
 * @throws CHAIN_TREE_EMPTY, CHAIN_TREE_DUPLICATE, CHAIN_SUM_TOO_LARGE
 */
export function payoutTree(payouts: Iterable<Payout>): PayoutTree {
  const sorted = [...payouts]
    .filter((payout) => payout.cumulative > 0n)
    .map(({ account, cumulative }) => ({ account: account.toLowerCase() as Address, cumulative }))
    .sort((a, b) => compare(a.account, b.account));
  if (sorted.length === 0) throw chainError('CHAIN_TREE_EMPTY', 'nobody is owed anything');
  const index = new Map(sorted.map(({ account }, i) => [account, i]));
  if (index.size !== sorted.length) throw chainError('CHAIN_TREE_DUPLICATE', 'an account stands in the payouts twice');
  const { prove, ...root } = sumTree(sorted.map(({ account, cumulative }) => ({ hash: payoutLeaf(account, cumulative), sum: cumulative })));
  return {
    ...root,
    payouts: sorted,
    claimOf(account) {
      const at = index.get(account.toLowerCase() as Address);
      const payout = at === undefined ? undefined : sorted[at];
      return at === undefined || payout === undefined ? undefined : { cumulative: payout.cumulative, ...prove(at) };
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
  return keccak256(concat(['0x00', task, receipt, sumBytes(cost)]));
}

/**
 * The tree of an epoch's tasks over any order of them; leaves are sorted by task.
 *
 * @throws CHAIN_TREE_EMPTY, CHAIN_TREE_DUPLICATE, CHAIN_SUM_TOO_LARGE
 */
export function taskTree(tasks: Iterable<BilledTask>): TaskTree {
  const sorted = [...tasks].sort((a, b) => compare(a.task.toLowerCase(), b.task.toLowerCase()));
  if (sorted.length === 0) throw chainError('CHAIN_TREE_EMPTY', 'no task is billed');
  const index = new Map(sorted.map(({ task }, i) => [task.toLowerCase(), i]));
  if (index.size !== sorted.length) throw chainError('CHAIN_TREE_DUPLICATE', 'a task is billed twice');
  const { prove, ...root } = sumTree(sorted.map((billed) => ({ hash: taskLeaf(billed), sum: billed.cost })));
  return {
    ...root,
    proofOf(task) {
      const at = index.get(task.toLowerCase());
      return at === undefined ? undefined : prove(at);
    },
  };
}
