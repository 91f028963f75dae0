import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveConfig } from '../../../../src/config/resolve.ts';
import { DEFAULT_MODEL_DIR, readManifest } from '../../../../src/inference/models.ts';
import { modelFolder } from '../../../../src/node/models.ts';
import { FakeHub, refuse, sha } from './fakeHub.ts';

const bin = fileURLToPath(new URL('../../../../bin/cortensord.ts', import.meta.url));
const tls = fileURLToPath(new URL('../../../fixtures/tls', import.meta.url));
const CHUNK = 8 << 20;

describe('cortensord model', () => {
  let hub: FakeHub;
  let home: string;
  before(async () => {
    hub = await FakeHub.start();
  });
  after(() => hub.close());
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'cor-model-'));
    hub.repos.clear();
    hub.behaviours.length = 0;
    hub.seen.length = 0;
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  let more: Record<string, string> = {};
  function start(...args: string[]): ChildProcess {
    const env = { PATH: process.env.PATH, HOME: home, HF_ENDPOINT: hub.endpoint.href, HF_TOKEN: 'hf_x', ...more };
    return spawn(process.execPath, [bin, 'model', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: home });
  }
  async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const child = start(...args);
    let [out, err] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const [code] = await once(child, 'close');
    return { code: code as number, out, err };
  }
  const storeDir = (): string => join(home, '.cortensord', 'models');
  const files = async (): Promise<Record<string, Buffer>> =>
    Object.fromEntries(
      await Promise.all((await readdir(DEFAULT_MODEL_DIR)).map(async (name) => [name, await readFile(join(DEFAULT_MODEL_DIR, name))])),
    );

  it('pull, list, show, verify, and a node finds the model by name; rm', async () => {
    hub.repos.set('org/tiny', { commit: 'a'.repeat(40), license: 'apache-2.0', files: await files() });
    const pulled = await cli('pull', 'org/tiny', '--json');
    assert.equal(pulled.code, 0, pulled.out + pulled.err);
    const { name, folder, total } = JSON.parse(pulled.out);
    assert.equal(name, 'tiny');
    assert.equal((await readManifest(folder)).id, (await readManifest(DEFAULT_MODEL_DIR)).id);

    const { config } = resolveConfig({ home, cwd: '/', env: { CORTENSORD_MINER_MODEL_DIRS: 'default,model:tiny' } });
    assert.deepEqual(config.miner.modelDirs, ['default', 'model:tiny']);
    assert.equal((await modelFolder('model:tiny', config.models.dir)).dir, folder);
    assert.deepEqual(await modelFolder('/some/path', config.models.dir), { dir: '/some/path' });
    await assert.rejects(modelFolder('model:other', config.models.dir), { code: 'STORE_MODEL_UNKNOWN' });

    assert.match((await cli('list')).out, /tiny +9\.1 MB +6 +apache-2\.0 +\d{4}-\d\d-\d\d +yes +bafybei[a-z2-7]{52} +org\/tiny@a{12}/);
    assert.equal(JSON.parse((await cli('list', '--json')).out)[0].total, total);
    assert.match((await cli('show', 'tiny')).out, /in modelDirs +model:tiny[\s\S]*model\.safetensors +\d+ +[0-9a-f]{64}/);
    assert.match((await cli('verify')).out, /tiny: 6 files, 9\.1 MB, as they were pulled/);
    assert.match((await cli('pull', 'org/tiny')).err, /already here/);
    assert.equal(JSON.parse((await cli('rm', 'tiny', '--json')).out).bytesFreed, total);
    const gone = await cli('show', 'tiny', '--json');
    assert.equal(gone.code, 66);
    assert.equal(JSON.parse(gone.out).error.code, 'STORE_MODEL_UNKNOWN');
  });

  it('exit 77 with the remedy for a gated repository', async () => {
    hub.behaviours.push((_, response) => refuse(response, 401, { 'x-error-code': 'GatedRepo' }));
    const { code, err } = await cli('pull', 'org/gated');
    assert.equal(code, 77);
    assert.match(err, /STORE_ACCESS_DENIED[\s\S]*HF_TOKEN/);
  });

  it('exit 2 for wrong words', async () => {
    for (const args of [
      ['pull', 'a b'],
      ['pull', 'a/b', '--name', '../x'],
      ['pull', 'a/b', '--sha256', 'x'],
      ['import', './x', 'default'],
    ])
      assert.equal((await cli(...args)).code, 2, args.join(' '));
  });

  it('one file by URL, with the hash that it must have', async () => {
    const content = randomBytes(100_000);
    hub.repos.set('org/f', { commit: 'b'.repeat(40), files: { 'm.gguf': content } });
    // A page of the store's own hub would be a repository; the storage's URL is a file.
    const url = `${hub.cdn.origin}/signed/org/f/resolve/main/m.gguf?signature=secret`;
    const wrong = await cli('pull', url, '--sha256', '0'.repeat(64));
    assert.equal(wrong.code, 65);
    assert.match(wrong.err, /STORE_HASH_MISMATCH/);
    const right = await cli('pull', url, '--sha256', sha(content), '--json');
    assert.equal(right.code, 0, right.err);
    const model = JSON.parse(right.out);
    const [file] = model.files;
    assert.deepEqual([file.path, file.size, file.sha256, model.files.length], ['m.gguf', content.length, sha(content), 1]);
    // Whoever has the URL may have been trusted with it.
    assert.equal(model.shared, false);
    assert.equal((await cli('share', 'm')).out, `m is shared as ${model.cid}\n`);
    assert.equal(JSON.parse((await cli('show', 'm', '--json')).out).shared, true);
    assert.equal(JSON.parse((await cli('unshare', 'm', '--json')).out).shared, false);
    assert.ok(!right.out.includes('secret'));
  });

  it('import: a folder without pickles, dot files and links out of it; a file', async () => {
    const dir = join(home, 'mine');
    await cp(DEFAULT_MODEL_DIR, dir, { recursive: true });
    await writeFile(join(dir, 'optimizer.pt'), 'x');
    await writeFile(join(dir, '.secret'), 'x');
    const made = await cli('import', 'mine', 'my-model', '--json');
    assert.equal(made.code, 0, made.out + made.err);
    const { folder } = JSON.parse(made.out);
    assert.equal((await readManifest(folder)).id, (await readManifest(DEFAULT_MODEL_DIR)).id);
    assert.deepEqual((await readdir(folder)).sort(), (await readdir(DEFAULT_MODEL_DIR)).sort());

    await symlink('/etc/hostname', join(dir, 'hostname.txt'));
    const escaped = await cli('import', './mine', 'other', '--json');
    assert.equal(JSON.parse(escaped.out).error.code, 'STORE_PATH_UNSAFE');
    await mkdir(join(home, 'pickles'));
    await writeFile(join(home, 'pickles', 'a.bin'), 'x');
    assert.equal(JSON.parse((await cli('import', './pickles', 'p', '--json')).out).error.code, 'STORE_PICKLE_REFUSED');
    assert.equal((await cli('import', './mine/model.safetensors', 'weights')).code, 0);
  });

  it('from a hub with TLS: a certificate that is not trusted ends it; chunks come over lines of our own', async () => {
    const [key, cert] = await Promise.all(['localhost.key', 'localhost.crt'].map((name) => readFile(join(tls, name))));
    const secure = await FakeHub.start({ key, cert });
    try {
      const content = randomBytes(3 * CHUNK + 1);
      secure.repos.set('org/big', { commit: 'd'.repeat(40), files: { 'big.gguf': content } });
      more = { HF_ENDPOINT: secure.endpoint.href };
      const untrusted = await cli('pull', 'org/big', '--json');
      assert.equal(JSON.parse(untrusted.out).error.code, 'STORE_UNTRUSTED');
      assert.equal(secure.seen.length, 0);
      more = { ...more, NODE_EXTRA_CA_CERTS: join(tls, 'localhost.crt') };
      const pulled = await cli('pull', 'org/big', '--json');
      assert.equal(pulled.code, 0, pulled.out + pulled.err);
      assert.equal(JSON.parse(pulled.out).files[0].sha256, sha(content));
      assert.deepEqual(
        secure.reads('big.gguf').map(({ fetched }) => fetched),
        [true, false, false, false],
      );
    } finally {
      more = {};
      await secure.close();
    }
  });

  it('a pull that was killed goes on where it was', async () => {
    const content = randomBytes(6 * CHUNK + 1_000);
    hub.repos.set('org/big', { commit: 'd'.repeat(40), files: { 'big.gguf': content } });
    const later = Promise.withResolvers<void>();
    let asked = 0;
    hub.behaviours.push((seen) => {
      if (seen.host !== 'cdn') return undefined;
      // Who asks for one of these has finished an earlier chunk and noted it.
      if (++asked < 5) return undefined;
      if (asked === 6) later.resolve();
      return true;
    });
    const child = start('pull', 'org/big', '--json');
    await later.promise;
    child.kill('SIGKILL');
    await once(child, 'close');
    const [partial] = await readdir(join(storeDir(), 'partial'));
    assert.equal(partial, sha(content));

    hub.behaviours.length = 0;
    hub.seen.length = 0;
    const again = await cli('pull', 'org/big', '--json');
    assert.equal(again.code, 0, again.out + again.err);
    assert.ok(hub.reads('big.gguf').length <= 5, `${hub.reads('big.gguf').length} of 7 chunks were fetched again`);
    assert.deepEqual(await readFile(join(JSON.parse(again.out).folder, 'big.gguf')), content);
    assert.deepEqual(await readdir(join(storeDir(), 'partial')), []);
  });

  it('bench measures the built-in model, and says what is wrong with a number of threads', async () => {
    const measured = await cli('bench', '--threads', '1', '--json');
    assert.equal(measured.code, 0, measured.out + measured.err);
    const { name, batches } = JSON.parse(measured.out);
    assert.equal(name, 'cortensor-default');
    assert.deepEqual(
      batches.map(({ batch }: { batch: number }) => batch),
      [1, 8],
    );
    for (const one of batches) assert.ok(one.prefillTokensPerSecond > 0 && one.decodeTokensPerSecond > 0 && one.ttftMs > 0);
    assert.equal((await cli('bench', '--threads', 'many', '--json')).code, 2);
  });

  it('Ctrl-C ends with 130 and keeps what is there', async () => {
    hub.repos.set('org/big', { commit: 'd'.repeat(40), files: { 'big.gguf': randomBytes(2 * CHUNK) } });
    const held = Promise.withResolvers<void>();
    hub.behaviours.push((seen, _, serve) => {
      if (seen.host === 'cdn') Object.assign(serve, { stallAfter: 5 << 20 });
      if (seen.host === 'cdn' && seen.range?.startsWith('bytes=8388608')) held.resolve();
      return undefined;
    });
    const child = start('pull', 'org/big');
    await held.promise;
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    assert.equal(code, 130);
  });
});
