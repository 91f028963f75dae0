import { inferenceError } from '../errors.ts';
import { type Rope, ropeOf } from './rope.ts';

/** What a decoder's graph depends on, read from config.json. */
export interface DecoderShape {
  readonly architecture: string;
  readonly vocab: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** May differ from hidden / heads (Qwen3, Mistral Nemo). */
  readonly headSize: number;
  readonly intermediate: number;
  readonly normEps: number;
  readonly rope: Rope;
  /** lm_head shares the embedding's weights. */
  readonly tiedEmbeddings: boolean;
  /** Query, key and value projections have a bias (Qwen2, `attention_bias`). */
  readonly qkvBias: boolean;
  /** The projection after attention has one (`attention_bias`). */
  readonly outputBias: boolean;
  /** The three projections of the feed-forward part have one (`mlp_bias`). */
  readonly mlpBias: boolean;
  /** Each head of query and key passes an RMS norm before the rotary embedding (Qwen3). */
  readonly qkNorm: boolean;
}

type Config = Readonly<Record<string, unknown>>;

/** How the architectures differ; everything else is said by config.json. */
interface Family {
  /** Biases of query, key and value: always, or as `attention_bias` says, then with the output's. */
  readonly qkvBias: 'always' | 'configured' | 'never';
  readonly mlpBias: boolean;
  readonly qkNorm: boolean;
}

const FAMILIES: Readonly<Record<string, Family>> = {
  LlamaForCausalLM: { qkvBias: 'configured', mlpBias: true, qkNorm: false },
  MistralForCausalLM: { qkvBias: 'never', mlpBias: false, qkNorm: false },
  Qwen2ForCausalLM: { qkvBias: 'always', mlpBias: false, qkNorm: false },
  Qwen3ForCausalLM: { qkvBias: 'configured', mlpBias: false, qkNorm: true },
};

/** The first of `architectures`; 'unknown' when config.json names none. */
export function architectureOf(config: Config): string {
  const first = [config.architectures].flat()[0];
  return typeof first === 'string' ? first : 'unknown';
}

/**
 * Tokens that one query looks back over, if a sliding window limits them. Contexts up to the window are full attention, which is what the
 * graph computes.
 *
 * @throws MODEL_INVALID when it is not a positive integer
 */
export function slidingWindowOf(config: Config): number | undefined {
  const window = config.sliding_window;
  const kinds = Array.isArray(config.layer_types) ? config.layer_types : undefined;
  const used = config.use_sliding_window !== false && (kinds === undefined || kinds.includes('sliding_attention'));
  if (!used || window == null) return undefined;
  if (typeof window === 'number' && Number.isInteger(window) && window > 0) return window;
  throw inferenceError('MODEL_INVALID', `config.json: sliding_window is ${JSON.stringify(window)}`, { key: 'sliding_window' });
}

/**
 * @param config parsed config.json, Hugging Face keys
 * @throws MODEL_UNSUPPORTED with the architecture and the key; MODEL_INVALID with the key for contradictory numbers
 */
export function decoderShape(config: Config): DecoderShape {
  const architecture = architectureOf(config);
  const family = Object.hasOwn(FAMILIES, architecture) ? FAMILIES[architecture] : undefined;
  if (family === undefined) {
    const known = Object.keys(FAMILIES).join(', ');
    throw inferenceError('MODEL_UNSUPPORTED', `architecture ${architecture}; supported are ${known}`, {
      architecture,
      key: 'architectures',
    });
  }
  const unsupported = (key: string, value: unknown): never => {
    const text = JSON.stringify(value);
    throw inferenceError('MODEL_UNSUPPORTED', `${architecture} with ${key} ${text}`, { architecture, key, value: text });
  };
  const flag = (key: string, allowed: boolean): boolean => {
    const value = config[key] ?? false;
    if (typeof value !== 'boolean') throw inferenceError('MODEL_INVALID', `config.json: ${key} is ${JSON.stringify(value)}`, { key });
    if (value && !allowed) unsupported(key, value);
    return value;
  };
  const activation = config.hidden_act ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') unsupported('hidden_act', activation);
  if (config.quantization_config != null) unsupported('quantization_config', config.quantization_config);
  const attentionBias = family.qkvBias !== 'always' && flag('attention_bias', family.qkvBias === 'configured');

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
    const data = { key: 'num_key_value_heads', heads, kvHeads };
    throw inferenceError('MODEL_INVALID', `config.json: ${heads} heads cannot share ${kvHeads} key-value heads`, data);
  }
  const rope = ropeOf(config, unsupported);
  if (rope.scaling.kind === 'factors' && rope.scaling.factors.length !== headSize / 2)
    unsupported('rope factors', rope.scaling.factors.length);
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
    rope,
    tiedEmbeddings: flag('tie_word_embeddings', true),
    qkvBias: family.qkvBias === 'always' || attentionBias,
    outputBias: attentionBias,
    mlpBias: flag('mlp_bias', family.mlpBias),
    qkNorm: family.qkNorm,
  };
}
