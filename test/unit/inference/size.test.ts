import assert from 'node:assert/strict';
import { buildDecoder } from '../../../src/inference/graph/decoder.ts';
import { decoderShape } from '../../../src/inference/graph/shape.ts';
import { GRAPH_BYTES_MAX, graphBytes } from '../../../src/inference/graph/size.ts';
import { syntheticWeights } from '../../../src/inference/graph/syntheticWeights.ts';

const CONTEXT_TOKENS = 32;
/** Names and nodes. */
const REST_BYTES_MAX = 16_384;
const TINY = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 600,
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 96,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
};

describe('size of a graph', () => {
  for (const quantisation of ['fp32', 'int8', 'int4'] as const) {
    for (const tied of [true, false]) {
      it(`is what is written: ${quantisation}, ${tied ? 'tied' : 'untied'}`, async () => {
        const shape = decoderShape({ ...TINY, tie_word_embeddings: tied });
        const { length } = await buildDecoder(shape, syntheticWeights('size'), CONTEXT_TOKENS, quantisation);
        const rest = length - graphBytes(shape, CONTEXT_TOKENS, quantisation);
        assert.ok(rest > 0 && rest < REST_BYTES_MAX, String(rest));
      });
    }
  }

  it('of Qwen2.5-0.5B in fp32 is within the bound', () => {
    const shape = decoderShape({
      architectures: ['Qwen2ForCausalLM'],
      vocab_size: 151_936,
      hidden_size: 896,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      intermediate_size: 4864,
      rms_norm_eps: 1e-6,
      rope_theta: 1_000_000,
      tie_word_embeddings: true,
    });
    assert.ok(graphBytes(shape, 32_768, 'fp32') < GRAPH_BYTES_MAX);
  });
});
