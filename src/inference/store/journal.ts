import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';

const FORMAT = 1;
/** A terabyte in the smallest chunks is far below. */
const JOURNAL_BYTES_MAX = 16 << 20;

const header = z.strictObject({
  format: z.literal(FORMAT),
  size: z.number().int().min(1),
  chunkBytes: z.number().int().min(1),
  /** The ETag under which the first chunk came; a later one under another ETag is not of the same file. */
  etag: z.string().max(512).optional(),
  /** When the machine was started, ms since the Unix epoch: what was written since then, and not synced, is there unless it started again. */
  bootedAtMs: z.number(),
});

/** What a partial download is a part of. */
export type JournalHeader = Readonly<z.output<typeof header>>;

export interface JournalState {
  readonly header: JournalHeader;
  /** Indices of finished chunks, rising. */
  readonly chunks: readonly number[];
  /** Those of them that outlive a power loss. */
  readonly synced: readonly number[];
}

/**
 * Understands what is left of a journal: a JSON line, then a line with the index of each finished chunk, and `synced <n>` where the first n
 * of them are on disk for good. A line that a crash cut off, or anything behind it, does not count. Undefined when the header is not whole.
 */
export function parseJournal(text: string): JournalState | undefined {
  const lines = text.split('\n');
  // What follows the last line break was not finished.
  lines.pop();
  const parsed = header.safeParse(json(lines.shift() ?? ''));
  if (!parsed.success) return undefined;
  const count = Math.ceil(parsed.data.size / parsed.data.chunkBytes);
  const chunks: number[] = [];
  let synced = 0;
  for (const line of lines) {
    const [, mark, digits] = /^(synced )?(\d{1,9})$/.exec(line) ?? [];
    const value = Number(digits ?? Number.NaN);
    if (mark !== undefined && value <= chunks.length) synced = value;
    else if (mark === undefined && value < count) chunks.push(value);
    else break;
  }
  const rising = (indices: readonly number[]): number[] => [...new Set(indices)].sort((a, b) => a - b);
  return { header: parsed.data, chunks: rising(chunks), synced: rising(chunks.slice(0, synced)) };
}

/** The journal at `path`, as far as it is whole; undefined when there is none. */
export async function readJournal(path: string): Promise<JournalState | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return undefined;
  try {
    if ((await handle.stat()).size > JOURNAL_BYTES_MAX) return undefined;
    return parseJournal(await readFile(handle, 'utf8'));
  } finally {
    await handle.close();
  }
}

/** Appends finished chunks, in the order of the calls; a line outlives the process at once. */
export class Journal {
  readonly #handle: FileHandle;
  #lines: number;
  #writing: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, lines: number) {
    this.#handle = handle;
    this.#lines = lines;
  }

  /** Writes the journal anew with these chunks, whose bytes are on disk for good. */
  static async start(path: string, about: Omit<JournalHeader, 'format'>, chunks: readonly number[] = []): Promise<Journal> {
    const handle = await open(path, 'w', 0o600);
    await handle.write([JSON.stringify({ format: FORMAT, ...about }), ...chunks, `synced ${chunks.length}`, ''].join('\n'));
    await handle.datasync();
    return new Journal(handle, chunks.length);
  }

  add(index: number): Promise<void> {
    this.#lines++;
    return this.#append(`${index}\n`);
  }

  /** Has the chunks' bytes synced, and notes that those added before are on disk for good. */
  async sync(data: () => Promise<void>): Promise<void> {
    const lines = this.#lines;
    await data();
    await this.#append(`synced ${lines}\n`);
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#handle.close();
  }

  #append(text: string): Promise<void> {
    this.#writing = this.#writing.then(() => this.#handle.appendFile(text));
    return this.#writing;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
