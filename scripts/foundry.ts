#!/usr/bin/env node
// node scripts/foundry.ts forge test …: runs the real Foundry binary from the repository root and keeps its exit status
// (the npm launchers always exit 0). `forge test` must have run at least one test.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export function foundryBinary(tool: string): string {
  const cpu = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return createRequire(import.meta.url).resolve(`@foundry-rs/${tool}-${process.platform}-${cpu}/bin/${tool}${suffix}`);
}

/** Passed and failed tests of a JUnit report: `<testsuite tests="…" failures="…" errors="…">` elements summed up. */
export function countTests(junit: string): { passed: number; failed: number } {
  let tests = 0;
  let failed = 0;
  for (const [tag] of junit.matchAll(/<testsuite\s[^>]*>/g)) {
    const number = (name: string): number => Number(tag.match(new RegExp(`\\s${name}="(\\d+)"`))?.[1] ?? 0);
    tests += number('tests');
    failed += number('failures') + number('errors');
  }
  return { passed: tests - failed, failed };
}

/** What forge printed about each failed test. */
function failures(junit: string): string[] {
  return [...junit.matchAll(/<testcase[^>]*>(?:(?!<\/testcase>).)*?<failure.*?<\/testcase>/gs)].map(([testcase]) => testcase);
}

function environment(tool: string, args: readonly string[]): NodeJS.ProcessEnv {
  if (tool !== 'forge' || args[0] !== 'lint') return process.env;
  // lint compiles without bytecode; in the shared cache that makes changed test files vanish from `forge test`
  return { ...process.env, FOUNDRY_OUT: 'contracts/out-lint', FOUNDRY_CACHE_PATH: 'contracts/cache-lint' };
}

function forgeTest(args: readonly string[]): number {
  const run = spawnSync(foundryBinary('forge'), ['test', '--junit', ...args], {
    cwd: root,
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 256 << 20,
  });
  const counts = countTests(run.stdout);
  if (counts.failed > 0) console.log(failures(run.stdout).join('\n'));
  else if (run.status !== 0) process.stdout.write(run.stdout);
  console.log(`forge: ${counts.passed} passed, ${counts.failed} failed`);
  if (run.status !== 0) return run.status ?? 1;
  return counts.passed > 0 && counts.failed === 0 ? 0 : 1;
}

/** Runs a Foundry tool with the given arguments and returns its exit status. */
export function foundry(tool: string, args: readonly string[]): number {
  if (tool === 'forge' && args[0] === 'test') return forgeTest(args.slice(1));
  return spawnSync(foundryBinary(tool), args, { cwd: root, stdio: 'inherit', env: environment(tool, args) }).status ?? 1;
}

if (import.meta.main) {
  const [tool, ...args] = process.argv.slice(2);
  if (tool === undefined) throw new Error('usage: node scripts/foundry.ts <forge|anvil|cast> [arguments]');
  process.exitCode = foundry(tool, args);
}
