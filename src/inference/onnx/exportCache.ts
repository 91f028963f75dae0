import { utilError } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';
import type { ExportShape, FloatType } from './exportedInputs.ts';
import { NativeArray } from './nativeMemory.ts';
import type { OrtApi, Pointer } from './ortApi.ts';

export interface ExportCacheInit {
  readonly api: Pick<OrtApi, 'createTensor' | 'releaseTensor'>;
  readonly layout: Pick<ExportShape, 'layers' | 'kvHeads' | 'headSize' | 'cacheType'>;
  readonly rows: number;
  readonly contextTokens: number;
}

/** Keys and values of all rows in native memory, as tensors: layer 0 key, layer 0 value, layer 1 key … */
export interface ExportCache {
  /**
   * What goes into and comes out of a pass that adds tokens to the first `past` of a row. {@link settle} follows.
   *
   * @returns each [1, kvHeads, tokens or context, headSize]
   */
  begin(row: number, past: number, added: number): { readonly past: readonly Pointer[]; readonly present: readonly Pointer[] };
  /** @param passed whether the pass was computed; if not, the row is as it was */
  settle(passed: boolean): void;
  copyRow(from: number, to: number, tokens: number): void;
  close(): void;
}

/** What the C API's binding allocates at once. */
const ARRAY_BYTES_MAX = 2 ** 31 - 1;
const ELEMENT_BYTES: Readonly<Record<FloatType, number>> = { float32: 4, float16: 2 };

/** Places that each hold a context: one array for each layer and part. */
class Slots {
  readonly #init: ExportCacheInit;
  readonly #arrays: readonly (readonly NativeArray<'uint8'>[])[];
  readonly #tokenBytes: number;

  /** @throws MODEL_UNSUPPORTED when a layer of a context is too large */
  constructor(init: ExportCacheInit, slots: number) {
    const { layers, kvHeads, headSize, cacheType } = init.layout;
    this.#init = init;
    this.#tokenBytes = headSize * ELEMENT_BYTES[cacheType];
    const bytes = kvHeads * init.contextTokens * this.#tokenBytes;
    if (bytes > ARRAY_BYTES_MAX) {
      const message = `keys of ${init.contextTokens} tokens take ${bytes} bytes a layer; at most ${ARRAY_BYTES_MAX} are kept: allow fewer tokens`;
      throw inferenceError('MODEL_UNSUPPORTED', message, { bytes, bytesMax: ARRAY_BYTES_MAX });
    }
    this.#arrays = Array.from({ length: slots }, () => Array.from({ length: 2 * layers }, () => new NativeArray('uint8', bytes)));
  }

  /** Tensors of so many tokens over the beginning of a slot. */
  tensors(slot: number, tokens: number): Pointer[] {
    const { api, layout } = this.#init;
    const dims = [1, layout.kvHeads, tokens, layout.headSize];
    const bytes = layout.kvHeads * tokens * this.#tokenBytes;
    return this.#slot(slot).map(({ address }) => api.createTensor(layout.cacheType, address, bytes, dims));
  }

  /** Copies the first tokens of each head. @param fromHead, toHead tokens from one head to the next; the latter the smaller one within a slot */
  copy(from: number, fromHead: number, to: number, toHead: number, tokens: number): void {
    const bytes = tokens * this.#tokenBytes;
    for (const [i, { view }] of this.#slot(from).entries()) {
      const target = this.#slot(to)[i]?.view as Uint8Array;
      for (let head = 0; head < this.#init.layout.kvHeads; head++) {
        const start = head * fromHead * this.#tokenBytes;
        // Also within one array, where they overlap: as memmove does.
        target.set(view.subarray(start, start + bytes), head * toHead * this.#tokenBytes);
      }
    }
  }

  close(): void {
    for (const array of this.#arrays.flat()) array.free();
  }

  #slot(slot: number): readonly NativeArray<'uint8'>[] {
    return this.#arrays[slot] as readonly NativeArray<'uint8'>[];
  }
}

/** For graphs that write keys and values in place: the same tensors go in and out of every pass. */
export class FixedCache implements ExportCache {
  readonly #slots: Slots;
  readonly #contextTokens: number;
  readonly #releaseTensor: (tensor: Pointer) => void;
  readonly #rows: readonly (readonly Pointer[])[];

  constructor(init: ExportCacheInit) {
    this.#slots = new Slots(init, init.rows);
    this.#contextTokens = init.contextTokens;
    this.#releaseTensor = (tensor) => init.api.releaseTensor(tensor);
    this.#rows = Array.from({ length: init.rows }, (_, row) => this.#slots.tensors(row, init.contextTokens));
  }

  begin(row: number): { readonly past: readonly Pointer[]; readonly present: readonly Pointer[] } {
    const tensors = this.#rows[row] as readonly Pointer[];
    return { past: tensors, present: tensors };
  }

  settle(): void {}

  copyRow(from: number, to: number, tokens: number): void {
    this.#slots.copy(from, this.#contextTokens, to, this.#contextTokens, tokens);
  }

  close(): void {
    this.#rows.flat().forEach(this.#releaseTensor);
    this.#slots.close();
  }
}

interface Row {
  slot: number;
  tokens: number;
  tensors: readonly Pointer[];
}

/**
 * For graphs that give the whole cache anew: a pass reads one slot and writes the spare one, then the row has that and its own is spare. What came
 * out of one pass goes into the next as it is.
 */
export class GrowingCache implements ExportCache {
  readonly #slots: Slots;
  readonly #releaseTensor: (tensor: Pointer) => void;
  readonly #rows: readonly Row[];
  #spare: number;
  #begun: { readonly row: Row; readonly tokens: number; readonly present: readonly Pointer[] } | undefined;

  constructor(init: ExportCacheInit) {
    this.#slots = new Slots(init, init.rows + 1);
    this.#releaseTensor = (tensor) => init.api.releaseTensor(tensor);
    this.#rows = Array.from({ length: init.rows }, (_, slot) => ({ slot, tokens: 0, tensors: this.#slots.tensors(slot, 0) }));
    this.#spare = init.rows;
  }

  begin(index: number, past: number, added: number): { readonly past: readonly Pointer[]; readonly present: readonly Pointer[] } {
    const row = this.#rows[index] as Row;
    if (row.tokens !== past) this.copyRow(index, index, past);
    const tokens = past + added;
    const present = this.#slots.tensors(this.#spare, tokens);
    this.#begun = { row, tokens, present };
    return { past: row.tensors, present };
  }

  settle(passed: boolean): void {
    if (this.#begun === undefined) return;
    const { row, tokens, present } = this.#begun;
    this.#begun = undefined;
    if (!passed) {
      present.forEach(this.#releaseTensor);
      return;
    }
    row.tensors.forEach(this.#releaseTensor);
    [row.slot, this.#spare] = [this.#spare, row.slot];
    row.tokens = tokens;
    row.tensors = present;
  }

  /** Also within a row: one that is given to another request still holds the last one's tokens. */
  copyRow(from: number, to: number, tokens: number): void {
    const [source, target] = [this.#rows[from] as Row, this.#rows[to] as Row];
    if (source.tokens < tokens) throw utilError('INTERNAL', `cache row ${from} holds ${source.tokens} tokens, not ${tokens}`);
    this.#slots.copy(source.slot, source.tokens, target.slot, tokens, tokens);
    target.tensors.forEach(this.#releaseTensor);
    target.tokens = tokens;
    target.tensors = this.#slots.tensors(target.slot, tokens);
  }

  close(): void {
    for (const { tensors } of this.#rows) tensors.forEach(this.#releaseTensor);
    this.#slots.close();
  }
}
