import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Address } from '../../../src/types/index.ts';
import { costOf } from '../../../src/types/index.ts';
import { addTask, type Payouts, totalOf } from '../../../src/validation/payouts.ts';

const address = fc.integer({ min: 1, max: 6 }).map((n): Address => `0x${n.toString(16).padStart(40, '0')}`);

const SPLIT = { router: 500n, guards: 300n, oracle: 100n, treasury: 100n };

describe('validation/payouts', () => {
  it('the payouts of any tasks add up to their costs to the wei, also when one account holds several parts', () => {
    const task = fc.record({
      cost: fc.bigInt({ min: 0n, max: 10n ** 30n }),
      miner: address,
      router: address,
      guards: fc.uniqueArray(address, { maxLength: 5 }),
      oracle: address,
      treasury: address,
    });
    fc.assert(
      fc.property(fc.array(task, { maxLength: 20 }), (tasks) => {
        const payouts: Payouts = new Map();
        for (const t of tasks) addTask(payouts, t, SPLIT);
        assert.equal(
          totalOf(payouts),
          tasks.reduce((sum, t) => sum + t.cost, 0n),
        );
      }),
    );
  });

  it('the miner gets nine tenths and what rounding leaves', () => {
    const payouts: Payouts = new Map();
    const at = (n: number): Address => `0x${n.toString(16).padStart(40, '0')}`;
    addTask(payouts, { cost: 10_001n, miner: at(1), router: at(2), guards: [at(3), at(4)], oracle: at(5), treasury: at(6) }, SPLIT);
    assert.deepEqual([...payouts.values()], [500n, 150n, 150n, 100n, 100n, 9001n]);
  });

  it('splitting a task never makes it cheaper', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.nat(100_000), fc.nat(100_000), (perThousand, a, b) => {
        const price = { prompt: perThousand, completion: 0n };
        assert.ok(costOf(price, a, 0) + costOf(price, b, 0) >= costOf(price, a + b, 0));
      }),
    );
  });
});
