import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { summarise } from './metric.ts';
import { pause } from './pause.ts';

const BINARY = fileURLToPath(new URL('../../bin/cortensord.ts', import.meta.url));
const RUNS = 3;
const PAUSE_MS = 1_000;
/** The progress text up to the first characters of the answer: the prompt's line, then the indented text. */
const FIRST_TEXT = /\n› [^\n]*\n {2}\S/;

interface Run {
  readonly up_ms: number;
  readonly ttft_ms: number;
  readonly total_ms: number;
  readonly first_token_ms: number;
}

export const devnet: Benchmark = {
  name: 'devnet',
  summary: 'the whole private network by one command, from nothing to a settled answer',
  method:
    '`cortensord devnet --once --json` as its own process in an empty HOME each time, so that nothing is cached by earlier runs. ' +
    '`first_token_ms` runs from starting that process to the first text of the answer on its standard error, the session’s deposit included.',
  async run(context) {
    const runs: Run[] = [];
    for (let i = 0; i < RUNS; i++) {
      await pause(PAUSE_MS, context.signal);
      const run = await once(join(context.dir, `home-${i}`), context.signal);
      context.say(`run ${i + 1} of ${RUNS}: first token after ${Math.round(run.first_token_ms)} ms`);
      runs.push(run);
    }
    const metric = (name: keyof Run, limit?: number) =>
      summarise(
        name,
        'ms',
        'lower',
        runs.map((run) => run[name]),
        context.random,
        limit === undefined ? {} : { limit },
      );
    return [metric('first_token_ms', 30_000), metric('up_ms'), metric('ttft_ms'), metric('total_ms')];
  },
};

function once(home: string, signal: BenchContext['signal']): Promise<Run> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, [BINARY, 'devnet', '--once', '--json'], {
      env: { ...process.env, HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const onAbort = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', onAbort, { once: true });
    let [out, told] = ['', ''];
    let firstTokenMs: number | undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (firstTokenMs === undefined && FIRST_TEXT.test(told)) firstTokenMs = performance.now() - startedAt;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', onAbort);
      if (code !== 0 || firstTokenMs === undefined) return reject(new Error(`devnet --once ended with ${code}:\n${told}${out}`));
      const { timings } = JSON.parse(out) as { timings: Omit<Run, 'first_token_ms'> };
      resolve({ ...timings, first_token_ms: firstTokenMs });
    });
  });
}
