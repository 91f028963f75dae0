import type { Engine, ModelInfo } from '../../inference/engine.ts';
import { GREEDY } from '../../types/index.ts';
import type { Clock } from '../../util/clock.ts';
import { withDeadline } from '../../util/deadline.ts';

const PROMPT_TOKENS = 16;
const COMPLETION_TOKENS = 24;
const SELF_TEST_TIMEOUT_MS = 60_000;

/** A model that the engine has loaded, and how fast it decodes one stream here, tokens per second. */
export interface MinerModel {
  readonly info: ModelInfo;
  readonly speed: number;
}

/** A short answer on the idle engine: what the first heartbeat announces. @throws TIMEOUT, and what generating throws */
export async function measureModel(engine: Engine, info: ModelInfo, clock: Clock, signal: AbortSignal): Promise<MinerModel> {
  const promptIds = Uint32Array.from({ length: PROMPT_TOKENS }, (_, i) => 3 + (i % (info.vocab - 3)));
  // Sampled hot, so that an early end token is unlikely to cut the measurement short.
  const sampling = { ...GREEDY, temperatureMilli: 2000 };
  const request = { model: info.id, promptIds, sampling, maxTokens: COMPLETION_TOKENS, stop: [] };
  return withDeadline(`the self-test of ${info.name}`, SELF_TEST_TIMEOUT_MS, signal, async (inner) => {
    let first = 0;
    let count = 0;
    for await (const _ of engine.generate(request, inner)) if (count++ === 0) first = clock.monotonic();
    const seconds = Math.max((clock.monotonic() - first) / 1000, 1e-4);
    return { info, speed: Math.max(count - 1, 1) / seconds };
  });
}
