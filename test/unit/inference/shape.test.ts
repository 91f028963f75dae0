import assert from 'node:assert/strict';
import { decoderShape } from '../../../src/inference/graph/shape.ts';
import { isCoded } from '../../../src/util/errors.ts';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 128,
  vocab_size: 300,
};

describe('decoder shape', () => {
  it('takes defaults as Hugging Face does', () => {
    const shape = decoderShape(CONFIG);
    assert.deepEqual([shape.kvHeads, shape.headSize, shape.ropeTheta, shape.normEps, shape.tiedEmbeddings], [4, 16, 10_000, 1e-6, false]);
  });

  it('reads rope_theta from rope_parameters', () => {
    assert.equal(decoderShape({ ...CONFIG, rope_parameters: { rope_type: 'default', rope_theta: 5e5 } }).ropeTheta, 5e5);
  });

  const unsupported: [string, object][] = [
    ['another architecture', { architectures: ['GPT2LMHeadModel'] }],
    ['another activation', { hidden_act: 'gelu' }],
    ['scaled rotary embedding', { rope_scaling: { rope_type: 'llama3', factor: 8 } }],
    ['a sliding window', { sliding_window: 4096 }],
    ['a head size that is no multiple of 16', { head_dim: 24 }],
  ];
  for (const [what, change] of unsupported) {
    it(`MODEL_UNSUPPORTED for ${what}, with the architecture`, () => {
      assert.throws(
        () => decoderShape({ ...CONFIG, ...change }),
        (error) => isCoded(error, 'MODEL_UNSUPPORTED') && typeof error.data.architecture === 'string',
      );
    });
  }

  for (const change of [{ hidden_size: -1 }, { num_key_value_heads: 3 }, { vocab_size: 'many' }, { num_hidden_layers: 1.5 }]) {
    it(`MODEL_INVALID for ${JSON.stringify(change)}`, () => {
      assert.throws(
        () => decoderShape({ ...CONFIG, ...change }),
        (error) => isCoded(error, 'MODEL_INVALID'),
      );
    });
  }
});
