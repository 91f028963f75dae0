import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDataDir } from '../../../src/config/dataDir.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createSecretFile, readSecretFile } from '../../../src/config/secrets.ts';

describe('config files', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cor-config-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('reads cortensord.toml of the data dir, wherever that was named', async () => {
    await mkdir(join(dir, '.cortensord'));
    await writeFile(join(dir, '.cortensord', 'cortensord.toml'), '[log]\nlevel = "warn"\n');
    assert.equal((await loadConfig({ env: {}, home: dir })).config.log.level, 'warn');
    assert.equal((await loadConfig({ env: { CORTENSORD_DATA_DIR: '~/.cortensord' }, home: dir })).config.log.level, 'warn');
    const flags = [{ key: 'dataDir', value: '.cortensord', flag: '--data-dir' }];
    assert.equal((await loadConfig({ env: {}, home: '/none', cwd: dir, flags })).config.log.level, 'warn');
  });

  it('goes by defaults without a file, CONFIG_FILE_UNREADABLE when a named one is missing', async () => {
    assert.equal((await loadConfig({ env: {}, home: dir })).config.log.level, 'info');
    await assert.rejects(loadConfig({ env: {}, home: dir, configFile: join(dir, 'no.toml') }), { code: 'CONFIG_FILE_UNREADABLE' });
    await assert.rejects(loadConfig({ env: { CORTENSORD_CONFIG: join(dir, 'no.toml') }, home: dir }), { code: 'CONFIG_FILE_UNREADABLE' });
  });

  it('makes secrets of mode 0600 and never overwrites one', async () => {
    const path = join(dir, 'password');
    const value = await createSecretFile(path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readSecretFile(path, 'keys.passwordFile'), { value, readableByOthers: false });
    await assert.rejects(createSecretFile(path), { code: 'SECRET_FILE_EXISTS' });
  });

  it('takes the first line of a secret, notices a wide mode, refuses an empty or missing one', async () => {
    const path = join(dir, 's');
    await writeFile(path, 'one\r\ntwo\n', { mode: 0o644 });
    assert.deepEqual(await readSecretFile(path, 'x'), { value: 'one', readableByOthers: true });
    await writeFile(path, '\n');
    await assert.rejects(readSecretFile(path, 'x'), { code: 'SECRET_FILE_UNREADABLE' });
    await assert.rejects(readSecretFile(join(dir, 'none'), 'x'), { code: 'SECRET_FILE_UNREADABLE' });
  });

  it('closes the data dir to others', async () => {
    const path = join(dir, 'a', 'b');
    await ensureDataDir(path);
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    await mkdir(join(dir, 'wide'), { mode: 0o755 });
    await ensureDataDir(join(dir, 'wide'));
    assert.equal((await stat(join(dir, 'wide'))).mode & 0o777, 0o700);
    await writeFile(join(dir, 'file'), '');
    await assert.rejects(ensureDataDir(join(dir, 'file')), { code: 'DATA_DIR_UNUSABLE' });
  });
});
