import { philox } from './sampling/philox.ts';

/** Numbers in a sketch. */
export const SKETCH_DIMENSIONS = 8;
export const SKETCH_BYTES = 4 * SKETCH_DIMENSIONS;
/** ASCII 'cort', 'ensk' */
const KEY_0 = 0x636f7274;
const KEY_1 = 0x656e736b;

/**
 * Projects final hidden states to 8 numbers with fixed signs: sketch[r] = f32(Σ_j sign(r, j) · h[j] / √hidden), summed in f64 in the order
 * of j; sign(r, j) is −1 when bit r of word 0 of Philox4x32-10(counter (j, 0, 0, 0), key (0x636f7274, 0x656e736b)) is set.
 */
export class Sketcher {
  readonly #hidden: number;
  readonly #scale: number;
  /** Bit r of entry j. */
  readonly #bits: Uint8Array;

  /** @param hiddenSize 0 for models without hidden states: all their sketches are zeros */
  constructor(hiddenSize: number) {
    this.#hidden = hiddenSize;
    this.#scale = Math.sqrt(Math.max(1, hiddenSize));
    this.#bits = new Uint8Array(hiddenSize);
    const words = new Uint32Array(4);
    for (let j = 0; j < hiddenSize; j++) {
      philox(j, 0, 0, 0, KEY_0, KEY_1, words);
      this.#bits[j] = (words[0] as number) & 0xff;
    }
  }

  /** @param hidden at least `hiddenSize` values from `offset` */
  sketch(hidden: Float32Array, offset = 0): Uint8Array {
    const out = new Uint8Array(SKETCH_BYTES);
    const view = new DataView(out.buffer);
    for (let row = 0; row < SKETCH_DIMENSIONS; row++) {
      let sum = 0;
      for (let j = 0; j < this.#hidden; j++) {
        const value = hidden[offset + j] as number;
        sum += ((this.#bits[j] as number) >> row) & 1 ? -value : value;
      }
      view.setFloat32(4 * row, sum / this.#scale, true);
    }
    return out;
  }
}

/** ‖a − b‖ / ‖b‖ of two sketches; Infinity when a number is not finite or a length is wrong. */
export function sketchError(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== SKETCH_BYTES || b.length !== SKETCH_BYTES) return Number.POSITIVE_INFINITY;
  const [left, right] = [new DataView(a.buffer, a.byteOffset), new DataView(b.buffer, b.byteOffset)];
  let difference = 0;
  let norm = 0;
  for (let row = 0; row < SKETCH_DIMENSIONS; row++) {
    const [x, y] = [left.getFloat32(4 * row, true), right.getFloat32(4 * row, true)];
    difference += (x - y) ** 2;
    norm += y ** 2;
  }
  const error = Math.sqrt(difference) / Math.sqrt(norm);
  return difference === 0 ? 0 : Number.isFinite(error) ? error : Number.POSITIVE_INFINITY;
}
