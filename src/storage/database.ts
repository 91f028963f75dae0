import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { storageError } from './errors.ts';

/** A row as SQLite gives it; integers come back as bigint, so that money never passes through a float. */
export type Row = Record<string, SQLInputValue>;

/**
 * A ledger: SQLite with `synchronous=FULL`, so that a write that returned survives a crash and a power loss (no receipt,
 * voucher or vote that a peer was told is safe may be lost). Calls are synchronous and take about 3 ms each
 * when they commit; group writes that belong together with {@link transaction}.
 */
export interface Database {
  run(sql: string, ...values: SQLInputValue[]): void;
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: SQLInputValue[]): Row[];
  /** All or nothing; returns what `work` returns. Does not nest. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens the ledger at `path` (`:memory:` in tests) and brings it to the newest schema. `migrations[n]` takes a ledger from
 * version n to n + 1; a released migration never changes.
 *
 * @throws STORAGE_OPEN_FAILED, STORAGE_IN_USE, STORAGE_TOO_NEW
 */
export function openDatabase(path: string, migrations: readonly string[]): Database {
  let db: DatabaseSync;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path);
    // EXCLUSIVE keeps a second process out for as long as this one lives.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    // Holds for a connection only, so at every open: what was deleted (evidence holds prompts) is overwritten.
    db.exec('PRAGMA secure_delete = ON;');
    db.exec('BEGIN IMMEDIATE; COMMIT;');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (/locked|busy/i.test(message)) throw storageError('STORAGE_IN_USE', `${path} is held by another process`, { path }, error);
    throw storageError('STORAGE_OPEN_FAILED', `${path}: ${message}`, { path }, error);
  }
  migrate(db, path, migrations);
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      statement.setReadBigInts(true);
      statements.set(sql, statement);
    }
    return statement;
  };
  return {
    run: (sql, ...values) => void prepare(sql).run(...values),
    get: (sql, ...values) => prepare(sql).get(...values) as Row | undefined,
    all: (sql, ...values) => prepare(sql).all(...values) as Row[],
    transaction(work) {
      db.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        db.exec('COMMIT');
        return result;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => db.close(),
  };
}

function migrate(db: DatabaseSync, path: string, migrations: readonly string[]): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > migrations.length) {
    throw storageError('STORAGE_TOO_NEW', `${path} has schema ${version}, this version knows ${migrations.length}`, { path, version });
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}
