import { inferenceError } from '../errors.ts';

/** What a decoder's graph depends on, read from config.json. */
export interface DecoderShape {
  readonly architecture: string;
  readonly vocab: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly intermediate: number;
  readonly normEps: number;
  readonly ropeTheta: number;
  /** lm_head shares the embedding's weights. */
  readonly tiedEmbeddings: boolean;
  /** Query, key and value projections have a bias (Qwen2). */
  readonly qkvBias: boolean;
}

const QKV_BIAS: Readonly<Record<string, boolean>> = { LlamaForCausalLM: false, MistralForCausalLM: false, Qwen2ForCausalLM: true };

/**
 * @param config parsed config.json, Hugging Face Llama keys
 * @throws MODEL_UNSUPPORTED with the architecture or setting; MODEL_INVALID for contradictory numbers
 */
export function decoderShape(config: Readonly<Record<string, unknown>>): DecoderShape {
  const architecture = String([config.architectures].flat()[0] ?? 'unknown');
  const qkvBias = QKV_BIAS[architecture];
  if (qkvBias === undefined) {
    const known = Object.keys(QKV_BIAS).join(', ');
    throw inferenceError('MODEL_UNSUPPORTED', `architecture ${architecture}; supported are ${known}`, { architecture });
  }
  const unsupported = (setting: string, value: unknown): never => {
    const text = JSON.stringify(value);
    throw inferenceError('MODEL_UNSUPPORTED', `${architecture} with ${setting} ${text}`, { architecture, setting, value: text });
  };
  if ((config.hidden_act ?? 'silu') !== 'silu') unsupported('hidden_act', config.hidden_act);
  if (config.attention_bias === true && !qkvBias) unsupported('attention_bias', true);
  if (config.mlp_bias === true) unsupported('mlp_bias', true);
  if (typeof config.sliding_window === 'number' && config.use_sliding_window !== false)
    unsupported('sliding_window', config.sliding_window);
  const rope = ropeOf(config, unsupported);

  const number = (key: string, fallback?: number): number => {
    const value = config[key] ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    throw inferenceError('MODEL_INVALID', `config.json: ${key} is ${JSON.stringify(value)}; a positive number is needed`, { key });
  };
  const count = (key: string, max: number, fallback?: number): number => {
    const value = number(key, fallback);
    if (Number.isInteger(value) && value <= max) return value;
    throw inferenceError('MODEL_INVALID', `config.json: ${key} is ${value}; an integer up to ${max} is needed`, { key, value, max });
  };
  const hidden = count('hidden_size', 65_536);
  const heads = count('num_attention_heads', 1024);
  const kvHeads = count('num_key_value_heads', heads, heads);
  const headSize = count('head_dim', 1024, Math.floor(hidden / heads));
  if (headSize % 16 !== 0) unsupported('head_dim', headSize); // the attention kernel's rule
  if (heads % kvHeads !== 0) {
    throw inferenceError('MODEL_INVALID', `config.json: ${heads} heads cannot share ${kvHeads} key-value heads`, { heads, kvHeads });
  }
  return {
    architecture,
    vocab: count('vocab_size', 1 << 20),
    hidden,
    layers: count('num_hidden_layers', 1024),
    heads,
    kvHeads,
    headSize,
    intermediate: count('intermediate_size', 1 << 20),
    normEps: number('rms_norm_eps', 1e-6),
    ropeTheta: rope,
    tiedEmbeddings: config.tie_word_embeddings === true,
    qkvBias,
  };
}

/** rope_theta stands at the top or in rope_parameters; scaled variants need other tables and are refused. */
function ropeOf(config: Readonly<Record<string, unknown>>, unsupported: (setting: string, value: unknown) => never): number {
  const parameters = (config.rope_parameters ?? config.rope_scaling ?? {}) as Record<string, unknown>;
  const kind = parameters.rope_type ?? parameters.type ?? 'default';
  if (kind !== 'default') unsupported('rope type', kind);
  const theta = config.rope_theta ?? parameters.rope_theta ?? 10_000;
  if (typeof theta !== 'number' || !(theta > 0)) unsupported('rope_theta', theta);
  return theta as number;
}
