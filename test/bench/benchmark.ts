import type { Metric } from './metric.ts';
import type { Random } from './random.ts';

/** What a benchmark gets. */
export interface BenchContext {
  /** Empty, its own, removed afterwards. */
  readonly dir: string;
  readonly random: Random;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Progress, for people. */
  say(line: string): void;
}

export interface Benchmark {
  readonly name: string;
  /** One line for `--list`. */
  readonly summary: string;
  /** How it measures, for docs/BENCHMARKS.md. */
  readonly method: string;
  /** Runs sessions itself, and so has the environment of the engine's process. */
  readonly asEngine?: true;
  run(context: BenchContext): Promise<readonly Metric[]>;
}
