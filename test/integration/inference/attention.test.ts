import assert from 'node:assert/strict';
import type { Backend, Session } from '../../../src/inference/backend.ts';
import type { AttentionKind } from '../../../src/inference/graph/attention.ts';
import { buildDecoder } from '../../../src/inference/graph/decoder.ts';
import type { DecoderShape } from '../../../src/inference/graph/shape.ts';
import { syntheticWeights } from '../../../src/inference/graph/syntheticWeights.ts';
import { openOrtFfi } from '../../../src/inference/onnx/ortFfi.ts';
import { ortNode } from '../../../src/inference/onnx/ortNode.ts';

const CONTEXT_TOKENS = 64;
const LLAMA: DecoderShape = {
  architecture: 'LlamaForCausalLM',
  vocab: 96,
  hidden: 64,
  layers: 3,
  heads: 6,
  kvHeads: 2,
  headSize: 32,
  intermediate: 96,
  normEps: 1e-5,
  rope: { theta: 10_000, scaling: { kind: 'none' } },
  tiedEmbeddings: true,
  qkvBias: false,
  outputBias: false,
  mlpBias: false,
  qkNorm: false,
};
const SHAPES: Record<string, DecoderShape> = {
  'grouped heads': LLAMA,
  'one key head for each query head, biases': { ...LLAMA, kvHeads: 6, qkvBias: true },
  'normed heads': { ...LLAMA, architecture: 'Qwen3ForCausalLM', qkNorm: true },
};
const ids = (count: number, salt: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => (i * 37 + salt * 11) % LLAMA.vocab);

/** Logits and hidden states of a prompt in two chunks, three rows that decode at different lengths, a copied row and a pass that keeps all positions. */
async function battery(session: Session): Promise<number[]> {
  const seen: number[] = [];
  const run = async (first: number, count: number, tokens: Uint32Array, past: number[], keep: number): Promise<void> => {
    const length = tokens.length / count;
    const { logits, hidden } = await session.run({ first, count, length, ids: tokens, past: Uint32Array.from(past), keep });
    seen.push(...logits, ...hidden);
  };
  await run(1, 1, ids(9, 1), [0], 1);
  await run(1, 1, ids(4, 2), [9], 4);
  await run(0, 1, ids(3, 3), [0], 1);
  session.copyRow(1, 2, 13);
  await run(0, 3, Uint32Array.of(5, 6, 7), [3, 13, 13], 1);
  await run(0, 3, Uint32Array.of(8, 9, 10), [4, 14, 14], 1);
  await run(3, 1, ids(40, 4), [0], 40);
  return seen;
}

async function results(backend: Backend, shape: DecoderShape, attention: AttentionKind): Promise<number[]> {
  const model = await buildDecoder(shape, syntheticWeights('attention'), CONTEXT_TOKENS, 'fp32', { attention, pairsRows: false });
  const session = await backend.open({ model, shape, rows: 4, contextTokens: CONTEXT_TOKENS, stepTokensMax: 64, threads: 1 });
  try {
    return await battery(session);
  } finally {
    await session.close();
  }
}

describe('attention in single operators', () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    it(`gives what the fused operator gives: ${name}`, async () => {
      const [fused, unfused] = [await results(openOrtFfi(), shape, 'fused'), await results(openOrtFfi(), shape, 'unfused')];
      assert.equal(unfused.length, fused.length);
      const error = fused.reduce((most, value, i) => Math.max(most, Math.abs(value - (unfused[i] as number))), 0);
      const range = fused.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      assert.ok(range > 1, `range ${range}`);
      assert.ok(error <= 1e-5 * range, `error ${error} of ${range}`);
    });
  }

  it('writes the cache in place: both backends give the same bits', async () => {
    assert.deepEqual(await results(ortNode, LLAMA, 'unfused'), await results(openOrtFfi(), LLAMA, 'unfused'));
  });
});
