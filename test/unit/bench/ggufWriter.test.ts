import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ggufConfig } from '../../../src/inference/gguf/config.ts';
import { ggufWeights } from '../../../src/inference/gguf/weights.ts';
import { GgufFile } from '../../../src/inference/gguf.ts';
import { decoderShape } from '../../../src/inference/graph/shape.ts';
import { syntheticWeights } from '../../../src/inference/graph/syntheticWeights.ts';
import { type MatrixType, writeGguf } from '../../bench/ggufWriter.ts';

const SHAPE = decoderShape({
  architectures: ['LlamaForCausalLM'],
  vocab_size: 96,
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 96,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
});
/** Greatest difference of a weight, in units of its block's greatest magnitude. */
const ERROR_MAX: Readonly<Record<MatrixType, number>> = { F32: 0, Q8_0: 0.005, Q4_0: 0.13 };

describe('GGUF writer of the benchmarks', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'cortensord-gguf-'));
  });
  after(() => rm(dir, { recursive: true }));

  for (const type of ['F32', 'Q8_0', 'Q4_0'] as const) {
    it(`is read back as what was written: ${type}`, async () => {
      const source = syntheticWeights('writer');
      const name = path.join(dir, `${type}.gguf`);
      await writeGguf(name, SHAPE, source, type);
      const file = await GgufFile.open(name);
      try {
        assert.deepEqual({ ...decoderShape(await ggufConfig(file)), rope: SHAPE.rope }, { ...SHAPE, normEps: Math.fround(SHAPE.normEps) });
        const read = ggufWeights(file, SHAPE.headSize);
        for (const [tensor, shape] of [
          ['model.layers.1.self_attn.q_proj.weight', [64, 64]],
          ['model.layers.0.self_attn.k_proj.weight', [32, 64]],
          ['model.layers.1.mlp.down_proj.weight', [64, 96]],
          ['model.embed_tokens.weight', [96, 64]],
        ] as const) {
          const [wrote, got] = [await source.read(tensor, shape), await read.read(tensor, shape)];
          for (let at = 0; at < wrote.length; at += 32) {
            const block = wrote.subarray(at, at + 32);
            const most = block.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
            const worst = block.reduce((max, value, i) => Math.max(max, Math.abs(value - (got[at + i] as number))), 0);
            assert.ok(worst <= ERROR_MAX[type] * most, `${tensor}: ${worst} of ${most}`);
          }
          if (type !== 'F32') assert.ok(await read.readBlocks?.(tensor, shape[0], shape[1], type === 'Q8_0' ? 8 : 4), 'kept in blocks');
        }
        assert.deepEqual(await read.read('model.norm.weight', [64]), await source.read('model.norm.weight', [64]));
      } finally {
        await file.close();
      }
    });
  }
});
