import type { Session } from '../../src/inference/backend.ts';
import { buildDecoder } from '../../src/inference/graph/decoder.ts';
import { decoderShape } from '../../src/inference/graph/shape.ts';
import { graphBytes } from '../../src/inference/graph/size.ts';
import { syntheticWeights } from '../../src/inference/graph/syntheticWeights.ts';
import type { WeightSource } from '../../src/inference/graph/weightSource.ts';
import { openOrtFfi } from '../../src/inference/onnx/ortFfi.ts';
import { QUANTISATIONS } from '../../src/inference/quantisation.ts';
import type { Benchmark } from './benchmark.ts';
import { type Metric, summarise } from './metric.ts';

/** SmolLM2-135M's config.json. */
export const SHAPE = decoderShape({
  architectures: ['LlamaForCausalLM'],
  vocab_size: 49_152,
  hidden_size: 576,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  intermediate_size: 1536,
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  tie_word_embeddings: true,
});
const CONTEXT_TOKENS = 512;
const PROMPT_TOKENS = 128;
const CHUNK_TOKENS = 64;
const DECODE_STEPS = 32;
const BATCHES = [1, 8];
const ROUNDS = 5;
const COMPARED_BYTES = 256 << 20;

export const quantised: Benchmark = {
  name: 'quantised',
  summary: 'SmolLM2-135M shape in fp32, int8 and int4: prefill and decode at batch 1 and 8, next to the memory bandwidth',
  method:
    'Random weights, ONNX Runtime through its C API on one thread, no engine around it: 128 prompt tokens in chunks of 64, then 32 decode steps. ' +
    'Bandwidth: comparing two arrays of 256 MiB. The limit of decoding at batch 1 is bandwidth by bytes of weights that one token reads.',
  async run({ random, say }) {
    const bandwidths = Array.from({ length: ROUNDS }, readBandwidth);
    const metrics: Metric[] = [summarise('memory_read_gb_per_s', 'GB/s', 'higher', bandwidths, random)];
    const best = Math.max(...bandwidths) * 1e9;
    const weights = remembered(syntheticWeights('bench'));
    for (const quantisation of QUANTISATIONS) {
      const model = await buildDecoder(SHAPE, weights, CONTEXT_TOKENS, quantisation);
      const rows = Math.max(...BATCHES);
      const session = await openOrtFfi().open({
        model,
        shape: SHAPE,
        rows,
        contextTokens: CONTEXT_TOKENS,
        stepTokensMax: CHUNK_TOKENS,
        threads: 1,
      });
      try {
        // The lookup of one row of the embedding reads nothing to speak of; the table is not shared with the head in fp32.
        const lookup = quantisation === 'fp32' ? 4 * SHAPE.vocab * SHAPE.hidden : 0;
        const limit = best / (graphBytes(SHAPE, CONTEXT_TOKENS, quantisation) - lookup);
        say(`${quantisation}: ${Math.round(model.length / 2 ** 20)} MiB, at most ${limit.toFixed(0)} tok/s at batch 1`);
        metrics.push(summarise(`${quantisation}_decode_b1_limit_tokens_per_s`, 'tok/s', 'higher', [limit], random));
        for (const batch of BATCHES) {
          const rates: Awaited<ReturnType<typeof measure>>[] = [];
          for (let round = -1; round < ROUNDS; round++) {
            const rate = await measure(session, batch, random);
            if (round >= 0) rates.push(rate);
          }
          const of = (kind: 'prefill' | 'decode'): number[] => rates.map((rate) => rate[kind]);
          metrics.push(
            summarise(`${quantisation}_prefill_b${batch}_tokens_per_s`, 'tok/s', 'higher', of('prefill'), random),
            summarise(`${quantisation}_decode_b${batch}_tokens_per_s`, 'tok/s', 'higher', of('decode'), random),
          );
        }
      } finally {
        await session.close();
      }
    }
    return metrics;
  },
};

/** Tokens per second over all rows: prompts row by row, then all rows together. */
async function measure(session: Session, batch: number, random: () => number): Promise<{ prefill: number; decode: number }> {
  const draw = (length: number): Uint32Array => Uint32Array.from({ length }, () => Math.floor(random() * SHAPE.vocab));
  const startedAt = performance.now();
  for (let first = 0; first < batch; first++) {
    for (let past = 0; past < PROMPT_TOKENS; past += CHUNK_TOKENS) {
      await session.run({ first, count: 1, length: CHUNK_TOKENS, ids: draw(CHUNK_TOKENS), past: Uint32Array.of(past), keep: 1 });
    }
  }
  const filledAt = performance.now();
  for (let step = 0; step < DECODE_STEPS; step++) {
    const past = new Uint32Array(batch).fill(PROMPT_TOKENS + step);
    await session.run({ first: 0, count: batch, length: 1, ids: draw(batch), past, keep: 1 });
  }
  const endedAt = performance.now();
  const perSecond = (tokens: number, ms: number): number => (batch * tokens * 1000) / ms;
  return { prefill: perSecond(PROMPT_TOKENS, filledAt - startedAt), decode: perSecond(DECODE_STEPS, endedAt - filledAt) };
}

/** GB/s at which two equal arrays, larger than any cache, are read. */
function readBandwidth(): number {
  const [a, b] = [Buffer.alloc(COMPARED_BYTES, 1), Buffer.alloc(COMPARED_BYTES, 1)];
  const startedAt = performance.now();
  a.equals(b);
  return (2 * COMPARED_BYTES) / 1e6 / (performance.now() - startedAt);
}

/** Weights drawn once for all three graphs. */
function remembered(source: WeightSource): WeightSource {
  const known = new Map<string, Promise<Float32Array>>();
  return {
    read(name, shape) {
      const values = known.get(name) ?? source.read(name, shape);
      known.set(name, values);
      return values;
    },
  };
}
