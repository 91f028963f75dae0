import assert from 'node:assert/strict';
import { philox } from '../../../../src/inference/sampling/philox.ts';

/** Known answers of Random123 (kat_vectors, philox4x32 10). */
const KNOWN: [number[], number[], string][] = [
  [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
];

describe('philox', () => {
  for (const [counter, key, expected] of KNOWN) {
    it(`gives Random123's answer ${expected}`, () => {
      const out = new Uint32Array(4);
      const [c0, c1, c2, c3] = counter as [number, number, number, number];
      philox(c0, c1, c2, c3, key[0] as number, key[1] as number, out);
      assert.equal([...out].map((word) => word.toString(16).padStart(8, '0')).join(' '), expected);
    });
  }
});
