#!/usr/bin/env node
/**
 * npm run mutation:contracts [-- --only <text>] [-- --sample <n>]: plants one bug at a time (contracts/test/mutations.json) into a copy
 * of the contracts and runs their tests. A bug that no test notices has survived; more than 5 % survivors fail.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countTests, foundryBinary } from './foundry.ts';

/** `from` stands exactly once in `file` (below contracts/src) and becomes `to`. */
interface Mutation {
  readonly file: string;
  readonly bug: string;
  readonly from: string;
  readonly to: string;
}

type Outcome = 'caught' | 'survived' | 'invalid';

const KILLED_MIN = 0.95;
const root = fileURLToPath(new URL('..', import.meta.url));
const all = JSON.parse(readFileSync(join(root, 'contracts/test/mutations.json'), 'utf8')) as Mutation[];

/** A copy of what forge needs, warm from the last build here. */
function workplace(): string {
  const dir = mkdtempSync(join(tmpdir(), 'cor-mutation-'));
  for (const part of ['foundry.toml', 'contracts', 'scripts']) cpSync(join(root, part), join(dir, part), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}

/** Runs the tests; undefined when the contracts do not compile. */
function test(dir: string, tests: string): Promise<{ passed: number; failed: number } | undefined> {
  return new Promise((resolve, reject) => {
    const args = ['test', '--junit', '--match-path', tests];
    const child = spawn(foundryBinary('forge'), args, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', () => {
      const counts = countTests(output);
      resolve(counts.passed + counts.failed === 0 ? undefined : counts);
    });
  });
}

async function judge(dir: string, { file, from, to }: Mutation): Promise<Outcome> {
  const path = join(dir, 'contracts/src', file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) return 'invalid';
  writeFileSync(path, source.replace(from, () => to));
  try {
    for (const tests of ['contracts/test/unit/**', 'contracts/test/invariant/**']) {
      const counts = await test(dir, tests);
      if (counts === undefined) return 'invalid';
      if (counts.failed > 0) return 'caught';
    }
    return 'survived';
  } finally {
    writeFileSync(path, source);
  }
}

/** Takes mutations until none is left. */
async function work(queue: Mutation[], outcomes: Map<Mutation, Outcome>): Promise<void> {
  const dir = workplace();
  try {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const outcome = await judge(dir, next);
      outcomes.set(next, outcome);
      console.log(`${outcome.padEnd(8)} ${next.file}: ${next.bug}`);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { only: { type: 'string' }, sample: { type: 'string' } } });
const chosen = all.filter(({ file, bug }) => values.only === undefined || `${file} ${bug}`.includes(values.only));
const stride = values.sample === undefined ? 1 : Math.max(1, Math.floor(chosen.length / Number(values.sample)));
const queue = chosen.filter((_, i) => i % stride === 0);
if (queue.length === 0) throw new Error('no mutation is chosen');
mkdirSync(join(root, 'contracts/out'), { recursive: true });
const outcomes = new Map<Mutation, Outcome>();
const planted = queue.length;
const workers = Math.min(planted, Math.max(1, Math.floor(availableParallelism() / 2)));
await Promise.all(Array.from({ length: workers }, () => work(queue, outcomes)));
const count = (wanted: Outcome): number => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
const share = count('caught') / planted;
console.log(`\n${planted} planted, ${count('caught')} caught (${(100 * share).toFixed(1)} %), ${count('survived')} survived, ${count('invalid')} invalid`);
process.exitCode = share >= KILLED_MIN && count('invalid') === 0 ? 0 : 1;
