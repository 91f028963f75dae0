import { open } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { ContentHash, type Digests } from './content/contentHash.ts';
import { diskError } from './disk.ts';

/** Below this a thread costs more than it saves. */
const INLINE_BYTES_MAX = 4 << 20;
const BLOCK_BYTES = 1 << 20;

export interface HashOptions {
  /** Told how far it is hashed. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** False where the digests of the leaves are known: none is given then. */
  readonly leaves?: boolean;
}

export interface ToHashWorker {
  readonly upTo: number;
  readonly last: boolean;
}
export interface FromHashWorker {
  readonly at: number;
  readonly digests?: Digests;
}

/**
 * SHA-256 of a file, and of its leaves, while it is still being written: `advance` says how far it is complete, and a thread of its own reads and hashes up to
 * there while the rest arrives. What was hashed must not change any more.
 */
export class FileHasher {
  readonly #path: string;
  readonly #options: HashOptions;
  #worker: Worker | undefined;
  #digests: Promise<Digests> | undefined;
  #told = 0;

  constructor(path: string, options: HashOptions = {}) {
    this.#path = path;
    this.#options = options;
  }

  /** The first `bytes` of the file are final. */
  advance(bytes: number): void {
    if (bytes <= this.#told || (this.#worker === undefined && bytes <= INLINE_BYTES_MAX)) return;
    this.#told = bytes;
    this.#start().postMessage({ upTo: bytes, last: false } satisfies ToHashWorker);
  }

  /** The digests of the file, which has `bytes` bytes. @throws STORE_UNUSABLE */
  async finish(bytes: number): Promise<Digests> {
    try {
      if (this.#worker === undefined && bytes <= INLINE_BYTES_MAX) return await hashHere(this.#path, bytes, this.#options.leaves ?? true);
      this.#start().postMessage({ upTo: bytes, last: true } satisfies ToHashWorker);
      return await (this.#digests as Promise<Digests>);
    } catch (error) {
      throw diskError(error, this.#path);
    }
  }

  /** Gives the thread up; safe after `finish`. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const entry = import.meta.url.endsWith('.ts') ? './hashWorker.ts' : './hashWorker.js';
    const worker = new Worker(new URL(entry, import.meta.url), {
      workerData: { path: this.#path, leaves: this.#options.leaves ?? true },
      name: 'hash',
    });
    this.#worker = worker;
    this.#digests = new Promise((resolve, reject) => {
      worker.on('message', ({ at, digests }: FromHashWorker) => {
        this.#options.onBytes?.(at);
        if (digests !== undefined) resolve(digests);
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the hashing thread ended')));
    });
    this.#digests.catch(() => {});
    return worker;
  }
}

async function hashHere(path: string, bytes: number, leaves: boolean): Promise<Digests> {
  const handle = await open(path, 'r');
  try {
    const hash = new ContentHash(leaves);
    const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, Math.max(bytes, 1)));
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await handle.read(block, 0, Math.min(block.length, bytes - at), at);
      if (bytesRead === 0) throw new Error(`the file ends at ${at}, not at ${bytes}`);
      hash.update(block.subarray(0, bytesRead));
      at += bytesRead;
    }
    return hash.finish();
  } finally {
    await handle.close();
  }
}

const HASH_STEP_BYTES = 64 << 20;

/** Digests of a complete file, off the caller's thread when it is long. @throws STORE_UNUSABLE; the signal's reason */
export async function hashFile(path: string, bytes: number, signal: AbortSignal, onBytes?: (bytes: number) => void): Promise<Digests> {
  signal.throwIfAborted();
  const hasher = new FileHasher(path, { onBytes });
  const stop = (): void => void hasher.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    // In steps, so that progress is heard of.
    for (let at = HASH_STEP_BYTES; at < bytes; at += HASH_STEP_BYTES) hasher.advance(at);
    return await hasher.finish(bytes);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await hasher.close();
  }
}
