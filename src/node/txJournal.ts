import type { PendingTx, TxIntent, TxJournal, TxOutcome, TxSent } from '../chain/journal.ts';
import type { Database } from '../storage/database.ts';
import type { Hex } from '../types/index.ts';

export const JOURNAL_MIGRATIONS = [
  `CREATE TABLE transactions (
     id INTEGER PRIMARY KEY AUTOINCREMENT, intent TEXT NOT NULL, hash TEXT, nonce INTEGER, raw TEXT, outcome TEXT
   ) STRICT;
   CREATE INDEX transactions_open ON transactions (outcome)`,
];

const DONE_MAX = 10_000;

/** The journal of transactions on disk: each call is durable when it returns, which is what makes a resend safe. */
export function createTxJournal(db: Database): TxJournal {
  return {
    begin(intent: TxIntent) {
      const row = db.get('INSERT INTO transactions (intent) VALUES (?) RETURNING id', JSON.stringify(intent));
      return String(row?.id);
    },
    sent(id, { hash, nonce, raw }: TxSent) {
      db.run('UPDATE transactions SET hash = ?, nonce = ?, raw = ? WHERE id = ?', hash, nonce, raw, BigInt(id));
    },
    done(id, outcome: TxOutcome) {
      db.transaction(() => {
        // A signed transaction that has ended is not needed any more; its hash and outcome are.
        db.run('UPDATE transactions SET outcome = ?, raw = NULL WHERE id = ?', JSON.stringify(outcome), BigInt(id));
        db.run('DELETE FROM transactions WHERE outcome IS NOT NULL AND id <= ?', BigInt(id) - BigInt(DONE_MAX));
      });
    },
    pending(): PendingTx[] {
      return db.all('SELECT id, intent, hash, nonce, raw FROM transactions WHERE outcome IS NULL ORDER BY id').map((row) => ({
        id: String(row.id),
        intent: JSON.parse(row.intent as string) as TxIntent,
        ...(row.raw === null ? {} : { sent: { hash: row.hash as Hex, nonce: Number(row.nonce), raw: row.raw as Hex } }),
      }));
    },
  };
}
