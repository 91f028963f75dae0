import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Session } from '../../src/inference/backend.ts';
import { readManifest } from '../../src/inference/models.ts';
import { openExport } from '../../src/inference/worker/openExport.ts';
import type { Benchmark } from './benchmark.ts';
import { type Metric, summarise } from './metric.ts';
import type { Random } from './random.ts';

const FOLDER = process.env.BENCH_EXPORTS_DIR;
const BACKENDS = ['ortFfi', 'ortNode'] as const;
const CONTEXTS = [64, 900];
const CONTEXT_TOKENS = 1_024;
const CHUNK_TOKENS = 64;
const STEPS = 24;
const ROUNDS = 7;

export const exports: Benchmark = {
  name: 'exports',
  summary: 'ONNX exports: decoding on the C API and on onnxruntime-node, with short and long contexts (BENCH_EXPORTS_DIR)',
  method:
    'Every model folder in BENCH_EXPORTS_DIR (test/fixtures/parity/make_onnx_bench.py writes two of 30 million parameters), one thread, one row. Each ' +
    `round, on both backends in turn: ${STEPS} decode steps after ${CONTEXTS.join(' and ')} random tokens. Medians of ${ROUNDS} rounds, and of the ratio within a round.`,
  async run({ random, say }) {
    if (FOLDER === undefined) {
      say('BENCH_EXPORTS_DIR is not set: python test/fixtures/parity/make_onnx_bench.py FOLDER writes models to measure');
      return [];
    }
    const metrics: Metric[] = [];
    for (const name of (await readdir(FOLDER)).sort()) metrics.push(...(await compare(path.join(FOLDER, name), name, random, say)));
    return metrics;
  },
};

async function compare(dir: string, name: string, random: Random, say: (line: string) => void): Promise<Metric[]> {
  const { vocab, weightFiles } = await readManifest(dir);
  const file = path.join(dir, weightFiles[0] as string);
  const init = { file, vocab, rows: 1, contextTokens: CONTEXT_TOKENS, stepTokensMax: CHUNK_TOKENS, threads: 1 };
  const sessions = await Promise.all(BACKENDS.map((backend) => openExport(backend, init)));
  try {
    const metrics: Metric[] = [];
    for (const context of CONTEXTS) {
      const rates: number[][] = BACKENDS.map(() => []);
      for (let round = -1; round < ROUNDS; round++) {
        for (const [i, session] of sessions.entries()) {
          const rate = await decode(session, context, random);
          if (round >= 0) rates[i]?.push(rate);
        }
      }
      const [ours, theirs] = rates as [number[], number[]];
      say(
        `${name}, ${context} tokens: ${BACKENDS.map((backend, i) => `${backend} ${rates[i]?.map((rate) => rate.toFixed(1))}`).join('; ')}`,
      );
      const metric = (what: string, unit: string, values: number[]) =>
        metrics.push(summarise(`${name}_${context}_${what}`, unit, 'higher', values, random));
      for (const [i, backend] of BACKENDS.entries()) metric(backend, 'tokens/s', rates[i] as number[]);
      metric(
        'ratio',
        'ortFfi / ortNode',
        ours.map((rate, i) => rate / (theirs[i] as number)),
      );
    }
    return metrics;
  } finally {
    for (const session of sessions) await session.close();
  }
}

/** Tokens per second after so many. */
async function decode(session: Session, context: number, random: Random): Promise<number> {
  const feed = async (past: number, length: number): Promise<void> => {
    const ids = Uint32Array.from({ length }, () => Math.floor(random() * session.shape.vocab));
    await session.run({ first: 0, count: 1, length, ids, past: Uint32Array.of(past), keep: 1 });
  };
  for (let past = 0; past < context; past += CHUNK_TOKENS) await feed(past, Math.min(CHUNK_TOKENS, context - past));
  const startedAt = performance.now();
  for (let step = 0; step < STEPS; step++) await feed(context + step, 1);
  return (1_000 * STEPS) / (performance.now() - startedAt);
}
