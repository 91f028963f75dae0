import { GraphWriter, MICROSOFT, type ValueName } from '../onnx/graphWriter.ts';
import type { Quantisation } from '../quantisation.ts';
import { type AttentionKind, type AttentionWriter, attentionWriter, type Projected, ROTARY } from './attention.ts';
import { CompanionRow } from './companionRow.ts';
import { CACHE_PARTS, IO } from './io.ts';
import { LinearWriter } from './linear.ts';
import { rotaryTables } from './rope.ts';
import type { DecoderShape } from './shape.ts';
import type { WeightSource } from './weightSource.ts';

export { CACHE_PARTS, type CachePart, IO } from './io.ts';

const INT64_MAX = 2n ** 63n - 1n;

/** What a graph is written for. */
export interface GraphTarget {
  /** 'unfused' replaces GroupQueryAttention by single operators, for providers without it in f32. */
  readonly attention: AttentionKind;
  /** Its kernels of int4 multiply rows in pairs, and a row that is left otherwise. */
  readonly pairsRows: boolean;
}

export const CPU_TARGET: GraphTarget = { attention: 'fused', pairsRows: true };

/**
 * Writes the fused graph of a Llama-shaped decoder: packed QKV projection, GroupQueryAttention with rotary embedding and a cache that is
 * written in place, residual additions fused with the norms, SiLU as QuickGelu with alpha 1. The same graph serves prefill (keep 1), decode
 * (length 1) and verification (keep > 1).
 *
 * @param contextTokens rows of the rotary tables
 * @param quantisation of the matrices; norms, biases and everything computed stay f32
 * @throws MODEL_INVALID from the weight source
 */
export async function buildDecoder(
  shape: DecoderShape,
  weights: WeightSource,
  contextTokens: number,
  quantisation: Quantisation = 'fp32',
  target: GraphTarget = CPU_TARGET,
): Promise<Uint8Array<ArrayBuffer>> {
  const { hidden, layers, kvHeads, headSize, vocab } = shape;
  const graph = new GraphWriter();
  const linear = new LinearWriter(graph, weights, quantisation);
  const rotary = rotaryTables(shape.rope, headSize, contextTokens);
  graph.input(IO.ids, 'int64', ['count', 'length']);
  graph.input(IO.lastIndex, 'int32', ['count']);
  graph.input(IO.totalLength, 'int32', []);
  graph.input(IO.keep, 'int64', [1]);
  graph.weight(ROTARY.cos, [contextTokens, headSize / 2], rotary.cos);
  graph.weight(ROTARY.sin, [contextTokens, headSize / 2], rotary.sin);

  const companion = quantisation === 'int4' && target.pairsRows ? new CompanionRow(graph) : undefined;
  const epsilon = { float: shape.normEps };
  const scale = async (name: string, size = hidden): Promise<ValueName> => graph.weight(name, [size], await weights.read(name, [size]));
  const writer: LayerWriter = {
    graph,
    linear,
    shape,
    attend: attentionWriter(target.attention, graph, shape, contextTokens),
    companion,
    norm: async (x, name, size) =>
      graph.op('SimplifiedLayerNormalization', [x, await scale(name, size)], { axis: -1, epsilon, stash_type: 1 }),
  };
  /** The norm of the sum of x and the residual, and the sum. */
  const addAndNorm = async (x: ValueName, residual: ValueName, name: string, layer: string): Promise<[ValueName, ValueName]> => {
    const [normed, sum] = [`${layer}.normed`, `${layer}.sum`];
    graph.node('SkipSimplifiedLayerNormalization', [x, residual, await scale(name)], [normed, '', '', sum], { epsilon }, MICROSOFT);
    return [normed, sum];
  };

  const embedding = await linear.embedding(vocab, hidden, shape.tiedEmbeddings);
  let residual = embedding.lookUp(companion?.ids() ?? IO.ids);
  let x = await writer.norm(residual, 'model.layers.0.input_layernorm.weight', hidden);
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `model.layers.${layer}`;
    const attended = await attention(writer, layer, x);
    const [h, sum] = await addAndNorm(attended, residual, `${prefix}.post_attention_layernorm.weight`, `${prefix}.attention`);
    const down = await feedForward(writer, `${prefix}.mlp`, h);
    const next = layer + 1 < layers ? `model.layers.${layer + 1}.input_layernorm.weight` : 'model.norm.weight';
    [x, residual] = await addAndNorm(down, sum, next, `${prefix}.mlp`);
  }

  const normed = companion?.leave(x, IO.ids) ?? x;
  const kept = graph.op('Slice', [normed, graph.op('Neg', [IO.keep]), graph.int64(INT64_MAX), graph.int64(1n)]);
  graph.node('Identity', [kept], [IO.hidden]);
  if (companion === undefined) await embedding.head(kept, IO.logits);
  else companion.leave(await embedding.head(companion.join(kept, hidden, kept)), kept, IO.logits);
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

interface LayerWriter {
  readonly graph: GraphWriter;
  readonly linear: LinearWriter;
  readonly shape: DecoderShape;
  readonly attend: AttentionWriter;
  /** Joins the rows except in attention. */
  readonly companion: CompanionRow | undefined;
  norm(x: ValueName, name: string, size: number): Promise<ValueName>;
}

async function attention(writer: LayerWriter, layer: number, x: ValueName): Promise<ValueName> {
  const { linear, shape, companion } = writer;
  const { heads, kvHeads, headSize, hidden } = shape;
  const prefix = `model.layers.${layer}.self_attn`;
  const [q, kv] = [heads * headSize, kvHeads * headSize];
  const parts = [
    { tensor: `${prefix}.q_proj`, outputs: q },
    { tensor: `${prefix}.k_proj`, outputs: kv },
    { tensor: `${prefix}.v_proj`, outputs: kv },
  ];
  const product = await linear.project(x, `${prefix}.qkv`, parts, hidden, shape.qkvBias);
  const packed = companion?.leave(product, IO.ids) ?? product;
  const projected: Projected = shape.qkNorm ? await normedHeads(writer, prefix, packed) : [packed, '', ''];
  const attended = writer.attend(layer, projected, `${prefix}.out`);
  return linear.project(
    companion?.join(attended, q, IO.ids) ?? attended,
    `${prefix}.o`,
    [{ tensor: `${prefix}.o_proj`, outputs: hidden }],
    q,
    shape.outputBias,
  );
}

/** Packed QKV → query and key with every head normed, and value. */
async function normedHeads({ graph, norm, shape }: LayerWriter, prefix: string, packed: ValueName): Promise<Projected> {
  const [q, kv, size] = [BigInt(shape.heads * shape.headSize), BigInt(shape.kvHeads * shape.headSize), BigInt(shape.headSize)];
  const [query, key, value] = graph.node('Split', [packed, graph.int64(q, kv, kv)], 3, { axis: -1 }) as [ValueName, ValueName, ValueName];
  const normed = async (x: ValueName, name: string, width: bigint): Promise<ValueName> => {
    const heads = graph.op('Reshape', [x, graph.int64(0n, -1n, size)]);
    return graph.op('Reshape', [await norm(heads, `${prefix}.${name}.weight`, shape.headSize), graph.int64(0n, -1n, width)]);
  };
  return [await normed(query, 'q_norm', q), await normed(key, 'k_norm', kv), value];
}

async function feedForward({ graph, linear, shape }: LayerWriter, prefix: string, x: ValueName): Promise<ValueName> {
  const { intermediate, hidden, mlpBias } = shape;
  const parts = [
    { tensor: `${prefix}.gate_proj`, outputs: intermediate },
    { tensor: `${prefix}.up_proj`, outputs: intermediate },
  ];
  const both = await linear.project(x, `${prefix}.gate_up`, parts, hidden, mlpBias);
  const sizes = graph.int64(BigInt(intermediate), BigInt(intermediate));
  const [gate, up] = graph.node('Split', [both, sizes], 2, { axis: -1 }) as [ValueName, ValueName];
  const activated = graph.op('Mul', [graph.op('QuickGelu', [gate], { alpha: { float: 1 } }, MICROSOFT), up]);
  return linear.project(activated, `${prefix}.down`, [{ tensor: `${prefix}.down_proj`, outputs: hidden }], intermediate, mlpBias);
}
