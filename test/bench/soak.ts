import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createEngine, type Engine } from '../../src/inference/engine.ts';
import { DEFAULT_MODEL_DIR } from '../../src/inference/models.ts';
import { GREEDY, type ModelId } from '../../src/types/index.ts';
import { isCoded } from '../../src/util/errors.ts';
import type { Benchmark } from './benchmark.ts';
import { residentMb } from './memory.ts';
import { summarise } from './metric.ts';

const GENERATIONS = 10_000;
const CONCURRENT = 8;
const PROMPT_TOKENS_MAX = 96;
const TOKENS_MAX = 24;
const CANCELLED_SHARE = 0.3;
const SCOPES = 5;
const SAMPLES = 100;

export const soak: Benchmark = {
  name: 'soak',
  summary: '10,000 generations, eight at a time, some cancelled: memory, slots and the event loop of the process',
  method:
    'The built-in model with eight slots, one thread. Prompts of 1–96 random tokens in five scopes, up to 24 tokens each; three of ten are cancelled ' +
    'after a random number of tokens, by their signal or by leaving the loop. The slope of the resident memory, of this process and the engine’s together, is fitted to the second half of 100 samples; ' +
    'Without a queue, a slot that is not given back refuses a request: at the end nine are sent at once, of which eight must be taken. The delay of the event loop is that of the process that holds the engine, over the whole run.',
  async run({ random, say, signal }) {
    const engine = createEngine({ slots: CONCURRENT, queueMax: 0 });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    try {
      const model = await engine.load(DEFAULT_MODEL_DIR);
      const whole = (max: number): number => 1 + Math.floor(random() * max);
      const prompt = (): Uint32Array =>
        Uint32Array.from({ length: whole(PROMPT_TOKENS_MAX) }, () => 3 + Math.floor(random() * (model.vocab - 3)));
      const rss: { at: number; mb: number }[] = [];
      let started = 0;
      let tokens = 0;
      delay.enable();
      const startedAt = performance.now();
      const line = async (): Promise<void> => {
        while (started < GENERATIONS) {
          signal.throwIfAborted();
          if (started++ % (GENERATIONS / SAMPLES) === 0)
            rss.push({ at: started, mb: (await residentMb(process.pid)) + (await residentMb(engine.status.pid)) });
          const cancel = new AbortController();
          const cancelAt = random() < CANCELLED_SHARE ? whole(TOKENS_MAX) : 0;
          const leaves = random() < 0.5;
          const sampling = { ...GREEDY, temperatureMilli: 1_000 };
          const cacheScope = `${whole(SCOPES)}`;
          const request = { model: model.id, promptIds: prompt(), sampling, maxTokens: TOKENS_MAX, stop: [], cacheScope };
          for await (const { index } of engine.generate(request, cancel.signal)) {
            tokens++;
            if (index + 1 !== cancelAt) continue;
            if (leaves) break;
            cancel.abort();
          }
        }
      };
      await Promise.all(Array.from({ length: CONCURRENT }, line));
      delay.disable();
      const seconds = (performance.now() - startedAt) / 1000;
      const taken = await takenAtOnce(engine, model.id, prompt, signal);
      if (taken > CONCURRENT) throw new Error(`${taken} generations run in ${CONCURRENT} slots`);
      say(`${tokens} tokens in ${seconds.toFixed(0)} s`);
      const settled = rss.slice(rss.length / 2);
      const one = (name: string, unit: string, value: number, limit?: number) =>
        summarise(name, unit, 'lower', [value], random, limit === undefined ? {} : { limit });
      return [
        one('rss_slope_mb_per_1000', 'MB / 1,000', slope(settled) * 1_000, 1),
        one('slots_left_busy', '', CONCURRENT - taken, 0),
        one('event_loop_delay_p99_ms', 'ms', delay.percentile(99) / 1e6, 20),
        one('event_loop_delay_max_ms', 'ms', delay.max / 1e6),
        one('rss_mb', 'MB', (rss.at(-1) as { mb: number }).mb),
        summarise('tokens_per_s', 'tok/s', 'higher', [tokens / seconds], random),
      ];
    } finally {
      await engine.close();
    }
  },
};

/** How many of one generation more than there are slots the engine's worker takes beside each other, without a queue. */
async function takenAtOnce(engine: Engine, model: ModelId, prompt: () => Uint32Array, signal: AbortSignal): Promise<number> {
  const ends = await Promise.all(
    Array.from({ length: CONCURRENT + 1 }, async () => {
      try {
        for await (const _ of engine.generate({ model, promptIds: prompt(), sampling: GREEDY, maxTokens: TOKENS_MAX, stop: [] }, signal));
        return 1;
      } catch (error) {
        if (isCoded(error, 'ENGINE_QUEUE_FULL')) return 0;
        throw error;
      }
    }),
  );
  return ends.reduce<number>((total, end) => total + end, 0);
}

/** Least squares: MB per generation. */
function slope(points: readonly { at: number; mb: number }[]): number {
  const mean = (pick: (point: { at: number; mb: number }) => number): number =>
    points.reduce((total, point) => total + pick(point), 0) / points.length;
  const [at, mb] = [mean((point) => point.at), mean((point) => point.mb)];
  const covariance = mean((point) => (point.at - at) * (point.mb - mb));
  return covariance / mean((point) => (point.at - at) ** 2);
}
