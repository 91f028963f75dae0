import type { Backend } from '../backend.ts';
import { inferenceError } from '../errors.ts';
import { buildDecoder } from '../graph/decoder.ts';
import type { DecoderShape } from '../graph/shape.ts';
import { syntheticWeights } from '../graph/syntheticWeights.ts';

const SHAPE: DecoderShape = {
  architecture: 'LlamaForCausalLM',
  vocab: 32,
  hidden: 32,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 16,
  intermediate: 64,
  normEps: 1e-5,
  rope: { theta: 10_000, scaling: { kind: 'none' } },
  tiedEmbeddings: true,
  qkvBias: false,
  outputBias: false,
  mlpBias: false,
  qkNorm: false,
};
const CONTEXT_TOKENS = 16;
const IDS = Uint32Array.of(3, 17, 8, 30, 1, 22);
/** fp32 differences between one pass and several are 1e-6 here. */
const TOLERANCE = 1e-4;

/**
 * Runs a tiny decoder in one pass and in three (two chunks and a decode step, in another row): equal results show that the fused operators
 * work and that the cache is written in place at the right offset.
 *
 * @throws BACKEND_UNAVAILABLE when the results differ
 */
export async function selfTest(backend: Backend): Promise<void> {
  const model = await buildDecoder(SHAPE, syntheticWeights('self-test'), CONTEXT_TOKENS);
  const session = await backend.open({ model, shape: SHAPE, rows: 2, contextTokens: CONTEXT_TOKENS, stepTokensMax: 8, threads: 1 });
  try {
    const pass = async (first: number, from: number, to: number): Promise<Float32Array> => {
      const ids = IDS.subarray(from, to);
      return (await session.run({ first, count: 1, length: ids.length, ids, past: Uint32Array.of(from), keep: 1 })).logits.slice();
    };
    const whole = await pass(0, 0, 6);
    await pass(1, 0, 3);
    await pass(1, 3, 5);
    const stepped = await pass(1, 5, 6);
    const difference = whole.reduce((max, value, i) => Math.max(max, Math.abs(value - (stepped[i] as number))), 0);
    const distinct = new Set(whole).size;
    if (!(difference <= TOLERANCE) || distinct < SHAPE.vocab / 2) {
      throw inferenceError('BACKEND_UNAVAILABLE', `self-test of ${backend.name}: difference ${difference}, ${distinct} distinct logits`, {
        difference,
      });
    }
  } finally {
    await session.close();
  }
}
