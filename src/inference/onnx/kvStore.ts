import type { DecoderShape } from '../graph/shape.ts';
import { KvCache } from './kvCache.ts';
import { NativeArray } from './nativeMemory.ts';
import type { Pointer } from './ortApi.ts';

/** Native memory of the cache: for each layer and part one f32 array [rows, kvHeads, contextTokens, headSize], zero at first. */
export interface KvStore {
  /** Layer 0 key, layer 0 value, layer 1 key … */
  readonly addresses: readonly Pointer[];
  /** Describes where they lie to `OrtApi.createTensor`; undefined is the CPU's memory. */
  readonly memory: Pointer | undefined;
  /** Why it lies elsewhere than the provider would have it. */
  readonly warning?: string;
  copyRow(from: number, to: number, tokens: number): void;
  close(): void;
}

/** A cache in the process's memory. */
export class HostKv implements KvStore {
  readonly addresses: readonly Pointer[];
  readonly memory = undefined;
  readonly warning?: string;
  readonly #arrays: readonly NativeArray<'float32'>[];
  readonly #cache: KvCache;

  constructor(shape: DecoderShape, rows: number, contextTokens: number, warning?: string) {
    const numbers = rows * KvCache.rowNumbers(shape, contextTokens);
    this.#arrays = Array.from({ length: 2 * shape.layers }, () => new NativeArray('float32', numbers));
    this.addresses = this.#arrays.map(({ address }) => address);
    this.#cache = new KvCache(
      shape,
      contextTokens,
      this.#arrays.map(({ view }) => view),
    );
    if (warning !== undefined) this.warning = warning;
  }

  copyRow(from: number, to: number, tokens: number): void {
    this.#cache.copyRow(from, to, tokens);
  }

  close(): void {
    for (const array of this.#arrays) array.free();
  }
}
