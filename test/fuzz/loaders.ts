/** `npm run fuzz:loaders -- [rounds] [seed]`: damages copies of the parity models and tries them out. Every answer must be an id or a coded error. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Rehearsals } from '../../src/inference/rehearsal/index.ts';
import { philox } from '../../src/inference/sampling/philox.ts';
import { toCoded } from '../../src/util/errors.ts';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/parity');
const READ = /\.(json|safetensors|gguf|onnx)$/;
const NEVER = new AbortController().signal;

/** Numbers that follow from the seed alone. */
function numbers(seed: number): (below: number) => number {
  const words = new Uint32Array(4);
  let at = 0;
  return (below) => {
    philox(at++, 0, 0, 0, seed, 0, words);
    return (words[0] as number) % below;
  };
}

/** Damages one file `rounds` times, each time from the whole model. @returns how often each code came; 'loaded' when the damage did not matter */
export async function fuzzLoaders(rounds: number, seed: number): Promise<Map<string, number>> {
  const root = await mkdtemp(path.join(tmpdir(), 'cortensord-fuzz-'));
  const next = numbers(seed);
  const seen = new Map<string, number>();
  const rehearsals = new Rehearsals();
  try {
    const models = (await readdir(FIXTURES, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    for (let round = 0; round < rounds; round++) {
      const dir = path.join(root, String(round));
      await cp(path.join(FIXTURES, models[next(models.length)] as string), dir, { recursive: true });
      const files = (await readdir(dir, { recursive: true })).filter((name) => READ.test(name) && name !== 'expected.json');
      const file = path.join(dir, files[next(files.length)] as string);
      const bytes = await readFile(file);
      // Headers are at the beginning: half of the damage is there.
      const within = next(2) === 0 ? Math.min(bytes.length, 512) : bytes.length;
      for (let i = next(8); i >= 0; i--) bytes[next(within)] = next(256);
      await writeFile(file, next(4) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes);
      const code = await rehearsals.check(dir, NEVER).then(
        () => 'loaded',
        (error: unknown) => toCoded(error).code,
      );
      seen.set(code, (seen.get(code) ?? 0) + 1);
      await rm(dir, { recursive: true });
    }
  } finally {
    await rm(root, { recursive: true });
  }
  return seen;
}

if (import.meta.main) {
  const [rounds, seed] = [Number(process.argv[2] ?? 1_000), Number(process.argv[3] ?? 1)];
  for (const [code, count] of await fuzzLoaders(rounds, seed)) console.log(code, count);
}
