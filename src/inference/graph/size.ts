import { BITS, type Quantisation } from '../quantisation.ts';
import { type BlockLength, blockLength, blocksPerRow, wholeBlockLength } from './blocks.ts';
import { sharesTable } from './linear.ts';
import type { DecoderShape } from './shape.ts';

/** An ONNX model in memory is one protobuf message: 2 GiB at most. */
export const GRAPH_BYTES_MAX = 2 ** 31 - 2 ** 20;

/**
 * Bytes of a decoder's weights and rotary tables as buildDecoder writes them; names and nodes are some kilobytes more.
 *
 * @param stored length of the blocks that the matrices are stored in, if they are
 */
export function graphBytes(shape: DecoderShape, contextTokens: number, quantisation: Quantisation, stored?: BlockLength): number {
  const { hidden, headSize, heads, kvHeads, intermediate, layers, vocab } = shape;
  const bits = BITS[quantisation];
  const matrix = (rows: number, columns: number, own?: BlockLength): number => {
    if (bits === undefined) return 4 * rows * columns;
    const block = stored ?? own ?? blockLength(columns, bits);
    return rows * blocksPerRow(columns, block) * ((block * bits) / 8 + 4);
  };
  const attention = matrix((heads + 2 * kvHeads) * headSize, hidden) + matrix(hidden, heads * headSize);
  const feedForward = matrix(2 * intermediate, hidden) + matrix(hidden, intermediate);
  const isShared = sharesTable(quantisation, shape.tiedEmbeddings, hidden);
  const table = isShared ? matrix(vocab, hidden, bits && wholeBlockLength(hidden, bits)) : 4 * vocab * hidden + matrix(vocab, hidden);
  return layers * (attention + feedForward + 8 * hidden) + table + 4 * contextTokens * headSize;
}
