import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Candidate, expectedSeconds, priceShare, rankMiners } from '../../../../src/roles/router/selection.ts';
import { address } from '../fixtures.ts';

const wei = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const price = fc.record({ prompt: wei, completion: wei });
const candidate = fc.record({
  operator: fc.integer({ min: 1, max: 1000 }).map(address),
  peerId: fc.constant('peer'),
  price,
  tokensPerSecond: fc.double({ min: 0, max: 5e6, noNaN: true }),
  freeSlots: fc.nat(64),
  queueDepth: fc.nat(10_000),
  unseen: fc.nat(1000),
  failures: fc.nat(100),
});
const demand = fc.record({
  priceMax: price,
  promptTokens: fc.integer({ min: 1, max: 131_072 }),
  maxTokens: fc.integer({ min: 1, max: 131_072 }),
});
const worse: readonly ((candidate: Candidate) => Candidate)[] = [
  (c) => ({ ...c, queueDepth: c.queueDepth + 1 }),
  (c) => ({ ...c, unseen: c.unseen + 1 }),
  (c) => ({ ...c, freeSlots: Math.max(0, c.freeSlots - 1) }),
  (c) => ({ ...c, failures: c.failures + 1 }),
  (c) => ({ ...c, tokensPerSecond: c.tokensPerSecond / 2 }),
];

describe('router/selection', () => {
  it('never picks a miner above the price of the session, not by a single wei', () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 20 }), demand, (candidates, d) => {
        for (const { price: ask } of rankMiners(candidates, d, () => 0)) {
          assert.ok(ask.prompt <= d.priceMax.prompt && ask.completion <= d.priceMax.completion);
        }
      }),
    );
    const max = { prompt: 10n ** 18n, completion: 10n ** 18n };
    assert.equal(priceShare({ prompt: max.prompt + 1n, completion: 0n }, max), Number.POSITIVE_INFINITY);
    assert.equal(priceShare(max, max), 1);
    assert.equal(priceShare({ prompt: 0n, completion: 0n }, { prompt: 0n, completion: 0n }), 0);
  });

  it('leaves nobody out that the session can pay', () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 20 }), demand, (candidates, d) => {
        const payable = candidates.filter((c) => c.price.prompt <= d.priceMax.prompt && c.price.completion <= d.priceMax.completion);
        assert.equal(rankMiners(candidates, d, () => 0).length, payable.length);
      }),
    );
  });

  it('a busier, slower or failing miner never ranks better, all else equal', () => {
    fc.assert(
      fc.property(candidate, demand, fc.constantFrom(...worse), (c, d, degrade) => {
        const degraded = degrade(c);
        assert.ok(expectedSeconds(degraded, d) >= expectedSeconds(c, d));
        const affordable = { ...c, price: { prompt: 0n, completion: 0n } };
        const [first] = rankMiners([{ ...degrade(affordable), peerId: 'worse' }, affordable], d, fixedDraw([1, 0]));
        assert.equal(first?.peerId, 'peer');
      }),
    );
  });

  it('a dearer miner never ranks better, all else equal', () => {
    fc.assert(
      fc.property(candidate, demand, (c, d) => {
        const [cheap, dear] = [
          { ...c, peerId: 'cheap', price: { prompt: 0n, completion: 0n } },
          { ...c, peerId: 'dear', price: d.priceMax },
        ];
        assert.equal(rankMiners([dear, cheap], d, fixedDraw([1, 0]))[0]?.peerId, 'cheap');
      }),
    );
  });

  it('expected times are finite and positive', () => {
    fc.assert(
      fc.property(candidate, demand, (c, d) => {
        const seconds = expectedSeconds(c, d);
        assert.ok(Number.isFinite(seconds) && seconds > 0);
      }),
    );
  });

  it('equals are shuffled by the draw', () => {
    const base = { price: { prompt: 0n, completion: 0n }, tokensPerSecond: 10, freeSlots: 1, queueDepth: 0, unseen: 0, failures: 0 };
    const two = [1, 2].map((n): Candidate => ({ ...base, operator: address(n), peerId: String(n) }));
    const d = { priceMax: { prompt: 1n, completion: 1n }, promptTokens: 1, maxTokens: 1 };
    assert.equal(rankMiners(two, d, fixedDraw([0.9, 0.1]))[0]?.peerId, '2');
    assert.equal(rankMiners(two, d, fixedDraw([0.1, 0.9]))[0]?.peerId, '1');
  });
});

function fixedDraw(values: readonly number[]): () => number {
  let at = 0;
  return () => values[at++ % values.length] as number;
}
