import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../src/storage/database.ts';
import { isCoded } from '../../../src/util/errors.ts';

const SCHEMA = ['CREATE TABLE money (id INTEGER PRIMARY KEY, wei TEXT NOT NULL) STRICT'];

describe('storage/database', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cortensord-db-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('keeps what was written across a reopen and runs each migration once', () => {
    const path = join(dir, 'ledger.db');
    const first = openDatabase(path, SCHEMA);
    first.run('INSERT INTO money (wei) VALUES (?)', '123456789012345678901234567890');
    first.close();
    const second = openDatabase(path, [...SCHEMA, 'ALTER TABLE money ADD COLUMN note TEXT']);
    assert.deepEqual({ ...second.get('SELECT id, wei, note FROM money') }, { id: 1n, wei: '123456789012345678901234567890', note: null });
    second.close();
  });

  it('a transaction that throws leaves nothing behind', () => {
    const db = openDatabase(':memory:', SCHEMA);
    assert.throws(() =>
      db.transaction(() => {
        db.run("INSERT INTO money (wei) VALUES ('1')");
        throw new Error('crash');
      }),
    );
    assert.equal(db.all('SELECT * FROM money').length, 0);
    db.close();
  });

  it('STORAGE_TOO_NEW when the ledger knows more migrations than we do', () => {
    const path = join(dir, 'ledger.db');
    openDatabase(path, [...SCHEMA, 'CREATE TABLE later (a)']).close();
    assert.throws(
      () => openDatabase(path, SCHEMA),
      (error) => isCoded(error, 'STORAGE_TOO_NEW'),
    );
  });

  it('STORAGE_OPEN_FAILED when the path is a folder', () => {
    assert.throws(
      () => openDatabase(dir, SCHEMA),
      (error) => isCoded(error, 'STORAGE_OPEN_FAILED'),
    );
  });

  it('STORAGE_IN_USE when another process holds the ledger', () => {
    const path = join(dir, 'ledger.db');
    const db = openDatabase(path, SCHEMA);
    const module = new URL('../../../src/storage/database.ts', import.meta.url).href;
    const code = `import { openDatabase } from ${JSON.stringify(module)}; try { openDatabase(${JSON.stringify(path)}, ${JSON.stringify(SCHEMA)}); } catch (e) { process.stdout.write(e.code); }`;
    const other = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    assert.equal(other.stdout, 'STORAGE_IN_USE');
    db.close();
  });

  it('survives kill -9 right after a write returned', () => {
    const path = join(dir, 'ledger.db');
    const module = new URL('../../../src/storage/database.ts', import.meta.url).href;
    const code = `import { openDatabase } from ${JSON.stringify(module)}; const db = openDatabase(${JSON.stringify(path)}, ${JSON.stringify(SCHEMA)}); db.run("INSERT INTO money (wei) VALUES ('7')"); process.kill(process.pid, 'SIGKILL');`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', code]);
    assert.equal(child.signal, 'SIGKILL');
    const db = openDatabase(path, SCHEMA);
    assert.equal(db.get('SELECT wei FROM money')?.wei, '7');
    db.close();
  });
});
