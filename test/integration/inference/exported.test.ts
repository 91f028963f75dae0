import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEngine, type Engine, type ModelInfo } from '../../../src/inference/engine.ts';
import { GREEDY, type Hex } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { promptLogits } from './promptLogits.ts';
import { complete, NEVER } from './run.ts';

const MODEL = path.join(import.meta.dirname, '../../fixtures/parity/onnx-llama');

describe('ONNX export', function () {
  this.timeout(60_000);
  let engine: Engine;
  let info: ModelInfo;
  before(async () => {
    engine = createEngine({ slots: 4, prefillChunkTokens: 8 });
    info = await engine.load(MODEL);
  });
  after(() => engine.close());

  const request = (i: number) => ({
    model: info.id,
    promptIds: Uint32Array.from({ length: 5 + 3 * i }, (_, at) => 3 + ((at * 79 + i) % 300)),
    sampling: { ...GREEDY, temperatureMilli: 900, seed: `0x${(i + 1).toString(16).padStart(64, '0')}` as Hex },
    maxTokens: 10 + 7 * i,
    stop: [],
  });

  it('says in its profile that there are no sketches, and gives zeros for them', async () => {
    assert.equal(info.profile, 'onnx');
    const { sketches } = await complete(engine, request(0));
    assert.ok(sketches.every((sketch) => sketch.length === 32 && sketch.every((byte) => byte === 0)));
  });

  it('gives 8 generations on 4 slots exactly what each gets alone, rows moved and taken over', async () => {
    const together = await Promise.all(Array.from({ length: 8 }, (_, i) => complete(engine, request(i))));
    for (const [i, completion] of together.entries()) assert.deepEqual(completion, await complete(engine, request(i)));
  });

  it('verifies its own output', async () => {
    const { ids } = await complete(engine, request(5));
    const result = await engine.verify({ ...request(5), outputIds: Uint32Array.from(ids) }, NEVER);
    assert.deepEqual([...result.chosen], ids);
    assert.ok(result.gap.every((gap) => gap === 0));
  });

  it('takes and gives f16, from the only variant in the folder', async () => {
    const dir = `${MODEL}-fp16`;
    const half = await engine.load(dir);
    assert.notEqual(half.id, info.id);
    const expected = JSON.parse(await readFile(path.join(dir, 'expected.json'), 'utf8')) as { promptIds: number[] };
    const got = await promptLogits(dir, Uint32Array.from(expected.promptIds), 'fp32', 'ortNode');
    const want = await promptLogits(MODEL, Uint32Array.from(expected.promptIds), 'fp32', 'ortNode');
    const worst = got.reduce((max, value, i) => Math.max(max, Math.abs(value - (want[i] as number))), 0);
    assert.ok(worst > 0 && worst < 2e-2, String(worst));
    const together = await Promise.all(Array.from({ length: 8 }, (_, i) => complete(engine, { ...request(i), model: half.id })));
    for (const [i, completion] of together.entries()) {
      assert.deepEqual(completion, await complete(engine, { ...request(i), model: half.id }));
    }
  });

  it('says to a merged decoder whether there is a past, also after rows moved and were taken over', async () => {
    const merged = await engine.load(`${MODEL}-merged`);
    assert.notEqual(merged.id, info.id);
    const together = await Promise.all(Array.from({ length: 8 }, (_, i) => complete(engine, { ...request(i), model: merged.id })));
    for (const [i, { ids }] of together.entries()) assert.deepEqual(ids, (await complete(engine, request(i))).ids);
  });

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
