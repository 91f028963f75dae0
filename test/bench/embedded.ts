import { createEngine } from '../../src/inference/engine.ts';
import { measureBatch } from '../../src/inference/measure.ts';
import { DEFAULT_MODEL_DIR } from '../../src/inference/models.ts';
import { systemClock } from '../../src/util/clock.ts';
import type { Benchmark } from './benchmark.ts';
import { type Metric, summarise } from './metric.ts';

const BATCHES = [1, 8];
const PROMPT_TOKENS = 128;
const DECODE_TOKENS = 64;
const ROUNDS = 12;
const WARMUP_ROUNDS = 2;

export const embedded: Benchmark = {
  name: 'embedded',
  summary: 'the embedded model alone: prefill and decode tokens per second at batch 1 and 8',
  method:
    'One engine with eight slots on one thread, in the process of the benchmark; prompts of 128 random tokens, 64 sampled tokens each, batches ' +
    'of both sizes in turn. Prefill runs to the last first token of a batch, decode from there to its last token; both count all rows.',
  async run({ random, say, signal }) {
    const instance = createEngine({ slots: Math.max(...BATCHES) });
    try {
      const model = await instance.load(DEFAULT_MODEL_DIR);
      say(`${model.name} on ${instance.status.backend.actual}, ONNX Runtime ${instance.status.runtimeVersion}`);
      const draw = (): Uint32Array => Uint32Array.from({ length: PROMPT_TOKENS }, () => 3 + Math.floor(random() * (model.vocab - 3)));
      const samples = new Map(BATCHES.map((batch) => [batch, { prefill: [] as number[], decode: [] as number[] }]));
      for (let round = -WARMUP_ROUNDS; round < ROUNDS; round++) {
        for (const [batch, { prefill, decode }] of samples) {
          const prompts = Array.from({ length: batch }, draw);
          const rates = await measureBatch(instance, model, prompts, DECODE_TOKENS, systemClock, signal);
          if (round < 0) continue;
          prefill.push(rates.prefillTokensPerSecond);
          decode.push(rates.decodeTokensPerSecond);
        }
      }
      return [...samples].flatMap(([batch, { prefill, decode }]): Metric[] => [
        summarise(`prefill_b${batch}_tokens_per_s`, 'tok/s', 'higher', prefill, random),
        summarise(`decode_b${batch}_tokens_per_s`, 'tok/s', 'higher', decode, random),
      ]);
    } finally {
      await instance.close();
    }
  },
};
