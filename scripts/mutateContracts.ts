#!/usr/bin/env node
/**
 * `npm run mutation:contracts`: plants one bug at a time (scripts/mutations.ts) into a copy of the contracts and runs the tests that are to
 * notice. Fails when fewer than 95 % of the bugs are caught, when one cannot be planted, and when the tests fail without any bug.
 *
 *     -- --only TEXT     bugs whose file or description has the text
 *     -- --sample N      every so many, N of them
 *     -- --json          one line of JSON at the end
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countTests, foundryBinary } from './foundry.ts';
import { MUTATION_GROUPS, type Mutation, type MutationGroup } from './mutations.ts';

/** 'invalid': it could not be planted, or what came of it does not compile. */
type Outcome = 'caught' | 'survived' | 'invalid';

const CAUGHT_MIN = 0.95;
const root = fileURLToPath(new URL('..', import.meta.url));
const { values: flags } = parseArgs({ options: { only: { type: 'string' }, sample: { type: 'string' }, json: { type: 'boolean' } } });

/** A copy of what forge needs, warm from the last build. */
function workplace(): string {
  const dir = mkdtempSync(join(tmpdir(), 'cor-mutation-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  for (const part of ['foundry.toml', 'contracts', 'scripts', 'test/fixtures/trees']) {
    cpSync(join(root, part), join(dir, part), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}

/** Runs test files; undefined when nothing ran: it did not compile. */
function test(dir: string, tests: readonly string[]): Promise<{ passed: number; failed: number } | undefined> {
  const files = tests.filter((name) => existsSync(join(dir, `contracts/test/${name}.t.sol`)));
  if (files.length !== tests.length) throw new Error(`no such test among ${tests.join(', ')}`);
  const args = ['test', '--junit', '--fail-fast', '--match-path', `contracts/test/{${files.join(',')}}.t.sol`];
  return new Promise((resolve, reject) => {
    const child = spawn(foundryBinary('forge'), args, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', () => {
      const counts = countTests(output);
      resolve(counts.passed + counts.failed === 0 ? undefined : counts);
    });
  });
}

async function judge(dir: string, tests: readonly string[], { file, from, to }: Mutation): Promise<Outcome> {
  const path = join(dir, 'contracts/src', `${file}.sol`);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) return 'invalid';
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  try {
    // Unit tests first: they are quick, and catch nearly all.
    for (const kind of ['unit', 'invariant']) {
      const some = tests.filter((name) => name.startsWith(`${kind}/`));
      const counts = some.length === 0 ? { passed: 1, failed: 0 } : await test(dir, some);
      if (counts === undefined) return 'invalid';
      if (counts.failed > 0) return 'caught';
    }
    return 'survived';
  } finally {
    writeFileSync(path, source);
  }
}

async function work(queue: MutationGroup[], outcomes: Map<Mutation, Outcome>): Promise<void> {
  const dir = workplace();
  for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
    const healthy = await test(dir, group.tests);
    if (healthy === undefined || healthy.failed > 0) throw new Error(`without any bug, ${group.tests.join(', ')} do not pass`);
    for (const mutation of group.mutations) {
      const started = performance.now();
      const outcome = await judge(dir, group.tests, mutation);
      outcomes.set(mutation, outcome);
      console.log(`${outcome.padEnd(8)} ${mutation.file}: ${mutation.bug} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
    }
  }
}

/** The bugs that the flags choose, by group. */
function chosen(): MutationGroup[] {
  const { only, sample } = flags;
  const wanted = MUTATION_GROUPS.flatMap(({ mutations }) => mutations).filter(
    ({ file, bug }) => only === undefined || `${file}: ${bug}`.includes(only),
  );
  const stride = sample === undefined ? 1 : Math.max(1, Math.floor(wanted.length / Number(sample)));
  const taken = new Set(wanted.filter((_, i) => i % stride === 0).slice(0, sample === undefined ? undefined : Number(sample)));
  return MUTATION_GROUPS.map(({ tests, mutations }) => ({ tests, mutations: mutations.filter((mutation) => taken.has(mutation)) })).filter(
    ({ mutations }) => mutations.length > 0,
  );
}

const queue = chosen();
const planted = queue.reduce((sum, { mutations }) => sum + mutations.length, 0);
if (planted === 0) throw new Error('no bug is chosen');
const outcomes = new Map<Mutation, Outcome>();
process.once('SIGINT', () => process.exit(130));
const workers = Math.min(queue.length, Math.max(1, Math.floor(availableParallelism() / 2)));
await Promise.all(Array.from({ length: workers }, () => work(queue, outcomes)));
const count = (wanted: Outcome): number => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
const share = count('caught') / planted;
const result = { planted, caught: count('caught'), survived: count('survived'), invalid: count('invalid'), share };
if (flags.json === true) console.log(JSON.stringify(result));
console.log(
  `\n${result.caught} of ${planted} caught (${(100 * share).toFixed(1)} %), ${result.survived} survived, ${result.invalid} invalid`,
);
process.exitCode = share >= CAUGHT_MIN && result.invalid === 0 ? 0 : 1;
