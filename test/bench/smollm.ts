import { decoderShape } from '../../src/inference/graph/shape.ts';

/** SmolLM2-135M's config.json. */
export const SMOLLM_135M = decoderShape({
  architectures: ['LlamaForCausalLM'],
  vocab_size: 49_152,
  hidden_size: 576,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  intermediate_size: 1536,
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  tie_word_embeddings: true,
});
