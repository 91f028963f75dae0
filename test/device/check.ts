/**
 * Checks an execution provider on this machine against the CPU and prints a JSON object a line, as each is measured:
 * `node test/device/check.ts [cuda|webgpu|cpu] [tiny|default|smollm|<model folder> …]`. Exit code 1 when the provider does not run or something does not hold.
 * With the CUDA runtime's file in CUDART and the device's memory in DEVICE_GIB, it also fills the device.
 */
import { availableParallelism } from 'node:os';
import { createEngine } from '../../src/inference/engine.ts';
import { PROVIDERS, type ProviderName } from '../../src/inference/provider.ts';
import { QUANTISATIONS } from '../../src/inference/quantisation.ts';
import { identity } from './identity.ts';
import { cancel, fullDevice, reopen, smallBound } from './lifecycle.ts';
import { deviceMemoryMiB } from './memory.ts';
import { type DeviceModel, MODELS, openModel } from './models.ts';
import { parity } from './parity.ts';
import { rates } from './rates.ts';

/** Rates are measured with prefills of this many tokens at once, besides the default. */
const LONG_CHUNK_TOKENS = 512;
const THREADS_MAX = 16;

const provider = (process.argv[2] ?? 'cuda') as ProviderName;
if (!PROVIDERS.includes(provider)) throw new Error(`${provider}: one of ${PROVIDERS.join(', ')}`);
const names = process.argv.length > 3 ? process.argv.slice(3) : Object.keys(MODELS);
const threads = Math.min(THREADS_MAX, availableParallelism());

const startedAt = performance.now();
const say = (section: string, values: Record<string, unknown>): void =>
  console.log(JSON.stringify({ section, s: Math.round((performance.now() - startedAt) / 100) / 10, ...values }));

/** A section that throws is reported, and the others run all the same. */
async function section(name: string, values: Record<string, unknown>, measure: () => Promise<Record<string, unknown>>): Promise<void> {
  try {
    say(name, { ...values, ...(await measure()) });
  } catch (error) {
    process.exitCode = 1;
    say(name, { ...values, error: error instanceof Error ? error.stack : String(error) });
  }
}

async function checkModel(model: DeviceModel): Promise<void> {
  const { name } = model;
  try {
    const engine = createEngine({ provider });
    try {
      const info = await engine.load(model.dir);
      const { provider: ran, backend, runtimeVersion } = engine.status;
      const runs = ran.actual === provider && ran.warning === undefined;
      say('status', { model: name, provider: ran, backend, runtimeVersion, runs, deviceMemoryMiB: await deviceMemoryMiB() });
      if (!runs) process.exitCode = 1;
      if (ran.actual !== provider) return;
      await section('identity', { model: name }, () => identity(engine, info));
    } finally {
      await engine.close();
    }
    await section('parity', { model: name }, async () => {
      const within = await parity(model, provider, threads, say);
      if (!within) process.exitCode = 1;
      return { within };
    });
    if (name === 'tiny') return;
    await section('cancel', { model: name }, () => cancel(model.dir, provider));
    await section('reopen', { model: name }, async () => ({ deviceMemoryMiB: await reopen(model.dir, provider) }));
    if (provider === 'cuda') await section('smallBound', { model: name }, () => smallBound(model.dir, provider));
    // The bundled model's cache fits beside anything.
    const [cudart, totalGiB] = [process.env.CUDART, Number(process.env.DEVICE_GIB)];
    if (provider === 'cuda' && cudart !== undefined && totalGiB > 0 && name !== 'default')
      await section('fullDevice', { model: name }, () => fullDevice(model.dir, cudart, totalGiB, 3));
    for (const quantisation of QUANTISATIONS) {
      await section('rates', { model: name, quantisation }, () => rates(model.dir, { provider, quantisation }));
    }
    const options = { provider, prefillChunkTokens: LONG_CHUNK_TOKENS };
    await section('rates', { model: name, prefillChunkTokens: LONG_CHUNK_TOKENS }, () => rates(model.dir, options));
  } finally {
    await model.remove();
  }
}

for (const name of names) {
  await section('model', { model: name }, async () => {
    await checkModel(await openModel(name));
    return {};
  });
}
