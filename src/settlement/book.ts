import type { Payout } from '../chain/merkle.ts';
import type { SignedVoucher } from '../crypto/eip712.ts';
import { type TaskResult, TaskResultMessage } from '../protocols/result/messages.ts';
import type { Database } from '../storage/database.ts';
import type { Address, Hex, SessionId, TaskId, Verdict } from '../types/index.ts';
import { BoundedMap } from '../util/boundedMap.ts';
import type { Reveal } from '../validation/voteBook.ts';

export const SETTLEMENT_MIGRATIONS = [
  `CREATE TABLE results (task TEXT PRIMARY KEY, body BLOB NOT NULL, committee TEXT NOT NULL, seen_at INTEGER NOT NULL) STRICT;
   CREATE TABLE reveals (
     task TEXT NOT NULL, voter TEXT NOT NULL, round INTEGER NOT NULL, verdict TEXT NOT NULL, evidence_hash TEXT NOT NULL, salt TEXT NOT NULL,
     PRIMARY KEY (task, voter, round)
   ) STRICT;
   CREATE TABLE billed (task TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;
   CREATE TABLE roots (root TEXT PRIMARY KEY, epoch INTEGER NOT NULL, payouts TEXT NOT NULL, tasks TEXT NOT NULL) STRICT`,
];

/** Unsettled tasks that are kept; one more drops the oldest. */
export const TASKS_MAX = 50_000;
const ROOTS_MAX = 64;
/** Results and votes are written in batches: a crash loses at most this much, and miners announce unsettled results again. */
const FLUSH_MS = 100;

export interface SeenResult {
  readonly result: TaskResult;
  readonly committee: readonly Address[];
  readonly seenAt: number;
}

/** The leaves of a root and the tasks that its epoch billed. */
export interface KnownRoot {
  readonly epoch: number;
  readonly payouts: readonly Payout[];
  readonly tasks: readonly TaskId[];
}

/** What a node that settles or attests remembers of unsettled tasks and of roots, over restarts. */
export class SettlementBook {
  readonly #db: Database;
  readonly #results = new BoundedMap<TaskId, SeenResult>(TASKS_MAX);
  /** By session and the router that signed. */
  readonly #vouchers = new BoundedMap<string, SignedVoucher>(TASKS_MAX);
  /** Results that are kept although they are billed: their epoch may still fall. */
  readonly #settled = new Set<TaskId>();
  readonly #billed = new Set<(tasks: readonly TaskId[]) => void>();
  #queue: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #settledEpoch: number;

  constructor(db: Database) {
    this.#db = db;
    this.#settledEpoch = Number(db.get('SELECT max(epoch) AS epoch FROM billed')?.epoch ?? -1);
    for (const row of db.all('SELECT task, body, committee, seen_at FROM results ORDER BY seen_at')) {
      const result = TaskResultMessage.decode(Uint8Array.from(row.body as Uint8Array));
      this.#remember(result, JSON.parse(row.committee as string) as Address[], Number(row.seen_at));
    }
    for (const { task } of db.all('SELECT task FROM billed WHERE task IN (SELECT task FROM results)')) this.#settled.add(task as TaskId);
  }

  /** False when it was known or billed before. */
  add(result: TaskResult, committee: readonly Address[], seenAt: number): boolean {
    const { task } = result.receipt.receipt;
    if (this.#results.has(task) || this.isBilled(task)) return false;
    this.#makeRoom();
    this.#remember(result, committee, seenAt);
    this.#later(
      'INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)',
      task,
      TaskResultMessage.encode(result),
      JSON.stringify(committee),
      seenAt,
    );
    return true;
  }

  /** Keeps a vote on a task that is in the book; others are not worth a row. */
  addReveal(reveal: Reveal): void {
    const { task, voter, round, verdict, evidenceHash, salt } = reveal;
    if (!this.#results.has(task)) return;
    this.#later('INSERT OR IGNORE INTO reveals VALUES (?, ?, ?, ?, ?, ?)', task, voter, round, verdict, evidenceHash, salt);
  }

  /** Votes of an earlier run on tasks that are kept. */
  storedReveals(): Reveal[] {
    return this.#db.all('SELECT * FROM reveals WHERE task IN (SELECT task FROM results)').map((row) => ({
      task: row.task as TaskId,
      voter: row.voter as Address,
      round: Number(row.round),
      verdict: row.verdict as Verdict,
      evidenceHash: row.evidence_hash as Hex,
      salt: row.salt as Hex,
    }));
  }

  get(task: TaskId): SeenResult | undefined {
    return this.#results.get(task);
  }

  /** Unsettled tasks, oldest first. */
  open(): SeenResult[] {
    return this.kept().filter(({ result }) => !this.#settled.has(result.receipt.receipt.task));
  }

  /** Unsettled tasks, and settled ones whose epoch may still fall, oldest first. */
  kept(): SeenResult[] {
    return [...this.#results.values()];
  }

  /** Largest voucher to Settlement that the session's spender signed. What another router signed for it is worth nothing on chain. */
  voucher(session: SessionId, spender: Address): SignedVoucher | undefined {
    return this.#vouchers.get(voucherKey(session, spender));
  }

  isBilled(task: TaskId): boolean {
    return this.#db.get('SELECT 1 FROM billed WHERE task = ?', task) !== undefined;
  }

  /** On disk when it returns: what an oracle keeps before it sends and a guard before it signs. */
  saveRoot(root: Hex, known: KnownRoot): void {
    const payouts = known.payouts.map(({ account, cumulative }) => [account, cumulative.toString()]);
    this.#db.transaction(() => {
      this.#db.run(
        'INSERT OR REPLACE INTO roots VALUES (?, ?, ?, ?)',
        root,
        known.epoch,
        JSON.stringify(payouts),
        JSON.stringify(known.tasks),
      );
      this.#db.run('DELETE FROM roots WHERE root NOT IN (SELECT root FROM roots ORDER BY epoch DESC LIMIT ?)', ROOTS_MAX);
    });
  }

  root(root: Hex): KnownRoot | undefined {
    const row = this.#db.get('SELECT epoch, payouts, tasks FROM roots WHERE root = ?', root);
    if (row === undefined) return undefined;
    return {
      epoch: Number(row.epoch),
      payouts: (JSON.parse(row.payouts as string) as [Address, string][]).map(([account, wei]) => ({ account, cumulative: BigInt(wei) })),
      tasks: JSON.parse(row.tasks as string) as TaskId[],
    };
  }

  /** A root that was kept for an epoch: signed, proposed or settled. */
  rootOf(epoch: number): Hex | undefined {
    return this.#db.get('SELECT root FROM roots WHERE epoch = ?', epoch)?.root as Hex | undefined;
  }

  /** The chain holds the root: its tasks are not billed again unless it falls. Nothing happens when its leaves are not held here. */
  settled({ root, epoch }: { readonly root: Hex; readonly epoch: number }): void {
    const known = this.root(root);
    if (known === undefined) return;
    this.flush();
    this.#settledEpoch = Math.max(this.#settledEpoch, epoch);
    for (const listener of this.#billed) listener(known.tasks);
    this.#db.transaction(() => {
      for (const task of known.tasks) {
        this.#db.run('INSERT OR REPLACE INTO billed VALUES (?, ?)', task, epoch);
        if (this.#results.has(task)) this.#settled.add(task);
      }
    });
  }

  /** Epochs that fell: their tasks are open again, as far as their results are held here. */
  voided(epochs: readonly number[]): void {
    for (const epoch of epochs) {
      const tasks = this.#tasksOf('= ?', epoch);
      if (tasks.length === 0) continue;
      this.#db.run('DELETE FROM billed WHERE epoch = ?', epoch);
      for (const task of tasks) this.#settled.delete(task);
    }
  }

  /** Epochs up to this one never fall any more: the results of their tasks are let go. */
  final(epoch: number): void {
    this.drop(this.#tasksOf('<= ? AND task IN (SELECT task FROM results)', epoch));
  }

  /** Newest epoch that is known to be on chain; −1 before the first. */
  get settledEpoch(): number {
    return this.#settledEpoch;
  }

  epochOf(task: TaskId): number | undefined {
    const row = this.#db.get('SELECT epoch FROM billed WHERE task = ?', task);
    return row === undefined ? undefined : Number(row.epoch);
  }

  /** Calls back with the tasks of each epoch that the chain has settled, before they are forgotten. Returns the way to leave. */
  onBilled(listener: (tasks: readonly TaskId[]) => void): () => void {
    this.#billed.add(listener);
    return () => this.#billed.delete(listener);
  }

  /** Drops tasks that will never be billed. */
  drop(tasks: readonly TaskId[]): void {
    if (tasks.length === 0) return;
    this.flush();
    this.#db.transaction(() => {
      for (const task of tasks) this.#forget(task);
    });
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const queue = this.#queue;
    this.#queue = [];
    if (queue.length === 0) return;
    this.#db.transaction(() => {
      for (const write of queue) write();
    });
  }

  #tasksOf(where: string, epoch: number): TaskId[] {
    return this.#db.all(`SELECT task FROM billed WHERE epoch ${where}`, epoch).map(({ task }) => task as TaskId);
  }

  /** The map would drop the oldest by itself, but not from the disk. */
  #makeRoom(): void {
    if (this.#results.size < TASKS_MAX) return;
    const oldest = this.#results.keys().next().value;
    if (oldest !== undefined) this.drop([oldest]);
  }

  #remember(result: TaskResult, committee: readonly Address[], seenAt: number): void {
    const { task, session } = result.receipt.receipt;
    this.#results.set(task, { result, committee, seenAt });
    const key = voucherKey(session, result.assignment.assignment.router);
    const best = this.#vouchers.get(key);
    if (best === undefined || result.voucher.voucher.cumulativeAmount > best.voucher.cumulativeAmount)
      this.#vouchers.set(key, result.voucher);
  }

  #forget(task: TaskId): void {
    this.#results.delete(task);
    this.#settled.delete(task);
    this.#db.run('DELETE FROM results WHERE task = ?', task);
    this.#db.run('DELETE FROM reveals WHERE task = ?', task);
  }

  #later(sql: string, ...values: Parameters<Database['run']> extends [string, ...infer V] ? V : never): void {
    this.#queue.push(() => this.#db.run(sql, ...values));
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }
}

const voucherKey = (session: SessionId, router: Address): string => `${session}:${router.toLowerCase()}`;
