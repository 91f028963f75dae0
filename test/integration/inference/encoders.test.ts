import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEngine, type Engine } from '../../../src/inference/engine.ts';
import { openTokenizer } from '../../../src/inference/tokenizer.ts';
import { GREEDY } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { NEVER } from './run.ts';

const folder = (name: string): string => path.join(import.meta.dirname, '../../fixtures/parity', name);
const expected = async (name: string) => JSON.parse(await readFile(path.join(folder(name), 'expected.json'), 'utf8'));

function near(actual: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-5): void {
  assert.equal(actual.length, wanted.length);
  for (let i = 0; i < wanted.length; i++)
    assert.ok(Math.abs((actual[i] as number) - (wanted[i] as number)) < tolerance, `${i}: ${actual[i]} ≠ ${wanted[i]}`);
}

describe('models that are no decoders', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => {
    engine = createEngine();
  });
  after(() => engine.close());

  for (const [name, kind] of [
    ['bert-embed', 'encoder'],
    ['bert-classify', 'classifier'],
  ] as const) {
    it(`${kind}: token ids and vectors as transformers has them, whatever is encoded beside`, async () => {
      const { texts, ids, vectors } = await expected(name);
      const info = await engine.load(folder(name));
      assert.equal(info.kind, kind);
      assert.deepEqual(info.labels, kind === 'classifier' ? ['useless', 'useful'] : []);
      const tokenizer = await openTokenizer(folder(name));
      const inputs = (texts as string[]).map((text) => tokenizer.encodeInput(text));
      assert.deepEqual(
        inputs.map((row) => [...row]),
        ids,
      );
      const together = await engine.encode({ model: info.id, inputs }, NEVER);
      for (const [i, vector] of together.entries()) near(vector, vectors[i]);
      for (const [i, row] of inputs.entries()) {
        assert.deepEqual(await engine.encode({ model: info.id, inputs: [row] }, NEVER), [together[i]]);
      }
    });
  }

  it('embeddings have length 1', async () => {
    const { id } = await engine.load(folder('bert-embed'));
    const [vector] = await engine.encode({ model: id, inputs: [Uint32Array.of(2, 9, 3)] }, NEVER);
    assert.ok(vector);
    assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-6);
  });

  it('a declared signature: tensors in, tensors out', async () => {
    const { pixels, scores } = await expected('convnet');
    const info = await engine.load(folder('convnet'));
    assert.deepEqual([info.kind, info.labels], ['tensor', ['cat', 'dog', 'none']]);
    const outputs = await engine.run({ model: info.id, inputs: { pixels: { type: 'float32', shape: [1, 3, 8, 8], data: pixels } } }, NEVER);
    assert.deepEqual(outputs.scores?.shape, [1, 3]);
    near(outputs.scores?.data ?? [], scores);
  });

  const wrongInputs = {
    'another type': { pixels: { type: 'int64', shape: [1, 3, 8, 8], data: new Array(192).fill(1) } },
    'another shape': { pixels: { type: 'float32', shape: [1, 3, 8, 9], data: new Array(216).fill(1) } },
    'too few numbers': { pixels: { type: 'float32', shape: [1, 3, 8, 8], data: [1] } },
    'no tensor': {},
    'one tensor too many': {
      pixels: { type: 'float32', shape: [1, 3, 8, 8], data: new Array(192).fill(1) },
      toString: { type: 'bool', shape: [], data: [1] },
    },
  } as const;
  for (const [what, inputs] of Object.entries(wrongInputs)) {
    it(`REQUEST_INVALID for ${what}`, async () => {
      const { id } = await engine.load(folder('convnet'));
      await assert.rejects(engine.run({ model: id, inputs }, NEVER), (error) => isCoded(error, 'REQUEST_INVALID'));
    });
  }

  it('MODEL_KIND for what a model does not do', async () => {
    const [encoder, tensor] = await Promise.all([engine.load(folder('bert-embed')), engine.load(folder('convnet'))]);
    const generate = engine.generate(
      { model: encoder.id, promptIds: Uint32Array.of(2, 3), sampling: GREEDY, maxTokens: 1, stop: [] },
      NEVER,
    );
    await assert.rejects(generate.next(), (error) => isCoded(error, 'MODEL_KIND'));
    await assert.rejects(engine.run({ model: encoder.id, inputs: {} }, NEVER), (error) => isCoded(error, 'MODEL_KIND'));
    await assert.rejects(engine.encode({ model: tensor.id, inputs: [] }, NEVER), (error) => isCoded(error, 'REQUEST_INVALID'));
  });

  it('PROMPT_TOO_LONG and TOKEN_OUT_OF_RANGE before anything runs', async () => {
    const { id } = await engine.load(folder('bert-embed'));
    const encode = (row: Uint32Array) => engine.encode({ model: id, inputs: [row] }, NEVER);
    await assert.rejects(encode(new Uint32Array(65).fill(5)), (error) => isCoded(error, 'PROMPT_TOO_LONG'));
    await assert.rejects(encode(Uint32Array.of(5_000)), (error) => isCoded(error, 'TOKEN_OUT_OF_RANGE'));
  });

  it('an abort ends the call', async () => {
    const { id } = await engine.load(folder('bert-embed'));
    const stop = new AbortController();
    const call = engine.encode({ model: id, inputs: Array.from({ length: 2_000 }, () => new Uint32Array(64).fill(7)) }, stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(call, /enough/);
    assert.equal((await engine.encode({ model: id, inputs: [Uint32Array.of(2, 3)] }, NEVER)).length, 1);
  });

  describe('damaged', () => {
    let root: string;
    beforeEach(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'cortensord-encoder-'));
    });
    afterEach(() => rm(root, { recursive: true }));
    const copy = async (name: string): Promise<string> => {
      const dir = path.join(root, name);
      await cp(folder(name), dir, { recursive: true });
      return dir;
    };
    const change = async (file: string, values: object) =>
      writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), ...values }));

    it('MODEL_INVALID for a file that is cut, and for a signature that the model does not keep', async () => {
      const cut = await copy('bert-embed');
      await truncate(path.join(cut, 'onnx/model.onnx'), 40_000);
      await assert.rejects(engine.load(cut), (error) => isCoded(error, 'MODEL_INVALID'));
      const lying = await copy('convnet');
      await change(path.join(lying, 'signature.json'), { outputs: { other: { type: 'float32', shape: [1] } } });
      await assert.rejects(engine.load(lying), (error) => isCoded(error, 'MODEL_INVALID'));
    });

    it('MODEL_UNSUPPORTED for another kind of pooling', async () => {
      const dir = await copy('bert-embed');
      await change(path.join(dir, '1_Pooling/config.json'), { pooling_mode_max_tokens: true });
      await assert.rejects(engine.load(dir), (error) => isCoded(error, 'MODEL_UNSUPPORTED'));
    });

    it('pooling is part of the id', async () => {
      const dir = await copy('bert-embed');
      await change(path.join(dir, '1_Pooling/config.json'), { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false });
      const [mean, cls] = await Promise.all([engine.load(folder('bert-embed')), engine.load(dir)]);
      assert.notEqual(cls.id, mean.id);
      const inputs = [Uint32Array.of(2, 9, 11, 3)];
      const [a] = await engine.encode({ model: mean.id, inputs }, NEVER);
      const [b] = await engine.encode({ model: cls.id, inputs }, NEVER);
      assert.notDeepEqual(a, b);
    });
  });
});
