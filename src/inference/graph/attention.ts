import { type GraphWriter, MICROSOFT, type ValueName } from '../onnx/graphWriter.ts';
import { IO } from './io.ts';
import type { DecoderShape } from './shape.ts';

/**
 * How attention is written. 'fused': ONNX Runtime's GroupQueryAttention, f32 on the CPU and on WebGPU. 'unfused': single operators in f32, for CUDA,
 * whose GroupQueryAttention takes half precision only (docs/OperatorKernels.md of ONNX Runtime).
 */
export type AttentionKind = 'fused' | 'unfused';

/** Query, key and value of the new tokens before rotation: [count, length, heads · headSize]; or all three packed as the first, then '' twice. */
export type Projected = readonly [query: ValueName, key: ValueName, value: ValueName];

/** Writes one layer's attention, reads `past.N.*` and writes `present.N.*`. Returns [count, length, heads · headSize]. */
export type AttentionWriter = (layer: number, projected: Projected, output: ValueName) => ValueName;

/** Names of the rotary tables in the graph, f32 [contextTokens, headSize / 2]. */
export const ROTARY = { cos: 'cos', sin: 'sin' } as const;

/**
 * A writer for all layers of one graph; what the layers share is written once.
 *
 * @param contextTokens the longest row
 */
export function attentionWriter(kind: AttentionKind, graph: GraphWriter, shape: DecoderShape, contextTokens: number): AttentionWriter {
  return kind === 'fused' ? fusedAttention(graph, shape) : unfusedAttention(graph, shape, contextTokens);
}

function fusedAttention(graph: GraphWriter, { heads, kvHeads, headSize }: DecoderShape): AttentionWriter {
  return (layer, projected, output) => {
    graph.node(
      'GroupQueryAttention',
      [...projected, IO.past(layer, 'key'), IO.past(layer, 'value'), IO.lastIndex, IO.totalLength, ROTARY.cos, ROTARY.sin],
      [output, IO.present(layer, 'key'), IO.present(layer, 'value')],
      { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1, rotary_interleaved: 0, scale: { float: 1 / Math.sqrt(headSize) } },
      MICROSOFT,
    );
    return output;
  };
}

/**
 * The same in single operators: the new keys and values are scattered into the cache in place, and every query looks at the positions up to its own.
 * Query heads that share a key head are stacked, so that keys are not repeated. A GPU decodes as fast as nodes are
 * launched: what does not depend on the layer is written once, and a layer computes no shapes, which would go through the device to the host.
 */
function unfusedAttention(graph: GraphWriter, { heads, kvHeads, headSize }: DecoderShape, contextTokens: number): AttentionWriter {
  const int = (...values: readonly number[]): ValueName => graph.int64(...values.map(BigInt));
  const total = graph.op('Reshape', [graph.op('Cast', [IO.totalLength], { to: INT64 }), int(1)]);
  const positions = newPositions(graph, int);
  const slots = cacheSlots(graph, int, positions, kvHeads);
  // A constant when the session opens; from `total`, Range would need it in host memory once more.
  const allPositions = graph.op('Range', [scalar(graph, int, 0), scalar(graph, int, contextTokens), scalar(graph, int, 1)]);
  const keyPositions = graph.op('Slice', [allPositions, int(0), total]);
  const bias = causalBias(graph, int, positions, keyPositions, heads / kvHeads);
  /** [count, length, n · headSize] → [count, n, length, headSize] */
  const split = (x: ValueName, count: number): ValueName =>
    graph.op('Transpose', [graph.op('Reshape', [x, int(0, 0, count, headSize)])], { perm: [0, 2, 1, 3] });
  const rotated = (x: ValueName): ValueName =>
    graph.op('RotaryEmbedding', [x, positions, ROTARY.cos, ROTARY.sin], { interleaved: 0 }, MICROSOFT);
  const byHead = ([first, key, value]: Projected): readonly ValueName[] =>
    key === ''
      ? graph.node('Split', [split(first, heads + 2 * kvHeads), int(heads, kvHeads, kvHeads)], 3, { axis: 1 })
      : [split(first, heads), split(key, kvHeads), split(value, kvHeads)];

  return (layer, projected, output) => {
    const [query, newKey, newValue] = byHead(projected) as [ValueName, ValueName, ValueName];
    const cached = (part: 'key' | 'value', update: ValueName): ValueName => {
      graph.node('ScatterND', [IO.past(layer, part), slots, update], [IO.present(layer, part)]);
      return graph.op('Slice', [IO.present(layer, part), int(0), total, int(2)]);
    };
    const keys = cached('key', rotated(newKey));
    const values = cached('value', newValue);
    const queries = graph.op('Reshape', [rotated(query), int(0, kvHeads, -1, headSize)]);
    const scores = graph.op('FusedMatMul', [queries, keys], { transB: 1, alpha: { float: 1 / Math.sqrt(headSize) } }, MICROSOFT);
    const weights = graph.op('Softmax', [graph.op('Add', [scores, bias])], { axis: -1 });
    const attended = graph.op('Reshape', [graph.op('MatMul', [weights, values]), int(0, heads, -1, headSize)]);
    graph.node('Reshape', [graph.op('Transpose', [attended], { perm: [0, 2, 1, 3] }), int(0, 0, heads * headSize)], [output]);
    return output;
  };
}

const INT64 = 7;
type Int = (...values: readonly number[]) => ValueName;

/** int64 [count, length]: lastIndex − length + 1 … lastIndex of each row. */
function newPositions(graph: GraphWriter, int: Int): ValueName {
  const length = graph.op('Gather', [graph.op('Shape', [IO.ids]), scalar(graph, int, 1)], { axis: 0 });
  const first = graph.op('Sub', [scalar(graph, int, 1), length]);
  const range = graph.op('Range', [first, scalar(graph, int, 1), scalar(graph, int, 1)]);
  return graph.op('Add', [graph.op('Unsqueeze', [graph.op('Cast', [IO.lastIndex], { to: INT64 }), int(1)]), range]);
}

/** int64 [count, kvHeads, length, 3]: where in the cache each new key and value lies. */
function cacheSlots(graph: GraphWriter, int: Int, positions: ValueName, kvHeads: number): ValueName {
  const shape = graph.op('Shape', [IO.ids]);
  const [count, length] = graph.node('Split', [shape, int(1, 1)], 2, { axis: 0 }) as [ValueName, ValueName];
  const full = graph.op('Concat', [count, int(kvHeads), length, int(1)], { axis: 0 });
  const rows = graph.op('Range', [scalar(graph, int, 0), graph.op('Squeeze', [count, int(0)]), scalar(graph, int, 1)]);
  const head = int(...Array.from({ length: kvHeads }, (_, i) => i));
  const spread = (x: ValueName, dims: ValueName): ValueName => graph.op('Expand', [graph.op('Reshape', [x, dims]), full]);
  const at = graph.op('Concat', [int(-1, 1), length, int(1)], { axis: 0 });
  return graph.op('Concat', [spread(rows, int(-1, 1, 1, 1)), spread(head, int(1, -1, 1, 1)), spread(positions, at)], { axis: -1 });
}

/** f32 [count, 1, group · length, total]: 0 up to a query's own position, −∞ after it. */
function causalBias(graph: GraphWriter, int: Int, positions: ValueName, keyPositions: ValueName, group: number): ValueName {
  const stacked = graph.op('Concat', Array<ValueName>(group).fill(positions), { axis: 1 });
  const hidden = graph.op('Greater', [keyPositions, graph.op('Unsqueeze', [stacked, int(1, 3)])]);
  const zero = graph.weight('bias.seen', [1], Float32Array.of(0));
  return graph.op('Where', [hidden, graph.weight('bias.hidden', [1], Float32Array.of(Number.NEGATIVE_INFINITY)), zero]);
}

const scalar = (graph: GraphWriter, int: Int, value: number): ValueName => graph.op('Squeeze', [int(value), int(0)]);
