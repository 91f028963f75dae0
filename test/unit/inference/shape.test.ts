import assert from 'node:assert/strict';
import { decoderShape, slidingWindowOf } from '../../../src/inference/graph/shape.ts';
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
    assert.deepEqual([shape.kvHeads, shape.headSize, shape.rope.theta, shape.normEps, shape.tiedEmbeddings], [4, 16, 10_000, 1e-6, false]);
  });

  it('reads rope_theta from rope_parameters', () => {
    assert.equal(decoderShape({ ...CONFIG, rope_parameters: { rope_type: 'default', rope_theta: 5e5 } }).rope.theta, 5e5);
  });

  it('reads linear and llama3 rope scaling', () => {
    const linear = decoderShape({ ...CONFIG, rope_scaling: { type: 'linear', factor: 2 } }).rope.scaling;
    assert.deepEqual(linear, { kind: 'linear', factor: 2 });
    const numbers = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };
    assert.equal(decoderShape({ ...CONFIG, rope_scaling: { rope_type: 'llama3', ...numbers } }).rope.scaling.kind, 'llama3');
  });

  it('reads biases by architecture: Qwen2 always, Llama as attention_bias says', () => {
    const biases = (change: object): boolean[] => {
      const { qkvBias, outputBias } = decoderShape({ ...CONFIG, ...change });
      return [qkvBias, outputBias];
    };
    assert.deepEqual(biases({ architectures: ['Qwen2ForCausalLM'] }), [true, false]);
    assert.deepEqual(biases({}), [false, false]);
    assert.deepEqual(biases({ attention_bias: true }), [true, true]);
  });

  it('limits the context to a sliding window that is in use', () => {
    assert.equal(slidingWindowOf({ sliding_window: 4096 }), 4096);
    assert.equal(slidingWindowOf({ sliding_window: 4096, use_sliding_window: false }), undefined);
    assert.equal(slidingWindowOf({ sliding_window: 4096, layer_types: ['full_attention'] }), undefined);
    assert.equal(slidingWindowOf({ sliding_window: null }), undefined);
    assert.throws(
      () => slidingWindowOf({ sliding_window: -1 }),
      (error) => isCoded(error, 'MODEL_INVALID'),
    );
  });

  const unsupported: [string, object][] = [
    ['architectures', { architectures: ['GPT2LMHeadModel'] }],
    ['hidden_act', { hidden_act: 'gelu' }],
    ['rope_scaling.rope_type', { rope_scaling: { rope_type: 'yarn', factor: 8 } }],
    ['rope_parameters.rope_type', { rope_parameters: { rope_type: 'dynamic' } }],
    ['partial_rotary_factor', { partial_rotary_factor: 0.5 }],
    ['rope_interleaved', { rope_interleaved: true }],
    ['head_dim', { head_dim: 24 }],
    ['quantization_config', { quantization_config: { quant_method: 'gptq' } }],
    ['attention_bias', { architectures: ['MistralForCausalLM'], attention_bias: true }],
    ['mlp_bias', { architectures: ['Qwen3ForCausalLM'], mlp_bias: true }],
  ];
  for (const [key, change] of unsupported) {
    it(`MODEL_UNSUPPORTED names ${key} and the architecture: ${JSON.stringify(change)}`, () => {
      assert.throws(
        () => decoderShape({ ...CONFIG, ...change }),
        (error) => isCoded(error, 'MODEL_UNSUPPORTED') && typeof error.data.architecture === 'string' && error.data.key === key,
      );
    });
  }

  for (const change of [
    { hidden_size: -1 },
    { num_key_value_heads: 3 },
    { vocab_size: 'many' },
    { num_hidden_layers: 1.5 },
    { rope_scaling: { rope_type: 'linear' } },
    { rope_scaling: 'linear' },
    { rope_theta: 0 },
    { mlp_bias: 'yes' },
  ]) {
    it(`MODEL_INVALID for ${JSON.stringify(change)}`, () => {
      assert.throws(
        () => decoderShape({ ...CONFIG, ...change }),
        (error) => isCoded(error, 'MODEL_INVALID') && typeof error.data.key === 'string',
      );
    });
  }
});
