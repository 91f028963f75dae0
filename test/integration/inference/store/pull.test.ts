import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreEvent } from '../../../../src/inference/store/events.ts';
import { ModelStore } from '../../../../src/inference/store/index.ts';
import type { StoreManifest } from '../../../../src/inference/store/manifest.ts';
import type { StoreOptions } from '../../../../src/inference/store/options.ts';
import type { Source } from '../../../../src/inference/store/source.ts';
import { type Behaviour, change, FakeHub, type FakeRepo, refuse, sha } from './fakeHub.ts';

const COMMIT = 'c'.repeat(40);
const CHUNK = 64 << 10;

describe('store/pull from a hub', () => {
  let hub: FakeHub;
  let dir: string;
  const weights = randomBytes(10 * CHUNK + 123);
  const repo: FakeRepo = {
    commit: COMMIT,
    license: 'apache-2.0',
    files: {
      'config.json': Buffer.from('{"a":1}'),
      'tokenizer.json': Buffer.from('{"t":[]}'),
      'model.safetensors': weights,
      'pytorch_model.bin': randomBytes(2_000),
      'notes/other.txt': Buffer.from('x'),
    },
  };

  before(async () => {
    hub = await FakeHub.start();
  });
  after(() => hub.close());
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cor-store-'));
    hub.repos.clear();
    hub.repos.set('org/tiny', repo);
    hub.seen.length = 0;
    hub.behaviours.length = 0;
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const source: Source = { kind: 'hub', repo: 'org/tiny', revision: 'main' };
  const open = (options: StoreOptions = {}): ModelStore =>
    new ModelStore(dir, {
      hub: { endpoint: hub.endpoint, token: 'hf_secret' },
      chunkBytes: CHUNK,
      backoffMs: 1,
      stallMs: 5_000,
      ...options,
    });
  const signal = new AbortController().signal;

  async function pull(store = open(), from: Source = source, events: StoreEvent[] = [], options = {}): Promise<StoreManifest> {
    const pulling = store.pull(from, options, signal);
    for (;;) {
      const next = await pulling.next();
      if (next.done) return next.value;
      events.push(next.value);
    }
  }
  /** Once for the first request that `when` is true for. */
  function once(when: Parameters<Behaviour>[0]['path'], act: Behaviour, times = 1): void {
    let left = times;
    hub.behaviours.push((seen, response, serve) => {
      if (seen.host !== 'cdn' || !seen.path.endsWith(when) || left <= 0) return undefined;
      left--;
      return act(seen, response, serve);
    });
  }

  it('takes configuration, tokenizer and safetensors, and shows them as a folder', async () => {
    const events: StoreEvent[] = [];
    const store = open();
    const model = await pull(store, source, events);
    assert.equal(model.name, 'tiny');
    assert.equal(model.license, 'apache-2.0');
    assert.equal(model.variant, 'safetensors');
    assert.deepEqual(model.source, { kind: 'hub', endpoint: hub.endpoint.origin, repo: 'org/tiny', revision: 'main', commit: COMMIT });
    assert.deepEqual(model.files.map(({ path }) => path).sort(), ['config.json', 'model.safetensors', 'tokenizer.json']);
    const folder = await store.folder('tiny');
    assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights);
    assert.equal((await stat(store.layout.blob(sha(weights)))).mode & 0o777, 0o400);
    assert.deepEqual(await readdir(store.layout.partial), []);
    assert.deepEqual(await store.list(), [model]);
    const progress = events.filter((event) => event.type === 'progress');
    assert.deepEqual(
      progress.map(({ bytesDone }) => bytesDone),
      progress.map(({ bytesDone }) => bytesDone).sort((a, b) => a - b),
    );
    assert.equal(progress.at(-1)?.bytesDone, model.total);
  });

  it('asks once for the signed URL and fetches chunks in parallel', async () => {
    await pull();
    assert.equal(hub.seen.filter(({ host, path }) => host === 'hub' && path.endsWith('model.safetensors')).length, 1);
    assert.equal(hub.reads('model.safetensors').length, 11);
  });

  it('sends the token to the hub only', async () => {
    await pull();
    assert.ok(hub.seen.filter(({ host }) => host === 'hub').every(({ authorization }) => authorization === 'Bearer hf_secret'));
    assert.ok(hub.reads('model.safetensors').every(({ authorization }) => authorization === undefined));
  });

  it('fetches nothing twice: not the same model, not the same content of another one', async () => {
    const store = open();
    await pull(store);
    hub.seen.length = 0;
    await pull(store);
    assert.deepEqual(
      hub.seen.map(({ path }) => path),
      ['/api/models/org/tiny/revision/main'],
    );
    hub.repos.set('org/copy', { ...repo, commit: 'd'.repeat(40) });
    await pull(store, { kind: 'hub', repo: 'org/copy', revision: 'main' });
    assert.equal(hub.reads('model.safetensors').length, 0);
    const before = (await readdir(store.layout.blobs)).length;
    assert.equal(await store.remove('copy'), 0);
    assert.equal((await readdir(store.layout.blobs)).length, before);
    assert.ok((await store.remove('tiny')) > weights.length);
    assert.deepEqual(await readdir(store.layout.blobs), []);
  });

  it('goes on within a chunk when the connection is cut, again and again', async () => {
    once('model.safetensors', (_, __, serve) => change(serve, { cutAfter: 10_000 }), 12);
    const events: StoreEvent[] = [];
    const model = await pull(open(), source, events);
    assert.equal(model.files.find(({ path }) => path === 'model.safetensors')?.sha256, sha(weights));
    assert.ok(events.some((event) => event.type === 'retry' && event.code === 'STORE_DOWNLOAD_FAILED'));
    assert.ok(hub.reads('model.safetensors').some(({ range }) => Number(/\d+/.exec(range ?? '')?.[0]) % CHUNK !== 0));
  });

  it('gives a silent connection up and tries again', async () => {
    once('model.safetensors', (_, __, serve) => change(serve, { stallAfter: 5_000 }), 2);
    const events: StoreEvent[] = [];
    await pull(open({ stallMs: 150 }), source, events);
    assert.ok(events.some((event) => event.type === 'retry' && /sent nothing for 150 ms/.test(event.message)));
  });

  it('waits as long as Retry-After says after 429 and 503', async () => {
    once('model.safetensors', (_, response) => refuse(response, 429, { 'retry-after': '1' }));
    once('model.safetensors', (_, response) => refuse(response, 503));
    const events: StoreEvent[] = [];
    await pull(open(), source, events);
    const waits = events.filter((event) => event.type === 'retry').map(({ code, waitMs }) => [code, waitMs >= 1_000]);
    assert.deepEqual(waits.sort(), [
      ['STORE_REMOTE_BUSY', false],
      ['STORE_REMOTE_BUSY', true],
    ]);
  });

  it('STORE_REMOTE_BUSY at once when the server asks for an hour', async () => {
    hub.behaviours.push((_, response) => refuse(response, 429, { 'retry-after': '3600' }));
    await assert.rejects(pull(), { code: 'STORE_REMOTE_BUSY' });
    assert.equal(hub.seen.length, 1);
  });

  it('STORE_DOWNLOAD_FAILED when nothing comes in all attempts, and keeps what was there', async () => {
    let chunks = 0;
    hub.behaviours.push((seen, response) => {
      if (seen.host !== 'cdn' || ++chunks <= 4) return undefined;
      response.destroy();
      return true;
    });
    const store = open({ attemptsMax: 3, connections: 1 });
    await assert.rejects(pull(store), { code: 'STORE_DOWNLOAD_FAILED' });
    hub.behaviours.length = 0;
    hub.seen.length = 0;
    await pull(store);
    assert.equal(hub.reads('model.safetensors').length, 11 - 4);
  });

  it('STORE_HASH_MISMATCH for other content, which is deleted', async () => {
    const wrong = Buffer.from(weights);
    wrong[CHUNK * 3] = (wrong[CHUNK * 3] as number) ^ 1;
    hub.behaviours.push((seen, _, serve) => (seen.host === 'cdn' ? change(serve, { content: wrong }) : undefined));
    const store = open();
    await assert.rejects(pull(store), { code: 'STORE_HASH_MISMATCH' });
    assert.deepEqual(await readdir(store.layout.partial), []);
    assert.deepEqual(await store.list(), []);
    hub.behaviours.length = 0;
    await pull(store);
  });

  it('STORE_HASH_MISMATCH for a file in git whose object id is another', async () => {
    hub.behaviours.push((seen, _, serve) =>
      seen.path.endsWith('/config.json') ? change(serve, { content: Buffer.from('{"a":2}') }) : undefined,
    );
    await assert.rejects(pull(), { code: 'STORE_HASH_MISMATCH' });
  });

  it('STORE_SIZE_MISMATCH when the redirect or the file contradicts the listing', async () => {
    hub.repos.set('org/tiny', {
      ...repo,
      listed: (path, entry) => (path === 'model.safetensors' ? { ...entry, size: 77, lfs: { sha256: sha(weights), size: 77 } } : entry),
    });
    await assert.rejects(pull(), { code: 'STORE_SIZE_MISMATCH' });
    hub.repos.set('org/tiny', repo);
    hub.behaviours.push((seen, _, serve) => (seen.host === 'cdn' ? change(serve, { content: weights.subarray(5) }) : undefined));
    await assert.rejects(pull(open(), source), { code: 'STORE_SIZE_MISMATCH' });
  });

  it('STORE_RESPONSE_INVALID for a Content-Range of another part', async () => {
    once('model.safetensors', (_, __, serve) => change(serve, { contentRange: `bytes 5-${CHUNK + 4}/${weights.length}` }));
    await assert.rejects(pull(), { code: 'STORE_RESPONSE_INVALID' });
  });

  it('STORE_SOURCE_CHANGED when a later chunk has another ETag', async () => {
    let chunks = 0;
    hub.behaviours.push((seen, _, serve) => (seen.host === 'cdn' && ++chunks > 3 ? change(serve, { etag: '"other"' }) : undefined));
    const store = open();
    await assert.rejects(pull(store), { code: 'STORE_SOURCE_CHANGED' });
    hub.behaviours.length = 0;
    await pull(store);
  });

  it('asks for a new signed URL when the old one is refused', async () => {
    const asked: string[] = [];
    hub.behaviours.push((seen, response) => {
      if (seen.host !== 'cdn') return undefined;
      asked.push(seen.query);
      return seen.query === asked[0] && asked.length > 3 ? refuse(response, 403) : undefined;
    });
    await pull(open({ connections: 1 }));
    assert.equal(hub.seen.filter(({ host, path }) => host === 'hub' && path.endsWith('model.safetensors')).length, 2);
    assert.equal(new Set(asked).size, 2);
  });

  it('follows the hub to Xet storage, whose URLs are signed for one range and whose ETag is no SHA-256', async () => {
    hub.behaviours.push((seen, response, serve) => {
      if (seen.host === 'cdn') {
        const signed = new URLSearchParams(seen.query).get('X-Xet-Signed-Range');
        return signed === seen.range ? change(serve, { etag: '"2f6c0ffee0"' }) : refuse(response, 403);
      }
      if (!seen.path.endsWith('model.safetensors')) return undefined;
      const target = new URL(`/signed${seen.path}`, hub.cdn);
      target.searchParams.set('X-Xet-Signed-Range', seen.range ?? '');
      return refuse(response, 302, {
        location: target.href,
        link: `<${hub.endpoint.origin}/api/models/org/tiny/xet-read-token/${COMMIT}>; rel="xet-auth"`,
        'x-xet-hash': '2f6c0ffee0',
        'x-linked-size': String(weights.length),
        'x-linked-etag': `"${sha(weights)}"`,
      });
    });
    const model = await pull();
    assert.equal(model.files.find(({ path }) => path === 'model.safetensors')?.sha256, sha(weights));
    assert.ok(hub.reads('model.safetensors').every(({ authorization }) => authorization === undefined));
  });

  it('streams from a server without ranges, and from the start after a cut; progress does not go back', async () => {
    hub.behaviours.push((seen, _, serve) => (seen.host === 'cdn' ? change(serve, { ranges: false }) : undefined));
    once('model.safetensors', (_, __, serve) => change(serve, { cutAfter: 300_000 }), 2);
    const events: StoreEvent[] = [];
    await pull(open(), source, events);
    const done = events.filter((event) => event.type === 'progress').map(({ bytesDone }) => bytesDone);
    assert.deepEqual(
      done,
      [...done].sort((a, b) => a - b),
    );
  });

  it('STORE_REMOTE_NOT_FOUND for a repository that is not there', async () => {
    await assert.rejects(pull(open(), { ...source, repo: 'org/none' }), { code: 'STORE_REMOTE_NOT_FOUND' });
  });

  it('STORE_ACCESS_DENIED for a gated one, with what to do', async () => {
    hub.behaviours.push((_, response) =>
      refuse(response, 403, { 'x-error-code': 'GatedRepo', 'x-error-message': 'Access to model org/tiny is restricted' }),
    );
    await assert.rejects(pull(), (error: Error & { code?: string; remedy?: string }) => {
      assert.equal(error.code, 'STORE_ACCESS_DENIED');
      assert.match(error.message, /GatedRepo: Access to model org\/tiny is restricted/);
      assert.match(error.remedy ?? '', /HF_TOKEN/);
      return true;
    });
  });

  it('STORE_PATH_UNSAFE for a listing with a way out', async () => {
    hub.repos.set('org/tiny', { ...repo, files: { ...repo.files, '../../evil.json': Buffer.from('x') } });
    await assert.rejects(pull(), { code: 'STORE_PATH_UNSAFE' });
  });

  it('STORE_PICKLE_REFUSED when there is nothing else', async () => {
    hub.repos.set('org/tiny', { commit: COMMIT, files: { 'config.json': Buffer.from('{}'), 'pytorch_model.bin': randomBytes(2_000) } });
    await assert.rejects(pull(), { code: 'STORE_PICKLE_REFUSED' });
  });

  it('STORE_DISK_FULL before anything is downloaded', async () => {
    const size = 2 ** 40;
    hub.repos.set('org/tiny', {
      ...repo,
      files: { ...repo.files, 'model-00001-of-00001.safetensors': weights },
      listed: (path, entry) => (path.endsWith('.safetensors') ? { ...entry, size, lfs: { sha256: sha(weights), size } } : entry),
    });
    await assert.rejects(pull(), { code: 'STORE_DISK_FULL' });
    assert.equal(hub.seen.length, 1);
  });

  it('STORE_NAME_TAKEN for another repository of the same name; a new commit of the same one replaces it', async () => {
    const store = open();
    await pull(store);
    hub.repos.set('other/tiny', repo);
    await assert.rejects(pull(store, { ...source, repo: 'other/tiny' }), { code: 'STORE_NAME_TAKEN' });
    await pull(store, { ...source, repo: 'other/tiny' }, [], { name: 'tiny-2' });
    const newer = randomBytes(5_000);
    hub.repos.set('org/tiny', { ...repo, commit: 'e'.repeat(40), files: { ...repo.files, 'model.safetensors': newer } });
    await pull(store);
    assert.deepEqual(await readFile(join(await store.folder('tiny'), 'model.safetensors')), newer);
    assert.deepEqual(await readFile(join(await store.folder('tiny-2'), 'model.safetensors')), weights);
  });

  it('shares one pull between callers; one that leaves does not end it', async () => {
    const store = open();
    const leaver = new AbortController();
    const leaving = store.pull(source, {}, leaver.signal);
    assert.equal((await leaving.next()).done, false);
    const staying = pull(store);
    leaver.abort(new Error('left'));
    await assert.rejects(
      (async () => {
        for await (const _ of leaving);
      })(),
      /left/,
    );
    await staying;
    assert.equal(hub.reads('model.safetensors').length, 11);
    assert.equal(hub.seen.filter(({ path }) => path.startsWith('/api/')).length, 1);
  });

  it('an abort ends it, and the next pull goes on', async () => {
    const store = open({ connections: 1 });
    const stop = new AbortController();
    let chunks = 0;
    hub.behaviours.push((seen, response) => {
      if (seen.host !== 'cdn') return undefined;
      if (++chunks <= 5) return undefined;
      stop.abort(new Error('enough'));
      response.destroy();
      return true;
    });
    await assert.rejects(
      (async () => {
        for await (const _ of store.pull(source, {}, stop.signal));
      })(),
      /enough/,
    );
    hub.behaviours.length = 0;
    hub.seen.length = 0;
    const events: StoreEvent[] = [];
    await pull(store, source, events);
    assert.equal(hub.reads('model.safetensors').length, 11 - 5);
  });

  /** A pull that fails for good after some chunks. @returns the folder of what is left */
  async function cutOff(from: Source, chunks: number): Promise<string> {
    let asked = 0;
    hub.behaviours.push((seen, response) => {
      if (seen.host !== 'cdn' || ++asked <= chunks) return undefined;
      response.destroy();
      return true;
    });
    const store = open({ connections: 1, attemptsMax: 1 });
    await assert.rejects(pull(store, from), { code: 'STORE_DOWNLOAD_FAILED' });
    hub.behaviours.pop();
    hub.seen.length = 0;
    const [left] = await readdir(store.layout.partial);
    return join(store.layout.partial, left as string);
  }

  it('after a restart of the machine, chunks that were not synced are fetched again', async () => {
    const journal = join(await cutOff(source, 4), 'journal');
    const text = await readFile(journal, 'utf8');
    const restarted = text.replace(/"bootedAtMs":\d+/, '"bootedAtMs":1');
    const [header, ...lines] = restarted.split('\n');
    assert.deepEqual(lines, ['synced 0', '0', '1', '2', '3', '']);
    await writeFile(journal, [header, '0', '1', 'synced 2', '2', '3', ''].join('\n'));
    await pull();
    assert.equal(hub.reads('model.safetensors').length, 11 - 2);
  });

  it('a file by URL goes on if its ETag tells that it is the same, else starts anew; its size comes with the answer', async () => {
    const url = new URL('/signed/org/tiny/resolve/main/model.safetensors', hub.cdn);
    const events: StoreEvent[] = [];
    await cutOff({ kind: 'url', url }, 4);
    await pull(open(), { kind: 'url', url }, events);
    assert.equal(hub.reads('model.safetensors').length, 11 - 4);
    const last = events.findLast((event) => event.type === 'progress');
    assert.deepEqual([last?.bytesDone, last?.bytesTotal], [weights.length, weights.length]);

    await open().remove('model');
    hub.behaviours.push((_, __, serve) => change(serve, { etag: '' }));
    await cutOff({ kind: 'url', url }, 4);
    await pull(open(), { kind: 'url', url });
    assert.equal(hub.reads('model.safetensors').length, 11);
  });

  it('a server that tells no length', async () => {
    hub.behaviours.push((_, __, serve) => change(serve, { ranges: false, sized: false }));
    const events: StoreEvent[] = [];
    const url = new URL('/signed/org/tiny/resolve/main/model.safetensors', hub.cdn);
    const model = await pull(open(), { kind: 'url', url }, events);
    assert.equal(model.files[0]?.sha256, sha(weights));
    const totals = events.filter((event) => event.type === 'progress').map(({ bytesTotal }) => bytesTotal);
    assert.ok(totals.every((total) => total === undefined || total === weights.length));
  });

  it('a download that was given up is deleted after two weeks', async () => {
    const dir = await cutOff(source, 4);
    hub.repos.set('org/other', { ...repo, files: { 'other.gguf': randomBytes(5_000) } });
    await pull(open(), { kind: 'hub', repo: 'org/other', revision: 'main' });
    assert.ok((await stat(dir)).isDirectory());
    const old = new Date(Date.now() - 15 * 86_400_000);
    await utimes(join(dir, 'data'), old, old);
    await pull(open(), { kind: 'hub', repo: 'org/other', revision: 'main' });
    await assert.rejects(stat(dir), { code: 'ENOENT' });
  });

  it('two stores on one folder, as two processes have: the second waits and fetches nothing', async () => {
    const events: StoreEvent[] = [];
    const first = open();
    const running = pull(first);
    const second = pull(open(), source, events);
    await Promise.all([running, second]);
    assert.equal(hub.reads('model.safetensors').length, 11);
    assert.equal(hub.reads('tokenizer.json').length, 1);
  });

  it('verify: STORE_DAMAGED for a changed byte, and the next pull mends just that', async () => {
    const store = open();
    await pull(store);
    const check = async () => {
      for await (const _ of store.verify('tiny', signal));
    };
    await check();
    const blob = store.layout.blob(sha(weights));
    await rm(blob);
    await writeFile(blob, Buffer.alloc(weights.length));
    await assert.rejects(check(), { code: 'STORE_DAMAGED' });
    await assert.rejects(store.folder('tiny'), { code: 'STORE_DAMAGED' });
    hub.seen.length = 0;
    await pull(store);
    assert.equal(hub.reads('tokenizer.json').length, 0);
    assert.equal(hub.reads('model.safetensors').length, 11);
    await check();
  });

  it('makes a lost view again', async () => {
    const store = open();
    await pull(store);
    await rm(store.layout.view('tiny'), { recursive: true });
    assert.deepEqual(await readFile(join(await store.folder('tiny'), 'model.safetensors')), weights);
  });
});
