import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTLEMENT_MIGRATIONS, SettlementBook } from '../../../src/settlement/book.ts';
import { openDatabase } from '../../../src/storage/database.ts';
import type { TaskId } from '../../../src/types/index.ts';
import type { Reveal } from '../../../src/validation/voteBook.ts';
import { address, lower, miner, resultOf, router, sessionId, taskId, word } from '../roles/fixtures.ts';

const COMMITTEE = [address(1), address(2)];
const reveal = (n: number, voter = address(1)): Reveal => ({
  task: taskId(n),
  round: 0,
  voter,
  verdict: 'VALID',
  evidenceHash: word(1),
  salt: word(2),
});
const ROOT = word(0x2007);
const root = (epoch: number, ...tasks: TaskId[]) => ({ epoch, payouts: [{ account: address(9), cumulative: 10n ** 24n }], tasks });
const SPENDER = lower(router.address);

describe('settlement/book', () => {
  let dir: string;
  let db: ReturnType<typeof openDatabase>;
  let book: SettlementBook;
  const open = (): void => {
    db = openDatabase(join(dir, 'book.db'), SETTLEMENT_MIGRATIONS);
    book = new SettlementBook(db);
  };
  const restart = (): void => {
    book.flush();
    db.close();
    open();
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'book-'));
    open();
  });
  afterEach(() => {
    book.flush();
    db.close();
    rmSync(dir, { recursive: true });
  });

  it('results, votes, vouchers and roots come back after a restart', () => {
    const result = resultOf({ task: taskId(1) });
    assert.ok(book.add(result, COMMITTEE, 100));
    book.addReveal(reveal(1));
    book.addReveal(reveal(1));
    book.saveRoot(ROOT, root(3, taskId(8)));
    restart();
    assert.deepEqual(book.open(), [{ result, committee: COMMITTEE, seenAt: 100 }]);
    assert.deepEqual(book.get(taskId(1))?.committee, COMMITTEE);
    assert.deepEqual(book.storedReveals(), [reveal(1)]);
    assert.deepEqual(book.voucher(sessionId(1), SPENDER), result.voucher);
    assert.deepEqual(book.root(ROOT), root(3, taskId(8)));
    assert.equal(book.rootOf(3), ROOT);
  });

  it('a result is taken once, and votes on tasks that are not in the book are not kept', () => {
    assert.ok(book.add(resultOf({ task: taskId(1) }), COMMITTEE, 100));
    assert.equal(book.add(resultOf({ task: taskId(1), maxTokens: 17 }), COMMITTEE, 101), false);
    book.addReveal(reveal(2));
    book.add(resultOf({ task: taskId(2) }), COMMITTEE, 100);
    restart();
    assert.deepEqual(book.storedReveals(), []);
  });

  it('a settled task is never open again, also after a restart', () => {
    for (const n of [1, 2]) {
      book.add(resultOf({ task: taskId(n) }), COMMITTEE, n);
      book.addReveal(reveal(n));
    }
    book.saveRoot(ROOT, root(3, taskId(1), taskId(5)));
    const heard: TaskId[] = [];
    const off = book.onBilled((tasks) => heard.push(...tasks));
    book.settled({ root: word(1), epoch: 9 });
    assert.equal(book.settledEpoch, -1);
    book.settled({ root: ROOT, epoch: 3 });
    off();
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(heard, [taskId(1), taskId(5)]);
      assert.ok(book.isBilled(taskId(1)) && book.isBilled(taskId(5)) && !book.isBilled(taskId(2)));
      assert.equal(book.epochOf(taskId(1)), 3);
      assert.equal(book.settledEpoch, 3);
      assert.deepEqual(
        book.open().map(({ seenAt }) => seenAt),
        [2],
      );
      // Its epoch may still fall.
      assert.deepEqual(book.storedReveals(), [reveal(1), reveal(2)]);
      assert.equal(book.kept().length, 2);
      assert.equal(book.add(resultOf({ task: taskId(1) }), COMMITTEE, 4), false);
      restart();
    }
  });

  it('the tasks of an epoch that fell are open again, and are billed in another one', () => {
    for (const n of [1, 2]) book.add(resultOf({ task: taskId(n) }), COMMITTEE, n);
    book.saveRoot(ROOT, root(3, taskId(1), taskId(7)));
    book.settled({ root: ROOT, epoch: 3 });
    book.voided([2]);
    assert.equal(book.open().length, 1);
    book.voided([3]);
    for (let i = 0; i < 2; i++) {
      assert.ok(!book.isBilled(taskId(1)) && !book.isBilled(taskId(7)));
      assert.equal(book.open().length, 2);
      restart();
    }
    book.saveRoot(word(1), root(4, taskId(1)));
    book.settled({ root: word(1), epoch: 4 });
    book.voided([3]);
    assert.equal(book.epochOf(taskId(1)), 4);
    assert.equal(book.open().length, 1);
  });

  it('lets go what can never fall any more', () => {
    for (const n of [1, 2]) book.add(resultOf({ task: taskId(n) }), COMMITTEE, n);
    book.saveRoot(ROOT, root(3, taskId(1)));
    book.settled({ root: ROOT, epoch: 3 });
    book.final(2);
    assert.equal(book.kept().length, 2);
    book.final(3);
    assert.equal(book.kept().length, 1);
    assert.equal(book.get(taskId(1)), undefined);
    assert.ok(book.isBilled(taskId(1)));
  });

  it('a root that was first proposed for an earlier epoch is billed in the one that the chain holds', () => {
    book.saveRoot(ROOT, root(3, taskId(1)));
    book.saveRoot(ROOT, root(4, taskId(1)));
    book.settled({ root: ROOT, epoch: 4 });
    assert.equal(book.epochOf(taskId(1)), 4);
    assert.equal(book.settledEpoch, 4);
  });

  it('what is dropped does not come back', () => {
    for (const n of [1, 2, 3]) book.add(resultOf({ task: taskId(n) }), COMMITTEE, n);
    book.drop([taskId(1), taskId(3)]);
    book.drop([]);
    restart();
    assert.deepEqual(
      book.open().map(({ seenAt }) => seenAt),
      [2],
    );
  });

  it('the largest voucher of the spender counts, whatever other routers sign for the session', () => {
    const by = (n: number, cumulativeAmount: bigint, signer = SPENDER) =>
      resultOf({ task: taskId(n), router: signer }, { cumulativeAmount });
    for (const [n, amount] of [50n, 70n, 60n].entries()) book.add(by(n, amount), COMMITTEE, n);
    book.add(by(9, 10n ** 30n, lower(miner.address)), COMMITTEE, 9);
    assert.equal(book.voucher(sessionId(1), SPENDER)?.voucher.cumulativeAmount, 70n);
    assert.equal(book.voucher(sessionId(2), SPENDER), undefined);
  });
});
