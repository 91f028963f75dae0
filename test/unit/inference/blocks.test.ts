import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type BlockMatrix, blockLength, blocksPerRow, wholeBlockLength } from '../../../src/inference/graph/blocks.ts';
import { quantiseBlocks } from '../../../src/inference/graph/quantise.ts';

/** The definition, one weight at a time. */
function weightAt({ bits, block: length, data, scales }: BlockMatrix, columns: number, row: number, column: number): number {
  const block = row * blocksPerRow(columns, length) + Math.floor(column / length);
  const i = column % length;
  const q = bits === 8 ? data[block * length + i] : ((data[(block * length) / 2 + (i >> 1)] as number) >> (4 * (i & 1))) & 15;
  return ((q as number) - 2 ** (bits - 1)) * (scales[block] as number);
}

/** Rows, columns and values. */
const MATRIX = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.oneof(fc.integer({ min: 1, max: 140 }), fc.constantFrom(64, 128, 256)))
  .chain(([rows, columns]) =>
    fc.tuple(
      fc.constant(rows),
      fc.constant(columns),
      fc.float32Array({ minLength: rows * columns, maxLength: rows * columns, min: -100, max: 100, noNaN: true }),
    ),
  );

describe('weight blocks', () => {
  it('of 8 bits hold every weight within a step', () => {
    fc.assert(
      fc.property(MATRIX, ([rows, columns, values]) => {
        const blocks = quantiseBlocks(values, rows, columns, 8);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            const value = values[row * columns + column] as number;
            const at = row * blocksPerRow(columns, blocks.block) + Math.floor(column / blocks.block);
            const step = Math.abs(blocks.scales[at] as number);
            // The end opposite to the greatest weight is cut by one step.
            const error = Math.abs(weightAt(blocks, columns, row, column) - value);
            assert.ok(error <= step * 1.0001 + 1e-37, `${value} is off by ${error}, step ${step}`);
          }
        }
      }),
    );
  });

  it('of 4 bits are nearer than with the scale that meets the greatest entry, or as near', () => {
    fc.assert(
      fc.property(MATRIX, ([rows, columns, values]) => {
        const blocks = quantiseBlocks(values, rows, columns, 4);
        for (let row = 0; row < rows; row++) {
          for (let start = 0; start < columns; start += blocks.block) {
            const weights = values.subarray(row * columns + start, row * columns + Math.min(columns, start + blocks.block));
            const greatest = weights.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
            const scale = Math.fround(greatest / -8);
            const plain = (value: number): number => (scale === 0 ? 0 : Math.max(-8, Math.min(7, Math.floor(value / scale + 0.5))) * scale);
            const error = weights.reduce((sum, value, i) => sum + (weightAt(blocks, columns, row, start + i) - value) ** 2, 0);
            const bound = weights.reduce((sum, value) => sum + (plain(value) - value) ** 2, 0);
            assert.ok(error <= bound * (1 + 1e-9), `${error} > ${bound}`);
          }
        }
      }),
    );
  });

  it('of 4 bits cut outliers that would round all others away', () => {
    const values = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i) + (i === 7 ? 1 : 0));
    const { scales } = quantiseBlocks(values, 1, 128, 4);
    assert.ok(Math.abs(scales[0] as number) < 0.95 * (Math.max(...values) / 8));
  });

  it('are the longest whose padding is an eighth of a row at most', () => {
    const lengths = (bits: 4 | 8, columns: number[]) => columns.map((count) => blockLength(count, bits));
    const whole = (bits: 4 | 8, columns: number[]) => columns.map((count) => wholeBlockLength(count, bits));
    assert.deepEqual(lengths(4, [128, 576, 64, 320, 96, 33]), [128, 128, 64, 64, 32, 32]);
    assert.deepEqual(lengths(8, [128, 576, 64, 320, 96, 33]), [64, 64, 64, 64, 32, 32]);
    assert.deepEqual(whole(4, [128, 576, 96, 33]), [128, 64, 32, undefined]);
    assert.deepEqual(whole(8, [128, 576, 96, 33]), [64, 64, 32, undefined]);
    assert.equal(quantiseBlocks(new Float32Array(128), 1, 128, 4).scales.length, 1);
    assert.equal(quantiseBlocks(new Float32Array(64), 1, 64, 4, 32).scales.length, 2);
  });

  it('pad rows with the middle and give zeros a scale of zero', () => {
    const { data, scales } = quantiseBlocks(new Float32Array(33), 1, 33, 8);
    assert.deepEqual([data.length, ...scales.map(Math.abs)], [64, 0, 0]);
    assert.ok(data.every((q) => q === 128));
  });
});
