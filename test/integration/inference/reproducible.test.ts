import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Backend, Session } from '../../../src/inference/backend.ts';
import { createEngine, type EngineOptions } from '../../../src/inference/engine.ts';
import { GGUF_BLOCK } from '../../../src/inference/graph/blocks.ts';
import { buildDecoder } from '../../../src/inference/graph/decoder.ts';
import { quantiseBlocks } from '../../../src/inference/graph/quantise.ts';
import type { DecoderShape } from '../../../src/inference/graph/shape.ts';
import { syntheticWeights } from '../../../src/inference/graph/syntheticWeights.ts';
import type { WeightSource } from '../../../src/inference/graph/weightSource.ts';
import { DEFAULT_MODEL_DIR } from '../../../src/inference/models.ts';
import { openOrtFfi } from '../../../src/inference/onnx/ortFfi.ts';
import { ortNode } from '../../../src/inference/onnx/ortNode.ts';
import type { Quantisation } from '../../../src/inference/quantisation.ts';
import { GREEDY, type Hex } from '../../../src/types/index.ts';
import { SMOLLM_135M } from '../../bench/smollm.ts';
import { type Completion, complete } from './run.ts';

/** As wide as SmolLM2-135M: its products are shared between threads, and its rows are whole blocks. Smaller ones would be neither. */
const SHAPE: DecoderShape = { ...SMOLLM_135M, vocab: 4_096, layers: 2 };
const CONTEXT_TOKENS = 192;
const ROWS = 8;
const CHUNK_TOKENS = 64;
const tokens = (count: number, salt: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, i) => (i * 1_013 + salt * 389 + ((i * i) % 97)) % SHAPE.vocab);
/** With every length of chunks below, the last one has several tokens: a pass of one token sums attention in another order. */
const PROMPT = tokens(2 * CHUNK_TOKENS + 5, 1);
const NEXT = tokens(3, 2);

/** All matrices in the blocks that GGUF files have. */
const inGgufBlocks = (weights: WeightSource): WeightSource => ({
  read: (name, shape) => weights.read(name, shape),
  readBlocks: async (name, rows, columns, bits) =>
    quantiseBlocks(await weights.read(name, [rows, columns]), rows, columns, bits, GGUF_BLOCK),
});
const CASES: readonly { readonly title: string; readonly quantisation: Quantisation; readonly weights: WeightSource }[] = [
  { title: 'fp32', quantisation: 'fp32', weights: syntheticWeights('reproducible') },
  { title: 'int8', quantisation: 'int8', weights: syntheticWeights('reproducible') },
  { title: 'int8 in blocks of 32', quantisation: 'int8', weights: inGgufBlocks(syntheticWeights('reproducible')) },
  { title: 'int4', quantisation: 'int4', weights: syntheticWeights('reproducible') },
  { title: 'int4 in blocks of 32', quantisation: 'int4', weights: inGgufBlocks(syntheticWeights('reproducible')) },
];

/** What a row gives behind {@link PROMPT} and behind each token of {@link NEXT}: a hash of the bits of logits and hidden state. */
type Bits = readonly string[];

class Bench {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** @returns the bits of one of the `count` rows, at its last position */
  async #pass(first: number, count: number, ids: Uint32Array, past: readonly number[], row = 0): Promise<string> {
    const step = { first, count, length: ids.length / count, ids, past: Uint32Array.from(past), keep: 1 };
    const { logits, hidden } = await this.#session.run(step);
    const part = (values: Float32Array, width: number): Uint8Array =>
      new Uint8Array(values.buffer, values.byteOffset + 4 * row * width, 4 * width);
    return createHash('sha256').update(part(logits, SHAPE.vocab)).update(part(hidden, SHAPE.hidden)).digest('hex').slice(0, 16);
  }

  async fill(row: number, prompt: Uint32Array, chunkTokens: number, from = 0): Promise<string> {
    let last = '';
    for (let at = from; at < prompt.length; at += chunkTokens)
      last = await this.#pass(row, 1, prompt.subarray(at, Math.min(at + chunkTokens, prompt.length)), [at]);
    return last;
  }

  /** {@link NEXT} in one row, others of other lengths beside it. */
  async decode(count: number, row: number): Promise<string[]> {
    const past = Array.from({ length: count }, (_, i) => (i === row ? PROMPT.length : 7 + 11 * i));
    for (const [i, length] of past.entries()) if (i !== row) await this.fill(i, tokens(length, i), CHUNK_TOKENS);
    const bits: string[] = [];
    for (const [step, id] of NEXT.entries()) {
      const ids = Uint32Array.from({ length: count }, (_, i) => (i === row ? id : 40 + i));
      bits.push(
        await this.#pass(
          0,
          count,
          ids,
          past.map((length) => length + step),
          row,
        ),
      );
    }
    return bits;
  }

  async whole(count: number, row: number, chunkTokens = CHUNK_TOKENS): Promise<Bits> {
    return [await this.fill(row, PROMPT, chunkTokens), ...(await this.decode(count, row))];
  }

  /** The first `length` tokens come from another row, as from the prefix cache. */
  async behindPrefix(length: number): Promise<Bits> {
    await this.fill(ROWS, PROMPT, CHUNK_TOKENS);
    this.#session.copyRow(ROWS, 0, length);
    return [await this.fill(0, PROMPT, CHUNK_TOKENS, length), ...(await this.decode(1, 0))];
  }
}

describe('bit-identical logits', function () {
  this.timeout(120_000);
  for (const { title, quantisation, weights } of CASES) {
    describe(title, () => {
      let model: Uint8Array;
      let expected: Bits;
      const using = async (backend: Backend, threads: number, use: (bench: Bench) => Promise<void>): Promise<void> => {
        const init = { model, shape: SHAPE, rows: ROWS + 1, contextTokens: CONTEXT_TOKENS, stepTokensMax: PROMPT.length, threads };
        const session = await backend.open(init);
        try {
          await use(new Bench(session));
        } finally {
          await session.close();
        }
      };
      before(async () => {
        model = await buildDecoder(SHAPE, weights, CONTEXT_TOKENS, quantisation);
        await using(openOrtFfi(), 1, async (bench) => {
          expected = await bench.whole(1, 0);
        });
      });

      it('differ from position to position', () => {
        assert.equal(new Set(expected).size, 1 + NEXT.length);
      });

      for (const threads of [1, 2]) {
        it(`in every slot, one to eight rows at once, on ${threads} of threads`, () =>
          using(openOrtFfi(), threads, async (bench) => {
            for (let count = 1; count <= ROWS; count++) {
              for (const row of new Set([0, count >> 1, count - 1]))
                assert.deepEqual(await bench.whole(count, row), expected, `row ${row} of ${count}`);
            }
          }));
      }

      it('however the prompt is cut into chunks', () =>
        using(openOrtFfi(), 2, async (bench) => {
          for (const chunk of [8, 31, 50, 128, PROMPT.length])
            assert.deepEqual(await bench.whole(1, 0, chunk), expected, `chunks of ${chunk}`);
        }));

      it('whether or not the prompt begins in the prefix cache', () =>
        using(openOrtFfi(), 1, async (bench) => {
          for (const chunks of [1, 2]) assert.deepEqual(await bench.behindPrefix(chunks * CHUNK_TOKENS), expected);
        }));

      it('on the other backend', () =>
        using(ortNode, 2, async (bench) => {
          for (const count of [1, 2, ROWS]) assert.deepEqual(await bench.whole(count, count - 1), expected, `${count} rows`);
        }));
    });
  }

  it('make equal tokens, sketches and log-probabilities in engines with other slots, threads, chunks and prefix rows', async () => {
    const runs: Completion[][] = [];
    for (const options of [
      { slots: 1, threads: 1, prefixRows: 0 },
      { slots: 8, threads: 2, prefillChunkTokens: 16 },
      { slots: 3, threads: 2, prefillChunkTokens: 128 },
    ] satisfies EngineOptions[]) {
      const engine = createEngine({ provider: 'cpu', speculation: 'off', ...options });
      try {
        const { id: model } = await engine.load(DEFAULT_MODEL_DIR);
        const request = (i: number) => ({
          model,
          promptIds: Uint32Array.from({ length: 30 + 40 * i }, (_, at) => 3 + ((at * 79) % 2_000)),
          sampling: { ...GREEDY, temperatureMilli: 800, seed: `0x${(i + 1).toString(16).padStart(64, '0')}` as Hex },
          maxTokens: 24,
          stop: [],
          topLogprobs: 20,
          cacheScope: 'one',
        });
        const together = await Promise.all(Array.from({ length: 8 }, (_, i) => complete(engine, request(i))));
        const again = await complete(engine, request(7));
        assert.equal(again.end.cachedTokens > 0, options.prefixRows !== 0);
        runs.push([...together, again]);
      } finally {
        await engine.close();
      }
    }
    const numbers = (run: Completion[]): unknown => run.map(({ ids, sketches, logprobs }) => ({ ids, sketches, logprobs }));
    for (const run of runs) assert.deepEqual(numbers(run), numbers(runs[0] as Completion[]));
  });
});
