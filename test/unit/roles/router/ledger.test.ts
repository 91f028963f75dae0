import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { streamRootOf } from '../../../../src/crypto/ids.ts';
import { type FinishedTask, openRouterLedger, ROUTER_MIGRATIONS } from '../../../../src/roles/router/ledger.ts';
import { openDatabase } from '../../../../src/storage/database.ts';
import type { TaskId, Wei } from '../../../../src/types/index.ts';
import { assignmentOf, CONTRACTS, lower, MODEL, miner, receiptOf, sessionId, taskId } from '../fixtures.ts';

const finished = (n: number, cost: Wei, session = 1): FinishedTask => ({
  task: taskId(n),
  session: sessionId(session),
  model: MODEL,
  miner: lower(miner.address),
  promptTokens: 3,
  completionTokens: 3,
  cost,
  receipt: receiptOf(assignmentOf({ task: taskId(n), session: sessionId(session) })),
  signature: `0x${'22'.repeat(65)}`,
});
const memory = () => openRouterLedger(openDatabase(':memory:', ROUTER_MIGRATIONS));
const S = sessionId(1);

describe('router/ledger', () => {
  it('books a task once and binds its voucher to this very answer', () => {
    const ledger = memory();
    const task = finished(1, 70n);
    const first = ledger.book(task, CONTRACTS.settlement, 0n, 1);
    assert.deepEqual(ledger.book(task, CONTRACTS.settlement, 0n, 2), first);
    assert.equal(ledger.promised(S, 0n), 70n);
    assert.deepEqual(first, {
      session: S,
      payee: CONTRACTS.settlement,
      cumulativeAmount: 70n,
      nonce: 1,
      streamRoot: streamRootOf(task.task, task.receipt.outputRoot),
    });
    assert.deepEqual(ledger.task(task.task), task);
    assert.equal(ledger.task(taskId(99)), undefined);
  });

  it('refunds once, and only tasks that it knows', () => {
    const ledger = memory();
    ledger.book(finished(1, 70n), CONTRACTS.settlement, 0n, 1);
    ledger.book(finished(2, 30n), CONTRACTS.settlement, 0n, 1);
    for (let i = 0; i < 3; i++) ledger.refund(taskId(1));
    ledger.refund(taskId(9));
    assert.equal(ledger.promised(S, 0n), 30n);
  });

  it('after a refund the next voucher still covers everything that a miner did', () => {
    const ledger = memory();
    ledger.book(finished(1, 10n), CONTRACTS.settlement, 0n, 1);
    ledger.refund(taskId(1));
    assert.equal(ledger.book(finished(2, 5n), CONTRACTS.settlement, 0n, 1).cumulativeAmount, 15n);
    assert.equal(ledger.promised(S, 0n), 5n);
  });

  it('a ledger that was lost starts from what the chain has taken', () => {
    const ledger = memory();
    assert.equal(ledger.promised(S, 500n), 500n);
    assert.equal(ledger.book(finished(1, 10n), CONTRACTS.settlement, 500n, 1).cumulativeAmount, 510n);
    assert.equal(ledger.promised(S, 500n), 510n);
  });

  it('what the chain billed is promised for good, also after a refund', () => {
    const ledger = memory();
    for (const [n, cost] of [10n, 20n, 40n].entries()) ledger.book(finished(n + 1, cost), CONTRACTS.settlement, 0n, 1);
    ledger.refund(taskId(1));
    for (let i = 0; i < 2; i++) ledger.billed([taskId(1), taskId(2), taskId(77)]);
    ledger.refund(taskId(1));
    ledger.refund(taskId(2));
    assert.equal(ledger.promised(S, 0n), 70n);
    assert.deepEqual(ledger.unbilled(), [taskId(3)]);
  });

  it('releases what was booked before and never billed, once', () => {
    const ledger = memory();
    for (const [n, at] of [100, 200, 300].entries()) ledger.book(finished(n + 1, 10n), CONTRACTS.settlement, 0n, at);
    ledger.billed([taskId(1)]);
    assert.equal(ledger.release(300), 1);
    assert.equal(ledger.release(300), 0);
    assert.equal(ledger.promised(S, 0n), 20n);
  });

  it('promised is the sum of costs that are not refunded, vouchers only grow, and all of it survives a reopen', () => {
    const step = fc.record({
      kind: fc.constantFrom('book', 'book', 'refund', 'billed', 'reopen' as const),
      n: fc.integer({ min: 1, max: 8 }),
    });
    const dir = mkdtempSync(join(tmpdir(), 'ledger-'));
    let run = 0;
    try {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
          const path = join(dir, `${run++}.db`);
          let db = openDatabase(path, ROUTER_MIGRATIONS);
          let ledger = openRouterLedger(db);
          const state = new Map<TaskId, 'open' | 'refunded' | 'billed'>();
          const costOfTask = (id: TaskId): Wei => BigInt(id) * 7n;
          let last = 0n;
          for (const { kind, n } of steps) {
            const id = taskId(n);
            const now = state.get(id);
            if (kind === 'book') {
              const { cumulativeAmount } = ledger.book(finished(n, costOfTask(id)), CONTRACTS.settlement, 0n, 1);
              assert.ok(cumulativeAmount >= last + (now === undefined ? costOfTask(id) : 0n));
              last = cumulativeAmount;
              if (now === undefined) state.set(id, 'open');
            } else if (kind === 'refund') {
              ledger.refund(id);
              if (now === 'open') state.set(id, 'refunded');
            } else if (kind === 'billed') {
              ledger.billed([id]);
              if (now !== undefined) state.set(id, 'billed');
            } else {
              db.close();
              db = openDatabase(path, ROUTER_MIGRATIONS);
              ledger = openRouterLedger(db);
            }
            const expected = [...state].reduce((sum, [task, as]) => (as === 'refunded' ? sum : sum + costOfTask(task)), 0n);
            assert.equal(ledger.promised(S, 0n), expected);
          }
          db.close();
        }),
        { numRuns: 15 },
      );
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
