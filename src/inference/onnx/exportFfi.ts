import type { Session } from '../backend.ts';
import { inferenceError } from '../errors.ts';
import { CACHE_PARTS } from '../graph/decoder.ts';
import { f16ToF32 } from '../halfFloat.ts';
import { writesCacheInPlace } from './cacheInPlace.ts';
import { type ExportCache, FixedCache, GrowingCache } from './exportCache.ts';
import { EXPORT_IO, type ExportShape, exportShape, type IntType } from './exportedInputs.ts';
import { ExportedSession, type ExportedSessionInit, type ExportRuntime } from './exportedSession.ts';
import { NativeArray, NativeStrings } from './nativeMemory.ts';
import { type OrtApi, ortApi, type Pointer } from './ortApi.ts';

/**
 * An export on the C API of the bundled library: keys and values stay in native memory from pass to pass, and where the graph can, in place.
 *
 * @throws MODEL_INVALID when ONNX Runtime refuses the file, MODEL_UNSUPPORTED for other inputs and outputs
 */
export async function openExportFfi(init: ExportedSessionInit): Promise<Session> {
  const { file, threads } = init;
  const api = ortApi();
  let session: Pointer;
  try {
    session = api.createSession(file, threads);
  } catch (error) {
    throw inferenceError('MODEL_INVALID', `${file} is refused by ONNX Runtime`, { file }, error);
  }
  let runtime: FfiExport;
  try {
    const layout = exportShape(api.values(session, 'input'), api.values(session, 'output'));
    const Cache = (await writesCacheInPlace(file, layout.layers)) ? FixedCache : GrowingCache;
    runtime = new FfiExport(api, session, layout, new Cache({ ...init, api, layout }), init);
  } catch (error) {
    api.releaseSession(session);
    throw error;
  }
  return ExportedSession.over(init, runtime);
}

/** Numbers of an input that are written before each pass. */
interface Integers {
  readonly type: IntType;
  readonly array: NativeArray<'int64'> | NativeArray<'int32'>;
}

class FfiExport implements ExportRuntime {
  readonly layout: ExportShape;
  readonly #api: OrtApi;
  readonly #session: Pointer;
  readonly #cache: ExportCache;
  readonly #vocab: number;
  readonly #ids: Integers;
  readonly #mask: Integers | undefined;
  readonly #positions: Integers | undefined;
  readonly #keep: Integers | undefined;
  readonly #branch: NativeArray<'uint8'> | undefined;
  readonly #logits: NativeArray<'float32'> | NativeArray<'uint16'>;
  readonly #inputNames: NativeStrings;
  readonly #outputNames: NativeStrings;

  constructor(api: OrtApi, session: Pointer, layout: ExportShape, cache: ExportCache, init: ExportedSessionInit) {
    const { ids, mask, positions, keep, hasCacheBranch, logitsType, layers } = layout;
    const { contextTokens, stepTokensMax, vocab } = init;
    this.#api = api;
    this.#session = session;
    this.layout = layout;
    this.#cache = cache;
    this.#vocab = vocab;
    this.#ids = integers(ids, stepTokensMax);
    this.#mask = mask && integers(mask, contextTokens);
    this.#positions = positions && integers(positions, stepTokensMax);
    this.#keep = keep && integers(keep.type, 1);
    this.#branch = hasCacheBranch ? new NativeArray('uint8', 1) : undefined;
    const numbers = stepTokensMax * vocab;
    this.#logits = logitsType === 'float32' ? new NativeArray('float32', numbers) : new NativeArray('uint16', numbers);
    for (let i = 0; this.#mask !== undefined && i < contextTokens; i++) write(this.#mask, i, 1);
    const names = (name: typeof EXPORT_IO.past): string[] =>
      Array.from({ length: layers }, (_, layer) => CACHE_PARTS.map((part) => name(layer, part))).flat();
    const given = [
      EXPORT_IO.ids,
      ...(mask === undefined ? [] : [EXPORT_IO.mask]),
      ...(positions === undefined ? [] : [EXPORT_IO.positions]),
      ...(keep === undefined ? [] : [keep.name]),
      ...(hasCacheBranch ? [EXPORT_IO.useCache] : []),
    ];
    this.#inputNames = new NativeStrings([...given, ...names(EXPORT_IO.past)]);
    this.#outputNames = new NativeStrings([EXPORT_IO.logits, ...names(EXPORT_IO.present)]);
  }

  async pass(row: number, past: number, ids: Uint32Array, keep: number): Promise<Float32Array> {
    const { length } = ids;
    for (let i = 0; i < length; i++) {
      write(this.#ids, i, ids[i] as number);
      if (this.#positions !== undefined) write(this.#positions, i, past + i);
    }
    if (this.#keep !== undefined) write(this.#keep, 0, keep);
    if (this.#branch !== undefined) this.#branch.view[0] = past > 0 ? 1 : 0;
    const given = this.#keep === undefined ? length : keep;
    const numbers = given * this.#vocab;
    const owned = [
      this.#tensor(this.#ids, [1, length]),
      ...(this.#mask === undefined ? [] : [this.#tensor(this.#mask, [1, past + length])]),
      ...(this.#positions === undefined ? [] : [this.#tensor(this.#positions, [1, length])]),
      ...(this.#keep === undefined ? [] : [this.#tensor(this.#keep, this.layout.keep?.dims ?? [])]),
      ...(this.#branch === undefined ? [] : [this.#api.createTensor('bool', this.#branch.address, 1, [1])]),
    ];
    const bytes = numbers * this.#logits.elementBytes;
    const logits = this.#api.createTensor(this.layout.logitsType, this.#logits.address, bytes, [1, given, this.#vocab]);
    const cache = this.#cache.begin(row, past, length);
    let passed = false;
    try {
      const inputs = BigUint64Array.from([...owned, ...cache.past]);
      const outputs = BigUint64Array.from([logits, ...cache.present]);
      this.#api.run(this.#session, this.#inputNames.addresses, inputs, this.#outputNames.addresses, outputs);
      passed = true;
    } finally {
      this.#cache.settle(passed);
      for (const tensor of [...owned, logits]) this.#api.releaseTensor(tensor);
    }
    const view = this.#logits.view.subarray(0, numbers);
    return view instanceof Uint16Array ? f16ToF32(view) : view;
  }

  copyRow(from: number, to: number, tokens: number): void {
    this.#cache.copyRow(from, to, tokens);
  }

  async close(): Promise<void> {
    this.#api.releaseSession(this.#session);
    this.#cache.close();
    for (const given of [this.#ids, this.#mask, this.#positions, this.#keep]) given?.array.free();
    this.#branch?.free();
    this.#logits.free();
    this.#inputNames.free();
    this.#outputNames.free();
  }

  #tensor({ type, array }: Integers, dims: readonly number[]): Pointer {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return this.#api.createTensor(type, array.address, count * array.elementBytes, dims);
  }
}

function integers(type: IntType, length: number): Integers {
  return { type, array: type === 'int64' ? new NativeArray(type, length) : new NativeArray(type, length) };
}

function write({ array: { view } }: Integers, at: number, value: number): void {
  if (view instanceof BigInt64Array) view[at] = BigInt(value);
  else view[at] = value;
}
