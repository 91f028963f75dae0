import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelId } from '../types/index.ts';
import { inferenceError } from './errors.ts';
import { ggufConfig } from './gguf/config.ts';
import { GgufFile } from './gguf.ts';
import { architectureOf, slidingWindowOf } from './graph/shape.ts';
import { findModelFiles, hasFile, type ModelFiles, nameModelFiles, readJson, readText } from './modelFiles.ts';
import { kindOf, type ModelKind } from './modelKind.ts';

const CARD_BYTES_MAX = 1 << 20;
const CARD_LINES_MAX = 1_024;
const CARD_LINE_CHARS_MAX = 512;
/** Greatest numbers of config.json that are read. */
const COUNT_MAX = { max_position_embeddings: 2 ** 24, vocab_size: 2 ** 20, hidden_size: 65_536 } as const;

/** What GPT-2's config.json calls them. */
const OTHER_NAME: Partial<Record<keyof typeof COUNT_MAX, string>> = { max_position_embeddings: 'n_positions', hidden_size: 'n_embd' };

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

const PACKAGE_ROOT = packageRoot(path.dirname(fileURLToPath(import.meta.url)));

/** models/default of this package: the same folder whether this runs from src/ or from dist/src/. */
export const DEFAULT_MODEL_DIR = path.join(PACKAGE_ROOT, 'models', 'default');
/** What was tried out by another version is tried out again. */
export const PACKAGE_VERSION = String(
  (createRequire(import.meta.url)(path.join(PACKAGE_ROOT, 'package.json')) as { version: unknown }).version,
);

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
  const card = await readCard(dir);
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

/** @throws MODEL_HASH_MISMATCH when the folder is another model than the one that is expected, if one is */
export function requireId({ dir, id }: Pick<ModelManifest, 'dir' | 'id'>, expected: ModelId | undefined): void {
  if (expected === undefined || expected === id) return;
  throw inferenceError('MODEL_HASH_MISMATCH', `${dir} is ${id}, not ${expected}`, { dir, id, expected });
}

/**
 * The id that a folder must have when a list says what its files hash to.
 *
 * @param listed SHA-256 (lower-case hex) by path in the folder
 * @throws MODEL_NOT_FOUND, MODEL_INVALID; MODEL_HASH_MISMATCH when a file that the id covers is not listed
 */
export async function listedId(dir: string, listed: ReadonlyMap<string, string>): Promise<ModelId> {
  const { names } = await nameModelFiles(dir);
  return modelIdOf(
    names.map(([name]) => {
      const sha256 = listed.get(name);
      if (sha256 !== undefined) return { name, sha256 };
      throw inferenceError('MODEL_HASH_MISMATCH', `${name} in ${dir} is not one of the model’s files`, { dir, file: name });
    }),
  );
}

/** 0x + sha256 over the canonical JSON (keys sorted, no spaces) of {file name: sha256}. */
export function modelIdOf(files: readonly { name: string; sha256: string }[]): ModelId {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const canonical = JSON.stringify(Object.fromEntries(sorted.map((file) => [file.name, file.sha256])));
  return `0x${createHash('sha256').update(canonical).digest('hex')}` as ModelId;
}

function positive(config: Record<string, unknown>, key: keyof typeof COUNT_MAX, dir: string): number {
  const value = config[key] ?? config[OTHER_NAME[key] ?? key];
  const max = COUNT_MAX[key];
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= max) return value;
  const message = `config.json in ${dir}: ${key} is ${JSON.stringify(value)}; an integer from 1 to ${max} is needed`;
  throw inferenceError('MODEL_INVALID', message, { dir, key, max });
}

/** The `name` and `license` lines of the card's front matter (`---` fences). A card is optional and not part of the id. */
async function readCard(dir: string): Promise<{ name?: string; license?: string }> {
  if (!(await hasFile(dir, 'card.md'))) return {};
  const [fence, ...lines] = (await readText(dir, 'card.md', CARD_BYTES_MAX)).split('\n', CARD_LINES_MAX);
  const end = lines.indexOf('---');
  if (fence !== '---' || end === -1) return {};
  const found: { name?: string; license?: string } = {};
  for (const line of lines.slice(0, end)) {
    // The pattern looks at a line more than once for each of its spaces.
    const [, key, value] = (line.length <= CARD_LINE_CHARS_MAX && /^(name|license):\s*["']?([^"']+?)["']?\s*$/.exec(line)) || [];
    if (key !== undefined && value !== undefined) found[key as keyof typeof found] ??= value;
  }
  return found;
}
