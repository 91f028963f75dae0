/**
 * Checks an execution provider on this machine against the CPU and prints JSON: `node test/device/cuda.ts [cuda|webgpu|cpu]`. Exit code 1 when the
 * provider does not run or something does not hold.
 */
import { createEngine, type Engine, type ModelInfo } from '../../src/inference/engine.ts';
import { measureBatch } from '../../src/inference/measure.ts';
import { DEFAULT_MODEL_DIR } from '../../src/inference/models.ts';
import { calibrationFor, gapMaxFor } from '../../src/inference/profile.ts';
import { PROVIDERS, type ProviderName } from '../../src/inference/provider.ts';
import { QUANTISATIONS } from '../../src/inference/quantisation.ts';
import { sketchError } from '../../src/inference/sketch.ts';
import { GREEDY, type ModelId } from '../../src/types/index.ts';
import { systemClock } from '../../src/util/clock.ts';
import { complete, NEVER } from '../integration/inference/run.ts';
import { writeTinyModel } from '../integration/inference/tinyModel.ts';

const PROMPT = Uint32Array.from({ length: 70 }, (_, i) => (i * 37 + 11) % 256);
const OUTPUT_TOKENS = 100;
const BATCHES = [1, 8];
const BENCH_PROMPT_TOKENS = 128;

const provider = (process.argv[2] ?? 'cuda') as ProviderName;
if (!PROVIDERS.includes(provider)) throw new Error(`${provider}: one of ${PROVIDERS.join(', ')}`);

const request = (model: ModelId, promptIds = PROMPT) => ({ model, promptIds, sampling: GREEDY, maxTokens: OUTPUT_TOKENS, stop: [] });

/** Serves on the provider, replays on the CPU. */
async function parity(dir: string, quantisation: (typeof QUANTISATIONS)[number]) {
  const [served, guard] = [createEngine({ provider, quantisation }), createEngine({ provider: 'cpu', quantisation })];
  try {
    const { id, profile } = await served.load(dir);
    await guard.load(dir);
    const { ids, sketches } = await complete(served, request(id));
    const replay = await guard.verify({ model: id, promptIds: PROMPT, outputIds: Uint32Array.from(ids), sampling: GREEDY }, NEVER);
    const bounds = calibrationFor(profile, 'cpu', provider);
    const sketchErrorGreatest = Math.max(...sketches.map((sketch, i) => sketchError(sketch, replay.sketches[i] as Uint8Array)));
    const gapGreatest = Math.max(...replay.gap);
    const holds = sketchErrorGreatest <= bounds.sketchErrorMax && gapGreatest <= gapMaxFor(bounds, GREEDY);
    return { quantisation, tokens: ids.length, sketchErrorGreatest, gapGreatest, bounds, holds };
  } finally {
    await served.close();
    await guard.close();
  }
}

/** Whether a request gives the same bits again, beside others, and from the prefix cache. */
async function bitIdentity(engine: Engine, { id }: ModelInfo) {
  const alone = JSON.stringify((await complete(engine, request(id))).sketches);
  const same = async (cacheScope?: string): Promise<boolean> =>
    JSON.stringify((await complete(engine, { ...request(id), ...(cacheScope === undefined ? {} : { cacheScope }) })).sketches) === alone;
  const again = await same();
  const others = [20, 33, 64].map((length) => complete(engine, request(id, PROMPT.slice(0, length))));
  const besideOthers = await same();
  await Promise.all(others);
  return { again, besideOthers, prefixMissed: await same('scope'), prefixHit: await same('scope') };
}

async function speed(engine: Engine, model: ModelInfo) {
  const rates = [];
  for (const batch of BATCHES) {
    const prompts = Array.from({ length: batch }, (_, row) =>
      Uint32Array.from({ length: BENCH_PROMPT_TOKENS }, (_, i) => (i * 31 + row * 17) % model.vocab),
    );
    await measureBatch(engine, model, prompts, OUTPUT_TOKENS, systemClock, NEVER);
    rates.push({ batch, ...(await measureBatch(engine, model, prompts, OUTPUT_TOKENS, systemClock, NEVER)) });
  }
  return rates;
}

const tiny = await writeTinyModel();
const engine = createEngine({ provider });
try {
  const info = await engine.load(tiny.dir);
  const { provider: ran, backend, runtimeVersion } = engine.status;
  const runs = ran.actual === provider && ran.warning === undefined;
  const report: Record<string, unknown> = { provider: ran, backend, runtimeVersion, runs };
  if (ran.actual === provider) {
    const parities = [];
    for (const quantisation of QUANTISATIONS) parities.push(await parity(tiny.dir, quantisation));
    report.parity = parities;
    report.bitIdentity = await bitIdentity(engine, info);
    report.speed = await speed(engine, await engine.load(DEFAULT_MODEL_DIR));
    if (!parities.every(({ holds }) => holds)) process.exitCode = 1;
  }
  if (!runs) process.exitCode = 1;
  console.log(JSON.stringify(report, undefined, 2));
} finally {
  await engine.close();
  await tiny.remove();
}
