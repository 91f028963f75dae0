import type { Receipt, Voucher } from '../../crypto/eip712.ts';
import { streamRootOf } from '../../crypto/ids.ts';
import type { Database } from '../../storage/database.ts';
import type { Address, Hex, ModelId, SessionId, TaskId, Wei } from '../../types/index.ts';

export const ROUTER_MIGRATIONS = [
  `CREATE TABLE sessions (
     session TEXT PRIMARY KEY, promised TEXT NOT NULL, cumulative TEXT NOT NULL, nonce INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE tasks (
     task TEXT PRIMARY KEY, session TEXT NOT NULL, model TEXT NOT NULL, miner TEXT NOT NULL,
     prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost TEXT NOT NULL,
     receipt TEXT NOT NULL, signature TEXT NOT NULL, refunded INTEGER NOT NULL DEFAULT 0, ended_at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX tasks_by_end ON tasks (ended_at)`,
  `ALTER TABLE tasks ADD COLUMN booked_at INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE tasks ADD COLUMN billed INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX tasks_open ON tasks (billed, refunded, booked_at)`,
];

const TASKS_MAX = 200_000;

export interface FinishedTask {
  readonly task: TaskId;
  readonly session: SessionId;
  readonly model: ModelId;
  readonly miner: Address;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: Wei;
  readonly receipt: Receipt;
  readonly signature: Hex;
}

/** What this router has promised of each session, by tasks that are done. Every write is on disk when it returns. */
export interface RouterLedger {
  /** Wei of finished tasks that were not refunded; at least `settled`, which the chain has taken already. */
  promised(session: SessionId, settled: Wei): Wei;
  /**
   * Books a finished task and returns the session's next voucher, unsigned. Booking the same task again changes nothing.
   *
   * @param at unix ms of this node: when a task's time is over must not hang on what a miner says
   */
  book(task: FinishedTask, payee: Address, settled: Wei, at: number): Voucher;
  /** Takes a task's cost off what is promised, once: it will not be billed. */
  refund(task: TaskId): void;
  /** The chain has billed these: they are promised for good, also when they were refunded before. Others are passed over. */
  billed(tasks: readonly TaskId[]): void;
  /** Tasks that the chain is not known to have billed, refunded ones too, oldest first. */
  unbilled(): TaskId[];
  /** Refunds what was booked before `at` and never billed; returns how many tasks. */
  release(at: number): number;
  task(task: TaskId): FinishedTask | undefined;
}

const atLeast = (value: Wei, floor: Wei): Wei => (value < floor ? floor : value);

export function openRouterLedger(db: Database): RouterLedger {
  const session = (id: SessionId): { promised: Wei; cumulative: Wei; nonce: number } => {
    const row = db.get('SELECT promised, cumulative, nonce FROM sessions WHERE session = ?', id);
    if (row === undefined) return { promised: 0n, cumulative: 0n, nonce: 0 };
    return { promised: BigInt(row.promised as string), cumulative: BigInt(row.cumulative as string), nonce: Number(row.nonce) };
  };
  const store = (id: SessionId, promised: Wei, cumulative: Wei, nonce: number): void =>
    db.run('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)', id, promised.toString(), cumulative.toString(), nonce);

  const promise = (of: SessionId, amount: Wei): void => {
    const { promised, cumulative, nonce } = session(of);
    store(of, promised + amount, cumulative, nonce);
  };
  const refund = (id: TaskId): void => {
    const row = db.get('SELECT session, cost FROM tasks WHERE task = ? AND refunded = 0 AND billed = 0', id);
    if (row === undefined) return;
    promise(row.session as SessionId, -BigInt(row.cost as string));
    db.run('UPDATE tasks SET refunded = 1 WHERE task = ?', id);
  };

  return {
    promised: (id, settled) => atLeast(session(id).promised, settled),
    book: (task, payee, settled, at) =>
      db.transaction(() => {
        let { promised, cumulative, nonce } = session(task.session);
        if (db.get('SELECT 1 FROM tasks WHERE task = ?', task.task) === undefined) {
          // A ledger that was lost starts from what the chain has taken.
          promised = atLeast(promised, settled) + task.cost;
          // A voucher is an upper bound. Each one is larger than the last by its task's cost, refunds or not: a miner adds up what it
          // did and cannot know what was refunded.
          cumulative = atLeast(cumulative, settled) + task.cost;
          nonce += 1;
          store(task.session, promised, cumulative, nonce);
          db.run(
            'INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0)',
            task.task,
            task.session,
            task.model,
            task.miner,
            task.promptTokens,
            task.completionTokens,
            task.cost.toString(),
            JSON.stringify(task.receipt, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
            task.signature,
            task.receipt.endedAt,
            at,
          );
          db.run('DELETE FROM tasks WHERE rowid <= (SELECT max(rowid) FROM tasks) - ?', TASKS_MAX);
        }
        return {
          session: task.session,
          payee,
          cumulativeAmount: cumulative,
          nonce,
          streamRoot: streamRootOf(task.task, task.receipt.outputRoot),
        };
      }),
    refund: (id) => db.transaction(() => refund(id)),
    billed: (tasks) =>
      db.transaction(() => {
        for (const id of tasks) {
          const row = db.get('SELECT session, cost, refunded FROM tasks WHERE task = ? AND billed = 0', id);
          if (row === undefined) continue;
          if (row.refunded === 1n) promise(row.session as SessionId, BigInt(row.cost as string));
          db.run('UPDATE tasks SET billed = 1, refunded = 0 WHERE task = ?', id);
        }
      }),
    unbilled: () => db.all('SELECT task FROM tasks WHERE billed = 0 ORDER BY booked_at').map((row) => row.task as TaskId),
    release: (at) =>
      db.transaction(() => {
        const due = db.all('SELECT task FROM tasks WHERE billed = 0 AND refunded = 0 AND booked_at < ?', at);
        for (const row of due) refund(row.task as TaskId);
        return due.length;
      }),
    task(id) {
      const row = db.get('SELECT * FROM tasks WHERE task = ?', id);
      if (row === undefined) return undefined;
      return {
        task: id,
        session: row.session as SessionId,
        model: row.model as ModelId,
        miner: row.miner as Address,
        promptTokens: Number(row.prompt_tokens),
        completionTokens: Number(row.completion_tokens),
        cost: BigInt(row.cost as string),
        receipt: JSON.parse(row.receipt as string, (_, value) =>
          typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
        ) as Receipt,
        signature: row.signature as Hex,
      };
    },
  };
}
