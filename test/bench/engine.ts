import path from 'node:path';
import type { Session } from '../../src/inference/backend.ts';
import { ggufWeights } from '../../src/inference/gguf/weights.ts';
import { GgufFile } from '../../src/inference/gguf.ts';
import { GGUF_BLOCK } from '../../src/inference/graph/blocks.ts';
import { buildDecoder } from '../../src/inference/graph/decoder.ts';
import { graphBytes } from '../../src/inference/graph/size.ts';
import { syntheticWeights } from '../../src/inference/graph/syntheticWeights.ts';
import type { WeightSource } from '../../src/inference/graph/weightSource.ts';
import { openOrtFfi } from '../../src/inference/onnx/ortFfi.ts';
import { QUANTISATIONS, type Quantisation } from '../../src/inference/quantisation.ts';
import { BandwidthMeter } from './bandwidth.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { type MatrixType, writeGguf } from './ggufWriter.ts';
import { LLAMA_INSTALL, LlamaCpp } from './llamaCpp.ts';
import { type Metric, summarise } from './metric.ts';
import { ours, type Rates, theirs } from './passes.ts';
import { SMOLLM_135M as SHAPE } from './smollm.ts';
import { median } from './stats.ts';

const CONTEXT_TOKENS = 512;
const CHUNK_TOKENS = 128;
const ROWS = 8;
const THREADS = [1, 2];
const ROUNDS = 5;
const GGUF_TYPES: Readonly<Record<Quantisation, MatrixType>> = { fp32: 'F32', int8: 'Q8_0', int4: 'Q4_0' };
/** Ours by llama.cpp's. */
const RATIO_LIMITS = { prefill: 1.2, decode: { 1: 0.9, 2: 1 } as Record<number, number>, batch: 1.3 };
const BANDWIDTH_SHARE_LIMIT = 0.85;

export const engine: Benchmark = {
  name: 'engine',
  summary: 'SmolLM2-135M shape in fp32, int8 and int4 on 1 and 2 threads, against llama.cpp on the same weights and the memory bandwidth',
  method:
    'The same random weights: a GGUF file a type (F32, Q8_0, Q4_0) for llama.cpp, and here fp32, int8 and int4 as from safetensors; `_gguf` is the GGUF ' +
    'file with its blocks of 32 as they are, here alone. No sampling on either side: sessions of ONNX Runtime in the environment of the engine, llama_decode ' +
    'through node-llama-cpp there, logits of every last token. Prefill: 128 tokens in one pass. Decode: 32 steps behind them. Batch: 16 steps of ' +
    'eight rows, in llama.cpp eight sequences of one context. Rounds alternate; a ratio compares within a round, with the better of llama.cpp ' +
    'with and without flash attention (f16 cache; ours f32). Bandwidth: each thread compares two arrays of 256 MiB; the limit of decoding is ' +
    `that by the bytes of weights that a token reads. llama.cpp is measured where it is installed: \`${LLAMA_INSTALL.replace(/--prefix \S+/, '--prefix node_modules/.cache/llama')}\`.`,
  asEngine: true,
  async run(context) {
    const { random, say, dir } = context;
    if (!LlamaCpp.isInstalled) say(`llama.cpp is left out; to compare: ${LLAMA_INSTALL}`);
    const metrics: Metric[] = [];
    const bandwidth = new Map<number, number>();
    for (const threads of THREADS) {
      const meter = await BandwidthMeter.open(threads);
      const values: number[] = [];
      for (let round = 0; round < ROUNDS; round++) values.push(await meter.measure());
      await meter.close();
      bandwidth.set(threads, Math.max(...values));
      metrics.push(summarise(`memory_read_t${threads}_gb_per_s`, 'GB/s', 'higher', values, random, {}, (all) => Math.max(...all)));
    }
    const weights = remembered(syntheticWeights('bench'));
    for (const quantisation of QUANTISATIONS) {
      const file = path.join(dir, `${quantisation}.gguf`);
      await writeGguf(file, SHAPE, weights, GGUF_TYPES[quantisation]);
      const bytes = graphBytes(SHAPE, 0, quantisation);
      const model = await buildDecoder(SHAPE, weights, CONTEXT_TOKENS, quantisation);
      metrics.push(...(await compare(context, { name: quantisation, model, bytes }, file, bandwidth)));
      if (quantisation === 'fp32') continue;
      const gguf = await GgufFile.open(file);
      const kept = await buildDecoder(SHAPE, ggufWeights(gguf, SHAPE.headSize), CONTEXT_TOKENS, quantisation);
      await gguf.close();
      const keptBytes = graphBytes(SHAPE, 0, quantisation, GGUF_BLOCK);
      metrics.push(...(await compare(context, { name: `${quantisation}_gguf`, model: kept, bytes: keptBytes }, undefined, bandwidth)));
    }
    return metrics;
  },
};

interface Candidate {
  readonly name: string;
  readonly model: Uint8Array;
  /** Weights that a token reads. */
  readonly bytes: number;
}

/** @param file the same weights for llama.cpp; undefined leaves it out */
async function compare(
  { random, say, signal }: BenchContext,
  { name: label, model, bytes }: Candidate,
  file: string | undefined,
  bandwidth: ReadonlyMap<number, number>,
): Promise<Metric[]> {
  const sessions = new Map<number, Session>();
  for (const threads of THREADS) {
    const init = { model, shape: SHAPE, rows: ROWS, contextTokens: CONTEXT_TOKENS, stepTokensMax: CHUNK_TOKENS, threads };
    sessions.set(threads, await openOrtFfi().open(init));
  }
  const llama = file !== undefined && LlamaCpp.isInstalled ? await LlamaCpp.open(file) : undefined;
  try {
    const contexts = [];
    for (const flashAttention of llama === undefined ? [] : [false, true]) {
      contexts.push(await (llama as LlamaCpp).context({ sequences: ROWS, contextTokens: CONTEXT_TOKENS, flashAttention }));
    }
    const metrics: Metric[] = [];
    for (const threads of THREADS) {
      const own: Rates[] = [];
      const other: Rates[] = [];
      for (let round = -1; round < ROUNDS; round++) {
        signal.throwIfAborted();
        const mine = await ours(sessions.get(threads) as Session, random);
        const their: Rates[] = [];
        for (const context of contexts) {
          context.threads = threads;
          their.push(await theirs(context, SHAPE.vocab, random));
        }
        if (round < 0) continue;
        own.push(mine);
        if (their.length > 0) other.push(best(their));
      }
      const limit = (1e9 * (bandwidth.get(threads) as number)) / bytes;
      const name = (kind: string): string => `${label}_t${threads}_${kind}`;
      for (const kind of ['prefill', 'decode', 'batch'] as const) {
        const of = (rates: readonly Rates[]): number[] => rates.map((rate) => rate[kind]);
        metrics.push(summarise(name(`${kind}_tokens_per_s`), 'tok/s', 'higher', of(own), random));
        if (other.length === 0) continue;
        metrics.push(summarise(name(`${kind}_llama_tokens_per_s`), 'tok/s', 'higher', of(other), random));
        const least = RATIO_LIMITS[kind];
        const target = { limit: typeof least === 'number' ? least : (least[threads] as number) };
        const ratios = own.map((rate, i) => rate[kind] / (other[i] as Rates)[kind]);
        metrics.push(summarise(name(`${kind}_ratio`), 'ours / llama.cpp', 'higher', ratios, random, target));
      }
      const decode = own.map((rate) => rate.decode / limit);
      const target = label === 'fp32' ? { limit: BANDWIDTH_SHARE_LIMIT } : {};
      metrics.push(summarise(name('decode_bandwidth_share'), 'of the limit', 'higher', decode, random, target));
      const ratio = (kind: keyof Rates): string =>
        other.length === 0 ? '' : ` (${median(own.map((rate, i) => rate[kind] / (other[i] as Rates)[kind])).toFixed(2)})`;
      const figures = (['prefill', 'decode', 'batch'] as const).map(
        (kind) => `${kind} ${median(own.map((rate) => rate[kind])).toFixed(0)}${ratio(kind)}`,
      );
      say(`${label}, ${threads} threads: ${figures.join(', ')} tok/s; ${(100 * median(decode)).toFixed(0)} % of the bandwidth`);
    }
    return metrics;
  } finally {
    await llama?.close();
    for (const session of sessions.values()) await session.close();
  }
}

const best = (rates: readonly Rates[]): Rates => {
  const most = (kind: keyof Rates): number => Math.max(...rates.map((rate) => rate[kind]));
  return { prefill: most('prefill'), decode: most('decode'), batch: most('batch') };
};

/** Weights drawn once for all three files. */
function remembered(source: WeightSource): WeightSource {
  const known = new Map<string, Promise<Float32Array>>();
  return {
    read(name, shape) {
      const values = known.get(name) ?? source.read(name, shape);
      known.set(name, values);
      return values;
    },
  };
}
