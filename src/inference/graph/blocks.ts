/** Weights that share a scale. Longer blocks have fewer scales, are multiplied faster, and round more coarsely. */
export const BLOCK_LENGTHS = [128, 64, 32] as const;
export type BlockLength = (typeof BLOCK_LENGTHS)[number];

/** What padding may add to a row. */
const PADDING_MAX = 1 / 8;

/** The blocks of Q8_0 and Q4_0 in GGUF files. */
export const GGUF_BLOCK = 32 satisfies BlockLength;

/**
 * A matrix [rows, columns] in the form of ONNX Runtime's MatMulNBits: each row in blocks of `block` weights (the last one padded), weight =
 * (q − 2^(bits − 1)) · scale with unsigned q; two weights of 4 bits in a byte, the first one in the low half.
 */
export interface BlockMatrix {
  readonly bits: 4 | 8;
  readonly block: BlockLength;
  /** rows × blocks × (block · bits / 8) */
  readonly data: Uint8Array;
  /** rows × blocks */
  readonly scales: Float32Array;
}

/**
 * The length that a matrix is quantised with: the longest whose padding is small. 8 bits stop at 64: the CPU's kernels multiply longer blocks of one row
 * and of several in another order.
 */
export function blockLength(columns: number, bits: 4 | 8): BlockLength {
  return lengthsOf(bits).find((block) => blocksPerRow(columns, block) * block <= (1 + PADDING_MAX) * columns) ?? 32;
}

/** The longest that divides a row; undefined when none does. */
export function wholeBlockLength(columns: number, bits: 4 | 8): BlockLength | undefined {
  return lengthsOf(bits).find((block) => columns % block === 0);
}

const lengthsOf = (bits: 4 | 8): readonly BlockLength[] => (bits === 4 ? BLOCK_LENGTHS : BLOCK_LENGTHS.slice(1));

export function blocksPerRow(columns: number, block: BlockLength): number {
  return Math.ceil(columns / block);
}

/** Numbers below 16, evenly many → half as many bytes: the even ones in the low halves. */
export function packNibbles(q: Uint8Array, out: Uint8Array, at: number): void {
  for (let i = 0; i < q.length / 2; i++) out[at + i] = (q[2 * i] as number) | ((q[2 * i + 1] as number) << 4);
}

/** Rows of one or more matrices with equal columns and blocks, one below the other. */
export function stackBlocks(parts: readonly BlockMatrix[]): BlockMatrix {
  const first = parts[0] as BlockMatrix;
  if (parts.length === 1) return first;
  const data = new Uint8Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  const scales = new Float32Array(parts.reduce((sum, part) => sum + part.scales.length, 0));
  let [dataAt, scalesAt] = [0, 0];
  for (const part of parts) {
    data.set(part.data, dataAt);
    scales.set(part.scales, scalesAt);
    dataAt += part.data.length;
    scalesAt += part.scales.length;
  }
  return { bits: first.bits, block: first.block, data, scales };
}
