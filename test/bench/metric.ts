import type { Random } from './random.ts';
import { bootstrapInterval, type Interval, median } from './stats.ts';

/** One measured number. Times in ms, memory in MB (10⁶ bytes), rates per second. */
export interface Metric {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Which way is better; decides on which side of `limit` a value passes. */
  readonly better: 'lower' | 'higher';
  /** Worst value that passes. */
  readonly limit?: number;
  /** What we would like. */
  readonly aim?: number;
  /** 95 % bootstrap interval of `value`. */
  readonly interval?: Interval;
  /** How many measurements `value` comes from. */
  readonly samples?: number;
}

export type MetricResult = Metric & { readonly pass: boolean };

type Target = Partial<Pick<Metric, 'limit' | 'aim'>>;

/** A statistic (the median, unless another is given) of repeated measurements, with its interval. */
export function summarise(
  name: string,
  unit: string,
  better: Metric['better'],
  values: readonly number[],
  random: Random,
  target: Target = {},
  statistic: (values: readonly number[]) => number = median,
): Metric {
  const interval = values.length < 2 ? {} : { interval: bootstrapInterval(values, random, statistic) };
  return { name, unit, better, value: statistic(values), ...target, ...interval, samples: values.length };
}

/** A metric without a limit always passes. */
export function judge(metric: Metric): MetricResult {
  const { value, limit, better } = metric;
  const pass = limit === undefined || (better === 'lower' ? value <= limit : value >= limit);
  return { ...metric, pass };
}
