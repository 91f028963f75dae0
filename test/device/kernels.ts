/**
 * Numbers of one kind of processor, to be compared with those of another: `node test/device/kernels.ts write <file>` on each of them, then
 * `node test/device/kernels.ts compare <miner's file> <guard's file>`. The first computes step by step, as a miner does; the second in one pass.
 * An emulator serves as well: `qemu-x86_64 -cpu Haswell node test/device/kernels.ts write avx2.bin`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { buildDecoder } from '../../src/inference/graph/decoder.ts';
import { decoderShape } from '../../src/inference/graph/shape.ts';
import { DEFAULT_MODEL_DIR, readManifest } from '../../src/inference/models.ts';
import { openOrtFfi } from '../../src/inference/onnx/ortFfi.ts';
import { CALIBRATION } from '../../src/inference/profile.ts';
import { QUANTISATIONS, type Quantisation } from '../../src/inference/quantisation.ts';
import { Sketcher, sketchError } from '../../src/inference/sketch.ts';
import { openWeights } from '../../src/inference/weights.ts';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/parity');
const MODELS = [
  DEFAULT_MODEL_DIR,
  ...['llama', 'llama-linear', 'mistral', 'qwen2', 'qwen3', 'smollm'].map((name) => path.join(FIXTURES, name)),
];
const TEXTS = 4;
const POSITIONS = 96;
const FIRST_PASS = 8;

/** One text through one model, by position. */
interface Numbers {
  readonly name: string;
  readonly quantisation: Quantisation;
  readonly stepped: Positions;
  readonly atOnce: Positions;
}

interface Positions {
  readonly logits: readonly Float32Array[];
  readonly sketches: readonly Uint8Array[];
}

async function* numbersOf(dir: string, quantisation: Quantisation): AsyncGenerator<Numbers> {
  const manifest = await readManifest(dir);
  const shape = decoderShape(manifest.config);
  const weights = await openWeights(dir, manifest, shape);
  const model = await buildDecoder(shape, weights, POSITIONS, quantisation).finally(() => weights.close());
  const init = { model, shape, rows: 1, contextTokens: POSITIONS, stepTokensMax: POSITIONS, threads: 1 };
  const session = await openOrtFfi().open(init);
  const sketcher = new Sketcher(shape.hidden);
  const pass = async (ids: Uint32Array, past: number): Promise<Positions> => {
    const length = ids.length;
    const { logits, hidden } = await session.run({ first: 0, count: 1, length, ids, past: Uint32Array.of(past), keep: length });
    const positions = Array.from(ids.keys());
    return {
      logits: positions.map((i) => logits.slice(i * shape.vocab, (i + 1) * shape.vocab)),
      sketches: positions.map((i) => sketcher.sketch(hidden, i * shape.hidden)),
    };
  };
  try {
    for (let text = 0; text < TEXTS; text++) {
      const ids = Uint32Array.from({ length: POSITIONS }, (_, i) => (i * (37 + 2 * text) + 11 * text + ((i * i) % 13)) % shape.vocab);
      const steps = [await pass(ids.slice(0, FIRST_PASS), 0)];
      for (let i = FIRST_PASS; i < POSITIONS; i++) steps.push(await pass(ids.slice(i, i + 1), i));
      const stepped = { logits: steps.flatMap(({ logits }) => logits), sketches: steps.flatMap(({ sketches }) => sketches) };
      yield { name: `${path.basename(dir)} ${text}`, quantisation, stepped, atOnce: await pass(ids, 0) };
    }
  } finally {
    await session.close();
  }
}

const greatestIn = (values: Float32Array): number => values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0);

function compare(served: readonly Numbers[], verified: readonly Numbers[], quantisation: Quantisation) {
  const errors: number[] = [];
  const gaps: number[] = [];
  for (const [i, { stepped, ...miner }] of served.entries()) {
    const guard = verified[i] as Numbers;
    if (miner.name !== guard.name || miner.quantisation !== guard.quantisation) throw new Error('the files are of different versions');
    if (miner.quantisation !== quantisation) continue;
    for (const [at, sketch] of stepped.sketches.entries()) {
      const logits = guard.atOnce.logits[at] as Float32Array;
      errors.push(sketchError(sketch, guard.atOnce.sketches[at] as Uint8Array));
      gaps.push((logits[greatestIn(logits)] as number) - (logits[greatestIn(stepped.logits[at] as Float32Array)] as number));
    }
  }
  errors.sort((a, b) => a - b);
  const { sketchErrorMax, gapMax } = CALIBRATION[quantisation];
  const [median, most] = [0.5, 0.99].map((share) => errors[Math.floor(share * errors.length)]);
  const [sketchErrorGreatest, gapGreatest] = [errors.at(-1) as number, Math.max(...gaps)];
  const others = gaps.filter((gap) => gap > 0).length / gaps.length;
  const holds = sketchErrorGreatest <= sketchErrorMax && gapGreatest <= gapMax;
  return {
    quantisation,
    positions: errors.length,
    sketchError: { median, most, greatest: sketchErrorGreatest },
    others,
    gapGreatest,
    holds,
  };
}

const [verb, first, second] = process.argv.slice(2);
if (verb === 'write' && first !== undefined) {
  const all: Numbers[] = [];
  for (const dir of MODELS)
    for (const quantisation of QUANTISATIONS) for await (const numbers of numbersOf(dir, quantisation)) all.push(numbers);
  await writeFile(first, serialize(all));
} else if (verb === 'compare' && first !== undefined && second !== undefined) {
  const [served, verified] = [deserialize(await readFile(first)), deserialize(await readFile(second))] as [Numbers[], Numbers[]];
  const results = QUANTISATIONS.map((quantisation) => compare(served, verified, quantisation));
  console.log(JSON.stringify(results, undefined, 2));
  if (!results.every(({ holds }) => holds)) process.exitCode = 1;
} else {
  console.error('usage: node test/device/kernels.ts write <file> | compare <file> <file>');
  process.exitCode = 2;
}
