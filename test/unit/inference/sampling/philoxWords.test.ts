import assert from 'node:assert/strict';
import fc from 'fast-check';
import { philox } from '../../../../src/inference/sampling/philox.ts';
import { philoxWords } from '../../../../src/inference/sampling/philoxWords.ts';

describe('philox words', () => {
  it('are those of the counters one by one, however many, also after fewer and more', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const one = new Uint32Array(4);
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(16_384, 50_000)), word, word, (count, key0, key1) => {
        const words = philoxWords(count, key0, key1);
        assert.equal(words.length, count);
        for (let i = 0; i < count; i++) {
          if (i % 4 === 0) philox(i / 4, 0, 0, 0, key0, key1, one);
          if (words[i] !== one[i % 4]) assert.fail(`word ${i} is ${words[i]}, not ${one[i % 4]}`);
        }
      }),
    );
  });
});
