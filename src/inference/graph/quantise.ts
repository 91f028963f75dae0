import { type BlockLength, type BlockMatrix, blockLength, blocksPerRow, packNibbles } from './blocks.ts';

/** Parts of the scale that meets the greatest entry, which 4 bits are tried with. */
const PARTS = [1, 0.9, 0.8];

/**
 * Quantises block by block: q = ⌊w / scale + 2^(bits − 1) + ½⌋ in binary64, cut to 0 … 2^bits − 1; {@link scaleOf} gives the scale. Padding and
 * blocks of zeros hold 2^(bits − 1).
 *
 * @param values row-major, rows × columns
 */
export function quantiseBlocks(
  values: Float32Array,
  rows: number,
  columns: number,
  bits: 4 | 8,
  block: BlockLength = blockLength(columns, bits),
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
    const scale = scaleOf(values, start, start + count, bits);
    scales[index] = scale;
    q.fill(middle);
    if (scale !== 0)
      for (let i = 0; i < count; i++)
        q[i] = Math.max(0, Math.min(2 * middle - 1, Math.floor((values[start + i] as number) / scale + middle + 0.5)));
    if (bits === 8) data.set(q, index * blockBytes);
    else packNibbles(q, data, index * blockBytes);
  }
  return { bits, block, data, scales };
}

/**
 * The scale of a block. With m its entry of greatest magnitude (the first of equal ones), f32(m / −2^(bits − 1)) meets m itself: that is it for 8 bits.
 * With 4, cutting the greatest entries rounds all others more finely: q is taken with that scale times 1, 0.9 and 0.8 (products with 1 / scale,
 * signed, cut to −8 … 7); for the one with the greatest (Σwq)² / Σq² (the first of equal ones) the scale of least square error, f32(Σwq / Σq²), stands.
 * In binary64, sums in order.
 */
function scaleOf(values: Float32Array, start: number, end: number, bits: 4 | 8): number {
  let greatest = 0;
  for (let i = start; i < end; i++) {
    const value = values[i] as number;
    if (Math.abs(value) > Math.abs(greatest)) greatest = value;
  }
  const meeting = Math.fround(greatest / -(2 ** (bits - 1)));
  if (bits === 8 || meeting === 0) return meeting;
  let scale = meeting;
  let most = 0;
  for (const part of PARTS) {
    const steps = 1 / (meeting * part);
    let products = 0;
    let squares = 0;
    for (let i = start; i < end; i++) {
      const value = values[i] as number;
      const q = (Math.max(0, Math.min(15, value * steps + 8.5)) | 0) - 8;
      products += value * q;
      squares += q * q;
    }
    const explained = (products * products) / squares;
    if (explained > most) {
      scale = Math.fround(products / squares);
      most = explained;
    }
  }
  return scale;
}
