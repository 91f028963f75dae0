import { GraphWriter, MICROSOFT, type ValueName } from '../onnx/graphWriter.ts';
import type { DecoderShape } from './shape.ts';

/** Where weights come from: Hugging Face tensor names, row-major f32. */
export interface WeightSource {
  read(name: string, shape: readonly number[]): Promise<Float32Array>;
}

/** Names of the graph's inputs and outputs; `count` rows, `length` new tokens, `keep` last positions that results are wanted for. */
export const IO = {
  /** int64 [count, length] */
  ids: 'input_ids',
  /** int32 [count]: tokens in the cache after this pass, minus one */
  lastIndex: 'seqlens_k',
  /** int32 scalar: the largest of them plus one */
  totalLength: 'total_sequence_length',
  /** int64 [1] */
  keep: 'keep',
  /** f32 [count, keep, vocab] */
  logits: 'logits',
  /** f32 [count, keep, hidden], after the final norm */
  hidden: 'hidden',
  /** f32 [count, kvHeads, context, headSize], in and out: the same memory */
  past: (layer: number, part: CachePart) => `past.${layer}.${part}`,
  present: (layer: number, part: CachePart) => `present.${layer}.${part}`,
} as const;
export const CACHE_PARTS = ['key', 'value'] as const;
export type CachePart = (typeof CACHE_PARTS)[number];

const INT64_MAX = 2n ** 63n - 1n;

/**
 * Writes the fused fp32 graph of a Llama-shaped decoder: packed QKV projection, GroupQueryAttention with rotary embedding and a
 * cache that is written in place, residual additions fused with the norms, SiLU as QuickGelu with alpha 1. The same graph serves
 * prefill (keep 1), decode (length 1) and verification (keep > 1).
 *
 * @param contextTokens rows of the rotary tables
 * @throws MODEL_INVALID from the weight source
 */
export async function buildDecoder(shape: DecoderShape, weights: WeightSource, contextTokens: number): Promise<Uint8Array<ArrayBuffer>> {
  const { hidden, layers, heads, kvHeads, headSize, vocab } = shape;
  const graph = new GraphWriter();
  const rotary = rotaryTables(shape, contextTokens);
  graph.input(IO.ids, 'int64', ['count', 'length']);
  graph.input(IO.lastIndex, 'int32', ['count']);
  graph.input(IO.totalLength, 'int32', []);
  graph.input(IO.keep, 'int64', [1]);
  graph.weight('cos', [contextTokens, headSize / 2], rotary.cos);
  graph.weight('sin', [contextTokens, headSize / 2], rotary.sin);

  const read = (name: string, dims: readonly number[]): Promise<Float32Array> => weights.read(name, dims);
  const norm = async (name: string): Promise<ValueName> => graph.weight(name, [hidden], await read(name, [hidden]));
  const epsilon = { float: shape.normEps };
  /** x · Wᵀ: weights are stored [outputs, inputs]; MatMul wants [inputs, outputs]. */
  const project = (x: ValueName, name: string, weight: Float32Array, outputs: number, inputs: number): ValueName =>
    graph.op('MatMul', [x, graph.weight(name, [inputs, outputs], transpose(weight, outputs, inputs))]);
  /** The sum of x and the residual, and its norm. */
  const addAndNorm = (x: ValueName, residual: ValueName, scale: ValueName, layer: string): [ValueName, ValueName] => {
    const [normed, sum] = [`${layer}.normed`, `${layer}.sum`];
    graph.node('SkipSimplifiedLayerNormalization', [x, residual, scale], [normed, '', '', sum], { epsilon }, MICROSOFT);
    return [normed, sum];
  };

  const embedding = await read('model.embed_tokens.weight', [vocab, hidden]);
  let residual = graph.op('Gather', [graph.weight('embedding', [vocab, hidden], embedding), IO.ids], { axis: 0 });
  let x = graph.op('SimplifiedLayerNormalization', [residual, await norm('model.layers.0.input_layernorm.weight')], {
    axis: -1,
    epsilon,
    stash_type: 1,
  });
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `model.layers.${layer}`;
    const attended = await attention(graph, shape, read, project, layer, x);
    const o = await read(`${prefix}.self_attn.o_proj.weight`, [hidden, heads * headSize]);
    const projected = project(attended, `${prefix}.o`, o, hidden, heads * headSize);
    const [h, sum] = addAndNorm(projected, residual, await norm(`${prefix}.post_attention_layernorm.weight`), `${prefix}.attention`);
    const down = await feedForward(graph, shape, read, project, prefix, h);
    const next = layer + 1 < layers ? `model.layers.${layer + 1}.input_layernorm.weight` : 'model.norm.weight';
    [x, residual] = addAndNorm(down, sum, await norm(next), `${prefix}.mlp`);
  }

  const kept = graph.op('Slice', [x, graph.op('Neg', [IO.keep]), graph.int64(INT64_MAX), graph.int64(1n)]);
  graph.node('Identity', [kept], [IO.hidden]);
  const head = shape.tiedEmbeddings ? embedding : await read('lm_head.weight', [vocab, hidden]);
  graph.node('MatMul', [kept, graph.weight('lm_head', [hidden, vocab], transpose(head, vocab, hidden))], [IO.logits]);
  graph.output(IO.logits, 'float32', ['count', 'keep', vocab]);
  graph.output(IO.hidden, 'float32', ['count', 'keep', hidden]);
  for (let layer = 0; layer < layers; layer++) {
    for (const part of CACHE_PARTS) {
      graph.input(IO.past(layer, part), 'float32', ['count', kvHeads, 'context', headSize]);
      graph.output(IO.present(layer, part), 'float32', ['count', kvHeads, 'context', headSize]);
    }
  }
  return graph.finish(shape.architecture);
}

type Read = (name: string, dims: readonly number[]) => Promise<Float32Array>;
type Project = (x: ValueName, name: string, weight: Float32Array, outputs: number, inputs: number) => ValueName;

async function attention(
  graph: GraphWriter,
  shape: DecoderShape,
  read: Read,
  project: Project,
  layer: number,
  x: ValueName,
): Promise<ValueName> {
  const { heads, kvHeads, headSize, hidden } = shape;
  const prefix = `model.layers.${layer}.self_attn`;
  const [q, kv] = [heads * headSize, kvHeads * headSize];
  const parts: [string, number][] = [
    ['q', q],
    ['k', kv],
    ['v', kv],
  ];
  const packed: Float32Array[] = [];
  const bias: Float32Array[] = [];
  for (const [part, outputs] of parts) {
    packed.push(await read(`${prefix}.${part}_proj.weight`, [outputs, hidden]));
    if (shape.qkvBias) bias.push(await read(`${prefix}.${part}_proj.bias`, [outputs]));
  }
  let qkv = project(x, `${prefix}.qkv`, concat(packed), q + 2 * kv, hidden);
  if (shape.qkvBias) qkv = graph.op('Add', [qkv, graph.weight(`${prefix}.qkv.bias`, [q + 2 * kv], concat(bias))]);
  const out = `${prefix}.out`;
  graph.node(
    'GroupQueryAttention',
    [qkv, '', '', IO.past(layer, 'key'), IO.past(layer, 'value'), IO.lastIndex, IO.totalLength, 'cos', 'sin'],
    [out, IO.present(layer, 'key'), IO.present(layer, 'value')],
    { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1, rotary_interleaved: 0, scale: { float: 1 / Math.sqrt(headSize) } },
    MICROSOFT,
  );
  return out;
}

async function feedForward(
  graph: GraphWriter,
  shape: DecoderShape,
  read: Read,
  project: Project,
  prefix: string,
  x: ValueName,
): Promise<ValueName> {
  const { intermediate, hidden } = shape;
  const gateUp = concat([
    await read(`${prefix}.mlp.gate_proj.weight`, [intermediate, hidden]),
    await read(`${prefix}.mlp.up_proj.weight`, [intermediate, hidden]),
  ]);
  const both = project(x, `${prefix}.mlp.gate_up`, gateUp, 2 * intermediate, hidden);
  const [gate, up] = graph.node('Split', [both, graph.int64(BigInt(intermediate), BigInt(intermediate))], 2, { axis: -1 }) as [
    ValueName,
    ValueName,
  ];
  const activated = graph.op('Mul', [graph.op('QuickGelu', [gate], { alpha: { float: 1 } }, MICROSOFT), up]);
  const down = await read(`${prefix}.mlp.down_proj.weight`, [hidden, intermediate]);
  return project(activated, `${prefix}.mlp.down`, down, hidden, intermediate);
}

/** Half-split rotary embedding: angle(position, i) = position · theta^(−2i / headSize). */
function rotaryTables({ headSize, ropeTheta }: DecoderShape, positions: number): { cos: Float32Array; sin: Float32Array } {
  const half = headSize / 2;
  const [cos, sin] = [new Float32Array(positions * half), new Float32Array(positions * half)];
  for (let i = 0; i < half; i++) {
    const frequency = ropeTheta ** ((-2 * i) / headSize);
    for (let position = 0; position < positions; position++) {
      cos[position * half + i] = Math.cos(position * frequency);
      sin[position * half + i] = Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}

/** [rows, columns] → [columns, rows], in blocks that stay in the cache. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  const block = 32;
  for (let r0 = 0; r0 < rows; r0 += block) {
    for (let c0 = 0; c0 < columns; c0 += block) {
      const [r1, c1] = [Math.min(rows, r0 + block), Math.min(columns, c0 + block)];
      for (let r = r0; r < r1; r++) for (let c = c0; c < c1; c++) out[c * rows + r] = values[r * columns + c] as number;
    }
  }
  return out;
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
