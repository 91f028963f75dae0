#!/usr/bin/env node
/**
 * `npm run prove:contracts`: the compiler's model checker, through forge and z3, proves every assertion in contracts/proofs. Then it
 * must refute an assertion over arithmetic with a bug in it: a proof that cannot fail proves nothing.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foundryBinary } from './foundry.ts';

const LIBRARY = 'contracts/src/libraries/SessionLedger.sol';
const BUGS: readonly (readonly [bug: string, from: string, to: string])[] = [
  ['what was taken before is taken again', 'cumulative - taken : 0', 'cumulative : 0'],
  ['what was spent can be spent again', 'return limit - spent;', 'return limit;'],
];
const root = fileURLToPath(new URL('..', import.meta.url));

/** How many assertions were proven, and what forge said about the others. */
function prove(dir: string): { proven: number; unproven: number; violated: number; output: string } {
  const run = spawnSync(foundryBinary('forge'), ['build', '--force'], {
    cwd: dir,
    env: { ...process.env, FOUNDRY_PROFILE: 'proofs' },
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const output = run.stdout + run.stderr;
  const count = (pattern: RegExp): number => [...output.matchAll(pattern)].length;
  const broken = run.status !== 0 || /CHC analysis was not possible/.test(output) ? 1 : 0;
  const places = new Set([...output.matchAll(/check is safe!\n +--> (\S+)/g)].map(([, place]) => place));
  const violated = count(/Assertion violation happens here/g);
  return { proven: places.size, unproven: broken + violated + count(/Assertion violation might happen here/g), violated, output };
}

const wanted = readdirSync(join(root, 'contracts/proofs'))
  .map((file) => [...readFileSync(join(root, 'contracts/proofs', file), 'utf8').matchAll(/\bassert\(/g)].length)
  .reduce((a, b) => a + b, 0);
const right = prove(root);
console.log(`${right.proven} of ${wanted} assertions proven`);
let failed = right.proven !== wanted || right.unproven > 0;
if (failed) console.log(right.output);

const dir = mkdtempSync(join(tmpdir(), 'cor-proofs-'));
try {
  for (const part of ['foundry.toml', 'contracts/proofs', 'contracts/src/libraries', 'scripts']) {
    cpSync(join(root, part), join(dir, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  // One small machine is enough to see a bug, and quick.
  const settings = join(dir, 'foundry.toml');
  writeFileSync(settings, readFileSync(settings, 'utf8').replace(/^.*= \["EscrowProof"\]\n/m, ''));
  const source = readFileSync(join(root, LIBRARY), 'utf8');
  for (const [bug, from, to] of BUGS) {
    if (source.split(from).length !== 2) throw new Error(`${LIBRARY} has no longer: ${from}`);
    writeFileSync(join(dir, LIBRARY), source.replace(from, to));
    const { violated } = prove(dir);
    console.log(`${violated > 0 ? 'refuted' : 'MISSED'}: ${bug}`);
    failed ||= violated === 0;
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
