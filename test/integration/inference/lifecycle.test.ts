import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEngine } from '../../../src/inference/engine.ts';
import { DEFAULT_MODEL_DIR, modelIdOf, readManifest } from '../../../src/inference/models.ts';
import { sketchError } from '../../../src/inference/sketch.ts';
import { openTokenizer } from '../../../src/inference/tokenizer.ts';
import { GREEDY, type ModelId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { complete, NEVER } from './run.ts';
import { TINY_VOCAB, writeTinyModel } from './tinyModel.ts';

describe('engine life cycle', function () {
  this.timeout(60_000);
  let dir: string;
  let remove: () => Promise<void>;
  before(async () => {
    ({ dir, remove } = await writeTinyModel());
  });
  after(() => remove());

  const request = (model: ModelId) => ({ model, promptIds: Uint32Array.of(1, 50, 60), sampling: GREEDY, maxTokens: 200, stop: [] });

  for (const signal of ['SIGKILL', 'SIGSEGV'] as const) {
    it(`ENGINE_CRASHED for every call of a worker that ends with ${signal}, then the next call starts a new one`, async () => {
      const engine = createEngine({ paceMsPerToken: 1 });
      try {
        const { id } = await engine.load(dir);
        const expected = await complete(engine, { ...request(id), maxTokens: 3 });
        const streams = [engine.generate(request(id), NEVER), engine.generate(request(id), NEVER)];
        await Promise.all(streams.map((stream) => stream.next()));
        const drained = streams.map(async (stream) => {
          for (;;) if ((await stream.next()).done) return;
        });
        const crashed = Promise.all(drained.map((work) => assert.rejects(work, (error) => isCoded(error, 'ENGINE_CRASHED'))));
        process.kill(engine.status.pid ?? 0, signal);
        await crashed;
        assert.equal(engine.status.pid, undefined);
        assert.deepEqual(await complete(engine, { ...request(id), maxTokens: 3 }), expected);
      } finally {
        await engine.close();
      }
    });
  }

  it('ENGINE_CRASHED for a worker that takes more memory than it may', async () => {
    const engine = createEngine({ memoryMiB: 1 });
    try {
      await assert.rejects(
        async () => {
          await engine.load(dir);
          // Loading may be faster than the first look at its memory.
          for (;;) await complete(engine, request((await engine.load(dir)).id));
        },
        (error) => isCoded(error, 'ENGINE_CRASHED') && /\d+ MiB of memory, of 1 that it may take/.test(error.message),
      );
    } finally {
      await engine.close();
    }
  });

  it('a worker leaves Ctrl-C and service managers to its parent', async () => {
    const engine = createEngine({ paceMsPerToken: 1 });
    try {
      const { id } = await engine.load(dir);
      const stream = engine.generate(request(id), NEVER);
      await stream.next();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(engine.status.pid ?? 0, signal);
      let next = await stream.next();
      while (!next.done) next = await stream.next();
      assert.notEqual(next.value.finishReason, 'cancelled');
    } finally {
      await engine.close();
    }
  });

  it('gets none of the daemon’s own settings, and none of its standard output', async () => {
    process.env.CORTENSORD_PASSWORD_FILE = '/nowhere';
    const engine = createEngine();
    try {
      await engine.load(dir);
      const environment = await readFile(`/proc/${engine.status.pid}/environ`, 'utf8');
      assert.match(environment, /(^|\0)PATH=/);
      assert.doesNotMatch(environment, /CORTENSORD_/);
      assert.equal(await readlink(`/proc/${engine.status.pid}/fd/1`), await readlink(`/proc/${process.pid}/fd/2`));
    } finally {
      delete process.env.CORTENSORD_PASSWORD_FILE;
      await engine.close();
    }
  });

  it('ENGINE_CLOSED for calls under way and after close', async () => {
    const engine = createEngine({ paceMsPerToken: 1 });
    const { id } = await engine.load(dir);
    const stream = engine.generate(request(id), NEVER);
    await stream.next();
    await engine.close();
    await assert.rejects(
      async () => {
        for (;;) if ((await stream.next()).done) return;
      },
      (error) => isCoded(error, 'ENGINE_CLOSED'),
    );
    await assert.rejects(engine.load(dir), (error) => isCoded(error, 'ENGINE_CLOSED'));
  });

  it('computes the same on both backends and with 1 to 5 threads, bit by bit', async () => {
    const runs = [];
    const threads = [2, 3, 5].map((count) => ({ backend: 'ortFfi', threads: count }) as const);
    for (const options of [{ backend: 'ortFfi', threads: 1 }, { backend: 'ortNode', threads: 1 }, ...threads] as const) {
      const engine = createEngine(options);
      const info = await engine.load(dir);
      runs.push({ profile: info.numericsProfile, ...(await complete(engine, { ...request(info.id), maxTokens: 40 })) });
      await engine.close();
    }
    for (const run of runs) assert.deepEqual(run, runs[0]);
  });

  it('loads a folder once, also when asked twice at the same time', async () => {
    const engine = createEngine();
    try {
      const [first, second] = await Promise.all([engine.load(dir), engine.load(dir)]);
      assert.equal(second, first);
      assert.equal(await engine.load(dir), first);
      assert.equal(engine.status.models.length, 1);
    } finally {
      await engine.close();
    }
  });

  it('MODEL_HASH_MISMATCH when another id is expected', async () => {
    const engine = createEngine();
    await assert.rejects(engine.load(dir, { expectedId: `0x${'11'.repeat(32)}` as ModelId }), (error) =>
      isCoded(error, 'MODEL_HASH_MISMATCH'),
    );
    await engine.close();
  });

  it('runs Qwen2 shapes with biases, untied heads and bf16 weights; f32 and f16 files of one model agree', async () => {
    const engine = createEngine();
    const config = { architectures: ['Qwen2ForCausalLM'], tie_word_embeddings: false };
    const folders = await Promise.all([writeTinyModel({ config, dtype: 'BF16' }), writeTinyModel({ dtype: 'F32' })]);
    try {
      const [qwen, exact, half] = [await engine.load(folders[0].dir), await engine.load(folders[1].dir), await engine.load(dir)];
      assert.equal((await complete(engine, { ...request(qwen.id), maxTokens: 4 })).end.completionTokens, 4);
      const first = async (id: ModelId): Promise<Uint8Array> =>
        (await complete(engine, { ...request(id), maxTokens: 1 })).sketches[0] as Uint8Array;
      const error = sketchError(await first(half.id), await first(exact.id));
      assert.ok(error > 0 && error < 2e-2, `${error}`);
    } finally {
      await engine.close();
      for (const folder of folders) await folder.remove();
    }
  });
});

describe('model folders', () => {
  let root: string;
  let dir: string;
  beforeEach(async () => {
    const tiny = await writeTinyModel();
    root = await mkdtemp(path.join(tmpdir(), 'cortensord-folder-'));
    dir = path.join(root, 'model');
    await cp(tiny.dir, dir, { recursive: true });
    await tiny.remove();
  });
  afterEach(() => rm(root, { recursive: true }));

  async function rejectsLoad(code: string): Promise<void> {
    const engine = createEngine({ backend: 'ortNode' });
    try {
      await assert.rejects(engine.load(dir), (error) => isCoded(error, code));
    } finally {
      await engine.close();
    }
  }

  it('have an id over their files and a name and licence from the card', async () => {
    const manifest = await readManifest(dir);
    assert.equal(manifest.id, modelIdOf([...manifest.files].reverse()));
    assert.deepEqual(
      [manifest.name, manifest.license, manifest.vocab, manifest.contextTokens],
      ['tiny-tiny', 'Apache-2.0', TINY_VOCAB, 256],
    );
    await writeFile(path.join(dir, 'card.md'), '# another card');
    assert.equal((await readManifest(dir)).id, manifest.id);
    await writeFile(path.join(dir, 'tokenizer_config.json'), '{}');
    assert.notEqual((await readManifest(dir)).id, manifest.id);
  });

  it('MODEL_NOT_FOUND without a folder', async () => {
    await rm(dir, { recursive: true });
    await rejectsLoad('MODEL_NOT_FOUND');
  });

  it('MODEL_FILE_MISSING without weights', async () => {
    await rm(path.join(dir, 'model.safetensors'));
    await rejectsLoad('MODEL_FILE_MISSING');
  });

  it('MODEL_FILE_TOO_LARGE above a limit', async () => {
    await truncate(path.join(dir, 'config.json'), (1 << 20) + 1);
    await rejectsLoad('MODEL_FILE_TOO_LARGE');
  });

  it('MODEL_INVALID for cut weights', async () => {
    await truncate(path.join(dir, 'model.safetensors'), 50_000);
    await rejectsLoad('MODEL_INVALID');
  });

  it('MODEL_INVALID for a config that is not JSON', async () => {
    await writeFile(path.join(dir, 'config.json'), '{');
    await rejectsLoad('MODEL_INVALID');
  });

  it('MODEL_UNSUPPORTED for another architecture', async () => {
    const numbers = { vocab_size: 10, hidden_size: 16, max_position_embeddings: 16 };
    await writeFile(path.join(dir, 'config.json'), JSON.stringify({ ...numbers, architectures: ['MambaForCausalLM'] }));
    await rejectsLoad('MODEL_UNSUPPORTED');
  });
});

describe('tokenizer', () => {
  let dir: string;
  let remove: () => Promise<void>;
  before(async () => {
    ({ dir, remove } = await writeTinyModel());
  });
  after(() => remove());

  it('renders the chat template with the generation prompt and leaves special tokens out of text', async () => {
    const tokenizer = await openTokenizer(dir);
    const ids = tokenizer.encodeChat([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Grüße, the 🎉!' },
    ]);
    assert.equal(tokenizer.decode(ids), 'system\nBe kind.\nuser\nGrüße, the 🎉!\nassistant\n');
    assert.deepEqual([...tokenizer.eosIds], [0, 2]);
  });

  it('detokenizes one by one what decode gives at once', async () => {
    const tokenizer = await openTokenizer(dir);
    const ids = tokenizer.encode('Ωmega: 漢字 and 👩‍👩‍👧 in the end');
    const detokenizer = tokenizer.detokenizer();
    const parts = [...ids].map((id) => detokenizer.push(id));
    assert.equal(parts.join('') + detokenizer.end(), tokenizer.decode(ids));
    assert.ok(parts.every((part) => !part.includes('\ufffd')));
  });

  it('CHAT_TEMPLATE_FAILED when the template refuses', async () => {
    const tokenizer = await openTokenizer(dir);
    const messages = [{ role: 'wizard' as 'user', content: 'x' }];
    assert.throws(
      () => tokenizer.encodeChat(messages),
      (error) => isCoded(error, 'CHAT_TEMPLATE_FAILED'),
    );
  });
});

describe('default model', function () {
  this.timeout(60_000);
  it('loads, talks and verifies', async () => {
    const engine = createEngine();
    try {
      const info = await engine.load(DEFAULT_MODEL_DIR);
      const tokenizer = await openTokenizer(DEFAULT_MODEL_DIR);
      const promptIds = tokenizer.encodeChat([{ role: 'user', content: 'What is the capital of Japan?' }]);
      const request = { model: info.id, promptIds, sampling: GREEDY, maxTokens: 24, stop: [] };
      const { ids, end } = await complete(engine, request);
      assert.equal(end.completionTokens, ids.length);
      const { chosen } = await engine.verify({ ...request, outputIds: Uint32Array.from(ids) }, NEVER);
      assert.deepEqual([...chosen], ids);
      assert.ok(tokenizer.eosIds.size > 0);
    } finally {
      await engine.close();
    }
  });
});
