import { createEngine } from '../../src/inference/engine.ts';
import { openCudart } from '../../src/inference/onnx/cudart.ts';
import type { ProviderName } from '../../src/inference/provider.ts';
import { GREEDY } from '../../src/types/index.ts';
import { isCoded } from '../../src/util/errors.ts';
import { complete } from '../integration/inference/run.ts';
import { deviceMemoryMiB } from './memory.ts';

const ROUNDS = 4;
const PROMPT = Uint32Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 256);
const GIB = 1 << 30;

/** Device memory after each of several engines that were opened, used and closed: it must not grow. */
export async function reopen(dir: string, provider: ProviderName): Promise<(number | undefined)[]> {
  const after: (number | undefined)[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const engine = createEngine({ provider });
    const { id } = await engine.load(dir);
    await complete(engine, { model: id, promptIds: PROMPT, sampling: GREEDY, maxTokens: 16, stop: [] });
    await engine.close();
    after.push(await deviceMemoryMiB());
  }
  return after;
}

/** A request that is cancelled under way ends so, and the next one gives what it gave before. */
export async function cancel(dir: string, provider: ProviderName): Promise<Record<string, unknown>> {
  const engine = createEngine({ provider });
  try {
    const { id } = await engine.load(dir);
    const request = { model: id, promptIds: PROMPT, sampling: GREEDY, maxTokens: 64, stop: [] };
    const before = await complete(engine, request);
    const controller = new AbortController();
    const tokens = engine.generate({ ...request, maxTokens: 4_000 }, controller.signal);
    await tokens.next();
    controller.abort();
    let last = await tokens.next();
    while (last.done !== true) last = await tokens.next();
    const after = await complete(engine, request);
    return { finishReason: last.value.finishReason, sameAfter: JSON.stringify(after.ids) === JSON.stringify(before.ids) };
  } finally {
    await engine.close();
  }
}

/** Weights that `gpuMemoryMiB` does not hold are an error that names the remedy. */
export async function smallBound(dir: string, provider: ProviderName): Promise<Record<string, unknown>> {
  const engine = createEngine({ provider, gpuMemoryMiB: 16 });
  try {
    await engine.load(dir);
    return { loaded: true, provider: engine.status.provider };
  } catch (error) {
    return { code: isCoded(error) ? error.code : 'none', message: (error as Error).message.slice(0, 600) };
  } finally {
    await engine.close();
  }
}

/**
 * With the device's memory taken up to `leftGiB`, a cache that does not fit lies in host memory: a warning, and the same tokens.
 *
 * @param cudart the CUDA runtime's file or name
 */
export async function fullDevice(dir: string, cudart: string, totalGiB: number, leftGiB: number): Promise<Record<string, unknown>> {
  // 8 slots, a spare one and 4 rows of prefixes, each of the whole context.
  const options = { provider: 'cuda', contextTokensMax: 8_192 } as const;
  const run = async (): Promise<{ readonly ids: number[]; readonly warning: string | undefined; readonly ms: number }> => {
    const engine = createEngine(options);
    try {
      const { id } = await engine.load(dir);
      const startedAt = performance.now();
      const { ids } = await complete(engine, { model: id, promptIds: PROMPT, sampling: GREEDY, maxTokens: 32, stop: [] });
      return { ids, warning: engine.status.provider.warning, ms: Math.round(performance.now() - startedAt) };
    } finally {
      await engine.close();
    }
  };
  const free = await run();
  const runtime = openCudart(0, cudart);
  const taken: bigint[] = [];
  try {
    const usedGiB = ((await deviceMemoryMiB()) ?? 0) / 1_024;
    for (let left = totalGiB - usedGiB - leftGiB; left >= 1; left--) taken.push(runtime.alloc(GIB));
    const full = await run();
    return {
      takenGiB: taken.length,
      warning: full.warning,
      sameTokens: JSON.stringify(full.ids) === JSON.stringify(free.ids),
      freeMs: free.ms,
      fullMs: full.ms,
    };
  } finally {
    for (const address of taken) runtime.free(address);
  }
}
