/**
 * Philox4x32-10: a counter-based PRNG (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011; Random123). Any
 * position can be computed alone, in any language, from integer arithmetic only.
 */
export const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
/** What the words of the key grow by from round to round. */
export const WEYL = [0x9e3779b9, 0xbb67ae85] as const;
export const ROUNDS = 10;
const [MULTIPLIER_0, MULTIPLIER_1] = MULTIPLIERS;
const [WEYL_0, WEYL_1] = WEYL;

/** Upper 32 bits of a 32 × 32-bit product, of 16-bit parts: every intermediate fits an unsigned 32-bit integer. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const cross = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (cross >>> 16)) | 0;
}

/** Writes the four 32-bit words of counter (c0, c1, c2, c3) under key (k0, k1) to `out`. */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Uint32Array): void {
  let x0 = c0 | 0;
  let x1 = c1 | 0;
  let x2 = c2 | 0;
  let x3 = c3 | 0;
  let key0 = k0 | 0;
  let key1 = k1 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = mulHigh(MULTIPLIER_0, x0);
    const low0 = Math.imul(MULTIPLIER_0, x0);
    const high1 = mulHigh(MULTIPLIER_1, x2);
    const low1 = Math.imul(MULTIPLIER_1, x2);
    x0 = high1 ^ x1 ^ key0;
    x2 = high0 ^ x3 ^ key1;
    x1 = low1;
    x3 = low0;
    key0 = (key0 + WEYL_0) | 0;
    key1 = (key1 + WEYL_1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}
