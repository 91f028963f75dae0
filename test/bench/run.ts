/** `npm run bench -- --list | <name> [--json] [--seed <n>] | all`. Exit code 1 when a metric misses its limit, 2 on wrong usage. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { workerEnvironment } from '../../src/inference/worker/environment.ts';
import type { Benchmark } from './benchmark.ts';
import { BENCHMARKS } from './benchmarks.ts';
import { commit, machine } from './machine.ts';
import { judge } from './metric.ts';
import { seededRandom } from './random.ts';
import { type BenchReport, toMarkdown, toText } from './report.ts';

const MARKDOWN = new URL('../../docs/BENCHMARKS.md', import.meta.url);
const DEFAULT_SEED = 1;
/** Set in the process that measures. */
const APART = 'BENCH_APART';

async function measure(benchmark: Benchmark, seed: number, signal: AbortSignal): Promise<BenchReport> {
  const dir = await mkdtemp(join(tmpdir(), 'cor-bench-'));
  const home = process.env.HOME;
  // Nothing that runs here reads or fills what a person on this machine has.
  process.env.HOME = dir;
  try {
    const say = (line: string): void => void process.stderr.write(`· ${line}\n`);
    const metrics = await benchmark.run({ dir, random: seededRandom(seed), signal, say });
    return { bench: benchmark.name, commit: commit(), machine: machine(), seed, metrics: metrics.map(judge) };
  } finally {
    if (home === undefined) delete process.env.HOME;
    else process.env.HOME = home;
    await rm(dir, { recursive: true, force: true });
  }
}

/** In a process of its own: what one benchmark leaves in memory does not slow the next, and it has the environment that it asks for. */
function measureApart({ name, asEngine }: Benchmark, seed: number, signal: AbortSignal): Promise<BenchReport> {
  const args = [fileURLToPath(import.meta.url), name, '--json', '--seed', `${seed}`];
  return new Promise((resolve, reject) => {
    const env = { ...(asEngine ? workerEnvironment(process.env) : process.env), [APART]: '1' };
    const child = execFile(process.execPath, args, { signal, env }, (error, stdout) => {
      // 1: a limit was missed, and the report says which.
      if (error !== null && error.code !== 1) reject(error);
      else if (stdout === '') reject(new Error(`${name} failed`));
      else resolve(JSON.parse(stdout));
    });
    child.stderr?.pipe(process.stderr, { end: false });
  });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { list: { type: 'boolean' }, json: { type: 'boolean' }, seed: { type: 'string' } },
  });
  if (values.list) {
    for (const { name, summary } of BENCHMARKS) console.log(`${name.padEnd(10)} ${summary}`);
    return 0;
  }
  const [wanted, ...more] = positionals;
  const seed = Number(values.seed ?? DEFAULT_SEED);
  const chosen = wanted === 'all' ? BENCHMARKS : BENCHMARKS.filter(({ name }) => name === wanted);
  if (chosen.length === 0 || more.length > 0 || !Number.isSafeInteger(seed)) {
    console.error(`usage: npm run bench -- --list | all | ${BENCHMARKS.map(({ name }) => name).join(' | ')} [--json] [--seed <integer>]`);
    return 2;
  }
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('interrupted')));
  process.once('SIGTERM', () => stop.abort(new Error('interrupted')));
  const reports: BenchReport[] = [];
  for (const benchmark of chosen) {
    const report = await (process.env[APART] === undefined ? measureApart : measure)(benchmark, seed, stop.signal);
    reports.push(report);
    if (!values.json) console.log(toText(report));
  }
  if (values.json) console.log(JSON.stringify(wanted === 'all' ? reports : reports[0]));
  if (wanted === 'all') await writeFile(MARKDOWN, toMarkdown(reports, BENCHMARKS, new Date().toISOString().slice(0, 10)));
  return reports.every(({ metrics }) => metrics.every(({ pass }) => pass)) ? 0 : 1;
}

// Engine threads and sockets are closed by then; whatever a failure left open must not keep this process.
process.exit(await main());
