import assert from 'node:assert/strict';
import fc from 'fast-check';
import { logProbability, rankOf, tokenLogprobs } from '../../../../src/inference/sampling/logprobs.ts';

const logitsArbitrary = fc
  .array(fc.float({ min: -300, max: 300, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((values) => Float32Array.from(values));

describe('log-probabilities', () => {
  it('sum to one, and none is above 0', () => {
    fc.assert(
      fc.property(logitsArbitrary, (logits) => {
        const all = Array.from(logits.keys(), (token) => logProbability(logits, token));
        assert.ok(all.every((value) => value <= 0));
        assert.ok(Math.abs(all.reduce((sum, value) => sum + Math.exp(value), 0) - 1) < 1e-9);
      }),
    );
  });

  it('the top ones and a rank are those of a full sort, equal ones by rising id', () => {
    const coarse = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 60 }).map((values) => Float32Array.from(values));
    fc.assert(
      fc.property(fc.oneof(logitsArbitrary, coarse), fc.nat(20), fc.nat(), (logits, wanted, pick) => {
        const count = Math.min(wanted, logits.length);
        const token = pick % logits.length;
        const { logprob, top } = tokenLogprobs(logits, token, count);
        const sorted = [...logits.keys()].sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b);
        assert.equal(rankOf(logits, token), sorted.indexOf(token));
        assert.deepEqual(
          top,
          sorted.slice(0, count).map((tokenId) => ({ tokenId, logprob: logProbability(logits, tokenId) })),
        );
        assert.equal(logprob, logProbability(logits, token));
      }),
    );
  });
});
