import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Evidence, MINER_MIGRATIONS, openMinerLedger } from '../../../../src/roles/miner/ledger.ts';
import { openDatabase } from '../../../../src/storage/database.ts';
import { billOf, GREEDY } from '../../../../src/types/index.ts';
import { NOW, OUTPUT, PROMPT, resultOf, SALT, SKETCHES, sessionId, taskId } from '../fixtures.ts';

const EVIDENCE: Evidence = {
  promptIds: PROMPT,
  promptSalt: SALT,
  outputIds: OUTPUT,
  sketches: Uint8Array.from(Buffer.concat(SKETCHES)),
  sampling: GREEDY,
  stop: ['END', '\n'],
  finishReason: 'stop',
};
const memory = () => openMinerLedger(openDatabase(':memory:', MINER_MIGRATIONS));
const mined = (n: number, endedAt = NOW) => resultOf({ task: taskId(n) }, {}, { endedAt });

describe('miner/ledger', () => {
  it('gives evidence back as it was', () => {
    const ids = fc.array(fc.nat(0xffff_ffff), { maxLength: 20 }).map((list) => Uint32Array.from(list));
    const ledger = memory();
    let n = 0;
    fc.assert(
      fc.property(ids, ids, fc.array(fc.string(), { maxLength: 4 }), (promptIds, outputIds, stop) => {
        const task = mined(++n);
        const evidence = { ...EVIDENCE, promptIds, outputIds, stop, sketches: new Uint8Array(outputIds.length * 32).fill(n) };
        ledger.finish(task, evidence);
        assert.deepEqual(ledger.evidence(taskId(n)), evidence);
        assert.ok(ledger.has(taskId(n)));
      }),
      { numRuns: 30 },
    );
    assert.equal(ledger.evidence(taskId(9_999)), undefined);
    assert.equal(ledger.has(taskId(9_999)), false);
  });

  it('is paid once for a task, and only for tasks that it did', () => {
    const ledger = memory();
    const task = mined(1);
    const bill = billOf(task.receipt.receipt);
    ledger.finish(task, EVIDENCE);
    for (let i = 0; i < 2; i++) ledger.pay(taskId(1), task.voucher);
    ledger.pay(taskId(2), task.voucher);
    assert.deepEqual(ledger.session(sessionId(1)), { cumulative: bill, earned: bill });
    assert.deepEqual(ledger.session(sessionId(2)), { cumulative: 0n, earned: 0n });
  });

  it('the largest voucher stands, earnings add up', () => {
    const ledger = memory();
    for (const [n, cumulativeAmount] of [100n, 50n].entries()) {
      const task = resultOf({ task: taskId(n) }, { cumulativeAmount });
      ledger.finish(task, EVIDENCE);
      ledger.pay(taskId(n), task.voucher);
    }
    assert.deepEqual(ledger.session(sessionId(1)), { cumulative: 100n, earned: 2n * billOf(mined(1).receipt.receipt) });
  });

  it('announces again what is paid, undecided and in time, oldest first', () => {
    const ledger = memory();
    for (const n of [1, 2, 3, 4, 5]) {
      const task = mined(n, NOW + n);
      ledger.finish(task, EVIDENCE);
      if (n !== 2) ledger.pay(taskId(n), task.voucher);
    }
    ledger.decide(taskId(4), 'VALID');
    const tasks = (after: number, limit: number) => ledger.undecided(after, NOW + 5, limit).map(({ receipt }) => receipt.receipt.task);
    assert.deepEqual(tasks(0, 10), [taskId(1), taskId(3)]);
    assert.deepEqual(tasks(NOW + 1, 10), [taskId(3)]);
    assert.deepEqual(tasks(0, 1), [taskId(1)]);
    assert.deepEqual(ledger.undecided(0, NOW + 2, 1)[0]?.voucher, mined(1).voucher);
  });

  it('evidence goes first, tasks later', () => {
    const ledger = memory();
    for (const n of [1, 2]) ledger.finish(mined(n, NOW + n), EVIDENCE);
    ledger.expire(NOW + 2, NOW);
    assert.equal(ledger.evidence(taskId(1)), undefined);
    assert.ok(ledger.has(taskId(1)) && ledger.evidence(taskId(2)) !== undefined);
    ledger.expire(NOW + 3, NOW + 3);
    assert.equal(ledger.has(taskId(2)), false);
  });
});
