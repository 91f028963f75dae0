import type { Database } from '../../storage/database.ts';
import type { Hex, TaskId, Verdict } from '../../types/index.ts';

export const GUARD_MIGRATIONS = [
  `CREATE TABLE votes (
     task TEXT PRIMARY KEY, round INTEGER NOT NULL, verdict TEXT NOT NULL, evidence_hash TEXT NOT NULL, salt TEXT NOT NULL,
     revealed INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX votes_open ON votes (revealed, at)`,
];

const VOTES_MAX = 200_000;

export interface OwnVote {
  readonly task: TaskId;
  readonly round: number;
  readonly verdict: Verdict;
  readonly evidenceHash: Hex;
  readonly salt: Hex;
}

/** A guard's own votes: a commit whose secret is lost could never be revealed, so it is on disk before it is published. */
export interface GuardLedger {
  has(task: TaskId): boolean;
  commit(vote: OwnVote, at: number): void;
  revealed(task: TaskId): void;
  /** Committed, not revealed, newest first. */
  open(since: number): OwnVote[];
}

export function openGuardLedger(db: Database): GuardLedger {
  return {
    has: (task) => db.get('SELECT 1 FROM votes WHERE task = ?', task) !== undefined,
    commit: ({ task, round, verdict, evidenceHash, salt }, at) =>
      db.transaction(() => {
        db.run(
          'INSERT INTO votes (task, round, verdict, evidence_hash, salt, at) VALUES (?, ?, ?, ?, ?, ?)',
          task,
          round,
          verdict,
          evidenceHash,
          salt,
          at,
        );
        db.run('DELETE FROM votes WHERE rowid <= (SELECT max(rowid) FROM votes) - ?', VOTES_MAX);
      }),
    revealed: (task) => db.run('UPDATE votes SET revealed = 1 WHERE task = ?', task),
    open: (since) =>
      db.all('SELECT * FROM votes WHERE revealed = 0 AND at >= ? ORDER BY at DESC', since).map((row) => ({
        task: row.task as TaskId,
        round: Number(row.round),
        verdict: row.verdict as Verdict,
        evidenceHash: row.evidence_hash as Hex,
        salt: row.salt as Hex,
      })),
  };
}
