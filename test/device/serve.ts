import type { Engine, ModelInfo } from '../../src/inference/engine.ts';
import { sketchError } from '../../src/inference/sketch.ts';
import type { VerifyResult } from '../../src/inference/types.ts';
import type { Sampling } from '../../src/types/index.ts';
import { type Completion, complete, NEVER } from '../integration/inference/run.ts';

export interface Served extends Completion {
  readonly promptIds: Uint32Array;
}

/** Prompts of different lengths and contents, so that the rows beside each other are not alike. */
export const promptsFor = ({ vocab }: ModelInfo, count: number): Uint32Array[] =>
  Array.from({ length: count }, (_, row) =>
    Uint32Array.from({ length: 20 + 10 * (row % 10) }, (_, i) => (i * 37 + row * 101 + 11) % vocab),
  );

/** All at once, so that they run beside each other as far as there are slots. */
export function serve(
  engine: Engine,
  model: ModelInfo,
  prompts: readonly Uint32Array[],
  sampling: Sampling,
  maxTokens: number,
): Promise<Served[]> {
  return Promise.all(
    prompts.map(async (promptIds) => ({
      promptIds,
      ...(await complete(engine, { model: model.id, promptIds, sampling, maxTokens, stop: [] })),
    })),
  );
}

/** One number for each position of each answer. */
export interface Distances {
  readonly sketchErrors: number[];
  readonly gaps: number[];
}

/** How far what was served lies from what this engine computes. */
export async function replay(engine: Engine, model: ModelInfo, served: readonly Served[], sampling: Sampling): Promise<Distances> {
  const results = await Promise.all(
    served.map(
      ({ promptIds, ids }): Promise<VerifyResult> =>
        engine.verify({ model: model.id, promptIds, outputIds: Uint32Array.from(ids), sampling }, NEVER),
    ),
  );
  return {
    sketchErrors: served.flatMap(({ sketches }, row) =>
      sketches.map((sketch, i) => sketchError(sketch, (results[row] as VerifyResult).sketches[i] as Uint8Array)),
    ),
    gaps: results.flatMap(({ gap }) => [...gap]),
  };
}

/** Of sorted numbers: what half of them, 99 of 100 and all lie below. */
export function spread(values: readonly number[]): Record<'least' | 'p50' | 'p99' | 'most', number> {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => short(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number);
  return { least: at(0), p50: at(0.5), p99: at(0.99), most: at(1) };
}

/** Three digits are enough to read. */
export const short = (value: number): number => Number(value.toPrecision(3));
