/** Tokens are first dealt into so many ranges of logits; a range is sorted when somebody looks into it. */
const RANGES = 256;

/** Token ids by falling logit, equal ones by rising id; only those at most `reach` below the greatest. Sorted as far as it is read. */
export class Ranking {
  readonly length: number;
  readonly #logits: Float32Array;
  readonly #order: Uint32Array;
  /** Where each range ends in the order. */
  readonly #ends: Uint32Array;
  readonly #rangeOf: (logit: number) => number;
  readonly #top: number;
  readonly #reach: number;
  #sortedRanges = 0;
  #sorted = 0;

  /** @param reach above 0 */
  constructor(logits: Float32Array, reach: number) {
    let top = Number.NEGATIVE_INFINITY;
    for (let id = 0; id < logits.length; id++) if ((logits[id] as number) > top) top = logits[id] as number;
    this.#logits = logits;
    this.#top = top;
    this.#reach = reach;
    const scale = RANGES / reach;
    // Never falls where the logit falls, so that ranges are in order.
    this.#rangeOf = (logit) => Math.min(RANGES - 1, Math.floor((top - logit) * scale));
    const least = top - reach;
    const counts = new Uint32Array(RANGES);
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] as number;
      if (logit >= least) (counts[this.#rangeOf(logit)] as number)++;
    }
    let length = 0;
    const next = counts.map((count) => {
      length += count;
      return length - count;
    });
    this.#order = new Uint32Array(length);
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] as number;
      if (logit >= least) this.#order[(next[this.#rangeOf(logit)] as number)++] = id;
    }
    this.#ends = next;
    this.length = length;
  }

  /** The token of a rank below `length`. */
  at(rank: number): number {
    while (rank >= this.#sorted) this.#sortNext();
    return this.#order[rank] as number;
  }

  /** The rank of a token; −1 when it is out of reach. */
  rankOf(token: number): number {
    const logit = this.#logits[token] as number;
    if (logit < this.#top - this.#reach) return -1;
    while (this.#sortedRanges <= this.#rangeOf(logit)) this.#sortNext();
    return this.#order.indexOf(token);
  }

  /** All tokens within reach, in no order. */
  get unordered(): Uint32Array {
    return this.#order;
  }

  #sortNext(): void {
    const end = this.#ends[this.#sortedRanges++] as number;
    const logits = this.#logits;
    this.#order.subarray(this.#sorted, end).sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b);
    this.#sorted = end;
  }
}
