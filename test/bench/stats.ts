import type { Random } from './random.ts';

/** Low and high end of a confidence interval. */
export type Interval = readonly [low: number, high: number];

const RESAMPLES = 2_000;
const CONFIDENCE = 0.95;

/** The value below which a share `at` (0–1) of the values lies, linear between neighbours. @throws RangeError without values */
export function percentile(values: readonly number[], at: number): number {
  if (values.length === 0) throw new RangeError('a percentile needs at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const rank = at * (sorted.length - 1);
  const low = Math.floor(rank);
  const high = Math.ceil(rank);
  const [below, above] = [sorted[low] as number, sorted[high] as number];
  return below + (above - below) * (rank - low);
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** 95 % interval of a statistic by the percentile bootstrap (Efron 1979): the same values and seed give the same interval. */
export function bootstrapInterval(
  values: readonly number[],
  random: Random,
  statistic: (values: readonly number[]) => number = median,
): Interval {
  const estimates = Array.from({ length: RESAMPLES }, () =>
    statistic(values.map(() => values[Math.floor(random() * values.length)] as number)),
  );
  return [percentile(estimates, (1 - CONFIDENCE) / 2), percentile(estimates, (1 + CONFIDENCE) / 2)];
}
