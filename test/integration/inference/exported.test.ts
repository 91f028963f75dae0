import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEngine, type Engine } from '../../../src/inference/engine.ts';
import { GREEDY, type Hex, type ModelId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { promptLogits } from './promptLogits.ts';
import { complete, NEVER } from './run.ts';

const FIXTURES = path.join(import.meta.dirname, '../../fixtures/parity');
const MODEL = path.join(FIXTURES, 'onnx-llama');

const OPTIONS = { slots: 4, prefillChunkTokens: 8 } as const;
const request = (model: ModelId, i: number) => ({
  model,
  promptIds: Uint32Array.from({ length: 5 + 3 * i }, (_, at) => 3 + ((at * 79 + i) % 300)),
  sampling: { ...GREEDY, temperatureMilli: 900, seed: `0x${(i + 1).toString(16).padStart(64, '0')}` as Hex },
  maxTokens: 10 + 7 * i,
  stop: [],
});
/** Eight generations on four slots: rows are moved and taken over. */
const together = (engine: Engine, model: ModelId) => Promise.all(Array.from({ length: 8 }, (_, i) => complete(engine, request(model, i))));

for (const backend of ['ortFfi', 'ortNode'] as const) {
  describe(`ONNX export on ${backend}`, function () {
    this.timeout(60_000);
    let engine: Engine;
    before(() => {
      engine = createEngine({ ...OPTIONS, backend });
    });
    after(() => engine.close());

    it('says in its profile that there are no sketches, and gives zeros for them', async () => {
      const { id, profile } = await engine.load(MODEL);
      assert.equal(profile, 'onnx');
      const { sketches } = await complete(engine, request(id, 0));
      assert.ok(sketches.every((sketch) => sketch.length === 32 && sketch.every((byte) => byte === 0)));
    });

    for (const name of ['onnx-llama', 'onnx-llama-fp16', 'onnx-llama-merged', 'onnx-gqa', 'onnx-gqa-q4f16']) {
      it(`gives 8 generations on 4 slots exactly what each gets alone: ${name}`, async () => {
        const { id } = await engine.load(path.join(FIXTURES, name));
        const completions = await together(engine, id);
        for (const [i, completion] of completions.entries()) assert.deepEqual(completion, await complete(engine, request(id, i)));
      });
    }

    it('says to a merged decoder whether there is a past', async () => {
      const [plain, merged] = [await engine.load(MODEL), await engine.load(`${MODEL}-merged`)];
      assert.notEqual(merged.id, plain.id);
      const tokens = async (id: ModelId) => (await together(engine, id)).map(({ ids }) => ids);
      assert.deepEqual(await tokens(merged.id), await tokens(plain.id));
    });

    it('verifies its own output', async () => {
      const { id } = await engine.load(MODEL);
      const { ids } = await complete(engine, request(id, 5));
      const result = await engine.verify({ ...request(id, 5), outputIds: Uint32Array.from(ids) }, NEVER);
      assert.deepEqual([...result.chosen], ids);
      assert.ok(result.gap.every((gap) => gap === 0));
    });

    it('takes back what was guessed wrongly, and goes on from a beginning that is kept', async () => {
      const guessing = createEngine({ slots: 1, backend, speculation: 'on', prefixRows: 2 });
      try {
        for (const name of ['onnx-llama', 'onnx-gqa']) {
          const { id } = await guessing.load(path.join(FIXTURES, name));
          await engine.load(path.join(FIXTURES, name));
          const promptIds = Uint32Array.from({ length: 150 }, (_, at) => 3 + ((at * 79) % 17));
          const wanted = { model: id, promptIds, sampling: GREEDY, maxTokens: 60, stop: [] };
          const { ids } = await complete(engine, wanted);
          const first = await complete(guessing, { ...wanted, cacheScope: 'a' });
          const again = await complete(guessing, { ...wanted, cacheScope: 'a' });
          assert.deepEqual([first.ids, again.ids], [ids, ids]);
          assert.ok(again.end.cachedTokens > 0);
        }
      } finally {
        await guessing.close();
      }
    });

    it('takes and gives f16, from the only variant in the folder', async () => {
      const expected = JSON.parse(await readFile(path.join(`${MODEL}-fp16`, 'expected.json'), 'utf8')) as { promptIds: number[] };
      const got = await promptLogits(`${MODEL}-fp16`, Uint32Array.from(expected.promptIds), 'fp32', backend);
      const want = await promptLogits(MODEL, Uint32Array.from(expected.promptIds), 'fp32', backend);
      const worst = got.reduce((max, value, i) => Math.max(max, Math.abs(value - (want[i] as number))), 0);
      assert.ok(worst > 0 && worst < 2e-2, String(worst));
    });
  });
}

describe('ONNX export', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => {
    engine = createEngine(OPTIONS);
  });
  after(() => engine.close());

  describe('changed or damaged', () => {
    let root: string;
    let dir: string;
    beforeEach(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'cortensord-onnx-'));
      dir = path.join(root, 'model');
      await cp(MODEL, dir, { recursive: true });
    });
    afterEach(() => rm(root, { recursive: true }));

    it('MODEL_INVALID for a file that is cut', async () => {
      await truncate(path.join(dir, 'model.onnx'), 50_000);
      await assert.rejects(engine.load(dir), (error) => isCoded(error, 'MODEL_INVALID'));
    });

    it('takes the names of GPT-2 in config.json', async () => {
      const file = path.join(dir, 'config.json');
      const { hidden_size, max_position_embeddings, ...rest } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
      await writeFile(file, JSON.stringify({ ...rest, n_embd: hidden_size, n_positions: 100 }));
      assert.equal((await engine.load(dir)).contextTokens, 100);
    });

    it('MODEL_INVALID when config.json contradicts the logits', async () => {
      const file = path.join(dir, 'config.json');
      await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), vocab_size: 400 }));
      await assert.rejects(engine.load(dir), (error) => isCoded(error, 'MODEL_INVALID'));
    });
  });
});
