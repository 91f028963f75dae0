import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findModelFiles } from '../../../src/inference/modelFiles.ts';
import { readManifest } from '../../../src/inference/models.ts';
import { ProtobufWriter } from '../../../src/inference/onnx/protobuf.ts';
import { openWeights } from '../../../src/inference/weights.ts';
import { isCoded } from '../../../src/util/errors.ts';

const SHARDED = path.join(import.meta.dirname, '../../fixtures/parity/llama');
const INDEX = 'model.safetensors.index.json';

describe('model files', () => {
  let root: string;
  let dir: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'cortensord-files-'));
    dir = path.join(root, 'model');
    await cp(SHARDED, dir, { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true }));

  async function editIndex(edit: (map: Record<string, unknown>) => unknown): Promise<void> {
    const index = JSON.parse(await readFile(path.join(dir, INDEX), 'utf8')) as { weight_map: Record<string, unknown> };
    await writeFile(path.join(dir, INDEX), JSON.stringify({ weight_map: edit(index.weight_map) }));
  }

  it('of a sharded model are the index and every shard, and the id covers them', async () => {
    const { format, files } = await findModelFiles(dir);
    assert.equal(format, 'sharded');
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    assert.deepEqual(files.map(({ name }) => name).sort(), ['config.json', ...shards, INDEX, 'tokenizer.json', 'tokenizer_config.json']);
    const { id } = await readManifest(dir);
    const shard = path.join(dir, shards[1] as string);
    const bytes = await readFile(shard);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    await writeFile(shard, bytes);
    assert.notEqual((await readManifest(dir)).id, id);
  });

  it('MODEL_FILE_MISSING for a shard that is not there', async () => {
    await rm(path.join(dir, 'model-00002-of-00002.safetensors'));
    await assert.rejects(findModelFiles(dir), (error) => isCoded(error, 'MODEL_FILE_MISSING'));
  });

  for (const shard of ['../model-00001-of-00002.safetensors', '/etc/passwd', 'model.bin', '.safetensors', 7, null]) {
    it(`MODEL_INVALID for a shard named ${JSON.stringify(shard)}`, async () => {
      await editIndex((map) => ({ ...map, 'lm_head.weight': shard }));
      await assert.rejects(findModelFiles(dir), (error) => isCoded(error, 'MODEL_INVALID'));
    });
  }

  for (const map of [[], {}, null, 'all']) {
    it(`MODEL_INVALID for the weight map ${JSON.stringify(map)}`, async () => {
      await editIndex(() => map);
      await assert.rejects(findModelFiles(dir), (error) => isCoded(error, 'MODEL_INVALID'));
    });
  }

  it('MODEL_INVALID when a tensor is in no shard, or not in the shard that the index names', async () => {
    const swapped = { 'model-00001-of-00002.safetensors': 'model-00002-of-00002.safetensors' } as Record<string, string>;
    await editIndex(({ 'model.norm.weight': _, ...map }) => ({
      ...map,
      'model.embed_tokens.weight': swapped[map['model.embed_tokens.weight'] as string] ?? 'model-00001-of-00002.safetensors',
    }));
    const weights = await openWeights(dir, await findModelFiles(dir), { headSize: 16 });
    try {
      await assert.rejects(weights.read('model.norm.weight', [64]), (error) => isCoded(error, 'MODEL_INVALID'));
      await assert.rejects(weights.read('model.embed_tokens.weight', [320, 64]), (error) => isCoded(error, 'MODEL_INVALID'));
    } finally {
      await weights.close();
    }
  });

  describe('of an ONNX model with variants', () => {
    beforeEach(async () => {
      dir = path.join(root, 'onnx');
      await cp(path.join(path.dirname(SHARDED), 'onnx-llama-fp16'), dir, { recursive: true });
    });
    const addVariant = (name: string) => cp(path.join(dir, 'onnx/model_fp16.onnx'), path.join(dir, name));

    it('are those of the only one, with template and end tokens where they are', async () => {
      const before = await findModelFiles(dir);
      assert.deepEqual(before.weightFiles, ['onnx/model_fp16.onnx']);
      await writeFile(path.join(dir, 'chat_template.jinja'), 'hello');
      await writeFile(path.join(dir, 'generation_config.json'), '{}');
      const names = (await findModelFiles(dir)).files.map(({ name }) => name);
      assert.ok(names.includes('chat_template.jinja') && names.includes('generation_config.json'));
    });

    it('are those of model.onnx when it is there, and MODEL_INVALID when one of several would have to be guessed', async () => {
      await addVariant('onnx/model_q4.onnx');
      await assert.rejects(
        findModelFiles(dir),
        (error) => isCoded(error, 'MODEL_INVALID') && error.data.choices === 'onnx/model_fp16.onnx, onnx/model_q4.onnx',
      );
      const config = path.join(dir, 'config.json');
      const settings = JSON.parse(await readFile(config, 'utf8')) as object;
      for (const [dtype, file] of Object.entries({ q4: 'model_q4', fp16: 'model_fp16' })) {
        await writeFile(config, JSON.stringify({ ...settings, 'transformers.js_config': { dtype } }));
        assert.deepEqual((await findModelFiles(dir)).weightFiles, [`onnx/${file}.onnx`]);
      }
      for (const named of [{ dtype: 'q8' }, { dtype: 'toString' }, { dtype: { model: 'q4' } }, null, 5]) {
        await writeFile(config, JSON.stringify({ ...settings, 'transformers.js_config': named }));
        await assert.rejects(findModelFiles(dir), (error) => isCoded(error, 'MODEL_INVALID'));
      }
      await addVariant('onnx/model.onnx');
      assert.deepEqual((await findModelFiles(dir)).weightFiles, ['onnx/model.onnx']);
    });

    const GRAPH = 'onnx/model_fp16.onnx';
    /** Another graph, of one tensor whose weights are in the files of these names. */
    const writeGraph = (...names: string[]): Promise<void> => {
      const tensor = new ProtobufWriter();
      for (const name of names) tensor.message(13, new ProtobufWriter().string(1, 'location').string(2, name));
      return writeFile(path.join(dir, GRAPH), new ProtobufWriter().message(7, new ProtobufWriter().message(5, tensor)).finish());
    };

    it('are those that the graph takes weights from, too, and the id covers them', async () => {
      await writeGraph('model.onnx.data', 'weights_1');
      for (const name of ['model.onnx.data', 'weights_1', 'other']) await writeFile(path.join(dir, 'onnx', name), name);
      const names = [GRAPH, 'onnx/model.onnx.data', 'onnx/weights_1'];
      assert.deepEqual((await findModelFiles(dir)).weightFiles, names);
      const { id } = await readManifest(dir);
      await writeFile(path.join(dir, 'onnx/other'), 'changed');
      assert.equal((await readManifest(dir)).id, id);
      await writeFile(path.join(dir, 'onnx/weights_1'), 'changed');
      assert.notEqual((await readManifest(dir)).id, id);
      await writeFile(path.join(dir, `${GRAPH}_data`), 'beside it');
      assert.deepEqual((await findModelFiles(dir)).weightFiles, [GRAPH, `${GRAPH}_data`, ...names.slice(1)]);
    });

    it('MODEL_FILE_MISSING for weights that are not there, MODEL_INVALID for those outside', async () => {
      await writeGraph('weights');
      await assert.rejects(findModelFiles(dir), (error) => isCoded(error, 'MODEL_FILE_MISSING'));
      await writeFile(path.join(root, 'weights'), 'outside');
      await symlink(path.join(root, 'weights'), path.join(dir, 'onnx/weights'));
      await assert.rejects(findModelFiles(dir), (error) => isCoded(error, 'MODEL_INVALID'));
      await writeGraph('../../weights');
      await assert.rejects(findModelFiles(dir), (error) => isCoded(error, 'MODEL_INVALID'));
    });
  });
});
