import type { Engine, ModelInfo } from '../../src/inference/engine.ts';
import { sketchError } from '../../src/inference/sketch.ts';
import { GREEDY } from '../../src/types/index.ts';
import { complete } from '../integration/inference/run.ts';

const PROMPT_TOKENS = 70;
const OUTPUT_TOKENS = 64;
/** Prompts of others, shorter and longer, so that rows move and are of different lengths. */
const OTHERS = [20, 33, 64, 90];

/** How far a request's sketches lie from those that it had alone; 0 is the same bits. */
export async function identity(engine: Engine, { id, vocab }: ModelInfo): Promise<Record<string, number>> {
  const prompt = (length: number, start: number): Uint32Array => Uint32Array.from({ length }, (_, i) => (i * 37 + start) % vocab);
  const request = (promptIds = prompt(PROMPT_TOKENS, 11), maxTokens = OUTPUT_TOKENS) => ({
    model: id,
    promptIds,
    sampling: GREEDY,
    maxTokens,
    stop: [],
  });
  const alone = await complete(engine, request());
  const distance = async (cacheScope?: string): Promise<number> => {
    const { sketches } = await complete(engine, { ...request(), ...(cacheScope === undefined ? {} : { cacheScope }) });
    return Math.max(...alone.sketches.map((sketch, i) => sketchError(sketches[i] ?? new Uint8Array(), sketch)));
  };
  const again = await distance();
  // Some end before it and some after it: slots are exchanged under way.
  const others = OTHERS.map((length, row) => complete(engine, request(prompt(length, 100 + row), row % 2 === 0 ? 8 : 2 * OUTPUT_TOKENS)));
  const besideOthers = await distance();
  await Promise.all(others);
  return { again, besideOthers, prefixMissed: await distance('scope'), prefixHit: await distance('scope') };
}
