import { GREEDY } from '../types/index.ts';
import type { Clock } from '../util/clock.ts';
import type { Engine, ModelInfo } from './types.ts';

/** Tokens per second count all rows of a batch. */
export interface BatchRates {
  /** Up to the last first token. */
  readonly prefillTokensPerSecond: number;
  /** From there to the last token; 0 when no row got further. */
  readonly decodeTokensPerSecond: number;
  /** Until the first row has its first token. */
  readonly ttftMs: number;
}

/** Runs prompts beside each other, `maxTokens` tokens each at most. @throws what `generate` throws; the signal's reason */
export async function measureBatch(
  engine: Engine,
  model: ModelInfo,
  prompts: readonly Uint32Array[],
  maxTokens: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<BatchRates> {
  const startedAt = clock.monotonic();
  // Hot, so that an early end token is unlikely to cut a row short.
  const sampling = { ...GREEDY, temperatureMilli: 2_000 };
  const rows = await Promise.all(
    prompts.map(async (promptIds) => {
      const at: number[] = [];
      for await (const _ of engine.generate({ model: model.id, promptIds, sampling, maxTokens, stop: [] }, signal))
        at.push(clock.monotonic());
      return at;
    }),
  );
  const firsts = rows.map((at) => at[0] as number);
  const filledAt = Math.max(...firsts);
  const decoded = rows.flat().filter((at) => at > filledAt);
  const prompted = prompts.reduce((sum, ids) => sum + ids.length, 0);
  return {
    prefillTokensPerSecond: (prompted * 1_000) / (filledAt - startedAt),
    decodeTokensPerSecond: decoded.length === 0 ? 0 : (decoded.length * 1_000) / (Math.max(...decoded) - filledAt),
    ttftMs: Math.min(...firsts) - startedAt,
  };
}
