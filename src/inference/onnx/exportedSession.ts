import { InferenceSession, Tensor } from 'onnxruntime-node';
import { utilError } from '../../util/errors.ts';
import type { Session, StepInput, StepOutput } from '../backend.ts';
import { inferenceError } from '../errors.ts';
import { CACHE_PARTS } from '../graph/decoder.ts';
import { EXPORT_IO, type ExportShape, exportShape } from './exportedInputs.ts';

export interface ExportedSessionInit {
  /** The ONNX file, checked by {@link checkExternalData}. */
  readonly file: string;
  readonly vocab: number;
  readonly rows: number;
  readonly contextTokens: number;
  readonly threads: number;
}

/** Keys and values of one row, layer 0 key, layer 0 value, layer 1 key …: f32 [1, kvHeads, tokens, headSize]. Never written to: rows may share them. */
interface Row {
  readonly tokens: number;
  readonly cache: readonly Tensor[];
}

/**
 * A decoder as Hugging Face's exporters write it, on onnxruntime-node. Each row runs by itself, and its cache comes out whole from every pass, as
 * these graphs are made: slower than the engine's own graphs, and independent of what else runs. There is no hidden state.
 */
export class ExportedSession implements Session {
  readonly shape: { readonly vocab: number; readonly hidden: 0 };
  readonly rows: number;
  readonly contextTokens: number;
  readonly #session: InferenceSession;
  readonly #layout: ExportShape;
  readonly #rows: Row[];

  private constructor(init: ExportedSessionInit, session: InferenceSession, layout: ExportShape) {
    this.shape = { vocab: init.vocab, hidden: 0 };
    this.rows = init.rows;
    this.contextTokens = init.contextTokens;
    this.#session = session;
    this.#layout = layout;
    this.#rows = Array.from({ length: init.rows }, () => this.#emptyRow());
  }

  /** @throws MODEL_INVALID when ONNX Runtime refuses the file, MODEL_UNSUPPORTED for other inputs and outputs */
  static async open(init: ExportedSessionInit): Promise<ExportedSession> {
    const { file, threads } = init;
    const options = {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
    } as const;
    const session = await InferenceSession.create(file, options).catch((error: unknown) => {
      throw inferenceError('MODEL_INVALID', `${file} is refused by ONNX Runtime`, { file }, error);
    });
    try {
      return new ExportedSession(init, session, exportShape(session));
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  async run({ first, count, length, ids, past, keep }: StepInput): Promise<StepOutput> {
    const { vocab } = this.shape;
    const logits = new Float32Array(count * keep * vocab);
    for (let i = 0; i < count; i++) {
      const row = this.#cut(first + i, past[i] as number);
      const output = await this.#pass(row, ids.subarray(i * length, (i + 1) * length));
      const values = output[EXPORT_IO.logits]?.data as Float32Array;
      if (values.length !== length * vocab) {
        throw inferenceError(
          'MODEL_INVALID',
          `ONNX export: ${values.length} logits of ${length} tokens; config.json says ${vocab} a token`,
          {
            key: 'vocab_size',
            vocab,
          },
        );
      }
      logits.set(values.subarray((length - keep) * vocab), i * keep * vocab);
      const cache = this.#cacheNames(EXPORT_IO.present).map((name) => output[name] as Tensor);
      this.#rows[first + i] = { tokens: row.tokens + length, cache };
    }
    return { logits, hidden: new Float32Array() };
  }

  copyRow(from: number, to: number, tokens: number): void {
    this.#rows[to] = this.#cut(from, tokens);
  }

  close(): Promise<void> {
    return this.#session.release();
  }

  #pass({ tokens, cache }: Row, ids: Uint32Array): Promise<InferenceSession.OnnxValueMapType> {
    const dims = [1, ids.length];
    const total = tokens + ids.length;
    const feeds: Record<string, Tensor> = { [EXPORT_IO.ids]: new Tensor('int64', BigInt64Array.from(ids, BigInt), dims) };
    if (this.#layout.hasMask) feeds[EXPORT_IO.mask] = new Tensor('int64', new BigInt64Array(total).fill(1n), [1, total]);
    if (this.#layout.hasPositions) {
      feeds[EXPORT_IO.positions] = new Tensor(
        'int64',
        BigInt64Array.from(ids, (_, i) => BigInt(tokens + i)),
        dims,
      );
    }
    for (const [i, name] of this.#cacheNames(EXPORT_IO.past).entries()) feeds[name] = cache[i] as Tensor;
    return this.#session.run(feeds);
  }

  #cacheNames(name: typeof EXPORT_IO.past): string[] {
    return Array.from({ length: this.#layout.layers }, (_, layer) => CACHE_PARTS.map((part) => name(layer, part))).flat();
  }

  #emptyRow(): Row {
    const { layers, kvHeads, headSize } = this.#layout;
    const empty = (): Tensor => new Tensor('float32', new Float32Array(), [1, kvHeads, 0, headSize]);
    return { tokens: 0, cache: Array.from({ length: 2 * layers }, empty) };
  }

  /** The row's first `tokens` positions: a row that is given to another request still holds the last one's. */
  #cut(index: number, tokens: number): Row {
    const row = this.#rows[index] as Row;
    if (row.tokens === tokens) return row;
    if (tokens === 0) return this.#emptyRow();
    if (row.tokens < tokens) throw utilError('INTERNAL', `cache row ${index} holds ${row.tokens} tokens, not ${tokens}`);
    const { kvHeads, headSize } = this.#layout;
    const cache = row.cache.map(({ data }) => {
      const out = new Float32Array(kvHeads * tokens * headSize);
      for (let head = 0; head < kvHeads; head++) {
        const start = head * row.tokens * headSize;
        out.set((data as Float32Array).subarray(start, start + tokens * headSize), head * tokens * headSize);
      }
      return new Tensor('float32', out, [1, kvHeads, tokens, headSize]);
    });
    return { tokens, cache };
  }
}
