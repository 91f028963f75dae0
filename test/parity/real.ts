/**
 * Compares the engine with Hugging Face transformers on models of real size, fp32, and prints JSON:
 * `npm run parity:real -- --python /venv/bin/python [--steps 256] [--only smollm2-135m] [--gguf file]`. Exit code 1 when tokens or logits differ.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { createEngine } from '../../src/inference/engine.ts';
import { philox } from '../../src/inference/sampling/philox.ts';
import { openTokenizer } from '../../src/inference/tokenizer.ts';
import { GREEDY } from '../../src/types/index.ts';
import { promptLogits } from '../integration/inference/promptLogits.ts';
import { complete } from '../integration/inference/run.ts';

const SCRIPT = path.join(import.meta.dirname, '../fixtures/parity/real.py');
const LOGIT_DIFFERENCE_MAX = 1e-4;
/** Ids that a seeded prompt has, and the greatest of them: both vocabularies are larger. */
const PROMPT_TOKENS = 64;
const PROMPT_IDS = 49_152;
const SEED = 7;
const SHAPES = ['smollm2-135m', 'qwen2.5-0.5b'];
const TEXT = 'A miner serves the answer and signs it; a guard computes it again. If the two disagree, the oracle';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    steps: { type: 'string', default: '256' },
    only: { type: 'string' },
    gguf: { type: 'string' },
  },
});
const steps = Number(options.steps);
if (!Number.isInteger(steps) || steps < 1) throw new Error(`--steps ${options.steps}: a whole number from 1 is needed`);
if (options.only !== undefined && !SHAPES.includes(options.only)) throw new Error(`--only ${options.only}: one of ${SHAPES.join(', ')}`);

function seededPrompt(): number[] {
  const words = new Uint32Array(4);
  return Array.from({ length: PROMPT_TOKENS }, (_, at) => {
    philox(at, 0, 0, 0, SEED, 0, words);
    return (words[0] as number) % PROMPT_IDS;
  });
}

const python = (...args: string[]) => promisify(execFile)(options.python, [SCRIPT, ...args]);

/** The engine generates; transformers then says what it would have chosen in place of each token, given those before. */
async function compare(name: string, dir: string, prompt: readonly number[]) {
  const promptIds = Uint32Array.from(prompt);
  const got = await promptLogits(dir, promptIds);
  const engine = createEngine({ slots: 1, quantisation: 'fp32', provider: 'cpu' });
  const tokens = await engine
    .load(dir)
    .then(({ id }) => complete(engine, { model: id, promptIds, sampling: GREEDY, maxTokens: steps, stop: [] }))
    .then(({ ids }) => ids)
    .finally(() => engine.close());

  await writeFile(path.join(dir, 'ids.json'), JSON.stringify({ prompt, tokens }));
  await python('compute', dir);
  const expected = JSON.parse(await readFile(path.join(dir, 'expected.json'), 'utf8')) as { tokens: number[]; margin: number };
  const want = new Float32Array((await readFile(path.join(dir, 'logits.f32'))).buffer);
  if (got.length !== want.length) throw new Error(`${name}: ${got.length} logits, transformers gives ${want.length}`);
  let [logitGreatest, logitDifferenceGreatest] = [0, 0];
  for (const [i, value] of got.entries()) {
    logitGreatest = Math.max(logitGreatest, Math.abs(value));
    logitDifferenceGreatest = Math.max(logitDifferenceGreatest, Math.abs(value - (want[i] as number)));
  }
  const different = expected.tokens.findIndex((token, i) => token !== tokens[i]);
  return {
    model: name,
    promptTokens: promptIds.length,
    logits: got.length,
    logitGreatest,
    logitDifferenceGreatest,
    tokens: tokens.length,
    distinctTokens: new Set(tokens).size,
    leastMargin: expected.margin,
    tokensIdentical: different === -1,
    ...(different === -1 ? {} : { firstDifference: different }),
    holds: different === -1 && logitDifferenceGreatest <= LOGIT_DIFFERENCE_MAX,
  };
}

/** Calls `use` with a folder that is gone afterwards. */
async function inFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(path.join(tmpdir(), 'cortensord-parity-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

const results = [];
for (const shape of SHAPES) {
  if (options.only !== undefined && options.only !== shape) continue;
  results.push(
    await inFolder(async (dir) => {
      await python('write', dir, shape);
      return compare(`${shape} shape, seeded weights`, dir, seededPrompt());
    }),
  );
}
const { gguf } = options;
if (gguf !== undefined) {
  results.push(
    await inFolder(async (dir) => {
      await copyFile(gguf, path.join(dir, 'model.gguf'));
      return compare(path.basename(gguf), dir, [...(await openTokenizer(dir)).encode(TEXT)]);
    }),
  );
}
console.log(JSON.stringify({ logitDifferenceMax: LOGIT_DIFFERENCE_MAX, seed: SEED, results }, undefined, 1));
if (results.some(({ holds }) => !holds)) process.exitCode = 1;
