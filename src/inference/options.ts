import type { Logger } from 'pino';
import type { Clock } from '../util/clock.ts';
import { inferenceError } from './errors.ts';
import { PROVIDERS, type ProviderName } from './provider.ts';
import { QUANTISATIONS, type Quantisation } from './quantisation.ts';
import type { Rehearsals } from './rehearsal/index.ts';
import { pickThreads, THREADS_MAX } from './threads.ts';

/** Settings of an engine; every one has a default. */
export interface EngineOptions {
  /** Threads inside one forward pass, 1–64; by default by the cores of the machine (threads.ts). */
  readonly threads?: number;
  /** Requests that one model runs at the same time, 1–64. */
  readonly slots?: number;
  /** Prompts per model whose beginnings later ones of the same scope can go on from, 0–64; each takes cache memory up to its length. */
  readonly prefixRows?: number;
  /** Requests that wait for a slot, per model, 0–4,096; one more is ENGINE_QUEUE_FULL. */
  readonly queueMax?: number;
  /** Upper bound on a model's context (prompt and completion), tokens: the KV cache holds slots × this. */
  readonly contextTokensMax?: number;
  /** Prompt tokens in one prefill step, 8–2,048: between two of them other requests decode. */
  readonly prefillChunkTokens?: number;
  /** Least time of a decode step, ms: makes a miner slower on purpose (devnets, benchmarks). 0 is off. */
  readonly paceMsPerToken?: number;
  /**
   * Guess tokens ahead where a text repeats itself, and check the guesses in one pass (docs/inference.md#speculation). A guessing request leaves
   * the batch for its pass, which costs the others more than it gains: 'auto' is on with one slot and fp32 only. Off with a pace.
   */
  readonly speculation?: (typeof SPECULATION)[number];
  /** 'auto': as the model folder says (`quantisation` in config.json), else fp32. Numbers of different quantisations differ: so do the profiles. */
  readonly quantisation?: 'auto' | Quantisation;
  /** 'auto' tries the C API and falls back to the onnxruntime-node binding when its self-test fails. */
  readonly backend?: 'auto' | 'ortFfi' | 'ortNode';
  /** 'auto' is CUDA where it is installed and passes its self-test, else the CPU. A named one that cannot run is a warning in the status, and the CPU computes. */
  readonly provider?: 'auto' | ProviderName;
  /** Bound on what CUDA takes for weights and computing, MiB, 0–1,048,576; the KV cache comes on top. 0 is none. */
  readonly gpuMemoryMiB?: number;
  /** Bound on the resident memory of the worker process, MiB, 0–16,777,216: above it the worker is ended, as by a crash. 0 is none. Linux. */
  readonly memoryMiB?: number;
  /** That the worker is watched by. */
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Where models are tried out before they are loaded; engines without one share one that remembers in memory. */
  readonly rehearsals?: Rehearsals;
}

/** What crosses to the worker: all settings, checked, no functions. */
export type ResolvedEngineOptions = Required<Omit<EngineOptions, 'clock' | 'logger' | 'rehearsals'>>;

const RANGES = {
  threads: [1, THREADS_MAX],
  slots: [1, 64],
  prefixRows: [0, 64],
  queueMax: [0, 4096],
  contextTokensMax: [16, 131_072],
  prefillChunkTokens: [8, 2048],
  paceMsPerToken: [0, 60_000],
  gpuMemoryMiB: [0, 1 << 20],
  memoryMiB: [0, 1 << 24],
} as const;

export const SPECULATION = ['auto', 'on', 'off'] as const;

/** @throws REQUEST_INVALID naming the field and its range */
export function resolveOptions(options: EngineOptions): ResolvedEngineOptions {
  const resolved: ResolvedEngineOptions = {
    threads: options.threads ?? pickThreads(),
    slots: options.slots ?? 8,
    prefixRows: options.prefixRows ?? 4,
    queueMax: options.queueMax ?? 64,
    contextTokensMax: options.contextTokensMax ?? 4096,
    prefillChunkTokens: options.prefillChunkTokens ?? 64,
    paceMsPerToken: options.paceMsPerToken ?? 0,
    speculation: options.speculation ?? 'auto',
    quantisation: options.quantisation ?? 'auto',
    backend: options.backend ?? 'auto',
    provider: options.provider ?? 'auto',
    gpuMemoryMiB: options.gpuMemoryMiB ?? 0,
    memoryMiB: options.memoryMiB ?? 0,
  };
  for (const [field, [min, max]] of Object.entries(RANGES)) {
    const value = resolved[field as keyof typeof RANGES];
    if (!Number.isFinite(value) || value < min || value > max || (field !== 'paceMsPerToken' && !Number.isInteger(value))) {
      throw inferenceError('REQUEST_INVALID', `engine ${field} is ${value}; set ${min}–${max}`, { field, value, min, max });
    }
  }
  const { quantisation } = resolved;
  if (quantisation !== 'auto' && !QUANTISATIONS.includes(quantisation)) {
    const known = ['auto', ...QUANTISATIONS].join(', ');
    throw inferenceError('REQUEST_INVALID', `engine quantisation is ${String(quantisation)}; set one of ${known}`, {
      field: 'quantisation',
    });
  }
  const { provider } = resolved;
  if (provider !== 'auto' && !PROVIDERS.includes(provider)) {
    const known = ['auto', ...PROVIDERS].join(', ');
    throw inferenceError('REQUEST_INVALID', `engine provider is ${String(provider)}; set one of ${known}`, { field: 'provider' });
  }
  const { speculation } = resolved;
  if (!SPECULATION.includes(speculation)) {
    throw inferenceError('REQUEST_INVALID', `engine speculation is ${String(speculation)}; set one of ${SPECULATION.join(', ')}`, {
      field: 'speculation',
    });
  }
  return resolved;
}
