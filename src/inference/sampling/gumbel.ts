import { createHash } from 'node:crypto';
import type { Hex } from '../../types/index.ts';
import { philox } from './philox.ts';
import { philoxWords } from './philoxWords.ts';

/** Greatest value that {@link GumbelNoise.at} can take: −ln(−ln(1 − 2⁻³³)), rounded up. */
export const GUMBEL_MAX = 22.874;

/** Steps of the table below, in noise. */
const STEPS_PER_UNIT = 4;
/** Entry k: words up to this one give noise below k / STEPS_PER_UNIT, with room for rounding. */
const BELOW = Float64Array.from(
  { length: Math.ceil(GUMBEL_MAX) * STEPS_PER_UNIT },
  (_, k) => Math.floor(Math.exp(-Math.exp(-k / STEPS_PER_UNIT)) * 2 ** 32) - 4,
);

/** −ln(−ln(u)) with u = (word + ½) / 2³². */
export function noiseOf(word: number): number {
  return -Math.log(-Math.log((word + 0.5) / 4_294_967_296));
}

/** Words below the result surely give noise below `limit`; others may, too. Spares most logarithms. */
export function surelyBelow(limit: number): number {
  return limit < 0 ? 0 : (BELOW[Math.min(BELOW.length - 1, Math.floor(limit * STEPS_PER_UNIT))] as number);
}

/**
 * The public noise of one position: g(seed, position, token) = −ln(−ln(u)) with u = (word + ½) / 2³². The words come from Philox4x32-10 with
 * key = the first 8 bytes (two big-endian u32) of sha256(seed ‖ u32be position), counter = (token ÷ 4, 0, 0, 0), word number token mod 4.
 */
export class GumbelNoise {
  readonly #key0: number;
  readonly #key1: number;
  readonly #words = new Uint32Array(4);
  #block = -1;

  constructor(seed: Hex, position: number) {
    const input = Buffer.alloc(36);
    input.write(seed.slice(2), 0, 32, 'hex');
    input.writeUInt32BE(position, 32);
    const digest = createHash('sha256').update(input).digest();
    this.#key0 = digest.readUInt32BE(0);
    this.#key1 = digest.readUInt32BE(4);
  }

  at(token: number): number {
    return noiseOf(this.#word(token));
  }

  /** The words of the first `count` tokens, for {@link noiseOf}; until the next call of any noise's. */
  words(count: number): Uint32Array {
    return philoxWords(count, this.#key0, this.#key1);
  }

  #word(token: number): number {
    const block = token >>> 2;
    if (block !== this.#block) {
      philox(block, 0, 0, 0, this.#key0, this.#key1, this.#words);
      this.#block = block;
    }
    return this.#words[token & 3] as number;
  }
}
