/** Weights that share a scale. With f32 scales, 64 take as many bytes a weight as GGUF's 32 with f16 scales. */
export type BlockLength = 32 | 64;

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

/** The length that a matrix is quantised with: 64, where a row is whole blocks of it. */
export function blockLength(columns: number): BlockLength {
  return columns % 64 === 0 ? 64 : 32;
}

export function blocksPerRow(columns: number, block: BlockLength): number {
  return Math.ceil(columns / block);
}

/**
 * Quantises block by block: scale = f32(m / −2^(bits − 1)) with m the entry of greatest magnitude (the first of equal ones), so that m itself is
 * met; q = ⌊w / scale + 2^(bits − 1) + ½⌋ in binary64, cut to 0 … 2^bits − 1. Padding and blocks of zeros hold 2^(bits − 1).
 *
 * @param values row-major, rows × columns
 */
export function quantiseBlocks(
  values: Float32Array,
  rows: number,
  columns: number,
  bits: 4 | 8,
  block: BlockLength = blockLength(columns),
): BlockMatrix {
  const perRow = blocksPerRow(columns, block);
  const middle = 2 ** (bits - 1);
  const blockBytes = (block * bits) / 8;
  const data = new Uint8Array(rows * perRow * blockBytes);
  const scales = new Float32Array(rows * perRow);
  const q = new Uint8Array(block);
  for (let index = 0; index < rows * perRow; index++) {
    const row = Math.floor(index / perRow);
    const start = row * columns + (index - row * perRow) * block;
    const count = Math.min(block, (row + 1) * columns - start);
    let greatest = 0;
    for (let i = 0; i < count; i++) {
      const value = values[start + i] as number;
      if (Math.abs(value) > Math.abs(greatest)) greatest = value;
    }
    scales[index] = greatest / -middle;
    const scale = scales[index] as number;
    q.fill(middle);
    if (scale !== 0) {
      for (let i = 0; i < count; i++) {
        q[i] = Math.min(2 * middle - 1, Math.max(0, Math.floor((values[start + i] as number) / scale + middle + 0.5)));
      }
    }
    if (bits === 8) data.set(q, index * blockBytes);
    else packNibbles(q, data, index * blockBytes);
  }
  return { bits, block, data, scales };
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
