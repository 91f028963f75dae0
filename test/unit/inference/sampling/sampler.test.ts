import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GUMBEL_MAX, GumbelNoise } from '../../../../src/inference/sampling/gumbel.ts';
import { chooseToken, judgeToken } from '../../../../src/inference/sampling/sampler.ts';
import { GREEDY, type Hex, type Sampling } from '../../../../src/types/index.ts';

const SEED: Hex = `0x${Buffer.from(Uint8Array.from({ length: 32 }, (_, i) => i)).toString('hex')}`;
const sampling = (change: Partial<Sampling> = {}): Sampling => ({
  ...GREEDY,
  temperatureMilli: 800,
  seed: SEED,
  ...change,
});
/** The vectors of docs/inference.md: logit of token i is ((i · 37) mod 64) ÷ 8. */
const LOGITS = Float32Array.from({ length: 64 }, (_, i) => ((i * 37) % 64) / 8);

const logitsArbitrary = fc
  .array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 80 })
  .map((values) => Float32Array.from(values));
const samplingArbitrary = fc
  .record({
    temperatureMilli: fc.integer({ min: 1, max: 3000 }),
    topPPpm: fc.oneof(fc.constant(1_000_000), fc.integer({ min: 1, max: 1_000_000 })),
    topK: fc.integer({ min: 0, max: 90 }),
    minPPpm: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000_000 })),
    seed: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`),
  })
  .map((change): Sampling => sampling(change));

/** The specification, word by word and without shortcuts. */
function chooseBySpecification(logits: Float32Array, s: Sampling, position: number): number {
  const noise = new GumbelNoise(s.seed, position);
  const z = [...logits].map((logit) => (logit * 1000) / s.temperatureMilli);
  let order = z.map((_, i) => i).sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b);
  if (s.topK > 0) order = order.slice(0, s.topK);
  const weightOf = (i: number): bigint => BigInt(Math.floor(Math.exp((z[i] as number) - (z[order[0] as number] as number)) * 2 ** 30));
  order = order.filter((i) => weightOf(i) * 1_000_000n >= BigInt(s.minPPpm) * 2n ** 30n);
  if (s.topPPpm < 1_000_000) {
    const weights = order.map(weightOf);
    const total = weights.reduce((a, b) => a + b, 0n);
    const need = (total * BigInt(s.topPPpm) + 999_999n) / 1_000_000n;
    let before = 0n;
    order = order.filter((_, rank) => {
      const keep = before < need;
      before += weights[rank] as bigint;
      return keep;
    });
  }
  const score = (i: number): number => (z[i] as number) + noise.at(i);
  return order.sort((a, b) => score(b) - score(a) || a - b)[0] as number;
}

describe('sampler', () => {
  it('is greedy at temperature 0, and the lowest id wins ties', () => {
    assert.equal(chooseToken(Float32Array.of(1, 5, 5, 2), GREEDY, 0), 1);
  });

  it('gives the golden choices of docs/inference.md', () => {
    const choices = (s: Sampling): number[] => Array.from({ length: 12 }, (_, position) => chooseToken(LOGITS, s, position));
    const golden: [Partial<Sampling>, number[]][] = [
      [{}, [12, 12, 39, 12, 50, 24, 5, 48, 12, 19, 50, 5]],
      [{ temperatureMilli: 1500 }, [12, 48, 39, 43, 50, 24, 5, 48, 12, 19, 50, 5]],
      [{ topK: 3 }, [57, 38, 19, 38, 57, 38, 19, 19, 57, 19, 19, 19]],
      [{ topPPpm: 500_000 }, [12, 12, 19, 12, 57, 12, 19, 19, 12, 19, 19, 19]],
      [{ minPPpm: 500_000 }, [12, 12, 19, 12, 57, 12, 19, 19, 12, 19, 19, 19]],
    ];
    assert.deepEqual(
      golden.map(([change]) => choices(sampling(change))),
      golden.map(([, expected]) => expected),
    );
  });

  it('gives the golden noise of docs/inference.md', () => {
    const noise = new GumbelNoise(SEED, 7);
    assert.deepEqual(
      [0, 1, 2, 3, 1000].map((token) => noise.at(token).toFixed(9)),
      ['4.417701069', '-0.669740741', '-1.522719357', '0.356419523', '-0.079701240'],
    );
  });

  it('chooses as the specification says, for any logits and sampling', () => {
    fc.assert(
      fc.property(logitsArbitrary, samplingArbitrary, fc.nat({ max: 5000 }), (logits, s, position) => {
        assert.equal(chooseToken(logits, s, position), chooseBySpecification(logits, s, position));
      }),
      { numRuns: 400 },
    );
  });

  it('has gap 0 for the chosen token and a positive one for every other', () => {
    fc.assert(
      fc.property(logitsArbitrary, samplingArbitrary, fc.nat({ max: 5000 }), (logits, s, position) => {
        const chosen = chooseToken(logits, s, position);
        for (let token = 0; token < logits.length; token++) {
          const judgement = judgeToken(logits, logits, s, position, token);
          assert.equal(judgement.chosen, chosen);
          if (token === chosen) assert.equal(judgement.gap, 0);
          else assert.ok(judgement.gap > 0 && Number.isFinite(judgement.gap), `gap ${judgement.gap}`);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('has a small gap when a nudge of the logits changes the choice, also at the border of what stays', () => {
    fc.assert(
      fc.property(logitsArbitrary, samplingArbitrary, fc.nat({ max: 5000 }), (logits, s, position) => {
        const warm = { ...s, temperatureMilli: Math.max(100, s.temperatureMilli) };
        const nudged = logits.map((logit, i) => logit + (i % 2 === 0 ? 1e-5 : -1e-5));
        const { gap } = judgeToken(logits, logits, warm, position, chooseToken(nudged, warm, position));
        assert.ok(gap <= 1e-3, `gap ${gap}`);
      }),
      { numRuns: 400 },
    );
  });

  it('gives log-probabilities that sum to one', () => {
    const sum = [...LOGITS.keys()].reduce((total, token) => total + Math.exp(judgeToken(LOGITS, LOGITS, GREEDY, 0, token).logprob), 0);
    assert.ok(Math.abs(sum - 1) < 1e-9);
  });

  it('samples each token about as often as its probability', () => {
    const logits = Float32Array.of(0, Math.log(2), Math.log(5));
    const counts = [0, 0, 0];
    for (let position = 0; position < 8000; position++) {
      const token = chooseToken(logits, sampling({ temperatureMilli: 1000 }), position);
      counts[token] = (counts[token] as number) + 1;
    }
    counts.forEach((count, i) => {
      assert.ok(Math.abs(count / 8000 - ([1, 2, 5][i] ?? 0) / 8) < 0.02, `token ${i}: ${count}`);
    });
  });

  it('judges the adjusted logits and gives the log-probability of the model’s own', () => {
    const adjusted = LOGITS.with(3, 20);
    const judgement = judgeToken(LOGITS, adjusted, GREEDY, 0, 3);
    assert.deepEqual([judgement.chosen, judgement.gap], [3, 0]);
    assert.equal(judgement.logprob, judgeToken(LOGITS, LOGITS, GREEDY, 0, 3).logprob);
  });

  it('never chooses a token at −∞, and judges one to be infinitely far off, whatever restricts the rest', () => {
    const masked = LOGITS.map((logit, token) => (token % 8 === 3 ? logit : Number.NEGATIVE_INFINITY));
    for (const change of [{ temperatureMilli: 0 }, {}, { topK: 3 }, { topPPpm: 500_000 }, { minPPpm: 500_000 }]) {
      for (let position = 0; position < 50; position++) {
        const s = sampling(change);
        assert.equal(chooseToken(masked, s, position) % 8, 3);
        assert.equal(judgeToken(LOGITS, masked, s, position, 12).gap, Number.POSITIVE_INFINITY);
        assert.ok(judgeToken(LOGITS, masked, s, position, 11).gap < 30);
      }
    }
  });

  it('bounds the noise by GUMBEL_MAX', () => {
    assert.ok(-Math.log(-Math.log((2 ** 32 - 0.5) / 2 ** 32)) < GUMBEL_MAX);
  });
});
