import { inferenceError } from '../errors.ts';
import type { GgufFile } from '../gguf.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = {
  llama: 'LlamaForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
};
/** Hugging Face key → key below the architecture's name. */
const NUMBERS: Readonly<Record<string, string>> = {
  hidden_size: 'embedding_length',
  num_hidden_layers: 'block_count',
  intermediate_size: 'feed_forward_length',
  num_attention_heads: 'attention.head_count',
  num_key_value_heads: 'attention.head_count_kv',
  head_dim: 'attention.key_length',
  rms_norm_eps: 'attention.layer_norm_rms_epsilon',
  max_position_embeddings: 'context_length',
  sliding_window: 'attention.sliding_window',
  rope_theta: 'rope.freq_base',
};
const ROPE_FACTORS = 'rope_freqs.weight';
const HEAD_MAX = 1024;

/**
 * The metadata of a GGUF file as config.json of Hugging Face has them.
 *
 * @throws MODEL_UNSUPPORTED for other architectures and settings, with the key; MODEL_INVALID from the file
 */
export async function ggufConfig(file: GgufFile): Promise<Record<string, unknown>> {
  const { metadata } = file;
  const architecture = String(metadata.get('general.architecture'));
  const name = Object.hasOwn(ARCHITECTURES, architecture) ? ARCHITECTURES[architecture] : undefined;
  const unsupported = (key: string, value: unknown): Error =>
    inferenceError('MODEL_UNSUPPORTED', `GGUF with ${key} ${String(value)}`, { architecture, key, value: String(value) });
  if (name === undefined) throw unsupported('general.architecture', architecture);
  const at = (key: string): unknown => metadata.get(`${architecture}.${key}`);
  const experts = at('expert_count') ?? 0;
  if (experts !== 0) throw unsupported(`${architecture}.expert_count`, experts);

  const config: Record<string, unknown> = { architectures: [name] };
  for (const [key, ggufKey] of Object.entries(NUMBERS)) {
    const value = at(ggufKey);
    if (value !== undefined) config[key] = value;
  }
  if (config.sliding_window === 0) delete config.sliding_window;
  const embedding = file.tensor('token_embd.weight');
  config.vocab_size = embedding?.shape[0];
  config.tie_word_embeddings = file.tensor('output.weight') === undefined;
  config.attention_bias = name !== 'Qwen2ForCausalLM' && file.tensor('blk.0.attn_q.bias') !== undefined;
  const title = metadata.get('general.name');
  if (typeof title === 'string') config._name_or_path = title;
  for (const [key, ggufKey] of [
    ['eos_token_id', 'tokenizer.ggml.eos_token_id'],
    ['bos_token_id', 'tokenizer.ggml.bos_token_id'],
    ['quantisation', 'cortensor.quantisation'],
  ] as const) {
    const value = metadata.get(ggufKey);
    if (value !== undefined) config[key] = value;
  }

  const headSize = config.head_dim ?? Number(config.hidden_size) / Number(config.num_attention_heads);
  const rotated = at('rope.dimension_count') ?? headSize;
  if (rotated !== headSize) throw unsupported(`${architecture}.rope.dimension_count`, rotated);
  const scaling = at('rope.scaling.type') ?? 'none';
  if (scaling !== 'none') config.rope_scaling = { rope_type: scaling, factor: at('rope.scaling.factor') };
  const factors = file.tensor(ROPE_FACTORS);
  if (factors !== undefined) {
    const [count = 0] = factors.shape;
    if (count > HEAD_MAX) throw unsupported(ROPE_FACTORS, count);
    config.rope_scaling = { rope_type: 'factors', factors: [...(await file.read(ROPE_FACTORS, factors.shape))] };
  }
  return config;
}

/** Head size whose query and key rows are stored in pairs: the llama architecture's. */
export function pairedHeadSize(file: GgufFile, headSize: number): number | undefined {
  return file.metadata.get('general.architecture') === 'llama' ? headSize : undefined;
}
