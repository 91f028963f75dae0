/** Weights of one block share a scale. */
export const BLOCK = 32;

/**
 * A matrix [rows, columns] in the form of ONNX Runtime's MatMulNBits: each row in blocks of 32 weights (the last one padded), weight =
 * (q − 2^(bits − 1)) · scale with unsigned q; two weights of 4 bits in a byte, the first one in the low half.
 */
export interface BlockMatrix {
  readonly bits: 4 | 8;
  /** rows × blocks × (32 · bits / 8) */
  readonly data: Uint8Array;
  /** rows × blocks */
  readonly scales: Float32Array;
}

export function blocksPerRow(columns: number): number {
  return Math.ceil(columns / BLOCK);
}

/**
 * Quantises block by block: scale = f32(m / −2^(bits − 1)) with m the entry of greatest magnitude (the first of equal ones), so that m itself is
 * met; q = ⌊w / scale + 2^(bits − 1) + ½⌋ in binary64, cut to 0 … 2^bits − 1. Padding and blocks of zeros hold 2^(bits − 1).
 *
 * @param values row-major, rows × columns
 */
export function quantiseBlocks(values: Float32Array, rows: number, columns: number, bits: 4 | 8): BlockMatrix {
  const perRow = blocksPerRow(columns);
  const middle = 2 ** (bits - 1);
  const blockBytes = (BLOCK * bits) / 8;
  const data = new Uint8Array(rows * perRow * blockBytes);
  const scales = new Float32Array(rows * perRow);
  const q = new Uint8Array(BLOCK);
  for (let block = 0; block < rows * perRow; block++) {
    const row = Math.floor(block / perRow);
    const start = row * columns + (block - row * perRow) * BLOCK;
    const count = Math.min(BLOCK, (row + 1) * columns - start);
    let greatest = 0;
    for (let i = 0; i < count; i++) {
      const value = values[start + i] as number;
      if (Math.abs(value) > Math.abs(greatest)) greatest = value;
    }
    scales[block] = greatest / -middle;
    const scale = scales[block] as number;
    q.fill(middle);
    if (scale !== 0) {
      for (let i = 0; i < count; i++) {
        q[i] = Math.min(2 * middle - 1, Math.max(0, Math.floor((values[start + i] as number) / scale + middle + 0.5)));
      }
    }
    if (bits === 8) data.set(q, block * blockBytes);
    else packNibbles(q, data, block * blockBytes);
  }
  return { bits, data, scales };
}

/** 32 numbers below 16 → 16 bytes: the even ones in the low halves. */
export function packNibbles(q: Uint8Array, out: Uint8Array, at: number): void {
  for (let i = 0; i < BLOCK / 2; i++) out[at + i] = (q[2 * i] as number) | ((q[2 * i + 1] as number) << 4);
}

/** Rows of several matrices with equal columns, one below the other. */
export function stackBlocks(parts: readonly BlockMatrix[]): BlockMatrix {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const data = new Uint8Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  const scales = new Float32Array(parts.reduce((sum, part) => sum + part.scales.length, 0));
  let [dataAt, scalesAt] = [0, 0];
  for (const part of parts) {
    data.set(part.data, dataAt);
    scales.set(part.scales, scalesAt);
    dataAt += part.data.length;
    scalesAt += part.scales.length;
  }
  return { bits: first?.bits ?? 8, data, scales };
}
