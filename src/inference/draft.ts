/** Tokens guessed ahead in one pass at most. */
export const DRAFT_TOKENS_MAX = 8;
/** A guess follows the last place where this many of the newest tokens stood before. */
const MATCH_TOKENS_MIN = 3;
/** Longer agreements are not told apart. */
const MATCH_TOKENS_MAX = 8;
/** Tokens looked back over at most. */
const LOOKBACK_TOKENS_MAX = 8_192;
const FIRST_DRAFT_TOKENS = 3;
/** Steps without a guess after a wrong one: doubled by each further one, up to this. */
const REST_STEPS_MAX = 64;

/**
 * Guesses what a generation says next: what followed the last time that its newest tokens stood in its own prompt or output (prompt lookup). How
 * much is guessed depends on how earlier guesses of the same request went, and on nothing else, so that the same request is computed in the
 * same passes whatever runs beside it. Guesses that fail get rarer: text that does not repeat itself pays next to nothing.
 */
export class PromptLookup {
  #tokens: Uint32Array;
  #length: number;
  #size = FIRST_DRAFT_TOKENS;
  #rest = 0;
  #nextRest = 1;

  constructor(prompt: Uint32Array) {
    this.#tokens = new Uint32Array(prompt.length + 256);
    this.#tokens.set(prompt);
    this.#length = prompt.length;
  }

  /** The next token of the output. */
  push(token: number): void {
    if (this.#length === this.#tokens.length) {
      const grown = new Uint32Array(2 * this.#length);
      grown.set(this.#tokens);
      this.#tokens = grown;
    }
    this.#tokens[this.#length++] = token;
  }

  /** Up to `tokensMax` tokens that may come next; none when nothing repeats, or after wrong guesses. To be called once a step. */
  propose(tokensMax: number): Uint32Array {
    if (this.#rest > 0) {
      this.#rest--;
      return new Uint32Array();
    }
    return lookUp(this.#tokens.subarray(0, this.#length), Math.min(this.#size, tokensMax));
  }

  /** How a guess of `proposed` tokens went. */
  learn(proposed: number, right: number): void {
    if (right > 0) {
      this.#nextRest = 1;
      this.#size = right === proposed ? Math.min(DRAFT_TOKENS_MAX, 2 * this.#size) : Math.max(FIRST_DRAFT_TOKENS, right);
      return;
    }
    this.#size = FIRST_DRAFT_TOKENS;
    this.#rest = this.#nextRest;
    this.#nextRest = Math.min(REST_STEPS_MAX, 2 * this.#nextRest);
  }
}

/**
 * What followed the latest place with the longest agreement with the end of `tokens`; a cycle that has begun goes on.
 *
 * @returns `count` tokens, or none
 */
export function lookUp(tokens: Uint32Array, count: number): Uint32Array {
  const end = tokens.length;
  let best = 0;
  let from = 0;
  for (let at = end - 1; at >= Math.max(MATCH_TOKENS_MIN, end - LOOKBACK_TOKENS_MAX) && best < MATCH_TOKENS_MAX; at--) {
    let agreed = 0;
    while (agreed < MATCH_TOKENS_MAX && agreed < at && tokens[at - 1 - agreed] === tokens[end - 1 - agreed]) agreed++;
    if (agreed > best) [best, from] = [agreed, at];
  }
  if (best < MATCH_TOKENS_MIN) return new Uint32Array();
  const cycle = end - from;
  return Uint32Array.from({ length: Math.max(0, count) }, (_, i) => tokens[from + (i % cycle)] as number);
}
