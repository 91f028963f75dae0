import assert from 'node:assert/strict';
import { createEngine, type EngineOptions } from '../../../src/inference/engine.ts';
import { cudaMissing } from '../../../src/inference/onnx/ortPackage.ts';
import { CALIBRATION, gapMaxFor } from '../../../src/inference/profile.ts';
import { sketchError } from '../../../src/inference/sketch.ts';
import type { EngineStatus } from '../../../src/inference/types.ts';
import { probeProvider } from '../../../src/inference/worker/probeProvider.ts';
import { GREEDY } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { complete, NEVER } from './run.ts';
import { writeTinyModel } from './tinyModel.ts';

describe('execution providers', function () {
  this.timeout(120_000);
  let dir: string;
  let remove: () => Promise<void>;
  before(async () => {
    ({ dir, remove } = await writeTinyModel());
  });
  after(() => remove());

  const promptIds = Uint32Array.of(1, 50, 60, 70);
  type Run = Awaited<ReturnType<typeof complete>> & { readonly status: EngineStatus; readonly profile: string };
  async function run(options: EngineOptions): Promise<Run> {
    const engine = createEngine(options);
    try {
      const info = await engine.load(dir);
      const request = { model: info.id, promptIds, sampling: GREEDY, maxTokens: 40, stop: [] };
      return { ...(await complete(engine, request)), status: engine.status, profile: info.numericsProfile };
    } finally {
      await engine.close();
    }
  }

  /** What another provider served lies within the bounds of a guard on the CPU. */
  async function holdsOnCpu({ ids, sketches }: Run): Promise<void> {
    const engine = createEngine({ provider: 'cpu' });
    try {
      const { id } = await engine.load(dir);
      const result = await engine.verify({ model: id, promptIds, outputIds: Uint32Array.from(ids), sampling: GREEDY }, NEVER);
      const bounds = CALIBRATION.fp32;
      const errors = sketches.map((sketch, i) => sketchError(sketch, result.sketches[i] as Uint8Array));
      assert.ok(Math.max(...errors) <= bounds.sketchErrorMax, `sketch error ${Math.max(...errors)}`);
      assert.ok(Math.max(...result.gap) <= gapMaxFor(bounds, GREEDY), `gap ${Math.max(...result.gap)}`);
    } finally {
      await engine.close();
    }
  }

  for (const provider of ['cuda', 'webgpu'] as const) {
    it(`${provider} computes what the CPU computes, or the CPU does and the status says why`, async () => {
      const [cpu, other] = [await run({ provider: 'cpu' }), await run({ provider })];
      const { requested, actual, warning } = other.status.provider;
      assert.equal(requested, provider);
      if (actual === provider) {
        assert.notEqual(other.profile, cpu.profile);
        await holdsOnCpu(other);
        return;
      }
      assert.equal(actual, 'cpu');
      assert.match(warning ?? '', new RegExp(`^${provider} does not run here, the CPU computes: .*(install|not for)`));
      assert.deepEqual([other.profile, other.ids, other.sketches], [cpu.profile, cpu.ids, cpu.sketches]);
      console.log(`      ${provider} was not compared: ${warning}`);
    });
  }

  it('auto is the CPU, without a warning, where CUDA is not installed', async () => {
    const { status } = await run({});
    if (cudaMissing() !== undefined) assert.deepEqual(status.provider, { requested: 'auto', actual: 'cpu' });
    else assert.equal(status.provider.actual === 'cuda', status.provider.warning === undefined);
  });

  it('BACKEND_UNAVAILABLE with the last words of the process that tries a provider', async () => {
    await assert.rejects(
      probeProvider('ortNode', { provider: 'cuda', gpuMemoryMiB: 0 }),
      (error) => isCoded(error, 'BACKEND_UNAVAILABLE') && /C API only/.test((error as Error).message),
    );
    await probeProvider('ortFfi', { provider: 'cpu', gpuMemoryMiB: 0 });
  });
});
