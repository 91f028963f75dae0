import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelId } from '../types/index.ts';
import { inferenceError } from './errors.ts';

/** Required files of a model folder with their byte limits; the model id covers them all. */
export const MODEL_FILES = {
  'config.json': 1 << 20,
  'model.safetensors': 8 * 2 ** 30,
  'tokenizer.json': 64 << 20,
  'tokenizer_config.json': 4 << 20,
} as const;
export type ModelFileName = keyof typeof MODEL_FILES;
const CARD_BYTES_MAX = 1 << 20;

export interface ModelFile {
  readonly name: ModelFileName;
  readonly bytes: number;
  /** Lower-case hex, no prefix. */
  readonly sha256: string;
}

export interface ModelManifest {
  readonly dir: string;
  readonly name: string;
  readonly id: ModelId;
  /** As config.json says, e.g. 'LlamaForCausalLM'. */
  readonly architecture: string;
  /** Prompt and completion together: `max_position_embeddings`. */
  readonly contextTokens: number;
  readonly vocab: number;
  readonly hiddenSize: number;
  /** SPDX id from the card's front matter; 'unknown' when there is none. */
  readonly license: string;
  readonly files: readonly ModelFile[];
  /** Parsed config.json. */
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
  const folder = await stat(dir).catch(() => undefined);
  if (!folder?.isDirectory()) throw inferenceError('MODEL_NOT_FOUND', `no model folder at ${dir}`, { dir });
  const files: ModelFile[] = [];
  for (const [name, bytesMax] of Object.entries(MODEL_FILES) as [ModelFileName, number][]) {
    const file = path.join(dir, name);
    const info = await stat(file).catch(() => undefined);
    if (!info?.isFile()) throw inferenceError('MODEL_FILE_MISSING', `${name} is missing in ${dir}`, { dir, file: name });
    if (info.size > bytesMax) {
      const data = { dir, file: name, bytes: info.size, bytesMax };
      throw inferenceError('MODEL_FILE_TOO_LARGE', `${name} has ${info.size} bytes; the limit is ${bytesMax}`, data);
    }
    files.push({ name, bytes: info.size, sha256: await sha256File(file) });
  }
  const config = await readJson(dir, 'config.json');
  const architectures = config.architectures;
  const architecture = Array.isArray(architectures) && typeof architectures[0] === 'string' ? architectures[0] : 'unknown';
  const card = await readCard(path.join(dir, 'card.md'));
  return {
    dir,
    name:
      card.name ?? (typeof config._name_or_path === 'string' && config._name_or_path !== '' ? config._name_or_path : path.basename(dir)),
    id: modelIdOf(files),
    architecture,
    contextTokens: positive(config, 'max_position_embeddings', dir),
    vocab: positive(config, 'vocab_size', dir),
    hiddenSize: positive(config, 'hidden_size', dir),
    license: card.license ?? 'unknown',
    files,
    config,
  };
}

/** 0x + sha256 over the canonical JSON (keys sorted, no spaces) of {file name: sha256}. */
export function modelIdOf(files: readonly { name: string; sha256: string }[]): ModelId {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const canonical = JSON.stringify(Object.fromEntries(sorted.map((file) => [file.name, file.sha256])));
  return `0x${createHash('sha256').update(canonical).digest('hex')}` as ModelId;
}

/** @throws MODEL_INVALID when the file is not a JSON object */
export async function readJson(dir: string, name: ModelFileName): Promise<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path.join(dir, name), 'utf8'));
  } catch (error) {
    throw inferenceError('MODEL_INVALID', `${name} in ${dir} is not JSON`, { dir, file: name }, error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw inferenceError('MODEL_INVALID', `${name} in ${dir} is not a JSON object`, { dir, file: name });
  }
  return parsed as Record<string, unknown>;
}

function positive(config: Record<string, unknown>, key: string, dir: string): number {
  const value = config[key];
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 2 ** 24) return value;
  throw inferenceError('MODEL_INVALID', `config.json in ${dir}: ${key} is ${JSON.stringify(value)}; a positive integer is needed`, {
    dir,
    key,
  });
}

async function sha256File(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
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
