import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type BlockMatrix, blockLength, blocksPerRow, quantiseBlocks } from '../../../src/inference/graph/blocks.ts';

/** The definition, one weight at a time. */
function weightAt({ bits, block: length, data, scales }: BlockMatrix, columns: number, row: number, column: number): number {
  const block = row * blocksPerRow(columns, length) + Math.floor(column / length);
  const i = column % length;
  const q = bits === 8 ? data[block * length + i] : ((data[(block * length) / 2 + (i >> 1)] as number) >> (4 * (i & 1))) & 15;
  return ((q as number) - 2 ** (bits - 1)) * (scales[block] as number);
}

describe('weight blocks', () => {
  for (const bits of [8, 4] as const) {
    it(`hold every weight within a step: ${bits} bits`, () => {
      const matrix = fc
        .tuple(fc.integer({ min: 1, max: 4 }), fc.oneof(fc.integer({ min: 1, max: 80 }), fc.constantFrom(64, 128)))
        .chain(([rows, columns]) =>
          fc.tuple(
            fc.constant(rows),
            fc.constant(columns),
            fc.float32Array({ minLength: rows * columns, maxLength: rows * columns, min: -100, max: 100, noNaN: true }),
          ),
        );
      fc.assert(
        fc.property(matrix, ([rows, columns, values]) => {
          const blocks = quantiseBlocks(values, rows, columns, bits);
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
  }

  it('are of 64 where a row is whole blocks of 64, else of 32', () => {
    assert.deepEqual([64, 576, 96, 33].map(blockLength), [64, 64, 32, 32]);
    assert.equal(quantiseBlocks(new Float32Array(64), 1, 64, 4).scales.length, 1);
    assert.equal(quantiseBlocks(new Float32Array(64), 1, 64, 4, 32).scales.length, 2);
  });

  it('pad rows with the middle and give zeros a scale of zero', () => {
    const { data, scales } = quantiseBlocks(new Float32Array(33), 1, 33, 8);
    assert.deepEqual([data.length, ...scales.map(Math.abs)], [64, 0, 0]);
    assert.ok(data.every((q) => q === 128));
  });
});
