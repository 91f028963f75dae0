import type { Receipt, SignedAssignment, SignedReceipt, SignedVoucher } from '../../crypto/eip712.ts';
import type { Database } from '../../storage/database.ts';
import { billOf, type FinishReason, type Hex, type Sampling, type SessionId, type TaskId, type Wei } from '../../types/index.ts';

export const MINER_MIGRATIONS = [
  `CREATE TABLE tasks (
     task TEXT PRIMARY KEY, session TEXT NOT NULL, assignment TEXT NOT NULL, receipt TEXT NOT NULL, voucher TEXT,
     verdict TEXT, ended_at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX tasks_by_end ON tasks (ended_at);
   CREATE TABLE evidence (
     task TEXT PRIMARY KEY REFERENCES tasks (task) ON DELETE CASCADE,
     prompt BLOB NOT NULL, salt TEXT NOT NULL, output BLOB NOT NULL, sketches BLOB NOT NULL, request TEXT NOT NULL
   ) STRICT;
   CREATE TABLE vouchers (session TEXT PRIMARY KEY, cumulative TEXT NOT NULL, earned TEXT NOT NULL) STRICT`,
];

/** What guards need to replay a task; it holds the prompt, so it is deleted when its time is over. */
export interface Evidence {
  readonly promptIds: Uint32Array;
  readonly promptSalt: Hex;
  readonly outputIds: Uint32Array;
  /** 32 bytes for each output token. */
  readonly sketches: Uint8Array;
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  readonly finishReason: FinishReason;
}

export interface MinedTask {
  readonly assignment: SignedAssignment;
  readonly receipt: SignedReceipt;
  readonly voucher?: SignedVoucher;
}

/** Everything a miner must not lose: receipts it signed, their evidence, and the vouchers that pay them. Writes are on disk when they return. */
export interface MinerLedger {
  has(task: TaskId): boolean;
  /** Before the receipt leaves this machine. */
  finish(task: MinedTask, evidence: Evidence): void;
  pay(task: TaskId, voucher: SignedVoucher): void;
  /** Largest voucher held for a session and what its tasks earned here. */
  session(session: SessionId): { readonly cumulative: Wei; readonly earned: Wei };
  evidence(task: TaskId): Evidence | undefined;
  decide(task: TaskId, verdict: string): void;
  /** Paid tasks that no verdict was seen for and that ended between two times (unix ms), oldest first. */
  undecided(endedAfter: number, endedBefore: number, limit: number): MinedTask[];
  /** Drops evidence of tasks that ended before, and tasks long decided. */
  expire(evidenceBefore: number, tasksBefore: number): void;
}

const encode = (value: unknown): string =>
  JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? { $wei: item.toString() } : item));
const decode = <T>(text: unknown): T =>
  JSON.parse(text as string, (_, item) =>
    item !== null && typeof item === 'object' && '$wei' in item ? BigInt(item.$wei as string) : item,
  ) as T;
const blob = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
const words = (bytes: unknown): Uint32Array => new Uint32Array(Uint8Array.from(bytes as Uint8Array).buffer);

export function openMinerLedger(db: Database): MinerLedger {
  const session = (id: SessionId): { cumulative: Wei; earned: Wei } => {
    const row = db.get('SELECT cumulative, earned FROM vouchers WHERE session = ?', id);
    return row === undefined
      ? { cumulative: 0n, earned: 0n }
      : { cumulative: BigInt(row.cumulative as string), earned: BigInt(row.earned as string) };
  };
  const toTask = (row: Record<string, unknown>): MinedTask => ({
    assignment: decode<SignedAssignment>(row.assignment),
    receipt: decode<SignedReceipt>(row.receipt),
    ...(row.voucher === null ? {} : { voucher: decode<SignedVoucher>(row.voucher) }),
  });

  return {
    has: (task) => db.get('SELECT 1 FROM tasks WHERE task = ?', task) !== undefined,
    finish: ({ assignment, receipt }, evidence) =>
      db.transaction(() => {
        const { task, session: of } = receipt.receipt;
        db.run(
          'INSERT INTO tasks (task, session, assignment, receipt, ended_at) VALUES (?, ?, ?, ?, ?)',
          task,
          of,
          encode(assignment),
          encode(receipt),
          receipt.receipt.endedAt,
        );
        const { promptIds, promptSalt, outputIds, sketches, ...request } = evidence;
        db.run(
          'INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?)',
          task,
          blob(promptIds),
          promptSalt,
          blob(outputIds),
          sketches,
          encode(request),
        );
      }),
    pay: (task, voucher) =>
      db.transaction(() => {
        const row = db.get('SELECT receipt FROM tasks WHERE task = ? AND voucher IS NULL', task);
        if (row === undefined) return;
        const { receipt } = decode<{ receipt: Receipt }>(row.receipt);
        const { cumulative, earned } = session(receipt.session);
        const { cumulativeAmount } = voucher.voucher;
        const next = cumulativeAmount > cumulative ? cumulativeAmount : cumulative;
        db.run('INSERT OR REPLACE INTO vouchers VALUES (?, ?, ?)', receipt.session, next.toString(), (earned + billOf(receipt)).toString());
        db.run('UPDATE tasks SET voucher = ? WHERE task = ?', encode(voucher), task);
      }),
    session,
    evidence(task) {
      const row = db.get('SELECT prompt, salt, output, sketches, request FROM evidence WHERE task = ?', task);
      if (row === undefined) return undefined;
      return {
        promptIds: words(row.prompt),
        promptSalt: row.salt as Hex,
        outputIds: words(row.output),
        sketches: Uint8Array.from(row.sketches as Uint8Array),
        ...decode<Pick<Evidence, 'sampling' | 'stop' | 'finishReason'>>(row.request),
      };
    },
    decide: (task, verdict) => db.run('UPDATE tasks SET verdict = ? WHERE task = ?', verdict, task),
    undecided: (endedAfter, endedBefore, limit) =>
      db
        .all(
          'SELECT assignment, receipt, voucher FROM tasks WHERE verdict IS NULL AND voucher IS NOT NULL AND ended_at > ? AND ended_at < ? ORDER BY ended_at LIMIT ?',
          endedAfter,
          endedBefore,
          limit,
        )
        .map(toTask),
    expire: (evidenceBefore, tasksBefore) =>
      db.transaction(() => {
        db.run('DELETE FROM evidence WHERE task IN (SELECT task FROM tasks WHERE ended_at < ?)', evidenceBefore);
        db.run('DELETE FROM tasks WHERE ended_at < ?', tasksBefore);
      }),
  };
}
