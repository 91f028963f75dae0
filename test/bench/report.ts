import type { Benchmark } from './benchmark.ts';
import type { Machine } from './machine.ts';
import type { Metric, MetricResult } from './metric.ts';

/** What `npm run bench -- <name> --json` prints. */
export interface BenchReport {
  readonly bench: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly seed: number;
  readonly metrics: readonly MetricResult[];
}

/** Three significant digits at least, no more decimals than they need. */
function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

const bound = (metric: Metric, value: number | undefined): string =>
  value === undefined ? '' : `${metric.better === 'lower' ? '≤' : '≥'} ${value}`;

function cells(metric: MetricResult): string[] {
  const { name, value, unit, interval, samples, limit, aim, pass } = metric;
  return [
    name,
    digits(value),
    unit,
    interval === undefined ? '' : `${digits(interval[0])} – ${digits(interval[1])}`,
    samples === undefined ? '' : String(samples),
    bound(metric, limit),
    bound(metric, aim),
    limit === undefined ? '' : pass ? 'yes' : 'NO',
  ];
}

const HEAD = ['metric', 'value', 'unit', '95 % interval', 'n', 'limit', 'aim', 'pass'];

/** The metrics as a table for a terminal. */
export function toText(report: BenchReport): string {
  const rows = [HEAD, ...report.metrics.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  const line = (row: string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join('  ')
      .trimEnd();
  return `${report.bench}  ${report.commit}  ${report.machine.cpu}, ${report.machine.cores} cores\n${rows.map(line).join('\n')}\n`;
}

/** docs/BENCHMARKS.md. @param date ISO day */
export function toMarkdown(reports: readonly BenchReport[], benchmarks: readonly Benchmark[], date: string): string {
  const first = reports[0];
  if (first === undefined) return '';
  const { cpu, cores, memoryGb, os, node } = first.machine;
  const row = (entries: readonly string[]): string => `| ${entries.join(' | ')} |`;
  const sections = reports.map((report) => {
    const { summary, method } = benchmarks.find(({ name }) => name === report.bench) as Benchmark;
    return [
      `## ${report.bench}`,
      `${summary[0]?.toUpperCase()}${summary.slice(1)}. ${method}`,
      `\`npm run bench -- ${report.bench}\``,
      [row(HEAD), row(HEAD.map(() => '---')), ...report.metrics.map((metric) => row(cells(metric)))].join('\n'),
    ].join('\n\n');
  });
  return [
    '# Benchmarks',
    '<!-- Written by `npm run bench -- all`; do not edit. -->',
    `Measured on ${date} at commit \`${first.commit}\` on ${cpu} (${cores} cores, ${memoryGb} GB), ${os}, Node ${node}, seed ${first.seed}. ` +
      'Values are medians unless the name says otherwise; intervals are 95 % bootstrap intervals; what is compared is measured interleaved in ' +
      'one run. A metric with a limit fails the run when it misses it.',
    ...sections,
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}
