import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Ranking } from '../../../../src/inference/sampling/ranking.ts';

const logits = fc.array(fc.oneof(fc.float({ min: -40, max: 40, noNaN: true }), fc.constantFrom(-7, 3, Number.NEGATIVE_INFINITY)), {
  minLength: 1,
  maxLength: 200,
});

describe('ranking', () => {
  it('is a full sort of what is within reach, in whatever order it is asked', () => {
    fc.assert(
      fc.property(logits, fc.double({ min: 0.01, max: 100, noNaN: true }), fc.infiniteStream(fc.nat()), (values, reach, draws) => {
        const all = Float32Array.from([...values, 0]);
        const top = Math.max(...all);
        const sorted = [...all.keys()]
          .filter((id) => (all[id] as number) >= top - reach)
          .sort((a, b) => (all[b] as number) - (all[a] as number) || a - b);
        const ranking = new Ranking(all, reach);
        assert.equal(ranking.length, sorted.length);
        for (let i = 0; i < 8; i++) {
          const rank = (draws.next().value as number) % sorted.length;
          assert.equal(ranking.at(rank), sorted[rank]);
          const token = (draws.next().value as number) % all.length;
          assert.equal(ranking.rankOf(token), sorted.indexOf(token));
        }
        assert.deepEqual(
          [...ranking.unordered].sort((a, b) => a - b),
          sorted.sort((a, b) => a - b),
        );
      }),
    );
  });
});
