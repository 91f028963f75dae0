#!/usr/bin/env node
// npm run coverage:contracts: what of contracts/src the contracts' tests run, file by file. Fails under 98 % of lines or
// 95 % of branches. Foundry compiles without the optimiser for it, in a cache of its own; gas tests measure what is
// optimised and stay out.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foundryBinary } from './foundry.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const LINES_MIN = 0.98;
const BRANCHES_MIN = 0.95;

interface Counts {
  found: number;
  hit: number;
}

interface FileCoverage {
  readonly path: string;
  readonly lines: Counts;
  readonly branches: Counts;
  /** Lines that no test runs, and lines with a branch that no test takes. */
  readonly missed: readonly number[];
}

/** Records of an lcov report: `DA:line,count` and `BRDA:line,block,branch,count`, a dash for never reached. */
function parseLcov(lcov: string): FileCoverage[] {
  return lcov
    .split('end_of_record')
    .filter((record) => record.includes('SF:'))
    .map((record) => {
      const path = /SF:(.*)/.exec(record)?.[1] ?? '';
      const lines = [...record.matchAll(/^DA:(\d+),(\d+)/gm)];
      const branches = [...record.matchAll(/^BRDA:(\d+),\d+,\d+,(\d+|-)/gm)];
      const count = (rows: readonly RegExpExecArray[]): Counts => ({
        found: rows.length,
        hit: rows.filter((row) => Number(row[2]) > 0).length,
      });
      const missed = [...lines, ...branches].filter((row) => !(Number(row[2]) > 0)).map((row) => Number(row[1]));
      return { path, lines: count(lines), branches: count(branches), missed: [...new Set(missed)].sort((a, b) => a - b) };
    });
}

const share = ({ found, hit }: Counts): number => (found === 0 ? 1 : hit / found);
const percent = (counts: Counts): string =>
  `${(100 * share(counts)).toFixed(1).padStart(5)} % ${`(${counts.hit}/${counts.found})`.padEnd(11)}`;
const sum = (files: readonly FileCoverage[], kind: 'lines' | 'branches'): Counts => ({
  found: files.reduce((total, file) => total + file[kind].found, 0),
  hit: files.reduce((total, file) => total + file[kind].hit, 0),
});

function measure(): string {
  const dir = mkdtempSync(join(tmpdir(), 'coverage-'));
  const report = join(dir, 'lcov.info');
  try {
    const paths = ['--no-match-coverage', 'contracts/(test|script)', '--no-match-path', 'contracts/test/gas/*'];
    const run = spawnSync(foundryBinary('forge'), ['coverage', '--report', 'lcov', '--report-file', report, ...paths], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      env: { ...process.env, FOUNDRY_OUT: 'contracts/out-coverage', FOUNDRY_CACHE_PATH: 'contracts/cache-coverage' },
      maxBuffer: 256 << 20,
    });
    if (run.status !== 0) throw new Error(`forge coverage: ${run.stdout.slice(-4000)}${run.stderr.slice(-4000)}`);
    return readFileSync(report, 'utf8');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const files = parseLcov(measure());
  const width = Math.max(...files.map(({ path }) => path.length));
  for (const { path, lines, branches, missed } of files) {
    console.log(`${path.padEnd(width)} ${percent(lines)} ${percent(branches)} ${missed.join(' ')}`.trimEnd());
  }
  const [lines, branches] = [sum(files, 'lines'), sum(files, 'branches')];
  console.log(`${'all'.padEnd(width)} ${percent(lines)} ${percent(branches)}`.trimEnd());
  const enough = lines.found > 0 && share(lines) >= LINES_MIN && share(branches) >= BRANCHES_MIN;
  console.log(`${enough ? 'enough' : 'NOT enough'}: at least ${100 * LINES_MIN} % of lines and ${100 * BRANCHES_MIN} % of branches`);
  process.exitCode = enough ? 0 : 1;
}
