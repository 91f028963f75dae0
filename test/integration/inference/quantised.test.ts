import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEngine, type Engine, type ModelInfo } from '../../../src/inference/engine.ts';
import { blocksPerRow, wholeBlockLength } from '../../../src/inference/graph/blocks.ts';
import { quantiseBlocks } from '../../../src/inference/graph/quantise.ts';
import type { WeightSource } from '../../../src/inference/graph/weightSource.ts';
import { DEFAULT_MODEL_DIR } from '../../../src/inference/models.ts';
import { CALIBRATION } from '../../../src/inference/profile.ts';
import { BITS } from '../../../src/inference/quantisation.ts';
import { sketchError } from '../../../src/inference/sketch.ts';
import { GREEDY, type Hex } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { promptLogits } from './promptLogits.ts';
import { complete, NEVER } from './run.ts';
import { writeTinyModel } from './tinyModel.ts';

const FIXTURES = path.join(import.meta.dirname, '../../fixtures/parity');
/** Greatest ‖difference‖ / ‖logits‖ of a prompt. Random weights amplify errors more than trained ones. */
const ERROR_MAX = { trained: { int8: 4e-2, int4: 3e-1 }, activations: 1e-1 };
const PROMPT = Uint32Array.from({ length: 24 }, (_, i) => 3 + ((i * 79) % 300));

function relativeError(values: Float32Array, exact: Float32Array): number {
  const square = (numbers: Float32Array): number => numbers.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(square(exact.map((value, i) => value - (values[i] as number))) / square(exact));
}

/** The matrices rounded to blocks and widened again. An embedding of its own stays as it is. */
function rounded(bits: 4 | 8, tied: boolean): (weights: WeightSource) => WeightSource {
  return (weights) => ({
    async read(name, shape) {
      const values = await weights.read(name, shape);
      const [rows, columns] = shape;
      const isEmbedding = name.includes('embed');
      if (rows === undefined || columns === undefined || (!tied && isEmbedding)) return values;
      const { block, data, scales } = quantiseBlocks(
        values,
        rows,
        columns,
        bits,
        isEmbedding ? wholeBlockLength(columns, bits) : undefined,
      );
      const perRow = blocksPerRow(columns, block);
      return values.map((_, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns];
        const at = row * perRow * block + column;
        const q = bits === 8 ? (data[at] as number) : ((data[at >> 1] as number) >> (4 * (at & 1))) & 15;
        return (q - 2 ** (bits - 1)) * (scales[Math.floor(at / block)] as number);
      });
    },
  });
}

describe('quantised weights', function () {
  this.timeout(60_000);
  for (const quantisation of ['int8', 'int4'] as const) {
    describe(quantisation, () => {
      let engine: Engine;
      let info: ModelInfo;
      before(async () => {
        engine = createEngine({ quantisation, slots: 8, prefillChunkTokens: 16 });
        info = await engine.load(path.join(FIXTURES, 'smollm'));
      });
      after(() => engine.close());

      it('stays close to fp32 with trained weights', async () => {
        const [exact, fast] = [await promptLogits(DEFAULT_MODEL_DIR, PROMPT), await promptLogits(DEFAULT_MODEL_DIR, PROMPT, quantisation)];
        const error = relativeError(fast, exact);
        assert.ok(error > 1e-4 && error < ERROR_MAX.trained[quantisation], `${error}`);
      });

      async function roundsActivationsAlone(dir: string, tied: boolean): Promise<void> {
        const fast = await promptLogits(dir, PROMPT, quantisation);
        const error = relativeError(fast, await promptLogits(dir, PROMPT, 'fp32', 'ortFfi', rounded(BITS[quantisation], tied)));
        assert.ok(error > 1e-4 && error < ERROR_MAX.activations, `${error}`);
        assert.deepEqual(await promptLogits(dir, PROMPT, quantisation, 'ortNode'), fast);
      }

      for (const [name, tied] of Object.entries({ llama: false, 'llama-linear': true, mistral: false, qwen2: true, qwen3: true })) {
        it(`computes what fp32 does with weights rounded to blocks, but for the rounding of activations: ${name}`, () =>
          roundsActivationsAlone(path.join(FIXTURES, name), tied));
      }

      it('does so with blocks of 128, padded ones and an embedding of shorter ones', async () => {
        const sizes = { hidden_size: 576, num_attention_heads: 5, num_key_value_heads: 1, head_dim: 48, intermediate_size: 380 };
        const special = Array.from({ length: 64 }, (_, i) => `<|${i}|>`);
        const model = await writeTinyModel({ dtype: 'F32', config: sizes, special });
        await roundsActivationsAlone(model.dir, true).finally(model.remove);
      });

      it('gives 8 generations at once exactly what each gets alone', async () => {
        const requests = Array.from({ length: 8 }, (_, i) => ({
          model: info.id,
          promptIds: PROMPT.subarray(0, 5 + 2 * i),
          sampling: { ...GREEDY, temperatureMilli: 900, seed: `0x${(i + 1).toString(16).padStart(64, '0')}` as Hex },
          maxTokens: 16 + 8 * i,
          stop: [],
        }));
        const together = await Promise.all(requests.map((request) => complete(engine, request)));
        for (const [i, request] of requests.entries()) assert.deepEqual(together[i], await complete(engine, request));
      });

      it('verifies its own output within the calibrated tolerance', async () => {
        const { sketchErrorMax, gapMax } = CALIBRATION[info.profile];
        const request = { model: info.id, promptIds: PROMPT, sampling: GREEDY, maxTokens: 128, stop: [] };
        const { ids, sketches } = await complete(engine, request);
        const result = await engine.verify({ ...request, outputIds: Uint32Array.from(ids) }, NEVER);
        const worst = Math.max(...sketches.map((sketch, i) => sketchError(sketch, result.sketches[i] as Uint8Array)));
        assert.ok(worst <= sketchErrorMax, `sketch error ${worst}`);
        assert.ok(result.gap.every((gap) => gap <= gapMax));
      });

      it('is another numerics profile of the same model id', async () => {
        const exact = createEngine();
        try {
          const other = await exact.load(path.join(FIXTURES, 'smollm'));
          assert.deepEqual([other.id, other.profile, info.profile], [info.id, 'fp32', quantisation]);
          assert.notEqual(other.numericsProfile, info.numericsProfile);
        } finally {
          await exact.close();
        }
      });
    });
  }

  describe('chosen by the model folder', () => {
    let root: string;
    let dir: string;
    before(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'cortensord-quantised-'));
      dir = path.join(root, 'model');
      await cp(path.join(FIXTURES, 'qwen2'), dir, { recursive: true });
    });
    after(() => rm(root, { recursive: true }));

    async function profile(setting: unknown, quantisation?: 'fp32'): Promise<string> {
      const file = path.join(dir, 'config.json');
      const config = JSON.parse(await readFile(file, 'utf8')) as object;
      await writeFile(file, JSON.stringify({ ...config, quantisation: setting }));
      const engine = createEngine(quantisation === undefined ? {} : { quantisation });
      try {
        return (await engine.load(dir)).profile;
      } finally {
        await engine.close();
      }
    }

    it('runs as config.json says, unless the engine is told otherwise', async () => {
      assert.equal(await profile('int8'), 'int8');
      assert.equal(await profile('int4', 'fp32'), 'fp32');
    });

    it('MODEL_INVALID for an unknown word', async () => {
      await assert.rejects(profile('int2'), (error) => isCoded(error, 'MODEL_INVALID') && error.data.key === 'quantisation');
    });
  });

  it('REQUEST_INVALID for an engine option that is unknown', () => {
    assert.throws(
      () => createEngine({ quantisation: 'int3' as 'int4' }),
      (error) => isCoded(error, 'REQUEST_INVALID'),
    );
  });
});
