import assert from 'node:assert/strict';
import type { Backend } from '../../../src/inference/backend.ts';
import { buildDecoder } from '../../../src/inference/graph/decoder.ts';
import type { DecoderShape } from '../../../src/inference/graph/shape.ts';
import { syntheticWeights } from '../../../src/inference/graph/syntheticWeights.ts';
import type { WeightSource } from '../../../src/inference/graph/weightSource.ts';
import { openOrtFfi } from '../../../src/inference/onnx/ortFfi.ts';
import { ortNode } from '../../../src/inference/onnx/ortNode.ts';

const SHAPE: DecoderShape = {
  architecture: 'Qwen2ForCausalLM',
  vocab: 50,
  hidden: 48,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 16,
  intermediate: 80,
  normEps: 1e-5,
  rope: { theta: 10_000, scaling: { kind: 'none' } },
  tiedEmbeddings: false,
  qkvBias: true,
  outputBias: false,
  mlpBias: false,
  qkNorm: false,
};
const IDS = Uint32Array.of(3, 41, 8, 0, 49, 22, 8, 17, 5);

/** A decoder written from the definition, in f64 and without any fusion: logits and final hidden states of every position. */
async function reference(
  shape: DecoderShape,
  weights: WeightSource,
  ids: Uint32Array,
): Promise<{ logits: number[][]; hidden: number[][] }> {
  const { hidden, heads, kvHeads, headSize, intermediate, vocab } = shape;
  const matrix = async (name: string, rows: number, columns: number) => {
    const w = await weights.read(name, [rows, columns]);
    return (x: number[]): number[] =>
      Array.from({ length: rows }, (_, r) => x.reduce((sum, v, c) => sum + v * (w[r * columns + c] as number), 0));
  };
  const norm = async (name: string) => {
    const scale = await weights.read(name, [hidden]);
    return (x: number[]): number[] => {
      const rms = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / hidden + shape.normEps);
      return x.map((v, i) => (v / rms) * (scale[i] as number));
    };
  };
  const rotate = (x: number[], position: number): number[] =>
    x.map((v, i) => {
      const half = headSize / 2;
      const angle = position * shape.rope.theta ** ((-2 * (i % half)) / headSize);
      const partner = i < half ? -(x[i + half] as number) : (x[i - half] as number);
      return v * Math.cos(angle) + partner * Math.sin(angle);
    });
  const heading = (x: number[], count: number): number[][] =>
    Array.from({ length: count }, (_, h) => x.slice(h * headSize, (h + 1) * headSize));
  const dot = (a: number[], b: number[]): number => a.reduce((sum, v, i) => sum + v * (b[i] as number), 0);
  const add = (a: number[], b: ArrayLike<number>): number[] => a.map((v, i) => v + (b[i] as number));

  const table = await weights.read('model.embed_tokens.weight', [vocab, hidden]);
  let states = [...ids].map((id) => [...table.subarray(id * hidden, (id + 1) * hidden)]);
  for (let layer = 0; layer < shape.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    const project = async (part: string, rows: number) => {
      const apply = await matrix(`${prefix}.self_attn.${part}_proj.weight`, rows, hidden);
      const bias = await weights.read(`${prefix}.self_attn.${part}_proj.bias`, [rows]);
      return (x: number[]): number[] => add(apply(x), bias);
    };
    const [q, k, v] = [
      await project('q', heads * headSize),
      await project('k', kvHeads * headSize),
      await project('v', kvHeads * headSize),
    ];
    const o = await matrix(`${prefix}.self_attn.o_proj.weight`, hidden, heads * headSize);
    const [n1, n2] = [await norm(`${prefix}.input_layernorm.weight`), await norm(`${prefix}.post_attention_layernorm.weight`)];
    const gate = await matrix(`${prefix}.mlp.gate_proj.weight`, intermediate, hidden);
    const up = await matrix(`${prefix}.mlp.up_proj.weight`, intermediate, hidden);
    const down = await matrix(`${prefix}.mlp.down_proj.weight`, hidden, intermediate);
    const keys = states.map((x, t) => heading(k(n1(x)), kvHeads).map((head) => rotate(head, t)));
    const values = states.map((x) => heading(v(n1(x)), kvHeads));
    states = states.map((x, t) => {
      const attended = heading(q(n1(x)), heads).flatMap((head, h) => {
        const shared = Math.floor((h * kvHeads) / heads);
        const rotated = rotate(head, t);
        const weightsOf = keys.slice(0, t + 1).map((key) => Math.exp(dot(rotated, key[shared] as number[]) / Math.sqrt(headSize)));
        const total = weightsOf.reduce((a, b) => a + b, 0);
        return head.map((_, i) =>
          weightsOf.reduce((sum, w, s) => sum + (w / total) * (((values[s] as number[][])[shared] as number[])[i] as number), 0),
        );
      });
      const after = add(x, o(attended));
      const [g, u] = [gate(n2(after)), up(n2(after))];
      return add(after, down(g.map((value, i) => (value / (1 + Math.exp(-value))) * (u[i] as number))));
    });
  }
  const last = await norm('model.norm.weight');
  const head = await matrix('lm_head.weight', vocab, hidden);
  const final = states.map(last);
  return { logits: final.map(head), hidden: final };
}

function greatestDifference(a: Float32Array, b: number[]): number {
  assert.equal(a.length, b.length);
  return b.reduce((max, value, i) => Math.max(max, Math.abs(value - (a[i] as number))), 0);
}

describe('decoder graph', () => {
  const backends: Record<string, () => Backend> = { ortFfi: openOrtFfi, ortNode: () => ortNode };
  for (const [name, openBackend] of Object.entries(backends)) {
    it(`agrees on ${name} with a decoder written from the definition`, async () => {
      const weights = syntheticWeights('reference');
      const model = await buildDecoder(SHAPE, weights, 16);
      const session = await openBackend().open({ model, shape: SHAPE, rows: 1, contextTokens: 16, stepTokensMax: 16, threads: 1 });
      try {
        const expected = await reference(SHAPE, weights, IDS);
        const input = { first: 0, count: 1, length: IDS.length, ids: IDS, past: Uint32Array.of(0), keep: IDS.length };
        const { logits, hidden } = await session.run(input);
        assert.ok(greatestDifference(logits, expected.logits.flat()) < 1e-4);
        assert.ok(greatestDifference(hidden, expected.hidden.flat()) < 1e-4);
      } finally {
        await session.close();
      }
    });
  }
});
