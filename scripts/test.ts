/**
 * `npm test`: every check of the repository in order of cost, each with its count, and one closing line
 * `N passed, N failed`. A step that ran no test has failed. `npm test -- unit e2e` runs the named steps only.
 */
import { spawn } from 'node:child_process';

interface Counts {
  passed: number;
  failed: number;
}

interface Step {
  name: string;
  command: string[];
  /** Reads the counts from what the step printed; a plain check counts as one. */
  count?: (output: string) => Counts;
}

const node = (...args: string[]): string[] => [process.execPath, ...args];
const mocha = (glob: string): Step['command'] => node('node_modules/mocha/bin/mocha.js', glob);
const sum = (output: string, pattern: RegExp): number =>
  [...output.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
const mochaCount = (output: string): Counts => ({ passed: sum(output, /^ +(\d+) passing/gm), failed: sum(output, /^ +(\d+) failing/gm) });
const forgeCount = (output: string): Counts => ({
  passed: sum(output, /^forge: (\d+) passed/gm),
  failed: sum(output, /^forge: \d+ passed, (\d+) failed/gm),
});

const gasCount = (output: string): Counts => ({ passed: sum(output, /^gas: (\d+) passed/gm), failed: 0 });
const mutationCount = (output: string): Counts => {
  const [passed, planted] = [sum(output, /^(\d+) of \d+ caught/gm), sum(output, /^\d+ of (\d+) caught/gm)];
  return { passed, failed: planted - passed };
};

const STEPS: Step[] = [
  { name: 'types', command: node('node_modules/typescript/bin/tsc', '-p', '.') },
  { name: 'style', command: node('node_modules/@biomejs/biome/bin/biome', 'ci', '.') },
  { name: 'layers', command: node('scripts/checkLayers.ts') },
  { name: 'unused', command: node('node_modules/knip/bin/knip.js') },
  { name: 'protocols', command: node('scripts/genProtocols.ts', '--check') },
  { name: 'docs', command: node('scripts/genDocs.ts', '--check') },
  { name: 'contracts-format', command: node('scripts/foundry.ts', 'forge', 'fmt', '--check') },
  { name: 'contracts-lint', command: node('scripts/lintContracts.ts') },
  { name: 'contracts', command: node('scripts/foundry.ts', 'forge', 'test'), count: forgeCount },
  { name: 'mutation', command: node('scripts/mutateContracts.ts', '--sample', '4'), count: mutationCount },
  { name: 'gas', command: node('scripts/gas.ts', '--check'), count: gasCount },
  { name: 'abis', command: node('scripts/genContracts.ts', '--check') },
  { name: 'unit', command: mocha('test/unit/**/*.test.ts'), count: mochaCount },
  { name: 'integration', command: mocha('test/integration/**/*.test.ts'), count: mochaCount },
  { name: 'e2e', command: mocha('test/e2e/**/*.test.ts'), count: mochaCount },
];

function run(step: Step): Promise<Counts & { seconds: number }> {
  const started = performance.now();
  return new Promise((resolve) => {
    const [file, ...args] = step.command as [string, ...string[]];
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text);
      output = (output + text).slice(-4 << 20);
    });
    child.on('close', (code) => {
      const counts = step.count?.(output) ?? (code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
      if (counts.failed === 0 && (code !== 0 || counts.passed === 0)) counts.failed = 1;
      resolve({ ...counts, seconds: (performance.now() - started) / 1000 });
    });
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`unknown step ${unknown.join(', ')}; there are ${STEPS.map((step) => step.name).join(', ')}`);
  process.exit(2);
}
const total: Counts = { passed: 0, failed: 0 };
const lines: string[] = [];
for (const step of STEPS) {
  if (wanted.length > 0 && !wanted.includes(step.name)) continue;
  console.log(`\n── ${step.name}`);
  const { passed, failed, seconds } = await run(step);
  total.passed += passed;
  total.failed += failed;
  lines.push(
    `${failed === 0 ? 'ok  ' : 'FAIL'} ${step.name.padEnd(18)} ${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed ${seconds.toFixed(1).padStart(7)} s`,
  );
}
console.log(`\n${lines.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
