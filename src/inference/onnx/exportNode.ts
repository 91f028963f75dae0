import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { utilError } from '../../util/errors.ts';
import type { Session } from '../backend.ts';
import { CACHE_PARTS } from '../graph/decoder.ts';
import { f16ToF32 } from '../halfFloat.ts';
import { EXPORT_IO, type ExportShape, exportShape, type FloatType, type IntType } from './exportedInputs.ts';
import { ExportedSession, type ExportedSessionInit, type ExportRuntime } from './exportedSession.ts';
import { openNodeSession } from './nodeSession.ts';

/** Keys and values of one row, layer 0 key, layer 0 value, layer 1 key …: [1, kvHeads, tokens, headSize], f32 or f16. Never written to: rows may share them. */
interface Row {
  readonly tokens: number;
  readonly cache: readonly Tensor[];
}

/**
 * An export on onnxruntime-node, where the C API does not work: the cache comes out whole from every pass as tensors of JavaScript.
 *
 * @throws MODEL_INVALID when ONNX Runtime refuses the file, MODEL_UNSUPPORTED for other inputs and outputs
 */
export async function openExportNode(init: ExportedSessionInit): Promise<Session> {
  const { file, threads } = init;
  const session = await openNodeSession(file, threads);
  let layout: ExportShape;
  try {
    layout = exportShape(session.inputMetadata, session.outputMetadata);
  } catch (error) {
    await session.release();
    throw error;
  }
  return ExportedSession.over(init, new NodeExport(session, layout, init.rows));
}

class NodeExport implements ExportRuntime {
  readonly layout: ExportShape;
  readonly #session: InferenceSession;
  readonly #rows: Row[];

  constructor(session: InferenceSession, layout: ExportShape, rows: number) {
    this.layout = layout;
    this.#session = session;
    this.#rows = Array.from({ length: rows }, () => this.#emptyRow());
  }

  async pass(index: number, past: number, ids: Uint32Array, keep: number): Promise<Float32Array> {
    const row = this.#cut(index, past);
    const output = await this.#pass(row, ids, keep);
    const cache = this.#cacheNames(EXPORT_IO.present).map((name) => asInput(output[name] as Tensor));
    this.#rows[index] = { tokens: past + ids.length, cache };
    return floats(output[EXPORT_IO.logits] as Tensor);
  }

  copyRow(from: number, to: number, tokens: number): void {
    this.#rows[to] = this.#cut(from, tokens);
  }

  close(): Promise<void> {
    return this.#session.release();
  }

  #pass({ tokens, cache }: Row, ids: Uint32Array, last: number): Promise<InferenceSession.OnnxValueMapType> {
    const dims = [1, ids.length];
    const total = tokens + ids.length;
    const { ids: idType, mask, positions, keep, hasCacheBranch } = this.layout;
    const feeds: Record<string, Tensor> = { [EXPORT_IO.ids]: integers(idType, ids, dims) };
    if (mask !== undefined) feeds[EXPORT_IO.mask] = integers(mask, new Uint32Array(total).fill(1), [1, total]);
    if (positions !== undefined)
      feeds[EXPORT_IO.positions] = integers(
        positions,
        ids.map((_, i) => tokens + i),
        dims,
      );
    if (keep !== undefined) feeds[keep.name] = integers(keep.type, Uint32Array.of(last), keep.dims);
    if (hasCacheBranch) feeds[EXPORT_IO.useCache] = new Tensor('bool', Uint8Array.of(tokens > 0 ? 1 : 0), [1]);
    for (const [i, name] of this.#cacheNames(EXPORT_IO.past).entries()) feeds[name] = cache[i] as Tensor;
    return this.#session.run(feeds);
  }

  #cacheNames(name: typeof EXPORT_IO.past): string[] {
    return Array.from({ length: this.layout.layers }, (_, layer) => CACHE_PARTS.map((part) => name(layer, part))).flat();
  }

  #emptyRow(): Row {
    const { layers, kvHeads, headSize, cacheType } = this.layout;
    const empty = (): Tensor => tensorOf(cacheType, new Uint8Array(), [1, kvHeads, 0, headSize]);
    return { tokens: 0, cache: Array.from({ length: 2 * layers }, empty) };
  }

  /** The row's first `tokens` positions: a row that is given to another request still holds the last one's. */
  #cut(index: number, tokens: number): Row {
    const row = this.#rows[index] as Row;
    if (row.tokens === tokens) return row;
    if (tokens === 0) return this.#emptyRow();
    if (row.tokens < tokens) throw utilError('INTERNAL', `cache row ${index} holds ${row.tokens} tokens, not ${tokens}`);
    const { kvHeads, headSize, cacheType } = this.layout;
    const tokenBytes = headSize * (cacheType === 'float16' ? 2 : 4);
    const cache = row.cache.map((tensor) => {
      const from = bytesOf(tensor);
      const out = new Uint8Array(kvHeads * tokens * tokenBytes);
      for (let head = 0; head < kvHeads; head++) {
        const start = head * row.tokens * tokenBytes;
        out.set(from.subarray(start, start + tokens * tokenBytes), head * tokens * tokenBytes);
      }
      return tensorOf(cacheType, out, [1, kvHeads, tokens, headSize]);
    });
    return { tokens, cache };
  }
}

function integers(type: IntType, values: Uint32Array, dims: readonly number[]): Tensor {
  return type === 'int64' ? new Tensor(type, BigInt64Array.from(values, BigInt), dims) : new Tensor(type, Int32Array.from(values), dims);
}

function tensorOf(type: FloatType, bytes: Uint8Array<ArrayBuffer>, dims: readonly number[]): Tensor {
  if (type === 'float32') return new Tensor(type, new Float32Array(bytes.buffer), dims);
  return halves(new Uint16Array(bytes.buffer), dims);
}

/** The binding reads f16 from a Uint16Array only, where the library's Tensor holds a Float16Array: what a tensor is to the binding, as an object. */
function halves(data: Uint16Array, dims: readonly number[]): Tensor {
  return { type: 'float16', dims, data, location: 'cpu' } as unknown as Tensor;
}

/** An output that can be an input again. */
function asInput(tensor: Tensor): Tensor {
  if (tensor.type !== 'float16') return tensor;
  const { buffer, byteOffset, byteLength } = tensor.data as Uint16Array;
  return halves(new Uint16Array(buffer, byteOffset, byteLength / 2), tensor.dims);
}

function bytesOf({ data }: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = data as Float32Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Numbers of an f32 or f16 tensor as f32; f16 is widened exactly. */
function floats(tensor: Tensor): Float32Array {
  if (tensor.type !== 'float16') return tensor.data as Float32Array;
  const { buffer, byteOffset, byteLength } = tensor.data as Uint16Array;
  return f16ToF32(new Uint16Array(buffer, byteOffset, byteLength / 2));
}
