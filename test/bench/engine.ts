import { createEngine, type Engine, type ModelInfo } from '../../src/inference/engine.ts';
import { DEFAULT_MODEL_DIR } from '../../src/inference/models.ts';
import { GREEDY } from '../../src/types/index.ts';
import type { Benchmark } from './benchmark.ts';
import { type Metric, summarise } from './metric.ts';

const BATCHES = [1, 8];
const PROMPT_TOKENS = 128;
const DECODE_TOKENS = 64;
const ROUNDS = 12;
const WARMUP_ROUNDS = 2;

export const engine: Benchmark = {
  name: 'engine',
  summary: 'the embedded model alone: prefill and decode tokens per second at batch 1 and 8',
  method:
    'One engine with eight slots on one thread, in the process of the benchmark; prompts of 128 random tokens, 64 sampled tokens each, batches ' +
    'of both sizes in turn. Prefill runs to the last first token of a batch, decode from there to its last token; both count all rows.',
  async run({ random, say }) {
    const instance = createEngine({ slots: Math.max(...BATCHES) });
    try {
      const model = await instance.load(DEFAULT_MODEL_DIR);
      say(`${model.name} on ${instance.status.backend.actual}, ONNX Runtime ${instance.status.runtimeVersion}`);
      const draw = (): Uint32Array => Uint32Array.from({ length: PROMPT_TOKENS }, () => 3 + Math.floor(random() * (model.vocab - 3)));
      const rates = new Map(BATCHES.map((batch) => [batch, { prefill: [] as number[], decode: [] as number[] }]));
      for (let round = -WARMUP_ROUNDS; round < ROUNDS; round++) {
        for (const [batch, { prefill, decode }] of rates) {
          const rate = await runBatch(instance, model, Array.from({ length: batch }, draw));
          if (round < 0) continue;
          prefill.push(rate.prefill);
          decode.push(rate.decode);
        }
      }
      return [...rates].flatMap(([batch, { prefill, decode }]): Metric[] => [
        summarise(`prefill_b${batch}_tokens_per_s`, 'tok/s', 'higher', prefill, random),
        summarise(`decode_b${batch}_tokens_per_s`, 'tok/s', 'higher', decode, random),
      ]);
    } finally {
      await instance.close();
    }
  },
};

/** Tokens per second over all rows of one batch. */
async function runBatch(instance: Engine, model: ModelInfo, prompts: readonly Uint32Array[]): Promise<{ prefill: number; decode: number }> {
  const startedAt = performance.now();
  // Hot, so that an early end token is unlikely to cut a row short.
  const sampling = { ...GREEDY, temperatureMilli: 2_000 };
  const rows = await Promise.all(
    prompts.map(async (promptIds) => {
      const at: number[] = [];
      const request = { model: model.id, promptIds, sampling, maxTokens: DECODE_TOKENS, stop: [] };
      for await (const _ of instance.generate(request, new AbortController().signal)) at.push(performance.now());
      return at;
    }),
  );
  const filledAt = Math.max(...rows.map((at) => at[0] as number));
  const endedAt = Math.max(...rows.map((at) => at.at(-1) as number));
  const decoded = rows.flat().filter((at) => at > filledAt).length;
  const prompted = prompts.reduce((sum, ids) => sum + ids.length, 0);
  return { prefill: (prompted * 1000) / (filledAt - startedAt), decode: (decoded * 1000) / (endedAt - filledAt) };
}
