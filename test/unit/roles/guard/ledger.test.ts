import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GUARD_MIGRATIONS, type OwnVote, openGuardLedger } from '../../../../src/roles/guard/ledger.ts';
import { openDatabase } from '../../../../src/storage/database.ts';
import { taskId, word } from '../fixtures.ts';

const vote = (n: number): OwnVote => ({ task: taskId(n), round: 0, verdict: 'VALID', evidenceHash: word(1), salt: word(2) });

describe('guard/ledger', () => {
  it('a commit survives a crash with its secret, until it was revealed', () => {
    const dir = mkdtempSync(join(tmpdir(), 'guard-'));
    try {
      let db = openDatabase(join(dir, 'guard.db'), GUARD_MIGRATIONS);
      let ledger = openGuardLedger(db);
      ledger.commit(vote(1), 100);
      ledger.commit(vote(2), 200);
      ledger.revealed(taskId(1));
      db.close();
      db = openDatabase(join(dir, 'guard.db'), GUARD_MIGRATIONS);
      ledger = openGuardLedger(db);
      assert.deepEqual(ledger.open(0), [vote(2)]);
      assert.ok(ledger.has(taskId(1)) && ledger.has(taskId(2)) && !ledger.has(taskId(3)));
      db.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('one vote for a task: a second commit is refused', () => {
    const ledger = openGuardLedger(openDatabase(':memory:', GUARD_MIGRATIONS));
    ledger.commit(vote(1), 100);
    assert.throws(() => ledger.commit({ ...vote(1), verdict: 'INVALID' }, 101), /UNIQUE/);
    assert.deepEqual(ledger.open(0), [vote(1)]);
  });

  it('open votes come newest first and not older than asked', () => {
    const ledger = openGuardLedger(openDatabase(':memory:', GUARD_MIGRATIONS));
    for (const n of [1, 2, 3]) ledger.commit(vote(n), n * 100);
    assert.deepEqual(
      ledger.open(200).map(({ task }) => task),
      [taskId(3), taskId(2)],
    );
  });
});
