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
});

/** What a partial download is a part of. */
export type JournalHeader = Readonly<z.output<typeof header>>;

/** A finished chunk and the CRC-32 of its bytes, by which torn writes are found; the whole file's SHA-256 is checked before use anyway. */
export interface FinishedChunk {
  readonly index: number;
  readonly crc32: number;
}

/**
 * Understands what is left of a journal: a JSON line, then `<index> <crc32, 8 hex digits>` a line. A line that a crash cut off, or
 * anything behind it, does not count; a chunk listed twice counts as it was listed last. Undefined when the header is not whole.
 */
export function parseJournal(text: string): { header: JournalHeader; chunks: FinishedChunk[] } | undefined {
  const lines = text.split('\n');
  // What follows the last line break was not finished.
  lines.pop();
  const parsed = header.safeParse(json(lines.shift() ?? ''));
  if (!parsed.success) return undefined;
  const count = Math.ceil(parsed.data.size / parsed.data.chunkBytes);
  const chunks = new Map<number, FinishedChunk>();
  for (const line of lines) {
    const match = /^(\d{1,9}) ([0-9a-f]{8})$/.exec(line);
    const index = Number(match?.[1]);
    if (!match || index >= count) break;
    chunks.set(index, { index, crc32: Number.parseInt(match[2] as string, 16) });
  }
  return { header: parsed.data, chunks: [...chunks.values()].sort((a, b) => a.index - b.index) };
}

/** The journal at `path`, as far as it is whole; undefined when there is none. */
export async function readJournal(path: string): Promise<ReturnType<typeof parseJournal>> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return undefined;
  try {
    if ((await handle.stat()).size > JOURNAL_BYTES_MAX) return undefined;
    return parseJournal(await readFile(handle, 'utf8'));
  } finally {
    await handle.close();
  }
}

/** Appends finished chunks; a line outlives the process at once, and a power loss after the next {@link sync}. */
export class Journal {
  readonly #handle: FileHandle;
  #writing: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Writes the journal anew with these chunks. */
  static async start(path: string, about: Omit<JournalHeader, 'format'>, chunks: readonly FinishedChunk[] = []): Promise<Journal> {
    const handle = await open(path, 'w', 0o600);
    await handle.write(`${JSON.stringify({ format: FORMAT, ...about })}\n${chunks.map(line).join('')}`);
    await handle.datasync();
    return new Journal(handle);
  }

  /** Appends in the order of the calls. */
  add(chunk: FinishedChunk): Promise<void> {
    this.#writing = this.#writing.then(() => this.#handle.appendFile(line(chunk)));
    return this.#writing;
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#handle.close();
  }
}

const line = ({ index, crc32 }: FinishedChunk): string => `${index} ${crc32.toString(16).padStart(8, '0')}\n`;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
