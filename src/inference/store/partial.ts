import { createHash } from 'node:crypto';
import { constants, type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../util/clock.ts';
import { diskError } from './disk.ts';
import { Journal, type JournalHeader, readJournal } from './journal.ts';
import type { StoreLayout } from './layout.ts';

/** A clock that was set, or counts in whole seconds, is no restart. */
const BOOT_MS_OFF = 30_000;
/** A download that was given up: deleted after so long. */
export const PARTIAL_MS_MAX = 14 * 86_400_000;
/** Written between two syncs: what a power loss may cost. Syncing all the time would hold the writes up. */
const SYNC_BYTES = 64 << 20;

/** Name of a partial download: by content where that is known, so that another mirror can go on with it; else by source. */
export function partialKey(expected: { sha256?: string | undefined; source: string }): string {
  return expected.sha256 ?? `s-${createHash('sha256').update(expected.source).digest('hex').slice(0, 40)}`;
}

/** Bytes on the disk of what an earlier try left. */
export async function bytesLeft(layout: StoreLayout, key: string): Promise<number> {
  const info = await stat(path.join(layout.partial, key, 'data')).catch(() => undefined);
  return info === undefined ? 0 : Math.min(info.blocks * 512, info.size);
}

/**
 * Deletes downloads that nobody went on with for {@link PARTIAL_MS_MAX}.
 *
 * @param lock taken while one is deleted; undefined when somebody works on it
 */
export async function sweepPartials(layout: StoreLayout, nowMs: number, lock: (key: string) => Disposable | undefined): Promise<void> {
  for (const key of await readdir(layout.partial)) {
    const dir = path.join(layout.partial, key);
    const info = await stat(path.join(dir, 'data')).catch(() => undefined);
    if (info !== undefined && nowMs - info.mtimeMs < PARTIAL_MS_MAX) continue;
    using held = lock(key);
    if (held) await rm(dir, { recursive: true, force: true });
  }
}

/** The folder of one download under way: its bytes and the journal of what is whole. */
export class Partial {
  readonly dir: string;
  readonly dataPath: string;
  readonly #journalPath: string;
  readonly #bootedAtMs: number;
  data!: FileHandle;
  journal: Journal | undefined;
  #syncing: Promise<void> | undefined;
  #unsynced = 0;
  #syncFailed: unknown;

  private constructor(dir: string, clock: Clock) {
    this.dir = dir;
    this.#bootedAtMs = Math.round(clock.now() - uptime() * 1_000);
    this.dataPath = path.join(dir, 'data');
    this.#journalPath = path.join(dir, 'journal');
  }

  /** @throws STORE_UNUSABLE, STORE_DISK_FULL */
  static async open(layout: StoreLayout, key: string, clock: Clock): Promise<Partial> {
    const partial = new Partial(path.join(layout.partial, key), clock);
    try {
      await mkdir(partial.dir, { recursive: true, mode: 0o700 });
      partial.data = await open(partial.dataPath, constants.O_RDWR | constants.O_CREAT, 0o600);
      return partial;
    } catch (error) {
      throw diskError(error, partial.dir);
    }
  }

  /** What an earlier try left and can be relied on: after a restart of the machine, only what was synced. */
  async survey(): Promise<{ header: JournalHeader; chunks: readonly number[] } | undefined> {
    const found = await readJournal(this.#journalPath);
    if (!found) return undefined;
    const restarted = Math.abs(found.header.bootedAtMs - this.#bootedAtMs) > BOOT_MS_OFF;
    const { size } = await this.data.stat();
    const { chunkBytes } = found.header;
    const chunks = (restarted ? found.synced : found.chunks).filter(
      (index) => Math.min((index + 1) * chunkBytes, found.header.size) <= size,
    );
    return { header: found.header, chunks };
  }

  /** Starts the journal anew, with chunks that are here already. */
  async begin(about: Omit<JournalHeader, 'format' | 'bootedAtMs'>, chunks: readonly number[]): Promise<void> {
    if (chunks.length === 0) await this.data.truncate(0);
    else await this.data.datasync();
    this.journal = await Journal.start(this.#journalPath, { ...about, bootedAtMs: this.#bootedAtMs }, chunks);
  }

  /** Writes all of `block` at `at`. @throws STORE_DISK_FULL, STORE_UNUSABLE */
  async write(block: Uint8Array, at: number): Promise<void> {
    try {
      for (let done = 0; done < block.length; ) {
        const { bytesWritten } = await this.data.write(block, done, block.length - done, at + done);
        if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
        done += bytesWritten;
      }
      this.#unsynced += block.length;
    } catch (error) {
      throw diskError(error, this.dataPath);
    }
  }

  /** Writes parts one after another from `at` on. @throws STORE_DISK_FULL, STORE_UNUSABLE */
  async writeParts(parts: readonly Uint8Array[], at: number): Promise<void> {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    try {
      const { bytesWritten } = bytes === 0 ? { bytesWritten: 0 } : await this.data.writev(parts as Uint8Array[], at);
      this.#unsynced += bytesWritten;
      // A disk that is nearly full takes less; the rest says why.
      if (bytesWritten < bytes) await this.write(Buffer.concat(parts).subarray(bytesWritten), at + bytesWritten);
    } catch (error) {
      throw diskError(error, this.dataPath);
    }
  }

  /** Notes a chunk; a later sync, for which nobody waits, keeps it through a power loss. */
  async finished(index: number): Promise<void> {
    if (this.#syncFailed !== undefined) throw diskError(this.#syncFailed, this.dataPath);
    await this.journal?.add(index);
    if (this.#unsynced < SYNC_BYTES) return;
    this.#syncing ??= this.#syncAll().finally(() => {
      this.#syncing = undefined;
    });
    this.#syncing.catch((error) => {
      this.#syncFailed = error;
    });
  }

  /** All bytes are on disk. */
  async sync(): Promise<void> {
    await this.#syncing;
    await this.data.datasync().catch((error) => {
      throw diskError(error, this.dataPath);
    });
  }

  async close(): Promise<void> {
    await this.#syncing?.catch(() => {});
    await this.journal?.close();
    this.journal = undefined;
    await this.data.close();
  }

  /** Forgets everything that was downloaded. */
  async discard(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }

  async #syncAll(): Promise<void> {
    this.#unsynced = 0;
    await this.journal?.sync(() => this.data.datasync());
  }
}
