import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { diskError } from './disk.ts';
import { type FinishedChunk, Journal, type JournalHeader, readJournal } from './journal.ts';
import type { StoreLayout } from './layout.ts';

const CHECK_BYTES = 1 << 20;

/** Name of a partial download: by content where that is known, so that another mirror can go on with it; else by source. */
export function partialKey(expected: { sha256?: string | undefined; source: string }): string {
  return expected.sha256 ?? `s-${createHash('sha256').update(expected.source).digest('hex').slice(0, 40)}`;
}

/** The folder of one download under way: its bytes and the journal of what is whole. */
export class Partial {
  readonly dir: string;
  readonly dataPath: string;
  readonly #journalPath: string;
  data!: FileHandle;
  journal: Journal | undefined;
  #syncing: Promise<void> | undefined;
  #dirty = false;
  #syncFailed: unknown;

  private constructor(dir: string) {
    this.dir = dir;
    this.dataPath = path.join(dir, 'data');
    this.#journalPath = path.join(dir, 'journal');
  }

  /** @throws STORE_UNUSABLE, STORE_DISK_FULL */
  static async open(layout: StoreLayout, key: string): Promise<Partial> {
    const partial = new Partial(path.join(layout.partial, key));
    try {
      await mkdir(partial.dir, { recursive: true, mode: 0o700 });
      partial.data = await open(partial.dataPath, 'a+', 0o600).then(async (made) => {
        await made.close();
        return open(partial.dataPath, 'r+');
      });
      return partial;
    } catch (error) {
      throw diskError(error, partial.dir);
    }
  }

  /** What an earlier try left, each chunk checked against the bytes that are there. */
  async survey(signal: AbortSignal): Promise<{ header: JournalHeader; chunks: FinishedChunk[] } | undefined> {
    const found = await readJournal(this.#journalPath);
    if (!found) return undefined;
    const { size, chunkBytes } = found.header;
    const whole: FinishedChunk[] = [];
    const block = Buffer.allocUnsafe(CHECK_BYTES);
    for (const chunk of found.chunks) {
      signal.throwIfAborted();
      const end = Math.min((chunk.index + 1) * chunkBytes, size);
      if ((await this.#crcOf(chunk.index * chunkBytes, end, block)) === chunk.crc32) whole.push(chunk);
    }
    return { header: found.header, chunks: whole };
  }

  async begin(about: Omit<JournalHeader, 'format'>, chunks: readonly FinishedChunk[]): Promise<void> {
    this.journal = await Journal.start(this.#journalPath, about, chunks);
    if (chunks.length === 0) await this.data.truncate(0);
  }

  /** Writes all of `block` at `at`. @throws STORE_DISK_FULL, STORE_UNUSABLE */
  async write(block: Uint8Array, at: number): Promise<void> {
    try {
      for (let done = 0; done < block.length; ) {
        const { bytesWritten } = await this.data.write(block, done, block.length - done, at + done);
        if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
        done += bytesWritten;
      }
    } catch (error) {
      throw diskError(error, this.dataPath);
    }
  }

  /** Notes a chunk; it is on disk for good soon after, without anybody waiting for it. */
  async finished(chunk: FinishedChunk): Promise<void> {
    if (this.#syncFailed !== undefined) throw diskError(this.#syncFailed, this.dataPath);
    await this.journal?.add(chunk);
    this.#dirty = true;
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
    while (this.#dirty) {
      this.#dirty = false;
      await this.data.datasync();
      await this.journal?.sync();
    }
  }

  async #crcOf(from: number, to: number, block: Buffer): Promise<number | undefined> {
    let crc = 0;
    for (let at = from; at < to; ) {
      const { bytesRead } = await this.data.read(block, 0, Math.min(block.length, to - at), at);
      if (bytesRead === 0) return undefined;
      crc = crc32(block.subarray(0, bytesRead), crc);
      at += bytesRead;
    }
    return crc;
  }
}
