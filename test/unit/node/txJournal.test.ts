import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTxJournal, JOURNAL_MIGRATIONS } from '../../../src/node/txJournal.ts';
import { openDatabase } from '../../../src/storage/database.ts';
import { address, word } from '../roles/fixtures.ts';

const INTENT = { kind: 'settle', chainId: 31_337, from: address(1), to: address(2), data: '0xabcd' as const };
const SENT = { hash: word(1), nonce: 7, raw: '0x02' as const };

describe('node/txJournal', () => {
  it('an intent is open until it ends, with the bytes that were sent, in order and over a crash', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'journal-'));
    try {
      let db = openDatabase(join(dir, 'journal.db'), JOURNAL_MIGRATIONS);
      let journal = createTxJournal(db);
      const ids = [await journal.begin(INTENT), await journal.begin({ ...INTENT, kind: 'claim' }), await journal.begin(INTENT)];
      assert.equal(new Set(ids).size, 3);
      await journal.sent(ids[0] as string, SENT);
      await journal.sent(ids[2] as string, { ...SENT, nonce: 8 });
      await journal.done(ids[2] as string, { status: 'success', hash: SENT.hash, blockNumber: 3 });
      db.close();
      db = openDatabase(join(dir, 'journal.db'), JOURNAL_MIGRATIONS);
      journal = createTxJournal(db);
      assert.deepEqual(await journal.pending(), [
        { id: ids[0], intent: INTENT, sent: SENT },
        { id: ids[1], intent: { ...INTENT, kind: 'claim' } },
      ]);
      await journal.done(ids[1] as string, { status: 'refused' });
      await journal.done(ids[0] as string, { status: 'replaced', hash: SENT.hash });
      assert.deepEqual(await journal.pending(), []);
      assert.notEqual(await journal.begin(INTENT), ids[2]);
      db.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
