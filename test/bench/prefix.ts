import { buildDecoder } from '../../src/inference/graph/decoder.ts';
import { syntheticWeights } from '../../src/inference/graph/syntheticWeights.ts';
import { openOrtFfi } from '../../src/inference/onnx/ortFfi.ts';
import { Scheduler } from '../../src/inference/scheduler.ts';
import { systemClock } from '../../src/util/clock.ts';
import type { Benchmark } from './benchmark.ts';
import { summarise } from './metric.ts';
import { SMOLLM_135M as SHAPE } from './smollm.ts';

const SHARED_TOKENS = 1_000;
const OWN_TOKENS = 24;
const CONTEXT_TOKENS = 1_088;
const CHUNK_TOKENS = 64;
const ROUNDS = 5;

export const prefix: Benchmark = {
  name: 'prefix',
  summary: 'time to first token behind a beginning of 1,000 tokens that is in the prefix cache, against one that is not',
  method:
    'SmolLM2-135M shape, random fp32 weights, one thread, the scheduler with one slot. Each round: a prompt of 1,000 random tokens and 24 more in a ' +
    'new scope (not cached), then the same 1,000 and 24 others in that scope (cached). From submitting to the first token; medians of both, and of ' +
    'the ratio within a round.',
  asEngine: true,
  async run({ random, say }) {
    const model = await buildDecoder(SHAPE, syntheticWeights('bench'), CONTEXT_TOKENS);
    const session = await openOrtFfi().open({
      model,
      shape: SHAPE,
      rows: 3,
      contextTokens: CONTEXT_TOKENS,
      stepTokensMax: CHUNK_TOKENS,
      threads: 1,
    });
    let fail = (_: unknown): void => {};
    const scheduler = new Scheduler({
      session,
      slots: 1,
      prefixRows: 1,
      queueMax: 1,
      prefillChunkTokens: CHUNK_TOKENS,
      paceMsPerToken: 0,
      speculates: false,
      clock: systemClock,
      onFailure: (_, error) => fail(error),
    });
    const draw = (length: number): Uint32Array => Uint32Array.from({ length }, () => Math.floor(random() * SHAPE.vocab));
    /** ms until the first token, and how many tokens were in the cache. */
    const first = async (cacheScope: string, tokens: Uint32Array): Promise<{ ms: number; reused: number }> => {
      const startedAt = performance.now();
      let reused = 0;
      await new Promise<void>((resolve, reject) => {
        fail = reject;
        scheduler.submit({
          call: 0,
          tokens,
          wantedFrom: tokens.length - 1,
          cacheScope,
          onReuse: (count) => {
            reused = count;
          },
          accept: () => {
            resolve();
            return undefined;
          },
        });
      });
      return { ms: performance.now() - startedAt, reused };
    };
    try {
      const rounds: { missed: number; hit: number }[] = [];
      for (let round = -1; round < ROUNDS; round++) {
        const shared = draw(SHARED_TOKENS);
        const missed = await first(`${round}`, Uint32Array.of(...shared, ...draw(OWN_TOKENS)));
        const hit = await first(`${round}`, Uint32Array.of(...shared, ...draw(OWN_TOKENS)));
        if (missed.reused !== 0 || hit.reused === 0) throw new Error(`${missed.reused} and ${hit.reused} tokens were in the cache`);
        if (round < 0) continue;
        rounds.push({ missed: missed.ms, hit: hit.ms });
        say(`round ${round + 1} of ${ROUNDS}: ${missed.ms.toFixed(0)} ms, with ${hit.reused} tokens cached ${hit.ms.toFixed(0)} ms`);
      }
      const of = (pick: (round: (typeof rounds)[number]) => number): number[] => rounds.map(pick);
      const ratios = of(({ missed, hit }) => hit / missed);
      return [
        summarise('cached_ttft_ratio', 'cached / uncached', 'lower', ratios, random, { limit: 0.1 }),
        summarise(
          'cached_ttft_ms',
          'ms',
          'lower',
          of(({ hit }) => hit),
          random,
        ),
        summarise(
          'uncached_ttft_ms',
          'ms',
          'lower',
          of(({ missed }) => missed),
          random,
        ),
      ];
    } finally {
      await scheduler.close();
      await session.close();
    }
  },
};
