import type { Session } from './backend.ts';

export interface PrefixCacheInit {
  readonly session: Session;
  /** The cache rows that are its own: `rows` of them from `firstRow` on. */
  readonly firstRow: number;
  readonly rows: number;
  /** Prefixes are whole chunks: only what came of full chunks is, bit by bit, what would be computed again. */
  readonly chunkTokens: number;
}

interface Entry {
  readonly scope: string;
  readonly tokens: Uint32Array;
  readonly row: number;
}

/**
 * Keys and values of the last prompts, in cache rows of their own; a prompt that begins like one of them goes on from there. Scopes do not
 * share: else the time to an answer would tell what others have asked.
 */
export class PrefixCache {
  readonly #session: Session;
  readonly #chunkTokens: number;
  readonly #freeRows: number[];
  /** Least recently used first. */
  #entries: Entry[] = [];

  constructor({ session, firstRow, rows, chunkTokens }: PrefixCacheInit) {
    this.#session = session;
    this.#chunkTokens = chunkTokens;
    this.#freeRows = Array.from({ length: rows }, (_, i) => firstRow + i);
  }

  /**
   * Copies the longest kept beginning of `tokens` into a row.
   *
   * @param tokensMax tokens to copy at most
   * @returns tokens copied, whole chunks
   */
  restore(scope: string, tokens: Uint32Array, tokensMax: number, row: number): number {
    let best: Entry | undefined;
    let length = 0;
    for (const entry of this.#entries) {
      if (entry.scope !== scope) continue;
      const common = this.#wholeChunks(Math.min(commonLength(entry.tokens, tokens), tokensMax));
      if (common > length) [best, length] = [entry, common];
    }
    if (best === undefined) return 0;
    this.#session.copyRow(best.row, row, length);
    this.#touch(best);
    return length;
  }

  /** Keeps the whole chunks of a prompt that fills a row; the least recently used prompt makes room. */
  keep(scope: string, prompt: Uint32Array, row: number): void {
    const tokens = prompt.slice(0, this.#wholeChunks(prompt.length));
    if (tokens.length === 0) return;
    const begins = (entry: Entry, other: Uint32Array, length: number): boolean =>
      entry.scope === scope && commonLength(entry.tokens, other) === length;
    const known = this.#entries.find((entry) => begins(entry, tokens, tokens.length));
    if (known !== undefined) {
      this.#touch(known);
      return;
    }
    const shorter = this.#entries.find((entry) => begins(entry, tokens, entry.tokens.length));
    const target = this.#rowOf(shorter);
    if (target === undefined) return;
    this.#session.copyRow(row, target, tokens.length);
    this.#entries.push({ scope, tokens, row: target });
  }

  /** A row to write to: that of an entry that is superseded, a free one, or that of the oldest entry. */
  #rowOf(superseded: Entry | undefined): number | undefined {
    const freeRow = superseded === undefined ? this.#freeRows.pop() : undefined;
    if (freeRow !== undefined) return freeRow;
    const dropped = superseded ?? this.#entries[0];
    this.#entries = this.#entries.filter((entry) => entry !== dropped);
    return dropped?.row;
  }

  #touch(entry: Entry): void {
    this.#entries = [...this.#entries.filter((other) => other !== entry), entry];
  }

  #wholeChunks(tokens: number): number {
    return tokens - (tokens % this.#chunkTokens);
  }
}

function commonLength(a: Uint32Array, b: Uint32Array): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length++;
  return length;
}
