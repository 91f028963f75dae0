import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { Backend, Session, SessionInit, StepInput, StepOutput } from '../backend.ts';
import { CACHE_PARTS, IO } from '../graph/decoder.ts';
import { HeapKvCache } from './kvCache.ts';
import { nodeOptions } from './nodeSession.ts';

/**
 * The portable backend: onnxruntime-node's own binding. Its `run` computes on the calling thread and copies preallocated outputs once more
 * after they were written in place, so it is slower than the C API with long contexts.
 */
export const ortNode: Backend = ortNodeOn('cpu');

/** CUDA is left to the C API: this binding cannot turn TensorFloat-32 off nor keep the cache on the device. */
export function ortNodeOn(provider: 'cpu' | 'webgpu'): Backend {
  return {
    name: 'ortNode',
    provider,
    graph: { attention: 'fused', pairsRows: provider === 'cpu' },
    runtimeVersion: env.versions.node ?? 'unknown',
    async open(init) {
      const session = await InferenceSession.create(init.model, nodeOptions(provider, init.threads));
      return new OrtNodeSession(init, session);
    },
  };
}

class OrtNodeSession implements Session {
  readonly shape;
  readonly rows;
  readonly contextTokens;
  readonly #session: InferenceSession;
  readonly #cache: HeapKvCache;

  constructor(init: SessionInit, session: InferenceSession) {
    this.shape = init.shape;
    this.rows = init.rows;
    this.contextTokens = init.contextTokens;
    this.#session = session;
    this.#cache = new HeapKvCache(init.shape, init.rows, init.contextTokens);
  }

  async run({ first, count, length, ids, past, keep }: StepInput): Promise<StepOutput> {
    const last = Int32Array.from(past, (tokens) => tokens + length - 1);
    const feeds: Record<string, Tensor> = {
      [IO.ids]: new Tensor('int64', BigInt64Array.from(ids, BigInt), [count, length]),
      [IO.lastIndex]: new Tensor('int32', last, [count]),
      [IO.totalLength]: new Tensor('int32', Int32Array.of(last.reduce((a, b) => Math.max(a, b), 0) + 1), []),
      [IO.keep]: new Tensor('int64', BigInt64Array.of(BigInt(keep)), [1]),
    };
    const fetches: Record<string, Tensor | null> = { [IO.logits]: null, [IO.hidden]: null };
    const dims = [count, this.shape.kvHeads, this.contextTokens, this.shape.headSize];
    for (let layer = 0; layer < this.shape.layers; layer++) {
      for (const part of CACHE_PARTS) {
        const tensor = new Tensor('float32', this.#cache.rows(layer, part, first, count), dims);
        feeds[IO.past(layer, part)] = tensor;
        fetches[IO.present(layer, part)] = tensor;
      }
    }
    const results = await this.#session.run(feeds, fetches);
    return { logits: results[IO.logits]?.data as Float32Array, hidden: results[IO.hidden]?.data as Float32Array };
  }

  copyRow(from: number, to: number, tokens: number): void {
    this.#cache.copyRow(from, to, tokens);
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}
