import { BITS, type Quantisation } from '../quantisation.ts';
import { BLOCK, blocksPerRow } from './blocks.ts';
import { sharesTable } from './linear.ts';
import type { DecoderShape } from './shape.ts';

/** An ONNX model in memory is one protobuf message: 2 GiB at most. */
export const GRAPH_BYTES_MAX = 2 ** 31 - 2 ** 20;

/** Bytes of a decoder's weights and rotary tables as buildDecoder writes them; names and nodes are some kilobytes more. */
export function graphBytes(shape: DecoderShape, contextTokens: number, quantisation: Quantisation): number {
  const { hidden, headSize, heads, kvHeads, intermediate, layers, vocab } = shape;
  const bits = BITS[quantisation];
  const matrix = (rows: number, columns: number): number =>
    bits === undefined ? 4 * rows * columns : rows * blocksPerRow(columns) * ((BLOCK * bits) / 8 + 4);
  const attention = matrix((heads + 2 * kvHeads) * headSize, hidden) + matrix(hidden, heads * headSize);
  const feedForward = matrix(2 * intermediate, hidden) + matrix(hidden, intermediate);
  const embedding = sharesTable(quantisation, shape.tiedEmbeddings, hidden) ? 0 : 4 * vocab * hidden;
  return layers * (attention + feedForward + 8 * hidden) + embedding + matrix(vocab, hidden) + 4 * contextTokens * headSize;
}
