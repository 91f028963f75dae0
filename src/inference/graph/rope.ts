import { inferenceError } from '../errors.ts';

/** How rotary frequencies are changed for contexts longer than the trained one; names and formulas as in Hugging Face transformers. */
export type RopeScaling =
  | { readonly kind: 'none' }
  /** Every frequency divided by `factor` (position interpolation, arXiv:2306.15595). */
  | { readonly kind: 'linear'; readonly factor: number }
  /** Long waves divided by `factor`, short ones kept, those between blended (Llama 3.1). */
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      /** Context length of the training before, tokens. */
      readonly originalContext: number;
    }
  /** Frequency i divided by the i-th factor: how GGUF files carry llama3 scaling. */
  | { readonly kind: 'factors'; readonly factors: readonly number[] };

export interface Rope {
  readonly theta: number;
  readonly scaling: RopeScaling;
}

type Config = Readonly<Record<string, unknown>>;
/** Reports a setting that the engine cannot run; `key` is the path in config.json. */
export type Unsupported = (key: string, value: unknown) => never;

/**
 * Reads `rope_theta` with `rope_scaling` (transformers 4) or `rope_parameters` (transformers 5).
 *
 * @throws MODEL_INVALID for numbers out of range; what `unsupported` throws for other kinds
 */
export function ropeOf(config: Config, unsupported: Unsupported): Rope {
  const section = config.rope_parameters == null ? 'rope_scaling' : 'rope_parameters';
  const value = config[section] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid(section, value);
  const parameters = value as Config;
  const number = (key: string, fallback?: unknown): number => {
    const found = parameters[key] ?? fallback;
    if (typeof found === 'number' && Number.isFinite(found) && found > 0) return found;
    throw invalid(`${section}.${key}`, found);
  };
  const theta = number('rope_theta', config.rope_theta ?? 10_000);
  const partial = parameters.partial_rotary_factor ?? config.partial_rotary_factor ?? 1;
  if (partial !== 1) unsupported('partial_rotary_factor', partial);
  if (config.rope_interleaved === true) unsupported('rope_interleaved', true);

  const kind = parameters.rope_type ?? parameters.type ?? 'default';
  if (kind === 'default') return { theta, scaling: { kind: 'none' } };
  if (kind === 'linear') return { theta, scaling: { kind, factor: number('factor') } };
  if (kind === 'factors') return { theta, scaling: { kind, factors: factorsOf(parameters, section) } };
  if (kind !== 'llama3') unsupported(`${section}.rope_type`, kind);
  const scaling = {
    kind: 'llama3',
    factor: number('factor'),
    lowFrequencyFactor: number('low_freq_factor'),
    highFrequencyFactor: number('high_freq_factor'),
    originalContext: number('original_max_position_embeddings'),
  } as const;
  if (scaling.highFrequencyFactor <= scaling.lowFrequencyFactor) throw invalid(`${section}.high_freq_factor`, scaling.highFrequencyFactor);
  return { theta, scaling };
}

/** Half-split tables [positions, headSize / 2]: angle(position, i) = position · frequency(i), frequency(i) = theta^(−2i / headSize), scaled. */
export function rotaryTables({ theta, scaling }: Rope, headSize: number, positions: number): { cos: Float32Array; sin: Float32Array } {
  const half = headSize / 2;
  const [cos, sin] = [new Float32Array(positions * half), new Float32Array(positions * half)];
  for (let i = 0; i < half; i++) {
    const frequency = scaled(theta ** ((-2 * i) / headSize), scaling, i);
    for (let position = 0; position < positions; position++) {
      cos[position * half + i] = Math.cos(position * frequency);
      sin[position * half + i] = Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}

function scaled(frequency: number, scaling: RopeScaling, i: number): number {
  if (scaling.kind === 'none') return frequency;
  if (scaling.kind === 'factors') return frequency / (scaling.factors[i] as number);
  const divided = frequency / scaling.factor;
  if (scaling.kind === 'linear') return divided;
  const { lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  const turns = (originalContext * frequency) / (2 * Math.PI);
  if (turns < low) return divided;
  if (turns > high) return frequency;
  const blend = (turns - low) / (high - low);
  return (1 - blend) * divided + blend * frequency;
}

function factorsOf({ factors }: Config, section: string): readonly number[] {
  const isFactor = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value > 0;
  if (Array.isArray(factors) && factors.every(isFactor)) return factors as number[];
  throw invalid(`${section}.factors`, factors);
}

function invalid(key: string, value: unknown): Error {
  return inferenceError('MODEL_INVALID', `config.json: ${key} is ${JSON.stringify(value)}`, { key });
}
