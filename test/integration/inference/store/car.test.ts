import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CID } from 'multiformats/cid';
import { HEADER_BYTES, rootOf, sectionLength } from '../../../../src/inference/store/car/format.ts';
import type { StoreEvents } from '../../../../src/inference/store/events.ts';
import { ModelStore } from '../../../../src/inference/store/index.ts';
import type { StoreManifest } from '../../../../src/inference/store/manifest.ts';
import { isCoded } from '../../../../src/util/errors.ts';
import { NEVER } from '../run.ts';

const LEAF = 256 << 10;
/** Two levels of nodes, an empty file, a folder, and a file that is there twice. */
const FILES: Record<string, Buffer> = {
  'model.safetensors': Buffer.from(Uint8Array.from({ length: 200 * LEAF + 7 }, (_, i) => (i * 2_654_435_761) >>> 24)),
  'config.json': Buffer.from('{}'),
  'onnx/config.json': Buffer.from('{}'),
  'empty.txt': Buffer.alloc(0),
};

describe('store/car', function () {
  this.timeout(60_000);
  let dir: string;
  let car: string;
  let stores: number;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'cor-car-'));
    car = path.join(dir, 'm.car');
    stores = 0;
    for (const [name, bytes] of Object.entries(FILES)) {
      await mkdir(path.dirname(path.join(dir, 'model', name)), { recursive: true });
      await writeFile(path.join(dir, 'model', name), bytes);
    }
  });
  afterEach(() => rm(dir, { recursive: true }));

  const newStore = (): ModelStore => new ModelStore(path.join(dir, `store${stores++}`));
  async function last(events: StoreEvents): Promise<StoreManifest> {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
    }
  }
  async function exported(): Promise<StoreManifest & { store: ModelStore }> {
    const store = newStore();
    await last(store.pull({ kind: 'local', path: path.join(dir, 'model') }, { name: 'm' }, NEVER));
    return { ...(await last(store.export('m', car, NEVER))), store };
  }
  const imported = (store = newStore()): Promise<StoreManifest> => last(store.pull({ kind: 'car', path: car }, {}, NEVER));
  const refused = (code: string, work: Promise<unknown>): Promise<void> =>
    assert.rejects(work, (error) => isCoded(error, code as 'STORE_DAMAGED'));

  it('holds each block of the content once, under its hash, and the root first', async () => {
    const { cid } = await exported();
    const bytes = await readFile(car);
    assert.equal(rootOf(bytes.subarray(0, HEADER_BYTES))?.toString(), cid);
    const seen: string[] = [];
    for (let at = HEADER_BYTES; at < bytes.length; ) {
      const length = sectionLength(bytes.subarray(at));
      assert.ok(length !== undefined);
      const section = bytes.subarray(at + length.headBytes, at + length.headBytes + length.bytes);
      const block = CID.decode(section.subarray(0, 36));
      assert.deepEqual(Buffer.from(block.multihash.digest), createHash('sha256').update(section.subarray(36)).digest());
      seen.push(block.toString());
      at += length.headBytes + length.bytes;
    }
    assert.equal(seen[0], cid);
    assert.equal(new Set(seen).size, seen.length);
  });

  it('gives another store the same model, which takes what it has from there', async () => {
    const { cid, files } = await exported();
    const store = newStore();
    const model = await imported(store);
    assert.deepEqual([model.cid, model.name, model.shared], [cid, 'm', false]);
    assert.deepEqual(model.files.map(({ path, sha256 }) => [path, sha256]).sort(), files.map(({ path, sha256 }) => [path, sha256]).sort());
    const folder = await store.folder('m');
    for (const [name, bytes] of Object.entries(FILES)) assert.ok((await readFile(path.join(folder, name))).equals(bytes), name);
    assert.equal((await imported(store)).cid, cid);
    await last(store.verify('m', NEVER));
  });

  it('STORE_FILE_EXISTS for a file that is there, which stays as it is', async () => {
    const { store } = await exported();
    const before = await stat(car);
    await refused('STORE_FILE_EXISTS', last(store.export('m', car, NEVER)));
    assert.equal((await stat(car)).size, before.size);
  });

  it('leaves nothing behind when a blob is damaged', async () => {
    const { store, files } = await exported();
    await rm(car);
    const weights = files.find(({ path }) => path === 'model.safetensors');
    const blob = store.layout.blob(weights?.sha256 as string);
    await rm(blob);
    await writeFile(blob, Buffer.alloc(FILES['model.safetensors']?.length as number));
    await refused('STORE_DAMAGED', last(store.export('m', car, NEVER)));
    await assert.rejects(stat(car), { code: 'ENOENT' });
  });

  it('STORE_CONTENT_INVALID for a changed byte, a cut, a missing block, and what is no CAR', async () => {
    await exported();
    const bytes = await readFile(car);
    const change = async (at: number): Promise<void> => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      await writeFile(car, changed);
      await refused('STORE_CONTENT_INVALID', imported());
    };
    await change(3);
    await change(HEADER_BYTES + 2);
    await change(HEADER_BYTES + 50);
    await change(bytes.length - 1);
    await writeFile(car, bytes);
    await truncate(car, bytes.length - 1);
    await refused('STORE_CONTENT_INVALID', imported());
    await truncate(car, HEADER_BYTES);
    await refused('STORE_CONTENT_INVALID', imported());
    await writeFile(car, '');
    await refused('STORE_CONTENT_INVALID', imported());
    await rm(car);
    await refused('STORE_UNUSABLE', imported());
  });
});
