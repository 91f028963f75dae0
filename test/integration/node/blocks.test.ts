import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { sha256Of } from '../../../src/inference/store/content/cid.ts';
import { LEAF_BYTES } from '../../../src/inference/store/content/leaf.ts';
import type { StoreEvent } from '../../../src/inference/store/events.ts';
import { ModelStore } from '../../../src/inference/store/index.ts';
import { readJournal } from '../../../src/inference/store/journal.ts';
import type { StoreManifest } from '../../../src/inference/store/manifest.ts';
import { Shelf } from '../../../src/inference/store/shelf.ts';
import { LEAVES_PER_JOB } from '../../../src/inference/store/swarm/gather.ts';
import type { BlockRequest } from '../../../src/inference/store/swarm/ports.ts';
import { blockPeers } from '../../../src/node/blockPeers.ts';
import { startBlockServer } from '../../../src/node/blockServer.ts';
import { type NetworkClient, openClient } from '../../../src/protocols/engine/openClient.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { aborted, firstAddress, startHost, type TestHost } from '../protocols/hosts.ts';

const log = pino({ level: 'silent' });
const BINARY = join(import.meta.dirname, '../../../bin/cortensord.ts');
const CHUNKS = 6;
const CHUNK_BYTES = 4 << 20;
const RATE = { bytesPerSecond: 10_000_000_000 };

type Act = (request: BlockRequest, blocks: AsyncIterable<Uint8Array>, signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** A shelf whose leaves go through `act`; folders and nodes are always as they are. */
class Spoilt extends Shelf {
  readonly #act: Act;
  readonly #signal: AbortSignal;

  constructor(dir: string, act: Act, signal: AbortSignal) {
    super(dir, systemClock);
    this.#act = act;
    this.#signal = signal;
  }

  override async *read(request: BlockRequest): AsyncGenerator<Uint8Array> {
    if (request.kind === 'nodes') yield* super.read(request);
    else yield* this.#act(request, super.read(request), this.#signal);
  }
}

const lie: Act = async function* (_, blocks) {
  for await (const block of blocks) yield block.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
};
const stall: Act = async function* (_, blocks, signal) {
  for await (const block of blocks) {
    yield block;
    await aborted(signal);
  }
};
/** Its pace is what is tested: nothing waits for the time to pass. */
const slow: Act = async function* (_, blocks, signal) {
  for await (const block of blocks) {
    await systemClock.sleep(400, signal);
    yield block;
  }
};

describe('models from other nodes', function () {
  this.timeout(60_000);
  const files = {
    'config.json': Buffer.from('{"a":1}'),
    'empty.txt': Buffer.alloc(0),
    'onnx/model.onnx': randomBytes(3 * LEAF_BYTES + 1),
    'model.safetensors': randomBytes(CHUNKS * CHUNK_BYTES - 17),
  };
  const ending = new AbortController();
  const hosts: TestHost[] = [];
  const clients: NetworkClient[] = [];
  const closing: (() => Promise<void>)[] = [];
  let dir: string;
  let model: StoreManifest;

  const drain = async (events: AsyncGenerator<StoreEvent, StoreManifest>, seen: StoreEvent[] = []): Promise<StoreManifest> => {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      seen.push(next.value);
    }
  };

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cor-blocks-'));
    const from = join(dir, 'from');
    await mkdir(join(from, 'onnx'), { recursive: true });
    for (const [path, content] of Object.entries(files)) await writeFile(join(from, path), content);
    const store = new ModelStore(join(dir, 'held'));
    model = await drain(store.pull({ kind: 'local', path: from }, { name: 'm', share: true }, ending.signal));
  });
  after(() => rm(dir, { recursive: true, force: true }));
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await Promise.all(hosts.splice(0).map(({ network }) => network.close()));
  });

  /** Host number `n`, joined through the first one, which shares the model as `act` does. */
  async function provider(n: number, act?: Act): Promise<TestHost> {
    const [first] = hosts;
    const host = await startHost(n, first === undefined ? {} : { bootstrap: [firstAddress(first)] });
    hosts.push(host);
    const stop = new AbortController();
    const shelf = act === undefined ? new Shelf(join(dir, 'held'), systemClock) : new Spoilt(join(dir, 'held'), act, stop.signal);
    const stopped = await startBlockServer({ network: host.network, shelf, clock: systemClock, log }, RATE);
    closing.push(async () => {
      stop.abort();
      await stopped();
    });
    return host;
  }

  let stores = 0;
  async function puller(options: { stallMs?: number } = {}, root = join(dir, `pulled-${++stores}`)): Promise<ModelStore> {
    const client = await openClient({ clock: systemClock, log }, { bootstrap: hosts.map(firstAddress), privateAddresses: true });
    clients.push(client);
    return new ModelStore(root, { peers: blockPeers(client), backoffMs: 20, ...options });
  }
  const source = () => ({ kind: 'peers', cid: model.cid as string }) as const;

  async function isWhole(store: ModelStore, name: string): Promise<void> {
    const folder = await store.folder(name);
    for (const [path, content] of Object.entries(files)) assert.ok(content.equals(await readFile(join(folder, path))), path);
    assert.deepEqual(await readdir(store.layout.partial), []);
  }
  const lied = (events: readonly StoreEvent[]): string[] =>
    events.flatMap((event) => (event.type === 'peer' && event.what === 'lied' ? [event.peerId] : []));

  it('a model is pulled by its content id, has the same id, and is shared on', async () => {
    await provider(1);
    const store = await puller();
    const pulled = await drain(store.pull(source(), { name: 'copy' }, ending.signal));
    assert.deepEqual([pulled.cid, pulled.shared, pulled.source], [model.cid, true, source()]);
    await isWhole(store, 'copy');
    assert.equal((await drain(store.verify('copy', ending.signal))).cid, model.cid);
  });

  it('a host that only the DHT knows is found by the content id', async () => {
    const hub = await startHost(1);
    hosts.push(hub);
    const holder = await provider(2);
    const found: string[] = [];
    const client = await openClient({ clock: systemClock, log }, { bootstrap: [firstAddress(hub)], privateAddresses: true });
    clients.push(client);
    const { parseContentId } = await import('../../../src/inference/store/content/cid.ts');
    while (found.length === 0) for await (const peer of client.findProviders(parseContentId(model.cid as string))) found.push(peer);
    assert.deepEqual(found, [holder.key.peerId]);
  });

  it('a provider that lies is dropped for good, and the pull completes from the others', async () => {
    const liar = await provider(1, lie);
    await provider(2);
    await provider(3);
    const store = await puller();
    const events: StoreEvent[] = [];
    await drain(store.pull(source(), { name: 'copy' }, ending.signal), events);
    assert.deepEqual(lied(events), [liar.key.peerId]);
    await isWhole(store, 'copy');
  });

  it('STORE_PROVIDERS_LIED when all lie; nothing wrong is kept', async () => {
    await provider(1, lie);
    await provider(2, lie);
    const store = await puller();
    await assert.rejects(drain(store.pull(source(), { name: 'copy' }, ending.signal)), { code: 'STORE_PROVIDERS_LIED' });
    assert.deepEqual(await store.list(), []);
    assert.deepEqual(await readdir(store.layout.blobs), []);
  });

  it('STORE_NO_PROVIDERS when nobody shares it', async () => {
    await new ModelStore(join(dir, 'held')).share('m', false);
    try {
      await provider(1);
      const store = await puller();
      await assert.rejects(drain(store.pull(source(), { name: 'copy' }, ending.signal)), { code: 'STORE_NO_PROVIDERS' });
    } finally {
      await new ModelStore(join(dir, 'held')).share('m', true);
    }
  });

  it('one that stalls in the middle is relieved', async () => {
    await provider(1, stall);
    await provider(2);
    const store = await puller({ stallMs: 300 });
    await drain(store.pull(source(), { name: 'copy' }, ending.signal));
    await isWhole(store, 'copy');
  });

  it('one that is slow does not hold up the end', async () => {
    const started = Promise.withResolvers<void>();
    let held = Number.POSITIVE_INFINITY;
    await provider(1, async function* (request, blocks, signal) {
      started.resolve();
      held = 0;
      for await (const block of slow(request, blocks, signal)) {
        held++;
        yield block;
      }
    });
    await provider(2, async function* (_, blocks, signal) {
      // Fast, but not done before the slow one has begun.
      await Promise.race([started.promise, aborted(signal)]);
      yield* blocks;
    });
    const store = await puller();
    await drain(store.pull(source(), { name: 'copy' }, ending.signal));
    await isWhole(store, 'copy');
    assert.ok(held < 16, `${held} leaves of its job came from the slow one`);
  });

  it('one that vanishes in the middle is missed by nobody', async () => {
    const vanishing = await provider(1, async function* (_, blocks) {
      for await (const block of blocks) {
        yield block;
        void vanishing.network.close();
      }
    });
    await provider(2);
    const store = await puller();
    await drain(store.pull(source(), { name: 'copy' }, ending.signal));
    await isWhole(store, 'copy');
  });

  it('goes on where it stopped: leaves that are here are not asked for again', async () => {
    const asked: number[] = [];
    await provider(1, async function* (request, blocks) {
      if (request.kind === 'leaves') asked.push(request.count);
      yield* blocks;
    });
    const root = join(dir, 'resumed');
    const store = await puller({}, root);
    const stop = new AbortController();
    const first = drain(
      (async function* () {
        const events = store.pull(source(), { name: 'copy' }, stop.signal);
        for (;;) {
          const next = await events.next();
          if (next.done) return next.value;
          if (next.value.type === 'progress' && next.value.bytesDone > 2 * CHUNK_BYTES) stop.abort(new Error('killed'));
          yield next.value;
        }
      })(),
    );
    await assert.rejects(first, /killed/);
    const before = asked.length;
    assert.ok(before > 0);
    asked.length = 0;
    const again = await puller({}, root);
    await drain(again.pull(source(), { name: 'copy' }, ending.signal));
    await isWhole(again, 'copy');
    const jobs = CHUNKS + 2;
    assert.ok(asked.length < jobs, `${asked.length} of ${jobs} jobs were asked for again`);
    // Nothing at all is fetched for another name.
    asked.length = 0;
    await drain(again.pull(source(), { name: 'other' }, ending.signal));
    assert.equal(asked.length, 0);
  });

  it('a pull that was killed goes on where it was: chunks that it had noted are not asked for again', async () => {
    const served = 3;
    /** Lines that a client opens to one provider; what is behind a job that is held up is not looked at. */
    const lines = 2;
    const last = Promise.withResolvers<void>();
    const asked: number[] = [];
    let generous = false;
    await provider(1, async function* (request, blocks, signal) {
      if (request.kind === 'leaves' && request.count === LEAVES_PER_JOB) {
        asked.push(request.first / LEAVES_PER_JOB);
        if (!generous) {
          if (asked.length === served + lines) last.resolve();
          if (asked.length > served) await aborted(signal);
        }
      }
      yield* blocks;
    });
    const data = join(dir, 'killed');
    const pull = (): ChildProcess => {
      const settings = ['network.allowPrivateAddresses=true', `network.bootstrap=${firstAddress(hosts[0] as TestHost)}`];
      const args = ['model', 'pull', model.cid as string, '--name', 'copy', '--data-dir', data];
      const env = { PATH: process.env.PATH, HOME: dir };
      return spawn(process.execPath, [BINARY, ...args, ...settings.flatMap((one) => ['--set', one])], { env, stdio: 'ignore' });
    };
    const killed = pull();
    // A client that has noted no chunk yet has one line, and asks for one job on it.
    await last.promise;
    killed.kill('SIGKILL');
    await once(killed, 'close');
    const store = new ModelStore(join(data, 'models'));
    const [key] = await readdir(store.layout.partial);
    const noted = (await readJournal(join(store.layout.partial, key as string, 'journal')))?.chunks ?? [];
    assert.ok(noted.length >= 1 && noted.length <= served, `${noted.length} chunks were noted`);

    generous = true;
    asked.length = 0;
    const [code] = await once(pull(), 'close');
    assert.equal(code, 0);
    const missing = Array.from({ length: CHUNKS }, (_, chunk) => chunk).filter((chunk) => !noted.includes(chunk));
    assert.deepEqual([...new Set(asked)].sort(), missing);
    await isWhole(store, 'copy');
  });

  it('a model that is not shared, and a block that nobody has, are not served', async () => {
    await provider(1);
    const client = await openClient({ clock: systemClock, log }, { bootstrap: hosts.map(firstAddress) });
    clients.push(client);
    const line = await blockPeers(client).open(hosts[0]?.key.peerId as string, ending.signal);
    await line.send({ kind: 'nodes', digests: [Buffer.from(sha256Of(randomBytes(8))).toString('hex')] }, ending.signal);
    await assert.rejects(line.next(ending.signal), { code: 'STORE_BLOCK_MISSING' });
  });
});
