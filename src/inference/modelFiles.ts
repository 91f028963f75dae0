import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { inferenceError } from './errors.ts';
import { openRegular } from './regularFile.ts';

/** How a folder holds the weights. */
export type WeightsFormat = 'safetensors' | 'sharded' | 'gguf' | 'onnx';

const WEIGHT_BYTES_MAX = 8 * 2 ** 30;
/** ONNX: a protobuf message, and the file that its weights may be in. */
const ONNX_BYTES_MAX = 2 ** 31 - 1;
const ONNX_FILES = ['model.onnx', 'onnx/model.onnx'];
const ONNX_VARIANT = /^(?:decoder_)?model(?:_[a-z0-9_]+)?\.onnx$/;
/** What an encoder does with its hidden states, as sentence-transformers writes it. */
export const POOLING_FILES = ['modules.json', '1_Pooling/config.json'] as const;
/** A template of its own, as newer models have it, instead of the one in tokenizer_config.json. */
export const CHAT_TEMPLATE_FILE = 'chat_template.jinja';
export const CHAT_TEMPLATE_BYTES_MAX = 1 << 20;
/** More tokens that end an answer. What it suggests for sampling is not used: requests say how to sample. */
export const GENERATION_FILE = 'generation_config.json';
const SHARDS_MAX = 256;
export const FOLDER_ENTRIES_MAX = 4_096;
/** Byte limits of the files with fixed names. */
const BYTES_MAX = {
  'config.json': 1 << 20,
  'model.safetensors': WEIGHT_BYTES_MAX,
  'model.safetensors.index.json': 16 << 20,
  'tokenizer.json': 64 << 20,
  'tokenizer_config.json': 4 << 20,
  'chat_template.jinja': CHAT_TEMPLATE_BYTES_MAX,
  'generation_config.json': 1 << 20,
  'signature.json': 1 << 20,
  'modules.json': 1 << 20,
  '1_Pooling/config.json': 1 << 20,
} as const;

export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex, no prefix. */
  readonly sha256: string;
  /** What tells that the file is still the one that was hashed: inode, length, times of the last changes. */
  readonly stamp: string;
}

/** The files of a model folder that its id covers. */
export interface ModelFiles {
  readonly format: WeightsFormat;
  /** Files with weights, and for 'sharded' which of them holds each tensor. */
  readonly weightFiles: readonly string[];
  readonly weightMap: ReadonlyMap<string, string> | undefined;
  readonly files: readonly ModelFile[];
}

/**
 * Finds, limits and hashes the files of a model folder: config.json, tokenizer.json, tokenizer_config.json and the weights, which are the
 * first there is of model.safetensors, the shards that model.safetensors.index.json names, one file *.gguf, and model.onnx
 * or onnx/model.onnx with what it keeps in a file of that name and _data. With a signature.json the ONNX file alone is needed.
 *
 * @throws MODEL_NOT_FOUND, MODEL_FILE_MISSING, MODEL_FILE_TOO_LARGE, MODEL_INVALID
 */
export async function findModelFiles(dir: string): Promise<ModelFiles> {
  const { names, ...weights } = await nameModelFiles(dir);
  const files: ModelFile[] = [];
  for (const [name, bytesMax] of names) files.push(await hashFile(dir, name, bytesMax));
  return { ...weights, files };
}

/** As {@link findModelFiles}, without reading any but an index of shards: the names with their byte limits. @throws MODEL_NOT_FOUND, MODEL_INVALID */
export async function nameModelFiles(dir: string): Promise<Omit<ModelFiles, 'files'> & { readonly names: readonly [string, number][] }> {
  const folder = await stat(dir).catch(() => undefined);
  if (!folder?.isDirectory()) throw inferenceError('MODEL_NOT_FOUND', `no model folder at ${dir}`, { dir });
  const { format, weightFiles, weightMap } = await findWeights(dir);
  const names: [string, number][] = weightFiles.map((name) => [name, name.endsWith('.onnx') ? ONNX_BYTES_MAX : WEIGHT_BYTES_MAX]);
  const signed = await hasFile(dir, 'signature.json');
  if (signed) names.push(['signature.json', BYTES_MAX['signature.json']]);
  for (const name of format === 'onnx' ? POOLING_FILES : []) if (await hasFile(dir, name)) names.push([name, BYTES_MAX[name]]);
  if (format === 'sharded') names.push(['model.safetensors.index.json', BYTES_MAX['model.safetensors.index.json']]);
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json'] as const) {
    // A GGUF file brings its own, and a signature needs none; what lies beside them counts.
    if ((format !== 'gguf' && !signed) || (await hasFile(dir, name))) names.push([name, BYTES_MAX[name]]);
  }
  for (const name of [CHAT_TEMPLATE_FILE, GENERATION_FILE] as const) if (await hasFile(dir, name)) names.push([name, BYTES_MAX[name]]);
  return { format, weightFiles, weightMap, names };
}

/**
 * Whether the files are still those that were hashed: called after a load, it covers everything that was read in between.
 *
 * @throws MODEL_HASH_MISMATCH
 */
export async function checkUnchanged(dir: string, files: readonly Pick<ModelFile, 'name' | 'stamp'>[]): Promise<void> {
  for (const { name, stamp } of files) {
    const info = await stat(path.join(dir, name), { bigint: true }).catch(() => undefined);
    if (info === undefined || stampOf(info) !== stamp)
      throw inferenceError('MODEL_HASH_MISMATCH', `${name} in ${dir} changed while it was loaded`, { dir, file: name });
  }
}

/**
 * Stamps of everything that lies in the folder and one level below, without reading a file: equal ones tell that nothing was changed.
 *
 * @throws MODEL_NOT_FOUND, MODEL_INVALID when there are more entries than a model has
 */
export async function folderStamps(dir: string): Promise<readonly Pick<ModelFile, 'name' | 'bytes' | 'stamp'>[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    throw inferenceError('MODEL_NOT_FOUND', `no model folder at ${dir}`, { dir }, error);
  });
  const names = entries.map(({ name }) => name);
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    names.push(...(await readdir(path.join(dir, entry.name))).map((name) => `${entry.name}/${name}`));
  }
  if (names.length > FOLDER_ENTRIES_MAX) {
    const message = `${names.length} files in ${dir}; a model folder has at most ${FOLDER_ENTRIES_MAX}`;
    throw inferenceError('MODEL_INVALID', message, { dir, count: names.length });
  }
  const stamps: Pick<ModelFile, 'name' | 'bytes' | 'stamp'>[] = [];
  for (const name of names.sort()) {
    const info = await stat(path.join(dir, name), { bigint: true }).catch(() => undefined);
    stamps.push({ name, bytes: info?.isFile() ? Number(info.size) : 0, stamp: info === undefined ? '' : stampOf(info) });
  }
  return stamps;
}

const stampOf = ({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string => [ino, size, mtimeNs, ctimeNs].join(' ');

async function findWeights(dir: string): Promise<Omit<ModelFiles, 'files'>> {
  const safetensors = { format: 'safetensors', weightFiles: ['model.safetensors'], weightMap: undefined } as const;
  if (await hasFile(dir, 'model.safetensors')) return safetensors;
  if (await hasFile(dir, 'model.safetensors.index.json')) {
    const weightMap = await readWeightMap(dir);
    return { format: 'sharded', weightFiles: [...new Set(weightMap.values())].sort(), weightMap };
  }
  const gguf = (await readdir(dir)).filter((name) => name.endsWith('.gguf'));
  if (gguf.length > 1) throw inferenceError('MODEL_INVALID', `${gguf.length} GGUF files in ${dir}; keep one`, { dir, count: gguf.length });
  if (gguf.length === 1) return { format: 'gguf', weightFiles: gguf, weightMap: undefined };
  const name = await findOnnx(dir);
  if (name === undefined) return safetensors;
  const data = `${name}_data`;
  return { format: 'onnx', weightFiles: (await hasFile(dir, data)) ? [name, data] : [name], weightMap: undefined };
}

/** `model.onnx`, or the only variant (`model_fp16.onnx`, `model_q4.onnx` …) in the first folder that has one. */
async function findOnnx(dir: string): Promise<string | undefined> {
  for (const name of ONNX_FILES) if (await hasFile(dir, name)) return name;
  for (const folder of ['', 'onnx']) {
    const names = (await readdir(path.join(dir, folder)).catch(() => [])).filter((name) => ONNX_VARIANT.test(name)).sort();
    if (names.length > 1) {
      const data = { dir, count: names.length };
      throw inferenceError('MODEL_INVALID', `${names.length} ONNX variants in ${dir} (${names.slice(0, 8).join(', ')}); keep one`, data);
    }
    if (names[0] !== undefined) return folder === '' ? names[0] : `${folder}/${names[0]}`;
  }
  return undefined;
}

/**
 * A file of the folder as JSON object, within its limit.
 *
 * @throws MODEL_FILE_MISSING, MODEL_FILE_TOO_LARGE, MODEL_INVALID when it is not a JSON object
 */
export async function readJson(dir: string, name: Exclude<keyof typeof BYTES_MAX, 'model.safetensors'>): Promise<Record<string, unknown>> {
  const parsed = await readJsonValue(dir, name);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw inferenceError('MODEL_INVALID', `${name} in ${dir} is not a JSON object`, { dir, file: name });
  }
  return parsed as Record<string, unknown>;
}

/** As {@link readJson}, for files that may hold anything. */
export async function readJsonValue(dir: string, name: Exclude<keyof typeof BYTES_MAX, 'model.safetensors'>): Promise<unknown> {
  const text = await readText(dir, name, BYTES_MAX[name]);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw inferenceError('MODEL_INVALID', `${name} in ${dir} is not JSON`, { dir, file: name }, error);
  }
}

/** A file of the folder as text. @throws MODEL_FILE_MISSING, MODEL_FILE_TOO_LARGE, MODEL_INVALID */
export async function readText(dir: string, name: string, bytesMax: number): Promise<string> {
  const bytes = await sizeOf(dir, name, bytesMax);
  const file = await openRegular(path.join(dir, name));
  try {
    // No more than was looked at: the file may have grown since.
    const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** `weight_map` of the index: tensor name → shard in the same folder. */
async function readWeightMap(dir: string): Promise<ReadonlyMap<string, string>> {
  const name = 'model.safetensors.index.json';
  const { weight_map: map } = await readJson(dir, name);
  const invalid = (what: string): Error => inferenceError('MODEL_INVALID', `${name} in ${dir}: ${what}`, { dir, file: name });
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw invalid('weight_map is not an object');
  const entries = Object.entries(map as Record<string, unknown>);
  for (const [tensor, shard] of entries) {
    // A name with a separator would lead out of the folder.
    if (typeof shard !== 'string' || !/^[\w][\w.-]*\.safetensors$/.test(shard))
      throw invalid(`tensor ${tensor} is in ${JSON.stringify(shard)}`);
  }
  const shards = new Set(Object.values(map)).size;
  if (shards === 0 || shards > SHARDS_MAX) throw invalid(`${shards} shards; 1–${SHARDS_MAX} are read`);
  return new Map(entries as [string, string][]);
}

/** Whether there is a file of that name. */
export async function hasFile(dir: string, name: string): Promise<boolean> {
  return (await stat(path.join(dir, name)).catch(() => undefined))?.isFile() === true;
}

async function sizeOf(dir: string, name: string, bytesMax: number): Promise<number> {
  const file = path.join(dir, name);
  const [link, info] = await Promise.all([lstat(file).catch(() => undefined), stat(file).catch(() => undefined)]);
  if (info === undefined) throw inferenceError('MODEL_FILE_MISSING', `${name} is missing in ${dir}`, { dir, file: name });
  if (!info.isFile()) throw inferenceError('MODEL_INVALID', `${name} in ${dir} is no regular file`, { dir, file: name });
  if (link?.isSymbolicLink() && !(await isInside(dir, file))) {
    throw inferenceError('MODEL_INVALID', `${name} in ${dir} is a link out of the folder; take the model in with \`model import\``, {
      dir,
      file: name,
    });
  }
  if (info.size <= bytesMax) return info.size;
  const data = { dir, file: name, bytes: info.size, bytesMax };
  throw inferenceError('MODEL_FILE_TOO_LARGE', `${name} has ${info.size} bytes; the limit is ${bytesMax}`, data);
}

async function isInside(dir: string, file: string): Promise<boolean> {
  const [root, target] = await Promise.all([realpath(dir), realpath(file)]);
  return target.startsWith(root + path.sep);
}

/** Reads what was looked at and no byte more. */
async function hashFile(dir: string, name: string, bytesMax: number): Promise<ModelFile> {
  const bytes = await sizeOf(dir, name, bytesMax);
  const file = await openRegular(path.join(dir, name));
  const stamp = stampOf(await file.stat({ bigint: true }));
  const hash = createHash('sha256');
  const end = Math.max(0, bytes - 1);
  for await (const chunk of file.createReadStream({ highWaterMark: 1 << 20, end })) hash.update(chunk as Buffer);
  return { name, bytes, sha256: hash.digest('hex'), stamp };
}
