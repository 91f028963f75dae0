import path from 'node:path';
import { inferenceError } from './errors.ts';
import { pairedHeadSize } from './gguf/config.ts';
import { ggufWeights } from './gguf/weights.ts';
import { GgufFile } from './gguf.ts';
import type { DecoderShape } from './graph/shape.ts';
import type { WeightSource } from './graph/weightSource.ts';
import type { ModelFiles } from './modelFiles.ts';
import { SafetensorsFile } from './safetensors.ts';

/** Weights of a model folder with the files that they are read from. */
export interface OpenWeights extends WeightSource {
  close(): Promise<void>;
}

/**
 * Opens the weights of a model folder in the format that it has.
 *
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED from the headers of the files
 */
export async function openWeights(
  dir: string,
  { format, weightFiles, weightMap }: ModelFiles,
  { headSize }: Pick<DecoderShape, 'headSize'>,
): Promise<OpenWeights> {
  if (format === 'gguf') {
    const file = await GgufFile.open(path.join(dir, weightFiles[0] as string));
    return { ...ggufWeights(file, pairedHeadSize(file, headSize)), close: () => file.close() };
  }
  const files = new Map<string, SafetensorsFile>();
  const close = async (): Promise<void> => {
    for (const file of files.values()) await file.close();
  };
  try {
    for (const name of weightFiles) files.set(name, await SafetensorsFile.open(path.join(dir, name)));
  } catch (error) {
    await close();
    throw error;
  }
  const only = weightFiles.length === 1 && weightMap === undefined ? files.get(weightFiles[0] as string) : undefined;
  return {
    read: (name, shape) => {
      const file = only ?? files.get(weightMap?.get(name) ?? '');
      if (file !== undefined) return file.read(name, shape);
      return Promise.reject(inferenceError('MODEL_INVALID', `${dir}: tensor ${name} is in no shard`, { dir, name }));
    },
    close,
  };
}
