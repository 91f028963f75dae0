import { isCoded } from '../../util/errors.ts';
import type { Digests } from './content/contentHash.ts';
import { storeError } from './errors.ts';
import { FileHasher } from './hasher.ts';
import type { Answer, HttpPorts } from './http.ts';
import { FILE_BYTES_MAX } from './manifest.ts';
import type { Partial } from './partial.ts';
import { checkEtag, checkRange } from './ranges.ts';
import type { RemoteFile } from './remote.ts';
import { Retries, type RetryPorts } from './retry.ts';

export const CHUNK_BYTES = 8 << 20;
export const CONNECTIONS = 4;
/** Collected before one write to disk. A larger write takes larger pages, which cost more to get than fewer writes save. */
const WRITE_BYTES = 128 << 10;
/** A part of this size is written by itself. */
const PART_BYTES_MIN = 64 << 10;

export interface DownloadPorts extends HttpPorts, RetryPorts {
  readonly chunkBytes: number;
  readonly connections: number;
  /** Bytes of this file that are here, whole chunks or not; never less than before. */
  readonly onBytes: (bytes: number) => void;
  /** Its size, when only the server's answer told it. @throws to refuse it */
  readonly onSize?: (size: number) => Promise<void>;
}

/** What lies in a partial folder when it is complete. */
export interface Got extends Digests {
  readonly size: number;
}

/**
 * Downloads one file into its partial folder, several chunks at once, going on with what an earlier try left.
 *
 * @returns size and digests of what lies in `partial.dataPath`, which is on disk for good
 * @throws STORE_DOWNLOAD_FAILED, STORE_REMOTE_BUSY, STORE_REMOTE_NOT_FOUND, STORE_ACCESS_DENIED, STORE_RESPONSE_INVALID, STORE_SOURCE_CHANGED (what
 * was there is discarded), STORE_SIZE_MISMATCH, STORE_TOO_LARGE, STORE_DISK_FULL, STORE_UNUSABLE; the signal's reason
 */
export async function download(file: RemoteFile, partial: Partial, ports: DownloadPorts, signal: AbortSignal): Promise<Got> {
  const work = new Download(file, partial, ports, signal);
  try {
    return await work.run();
  } catch (error) {
    if (isCoded(error, 'STORE_SOURCE_CHANGED')) await partial.discard();
    throw error;
  } finally {
    await work.close();
  }
}

class Download {
  readonly #file: RemoteFile;
  readonly #partial: Partial;
  readonly #ports: DownloadPorts;
  /** Ends all connections when one of them fails for good. */
  readonly #stop = new AbortController();
  readonly #parent: AbortSignal;
  readonly #onParent: () => void;
  readonly #finished = new Set<number>();
  #hasher: FileHasher;
  #size: number | undefined;
  #etag: string | undefined;
  #chunkBytes: number;
  #here = 0;
  #told = 0;
  /** Chunks below this one are all finished. */
  #frontier = 0;

  constructor(file: RemoteFile, partial: Partial, ports: DownloadPorts, signal: AbortSignal) {
    this.#file = file;
    this.#partial = partial;
    this.#ports = ports;
    this.#parent = signal;
    this.#onParent = () => this.#stop.abort(signal.reason);
    signal.addEventListener('abort', this.#onParent, { once: true });
    if (signal.aborted) this.#onParent();
    this.#hasher = new FileHasher(partial.dataPath);
    this.#size = file.size;
    this.#chunkBytes = ports.chunkBytes;
  }

  async run(): Promise<Got> {
    this.#signal.throwIfAborted();
    if (this.#size === 0) {
      await this.#partial.data.truncate(0);
      return this.#finish(0);
    }
    await this.#resume();
    const pending = this.#pending();
    const [first] = pending;
    if (first === undefined && this.#size !== undefined) return this.#finish(this.#size);
    // The first answer tells whether the server can send parts, and of what.
    const opened = await this.#probe(first ?? 0);
    if (opened === undefined) return this.#stream();
    if (this.#partial.journal === undefined) await this.#begin([]);
    const queue = first === undefined ? this.#pending() : pending;
    queue.shift();
    const lines = Math.max(1, Math.min(this.#ports.connections, queue.length + 1));
    const errors: unknown[] = [];
    await Promise.all(
      Array.from({ length: lines }, async (_, line) => {
        const block = Buffer.allocUnsafeSlow(WRITE_BYTES);
        try {
          if (line === 0) await this.#chunk(first ?? 0, block, opened);
          for (let next = queue.shift(); next !== undefined; next = queue.shift()) await this.#chunk(next, block);
        } catch (error) {
          errors.push(error);
          this.#stop.abort(error);
        }
      }),
    );
    if (errors.length > 0) throw errors[0];
    return this.#finish(this.#size as number);
  }

  async close(): Promise<void> {
    this.#parent.removeEventListener('abort', this.#onParent);
    this.#stop.abort(storeError('STORE_DOWNLOAD_FAILED', 'the download has ended'));
    await this.#hasher.close();
  }

  get #signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Takes over what an earlier try left, if it is of the same file. */
  async #resume(): Promise<void> {
    const left = await this.#partial.survey();
    if (!left || left.chunks.length === 0) return;
    // Without a hash or an ETag nothing would tell that the file became another one meanwhile.
    const known = this.#file.sha256 ?? this.#file.gitOid ?? left.header.etag;
    if (known === undefined || (this.#size !== undefined && left.header.size !== this.#size)) return;
    if (this.#size === undefined) await this.#sized(left.header.size);
    // Known content may come from another mirror, with another ETag.
    if (this.#file.sha256 === undefined) this.#etag = left.header.etag;
    this.#chunkBytes = left.header.chunkBytes;
    await this.#begin(left.chunks);
    for (const index of left.chunks) {
      this.#finished.add(index);
      const [from, to] = this.#bounds(index);
      this.#count(to - from);
    }
    this.#advance();
  }

  #begin(chunks: readonly number[]): Promise<void> {
    const etag = this.#etag === undefined ? {} : { etag: this.#etag };
    return this.#partial.begin({ size: this.#size as number, chunkBytes: this.#chunkBytes, ...etag }, chunks);
  }

  #pending(): number[] {
    if (this.#size === undefined) return [];
    const count = Math.ceil(this.#size / this.#chunkBytes);
    return Array.from({ length: count }, (_, index) => index).filter((index) => !this.#finished.has(index));
  }

  /** First and behind the last byte. */
  #bounds(index: number): [number, number] {
    const from = index * this.#chunkBytes;
    return [from, Math.min(from + this.#chunkBytes, this.#size ?? Number.POSITIVE_INFINITY)];
  }

  #retries(): Retries {
    return new Retries(this.#ports);
  }

  /** The answer to the first range; undefined when the server only sends the whole. */
  async #probe(index: number): Promise<Answer | undefined> {
    const retries = this.#retries();
    for (;;) {
      try {
        const [from, to] = this.#bounds(index);
        const answer = await this.#open(from, to);
        if (answer.status === 206) return answer;
        await answer[Symbol.asyncDispose]();
        return undefined;
      } catch (error) {
        await retries.wait(error, this.#signal);
      }
    }
  }

  async #open(from: number, to: number): Promise<Answer> {
    const headers = { range: `bytes=${from}-${to - 1}` };
    const answer = await this.#file.open(headers, this.#signal);
    try {
      const seen = this.#etag !== undefined || this.#finished.size > 0;
      this.#etag = checkEtag(answer.headers, this.#etag, answer.url.host);
      if (answer.status !== 206) return answer;
      const { size } = checkRange(answer.headers, from, to - 1, answer.url.host);
      if (this.#size === undefined) await this.#sized(size);
      else if (size !== this.#size) throw seen ? this.#changed(size) : this.#wrongSize(size);
      return answer;
    } catch (error) {
      await answer[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #sized(size: number): Promise<void> {
    if (size > FILE_BYTES_MAX)
      throw storeError('STORE_TOO_LARGE', `${this.#file.path} has ${size} bytes`, { size, bytesMax: FILE_BYTES_MAX });
    await this.#ports.onSize?.(size);
    this.#size = size;
  }

  async #chunk(index: number, block: Buffer, opened?: Answer): Promise<void> {
    const [from, to] = this.#bounds(index);
    const retries = this.#retries();
    let given = opened;
    let at = from;
    while (at < to) {
      try {
        await using answer = given ?? (await this.#open(at, to));
        given = undefined;
        if (answer.status !== 206) throw storeError('STORE_RESPONSE_INVALID', `${answer.url.host} sends no parts any more`);
        for await (const part of batches(answer.body, block)) {
          const bytes = part.length;
          if (at + bytes > to) throw storeError('STORE_RESPONSE_INVALID', `${answer.url.host} sent more bytes than it was asked for`);
          await this.#partial.write(part, at);
          at += bytes;
          this.#count(bytes);
          answer.feed();
          retries.progress();
        }
        if (at < to) throw storeError('STORE_DOWNLOAD_FAILED', `${answer.url.host} ended ${to - at} bytes early`);
      } catch (error) {
        await retries.wait(error, this.#signal);
      }
    }
    this.#finished.add(index);
    await this.#partial.finished(index);
    this.#advance();
  }

  /** One connection from the first byte to the last: what a server without ranges offers. A cut one starts again. */
  async #stream(): Promise<Got> {
    const block = Buffer.allocUnsafeSlow(WRITE_BYTES);
    const retries = this.#retries();
    for (;;) {
      try {
        await using answer = await this.#file.open({}, this.#signal);
        this.#etag = checkEtag(answer.headers, this.#etag, answer.url.host);
        const promised = Number(answer.headers.get('content-length') ?? Number.NaN);
        const size = Number.isSafeInteger(promised) ? promised : this.#size;
        if (this.#size !== undefined && size !== this.#size) throw this.#wrongSize(size as number);
        if (size !== undefined && this.#size === undefined) await this.#sized(size);
        await this.#partial.data.truncate(0);
        this.#here = 0;
        await this.#hasher.close();
        this.#hasher = new FileHasher(this.#partial.dataPath);
        for await (const part of batches(answer.body, block)) {
          const bytes = part.length;
          if (this.#here + bytes > (size ?? FILE_BYTES_MAX)) throw this.#wrongSize(this.#here + bytes);
          await this.#partial.write(part, this.#here);
          this.#count(bytes);
          this.#hasher.advance(this.#here);
          answer.feed();
        }
        if (size !== undefined && this.#here !== size) throw storeError('STORE_DOWNLOAD_FAILED', `${answer.url.host} ended early`);
        return await this.#finish(this.#here);
      } catch (error) {
        await retries.wait(error, this.#signal);
      }
    }
  }

  #wrongSize(size: number): Error {
    const { path } = this.#file;
    return storeError('STORE_SIZE_MISMATCH', `${path} has ${size} bytes; ${this.#size ?? 'fewer'} were promised`, { path, size });
  }

  #changed(size: number): Error {
    const { path } = this.#file;
    return storeError('STORE_SOURCE_CHANGED', `${path} has ${size} bytes now, ${this.#size} before`, { path, size });
  }

  #count(bytes: number): void {
    this.#here += bytes;
    if (this.#here <= this.#told) return;
    this.#told = this.#here;
    this.#ports.onBytes(this.#told);
  }

  #advance(): void {
    while (this.#finished.has(this.#frontier)) this.#frontier++;
    if (this.#frontier > 0) this.#hasher.advance(this.#bounds(this.#frontier - 1)[1]);
  }

  async #finish(size: number): Promise<Got> {
    const [digests] = await Promise.all([this.#hasher.finish(size), this.#partial.sync()]);
    this.#parent.throwIfAborted();
    return { size, ...digests };
  }
}

/**
 * Collects a body in `block`, so that a write is worth its while and parts die young; the consumer is done with the block when it asks for the
 * next one.
 */
async function* batches(body: AsyncIterable<Uint8Array>, block: Buffer): AsyncGenerator<Buffer> {
  let held = 0;
  let failed: { readonly error: unknown } | undefined;
  try {
    for await (const part of body) {
      // Large enough as it is: no copy.
      if (held === 0 && part.length >= PART_BYTES_MIN) {
        yield Buffer.from(part.buffer, part.byteOffset, part.length);
        continue;
      }
      for (let at = 0; at < part.length; ) {
        const bytes = Math.min(part.length - at, block.length - held);
        block.set(at === 0 && bytes === part.length ? part : part.subarray(at, at + bytes), held);
        held += bytes;
        at += bytes;
        if (held < block.length) continue;
        yield block;
        held = 0;
      }
    }
  } catch (error) {
    // What came before the cut is good: without it, a line that is cut often would never get on.
    failed = { error };
  }
  if (held > 0) yield block.subarray(0, held);
  if (failed) throw failed.error;
}
