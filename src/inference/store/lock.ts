import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../util/clock.ts';
import { diskError } from './disk.ts';
import { storeError } from './errors.ts';
import type { StoreLayout } from './layout.ts';

const POLL_MS = 200;
/** The lock of the whole store is held for moments only. */
export const STORE_LOCK = 'store';

/** Held until released or the process ends, in whatever way: SQLite locks the file through the system, which forgets dead owners. */
export interface Lock extends Disposable {
  release(): void;
}

export interface LockOptions {
  readonly clock: Clock;
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once, when somebody else holds it. */
  readonly onWait?: () => void;
}

/**
 * Takes the lock `key` (file name characters only) of a store, in this process and among all on this machine.
 *
 * @throws STORE_LOCKED after `waitMs`, STORE_UNUSABLE; the signal's reason when it aborts first.
 */
export async function takeLock(layout: StoreLayout, key: string, { clock, waitMs, signal, onWait }: LockOptions): Promise<Lock> {
  const file = path.join(layout.locks, key);
  const until = clock.monotonic() + waitMs;
  for (let first = true; ; first = false) {
    signal?.throwIfAborted();
    const lock = tryLock(file);
    if (lock) return lock;
    if (first) onWait?.();
    if (clock.monotonic() >= until) throw storeError('STORE_LOCKED', `another process works on ${key}`, { key, waitMs });
    await clock.sleep(Math.min(POLL_MS, waitMs), signal);
  }
}

/** The lock if it is free. @throws STORE_UNUSABLE */
export const lockNow = (layout: StoreLayout, key: string): Lock | undefined => tryLock(path.join(layout.locks, key));

function tryLock(file: string): Lock | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;');
  } catch (error) {
    db?.close();
    if (/locked|busy/i.test(error instanceof Error ? error.message : '')) return undefined;
    throw diskError(error, file);
  }
  const held = db;
  const release = (): void => {
    if (held.isOpen) held.close();
  };
  return { release, [Symbol.dispose]: release };
}
