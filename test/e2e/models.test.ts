import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { type DevnetNetwork, startNetwork } from '../../src/devnet/network.ts';
import { planNodes } from '../../src/devnet/plan.ts';
import { ProtobufWriter } from '../../src/inference/onnx/protobuf.ts';
import { ModelStore } from '../../src/inference/store/index.ts';
import { writeTinyModel } from '../integration/inference/tinyModel.ts';
import { descendants, makeHome, PATIENCE_MS, until } from './support.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/parity');

type Json = Record<string, unknown>;
type Spoil = (dir: string) => Promise<void>;

const edit = async (dir: string, name: string, change: (json: Json) => Json): Promise<void> =>
  writeFile(join(dir, name), JSON.stringify(change(JSON.parse(await readFile(join(dir, name), 'utf8')) as Json)));

/** What a publisher may send, and the code that it is refused with. */
const HOSTILE: Readonly<Record<string, { readonly code: string; readonly from?: string; readonly spoil: Spoil }>> = {
  truncated: {
    code: 'MODEL_INVALID',
    spoil: async (dir) => {
      const file = join(dir, 'model.safetensors');
      const bytes = await readFile(file);
      await writeFile(file, bytes.subarray(0, bytes.length >> 1));
    },
  },
  huge: {
    code: 'MODEL_UNSUPPORTED',
    spoil: (dir) =>
      edit(dir, 'config.json', (json) => ({ ...json, hidden_size: 65_536, intermediate_size: 1 << 20, num_hidden_layers: 1_024 })),
  },
  bomb: {
    code: 'MODEL_INVALID',
    spoil: (dir) => {
      const twice = { type: 'Replace', pattern: { String: 'a' }, content: 'aa' };
      return edit(dir, 'tokenizer.json', (json) => ({ ...json, normalizer: { type: 'Sequence', normalizers: Array(40).fill(twice) } }));
    },
  },
  nan: {
    code: 'ENGINE_NUMERICS',
    spoil: async (dir) => {
      const file = join(dir, 'model.safetensors');
      const bytes = await readFile(file);
      await writeFile(file, bytes.fill(0xff, bytes.length - 4_096));
    },
  },
  /** Its pattern is cut off after a second; long before, its process is killed. */
  crashing: {
    code: 'MODEL_REHEARSAL_CRASHED',
    spoil: (dir) => {
      const split = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
      return edit(dir, 'tokenizer.json', (json) => ({ ...json, pre_tokenizer: split }));
    },
  },
  traversal: {
    code: 'MODEL_INVALID',
    from: 'onnx-llama',
    spoil: async (dir) => {
      const entry = new ProtobufWriter().string(1, 'location').string(2, '../../../etc/passwd');
      const tensor = new ProtobufWriter().string(8, 'weights').message(13, entry).int(14, 1);
      const graph = new ProtobufWriter().message(5, tensor);
      const more = Buffer.from(new ProtobufWriter().message(7, graph).finish());
      await writeFile(join(dir, 'model.onnx'), Buffer.concat([await readFile(join(dir, 'model.onnx')), more]));
    },
  },
};

describe('a miner that is told to serve good and hostile models', function () {
  this.timeout(3 * PATIENCE_MS);
  let place: Awaited<ReturnType<typeof makeHome>>;
  let network: DevnetNetwork;
  /** Codes by entry of `modelDirs`. */
  const expected = new Map<string, string>([
    ['model:changed', 'MODEL_HASH_MISMATCH'],
    ['model:unknown', 'STORE_MODEL_UNKNOWN'],
  ]);

  before(async () => {
    place = await makeHome();
    const tiny = await writeTinyModel();
    for (const [name, { code, from, spoil }] of Object.entries(HOSTILE)) {
      const dir = join(place.home, 'models', name);
      await cp(from === undefined ? tiny.dir : join(FIXTURES, from), dir, { recursive: true });
      await spoil(dir);
      expected.set(dir, code);
    }
    const storeDir = join(place.home, 'store');
    await changedInStore(storeDir, tiny.dir);
    await tiny.remove();
    const plans = planNodes(false)
      .filter(({ name }) => name === 'router-1' || name === 'miner-1')
      .map((plan) => {
        const modelDirs = [...expected.keys()].toSpliced(3, 0, 'default');
        return plan.role === 'miner'
          ? { ...plan, settings: { ...plan.settings, 'miner.modelDirs': modelDirs, 'models.dir': storeDir } }
          : plan;
      });
    const { signal } = new AbortController();
    const log = pino({ level: 'silent' });
    const dir = join(place.home, 'net');
    const starting = startNetwork({
      ...{ dir, badMiner: false, plans, restPort: 0, logLevel: 'info', log, signal },
      progress: () => {},
      onLost: (name) => assert.fail(`${name} ended`),
    });
    [network] = await Promise.all([starting, crash(join(place.home, 'models', 'crashing'))]);
  });
  after(async () => {
    await network?.stop();
    await place.remove();
  });

  /** Takes a model into the store, and changes one byte of its weights there. */
  async function changedInStore(storeDir: string, path: string): Promise<void> {
    const store = new ModelStore(storeDir);
    const events = store.pull({ kind: 'local', path }, { name: 'changed' }, new AbortController().signal);
    while (!(await events.next()).done);
    const weights = (await store.show('changed')).files.find((file) => file.path === 'model.safetensors');
    const blob = store.layout.blob(weights?.sha256 ?? '');
    const bytes = await readFile(blob);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    await writeFile(blob, bytes);
  }

  /** Ends the process that tries the model out as a fault in native code would. */
  const crash = (model: string): Promise<true> =>
    until(`the rehearsal of ${model}`, async () => {
      const found = (await descendants(process.pid)).find(({ command }) => command.includes('rehearsal/main') && command.includes(model));
      return found !== undefined && process.kill(found.pid, 'SIGSEGV');
    });

  const miner = () => network.nodes.find(({ plan }) => plan.role === 'miner') ?? assert.fail('no miner');

  it('starts, and says of each that it refuses why, and what to do', async () => {
    const { ready, engine, refusedModels } = await miner().call('node_status', {});
    assert.equal(ready, true);
    assert.deepEqual(engine?.models, ['cortensor-default']);
    assert.deepEqual(new Map(refusedModels.map(({ model, code }) => [model, code])), expected);
    for (const { role, message, remedy } of refusedModels) {
      assert.equal(role, 'miner');
      assert.ok(message !== '' && remedy !== '');
    }
    const log = await readFile(join(miner().dataDir, 'node.log'), 'utf8');
    for (const [model, code] of expected)
      assert.ok(log.split('\n').some((line) => line.includes(JSON.stringify(model)) && line.includes(code)));
  });

  it('counts them by code in its metrics', async () => {
    const text = await (await fetch(`${miner().ready.endpoints.rest}/metrics`)).text();
    const count = (code: string): number => [...expected.values()].filter((one) => one === code).length;
    for (const code of new Set(expected.values()))
      assert.match(text, new RegExp(`^cortensord_models_refused\\{role="miner",code="${code}"\\} ${count(code)}$`, 'm'));
  });

  it('answers with the good one', async () => {
    const { session } = await network.router.call('session_create', { deposit: (10n ** 19n).toString() });
    const messages = [{ role: 'user' as const, content: 'What is the capital of Japan?' }];
    const { text } = await network.router.call('task_complete', { session: session.id, messages });
    assert.match(text, /Tokyo/);
  });
});
