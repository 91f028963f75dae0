import { createEngine, type EngineOptions } from '../../src/inference/engine.ts';
import { measureBatch } from '../../src/inference/measure.ts';
import { systemClock } from '../../src/util/clock.ts';
import { NEVER } from '../integration/inference/run.ts';
import { deviceMemoryMiB } from './memory.ts';
import { short } from './serve.ts';

const BATCHES = [1, 8, 32];
const PROMPT_TOKENS = 128;
const OUTPUT_TOKENS = 64;

/** Tokens per second at several batch sizes (the second of two runs each), and device memory while the model is loaded. */
export async function rates(dir: string, options: EngineOptions): Promise<Record<string, unknown>> {
  const engine = createEngine({ ...options, slots: Math.max(...BATCHES), contextTokensMax: 2 * (PROMPT_TOKENS + OUTPUT_TOKENS) });
  try {
    const startedAt = systemClock.monotonic();
    const model = await engine.load(dir);
    const loadMs = Math.round(systemClock.monotonic() - startedAt);
    const measured = [];
    for (const batch of BATCHES) {
      const prompts = Array.from({ length: batch }, (_, row) =>
        Uint32Array.from({ length: PROMPT_TOKENS }, (_, i) => (i * 31 + row * 17) % model.vocab),
      );
      await measureBatch(engine, model, prompts, OUTPUT_TOKENS, systemClock, NEVER);
      const { prefillTokensPerSecond, decodeTokensPerSecond, ttftMs } = await measureBatch(
        engine,
        model,
        prompts,
        OUTPUT_TOKENS,
        systemClock,
        NEVER,
      );
      measured.push({ batch, prefill: short(prefillTokensPerSecond), decode: short(decodeTokensPerSecond), ttftMs: short(ttftMs) });
    }
    return { loadMs, measured, deviceMemoryMiB: await deviceMemoryMiB(), provider: engine.status.provider };
  } finally {
    await engine.close();
  }
}
