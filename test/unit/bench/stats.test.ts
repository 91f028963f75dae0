import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judge, summarise } from '../../bench/metric.ts';
import { seededRandom } from '../../bench/random.ts';
import { bootstrapInterval, median, percentile } from '../../bench/stats.ts';

const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });

describe('bench/stats', () => {
  it('the median of an odd count is the middle value, of an even count the mean of both', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1, 2, 3]), 2.5);
  });

  it('percentiles lie linearly between neighbours', () => {
    assert.equal(percentile([10, 20, 30, 40, 50], 0.9), 46);
    assert.equal(percentile([7], 0.9), 7);
    assert.throws(() => percentile([], 0.5), RangeError);
  });

  it('percentiles grow from the least to the greatest value', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, at) => {
        const value = percentile(values, at);
        assert.ok(percentile(values, 0) === Math.min(...values) && percentile(values, 1) === Math.max(...values));
        assert.ok(value >= Math.min(...values) - 1e-6 && value <= Math.max(...values) + 1e-6);
      }),
    );
  });

  it('the bootstrap interval is the same for the same seed and stays within the values', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];
    const [low, high] = bootstrapInterval(values, seededRandom(7));
    assert.deepEqual([low, high], bootstrapInterval(values, seededRandom(7)));
    assert.ok(1 <= low && low <= median(values) && median(values) <= high && high <= 9);
  });

  it('the bootstrap interval of equal values is that value', () => {
    assert.deepEqual(bootstrapInterval([2, 2, 2], seededRandom(1)), [2, 2]);
  });

  it('the 95 % interval covers the true median about 95 times of 100', () => {
    const random = seededRandom(11);
    const covered = Array.from({ length: 200 }, () => {
      const [low, high] = bootstrapInterval(Array.from({ length: 25 }, random), random);
      return low <= 0.5 && 0.5 <= high;
    }).filter(Boolean).length;
    assert.ok(covered >= 180 && covered <= 200, `${covered} of 200`);
  }).timeout(60_000);

  it('the seeded stream repeats, differs between seeds and is uniform', () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 10_000 }, random);
    };
    assert.deepEqual(draw(5), draw(5));
    assert.notDeepEqual(draw(5).slice(0, 4), draw(6).slice(0, 4));
    const mean = draw(5).reduce((sum, value) => sum + value, 0) / 10_000;
    assert.ok(Math.abs(mean - 0.5) < 0.02 && draw(5).every((value) => value >= 0 && value < 1));
  });

  it('a limit is the worst value that passes, on the side that is worse', () => {
    const random = seededRandom(1);
    assert.equal(judge(summarise('a', 'ms', 'lower', [15], random, { limit: 15 })).pass, true);
    assert.equal(judge(summarise('a', 'ms', 'lower', [15.1], random, { limit: 15 })).pass, false);
    assert.equal(judge(summarise('a', 'x', 'higher', [0.96], random, { limit: 0.97 })).pass, false);
    assert.equal(judge(summarise('a', 'ms', 'lower', [99], random, { aim: 8 })).pass, true);
  });
});
