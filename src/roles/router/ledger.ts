import type { Receipt, Voucher } from '../../crypto/eip712.ts';
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
  /** Wei of finished tasks that were not voted INVALID; at least `settled`, which the chain has taken already. */
  promised(session: SessionId, settled: Wei): Wei;
  /** Books a finished task and returns the session's next voucher, unsigned. Booking the same task again changes nothing. */
  book(task: FinishedTask, payee: Address, settled: Wei): Voucher;
  /** Takes a task's cost off what is promised, once: the guards found it INVALID. */
  refund(task: TaskId): void;
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

  return {
    promised: (id, settled) => atLeast(session(id).promised, settled),
    book: (task, payee, settled) =>
      db.transaction(() => {
        let { promised, cumulative, nonce } = session(task.session);
        if (db.get('SELECT 1 FROM tasks WHERE task = ?', task.task) === undefined) {
          // A ledger that was lost starts from what the chain has taken.
          promised = atLeast(promised, settled) + task.cost;
          // A voucher is an upper bound: after a refund it stays where it was until the promises pass it.
          if (promised > cumulative) cumulative = promised;
          nonce += 1;
          store(task.session, promised, cumulative, nonce);
          db.run(
            'INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)',
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
          );
          db.run('DELETE FROM tasks WHERE rowid <= (SELECT max(rowid) FROM tasks) - ?', TASKS_MAX);
        }
        return { session: task.session, payee, cumulativeAmount: cumulative, nonce, streamRoot: task.receipt.outputRoot };
      }),
    refund: (id) =>
      db.transaction(() => {
        const row = db.get('SELECT session, cost FROM tasks WHERE task = ? AND refunded = 0', id);
        if (row === undefined) return;
        const of = row.session as SessionId;
        const { promised, cumulative, nonce } = session(of);
        store(of, promised - BigInt(row.cost as string), cumulative, nonce);
        db.run('UPDATE tasks SET refunded = 1 WHERE task = ?', id);
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
