import { inferenceError } from './errors.ts';
import { POOLING_FILES, readJson, readJsonValue } from './modelFiles.ts';
import type { ModelManifest } from './models.ts';

/** How an encoder's hidden states become one vector. */
export interface Pooling {
  /** The state of the first token, or the mean over all. */
  readonly mode: 'cls' | 'mean';
  /** Whether the vector is scaled to length 1. */
  readonly normalise: boolean;
}

/**
 * What the folder says in sentence-transformers' files; without them the mean, normalised.
 *
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED for another kind of pooling
 */
export async function readPooling({ dir, files }: Pick<ModelManifest, 'dir' | 'files'>): Promise<Pooling> {
  const [modulesFile, poolingFile] = POOLING_FILES;
  const has = (name: string): boolean => files.some((file) => file.name === name);
  const modules = has(modulesFile) ? await readJsonValue(dir, modulesFile) : undefined;
  if (modules !== undefined && !Array.isArray(modules)) {
    throw inferenceError('MODEL_INVALID', `${modulesFile} in ${dir} is not a list`, { dir, file: modulesFile });
  }
  const normalise =
    modules === undefined || modules.some((module) => /\.Normalize$/.test(String((module as { type?: unknown } | null)?.type)));
  if (!has(poolingFile)) return { mode: 'mean', normalise };
  const config = await readJson(dir, poolingFile);
  const asked = Object.entries(config).flatMap(([key, value]) =>
    key.startsWith('pooling_mode_') && value === true ? [key.slice(13)] : [],
  );
  if (asked.length === 1 && asked[0] === 'cls_token') return { mode: 'cls', normalise };
  if (asked.length === 1 && asked[0] === 'mean_tokens') return { mode: 'mean', normalise };
  const text = asked.join(' and ') || 'none';
  throw inferenceError('MODEL_UNSUPPORTED', `pooling in ${dir}: ${text}; cls_token or mean_tokens is computed`, {
    key: poolingFile,
    value: text,
  });
}

/** @param hidden row-major [tokens, size]; summed in binary64 in the order of the tokens */
export function pool(hidden: Float32Array, tokens: number, { mode, normalise }: Pooling): Float32Array {
  const size = hidden.length / tokens;
  const sum = new Float64Array(size);
  const count = mode === 'cls' ? 1 : tokens;
  for (let token = 0; token < count; token++)
    for (let j = 0; j < size; j++) sum[j] = (sum[j] as number) + (hidden[token * size + j] as number);
  const scale = normalise ? Math.hypot(...sum) : count;
  return Float32Array.from(sum, (value) => (scale === 0 ? 0 : value / scale));
}

/** Chances that scores stand for. */
export function softmax(scores: Float32Array): Float32Array {
  const greatest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = Float64Array.from(scores, (score) => Math.exp(score - greatest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (power) => power / sum);
}
