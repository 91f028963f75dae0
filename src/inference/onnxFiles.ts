import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { inferenceError } from './errors.ts';
import { externalFiles } from './onnx/externalData.ts';

/** Where exporters put it, in the order in which it is looked for. */
const FOLDERS = ['', 'onnx'];
const VARIANT = /^(?:decoder_)?model(?:_[a-z0-9_]+)?\.onnx$/;
const SHOWN = 12;
/** What `transformers.js_config.dtype` of config.json calls precisions, and how file names do. */
const SUFFIX: Readonly<Record<string, string>> = {
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};

/**
 * The ONNX file of a model folder and the files that it takes weights from, relative to the folder: `model.onnx` or `onnx/model.onnx`, else the
 * only precision (`model_fp16.onnx`, `model_q4.onnx` …) in the first of these folders that has one, or of several the one that the configuration
 * names. A file beside it with its name and `_data` counts whether it is used or not.
 *
 * @param config reads config.json, when there are several
 * @returns the ONNX file first; undefined when there is none
 * @throws MODEL_INVALID when there are several precisions, or the file names others as none may be named
 */
export async function findOnnx(dir: string, config: () => Promise<Record<string, unknown>>): Promise<string[] | undefined> {
  const found = await findGraph(dir, config);
  if (found === undefined) return undefined;
  const folder = path.posix.dirname(found);
  const named = (await externalFiles(path.join(dir, found))).map((name) => path.posix.join(folder, name));
  const beside = (await isFile(dir, `${found}_data`)) ? [`${found}_data`] : [];
  return [found, ...new Set([...beside, ...named])];
}

async function findGraph(dir: string, config: () => Promise<Record<string, unknown>>): Promise<string | undefined> {
  for (const folder of FOLDERS) {
    const name = path.posix.join(folder, 'model.onnx');
    if (await isFile(dir, name)) return name;
  }
  for (const folder of FOLDERS) {
    const names = (await readdir(path.join(dir, folder)).catch(() => [])).filter((name) => VARIANT.test(name)).sort();
    if (names.length > 1) {
      const named = namedBy(await config(), names);
      if (named !== undefined) return path.posix.join(folder, named);
      const choices = names.slice(0, SHOWN).map((name) => path.posix.join(folder, name));
      const message = `${dir} has ${names.length} precisions and no model.onnx: ${choices.join(', ')}; keep one (\`model pull\` fetches one: --variant onnx:q4), or name it in config.json (transformers.js_config.dtype)`;
      throw inferenceError('MODEL_INVALID', message, { dir, count: names.length, choices: choices.join(', ') });
    }
    if (names[0] !== undefined) return path.posix.join(folder, names[0]);
  }
  return undefined;
}

function namedBy({ 'transformers.js_config': settings }: Record<string, unknown>, names: readonly string[]): string | undefined {
  const dtype = (settings as { readonly dtype?: unknown } | null | undefined)?.dtype;
  const suffix = typeof dtype === 'string' && Object.hasOwn(SUFFIX, dtype) ? SUFFIX[dtype] : undefined;
  return suffix === undefined ? undefined : names.find((name) => name === `model${suffix}.onnx`);
}

async function isFile(dir: string, name: string): Promise<boolean> {
  return (await stat(path.join(dir, name)).catch(() => undefined))?.isFile() === true;
}
