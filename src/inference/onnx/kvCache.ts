import { CACHE_PARTS, type CachePart } from '../graph/decoder.ts';
import type { DecoderShape } from '../graph/shape.ts';

/** Keys and values of all rows: for each layer and part one f32 array [rows, kvHeads, contextTokens, headSize]. */
export class KvCache {
  readonly #shape: DecoderShape;
  readonly #contextTokens: number;
  readonly #arrays: readonly Float32Array[];

  /** @param arrays layer 0 key, layer 0 value, layer 1 key … */
  constructor(shape: DecoderShape, contextTokens: number, arrays: readonly Float32Array[]) {
    this.#shape = shape;
    this.#contextTokens = contextTokens;
    this.#arrays = arrays;
  }

  /** f32 numbers of one row in one array. */
  static rowNumbers(shape: DecoderShape, contextTokens: number): number {
    return shape.kvHeads * contextTokens * shape.headSize;
  }

  rows(layer: number, part: CachePart, first: number, count: number): Float32Array {
    const row = KvCache.rowNumbers(this.#shape, this.#contextTokens);
    const array = this.#arrays[layer * 2 + CACHE_PARTS.indexOf(part)] as Float32Array;
    return array.subarray(first * row, (first + count) * row);
  }

  /** Copies the first `tokens` positions of a row, head by head. */
  copyRow(from: number, to: number, tokens: number): void {
    const { kvHeads, headSize } = this.#shape;
    const head = this.#contextTokens * headSize;
    const row = kvHeads * head;
    for (const array of this.#arrays) {
      for (let h = 0; h < kvHeads; h++) {
        const start = from * row + h * head;
        array.copyWithin(to * row + h * head, start, start + tokens * headSize);
      }
    }
  }
}

/** A cache in JavaScript memory. */
export class HeapKvCache extends KvCache {
  constructor(shape: DecoderShape, rows: number, contextTokens: number) {
    const numbers = rows * KvCache.rowNumbers(shape, contextTokens);
    super(
      shape,
      contextTokens,
      Array.from({ length: 2 * shape.layers }, () => new Float32Array(numbers)),
    );
  }
}
