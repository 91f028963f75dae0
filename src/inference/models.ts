import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelId } from '../types/index.ts';
import { inferenceError } from './errors.ts';
import { ggufConfig } from './gguf/config.ts';
import { GgufFile } from './gguf.ts';
import { architectureOf, slidingWindowOf } from './graph/shape.ts';
import { findModelFiles, type ModelFiles, readJson } from './modelFiles.ts';
import { kindOf, type ModelKind } from './modelKind.ts';

const CARD_BYTES_MAX = 1 << 20;

export interface ModelManifest extends ModelFiles {
  readonly dir: string;
  readonly name: string;
  readonly id: ModelId;
  readonly kind: ModelKind;
  /** As config.json says, e.g. 'LlamaForCausalLM'. */
  readonly architecture: string;
  /** Prompt and completion together: `max_position_embeddings`, or the sliding window where it is shorter. 0, like the next two, of a 'tensor' model. */
  readonly contextTokens: number;
  readonly vocab: number;
  readonly hiddenSize: number;
  /** SPDX id from the card's front matter; 'unknown' when there is none. */
  readonly license: string;
  /** Parsed config.json; for GGUF what the file says in the same keys, and over it config.json if there is one. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** models/default of this package: the same folder whether this runs from src/ or from dist/src/. */
export const DEFAULT_MODEL_DIR = path.join(packageRoot(path.dirname(fileURLToPath(import.meta.url))), 'models', 'default');

function packageRoot(from: string): string {
  for (let dir = from; ; dir = path.dirname(dir)) {
    if (existsSync(path.join(dir, 'package.json'))) return dir;
    if (dir === path.dirname(dir)) return from;
  }
}

/**
 * Reads and hashes a model folder.
 *
 * @throws MODEL_NOT_FOUND, MODEL_FILE_MISSING, MODEL_FILE_TOO_LARGE, MODEL_INVALID
 */
export async function readManifest(dir: string): Promise<ModelManifest> {
  const found = await findModelFiles(dir);
  const signed = found.files.some(({ name }) => name === 'signature.json');
  const config = signed ? {} : await readConfig(dir, found);
  const card = await readCard(path.join(dir, 'card.md'));
  const window = slidingWindowOf(config) ?? Number.POSITIVE_INFINITY;
  const common = {
    ...found,
    dir,
    name:
      card.name ?? (typeof config._name_or_path === 'string' && config._name_or_path !== '' ? config._name_or_path : path.basename(dir)),
    id: modelIdOf(found.files),
    license: card.license ?? 'unknown',
    config,
  };
  if (signed) return { ...common, kind: 'tensor', architecture: 'signature', contextTokens: 0, vocab: 0, hiddenSize: 0 };
  const architecture = architectureOf(config);
  return {
    ...common,
    kind: kindOf(architecture),
    architecture,
    contextTokens: Math.min(positive(config, 'max_position_embeddings', dir), window),
    vocab: positive(config, 'vocab_size', dir),
    hiddenSize: positive(config, 'hidden_size', dir),
  };
}

async function readConfig(dir: string, { format, weightFiles, files }: ModelFiles): Promise<Record<string, unknown>> {
  if (format !== 'gguf') return readJson(dir, 'config.json');
  const file = await GgufFile.open(path.join(dir, weightFiles[0] as string));
  try {
    const changes = files.some(({ name }) => name === 'config.json') ? await readJson(dir, 'config.json') : {};
    return { ...(await ggufConfig(file)), ...changes };
  } finally {
    await file.close();
  }
}

/** 0x + sha256 over the canonical JSON (keys sorted, no spaces) of {file name: sha256}. */
export function modelIdOf(files: readonly { name: string; sha256: string }[]): ModelId {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const canonical = JSON.stringify(Object.fromEntries(sorted.map((file) => [file.name, file.sha256])));
  return `0x${createHash('sha256').update(canonical).digest('hex')}` as ModelId;
}

function positive(config: Record<string, unknown>, key: string, dir: string): number {
  const value = config[key];
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 2 ** 24) return value;
  throw inferenceError('MODEL_INVALID', `config.json in ${dir}: ${key} is ${JSON.stringify(value)}; a positive integer is needed`, {
    dir,
    key,
  });
}

/** The `name` and `license` lines of the card's front matter (`---` fences). A card is optional and not part of the id. */
async function readCard(file: string): Promise<{ name?: string; license?: string }> {
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile() || info.size > CARD_BYTES_MAX) return {};
  const front = /^---\n([\s\S]*?)\n---/.exec(await readFile(file, 'utf8'))?.[1] ?? '';
  const field = (key: string): string | undefined => new RegExp(`^${key}:\\s*["']?([^"'\\n]+?)["']?\\s*$`, 'm').exec(front)?.[1];
  const name = field('name');
  const license = field('license');
  return { ...(name === undefined ? {} : { name }), ...(license === undefined ? {} : { license }) };
}
