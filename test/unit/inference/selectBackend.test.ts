import assert from 'node:assert/strict';
import type { Backend } from '../../../src/inference/backend.ts';
import { cudaInstallCommand, cudaMissing } from '../../../src/inference/onnx/ortPackage.ts';
import { loadBackend } from '../../../src/inference/worker/loadBackend.ts';
import { type Probes, selectBackend } from '../../../src/inference/worker/selectBackend.ts';
import { isCoded } from '../../../src/util/errors.ts';

const OPTIONS = { backend: 'auto', provider: 'cuda', gpuMemoryMiB: 0 } as const;

/** The CPU's backend under another provider's name; `change` falsifies its logits. */
async function pretend(provider: 'cuda' | 'webgpu', change: (logits: Float32Array) => void = () => undefined): Promise<Backend> {
  const cpu = await loadBackend('ortFfi', { provider: 'cpu', gpuMemoryMiB: 0 });
  return {
    ...cpu,
    provider,
    async open(init) {
      const session = await cpu.open(init);
      return {
        shape: session.shape,
        rows: session.rows,
        contextTokens: session.contextTokens,
        async run(step) {
          const output = await session.run(step);
          change(output.logits);
          return output;
        },
        copyRow: (from, to, tokens) => session.copyRow(from, to, tokens),
        close: () => session.close(),
      };
    },
  };
}

function probes(gpu: Partial<Probes> = {}): Probes {
  return {
    missing: (provider) => gpu.missing?.(provider),
    probe: async (backend, choice) => gpu.probe?.(backend, choice),
    load: (backend, choice) => (choice.provider === 'cpu' ? loadBackend(backend, choice) : (gpu.load ?? loadBackend)(backend, choice)),
  };
}

describe('inference/worker/selectBackend', () => {
  it('takes the requested provider when it passes, and auto takes CUDA', async () => {
    const works = probes({ load: () => pretend('cuda') });
    for (const provider of ['cuda', 'auto'] as const) {
      const { report } = await selectBackend({ ...OPTIONS, provider }, works);
      assert.deepEqual(report.provider, { actual: 'cuda' });
    }
    const webgpu = await selectBackend({ ...OPTIONS, provider: 'webgpu' }, probes({ load: () => pretend('webgpu') }));
    assert.deepEqual(webgpu.report.provider, { actual: 'webgpu' });
  });

  it('does not look for other providers when the CPU is requested', async () => {
    const never = probes({ missing: () => assert.fail('looked for'), probe: () => assert.fail('probed') });
    const { report } = await selectBackend({ ...OPTIONS, provider: 'cpu' }, never);
    assert.deepEqual(report.provider, { actual: 'cpu' });
  });

  const failures: readonly [string, Partial<Probes>, RegExp][] = [
    ['is not installed', { missing: () => 'run: install it' }, /run: install it/],
    ['does not load', { load: () => Promise.reject(new Error('libcublas.so.12: not found')) }, /libcublas\.so\.12: not found.*install\.js/],
    ['crashes when it is probed', { probe: () => Promise.reject(new Error('its test ended with SIGSEGV')) }, /SIGSEGV.*install\.js/],
    ['gives wrong numbers', { load: () => pretend('cuda', (logits) => logits.fill(1)) }, /self-test .* on cuda: logits lie/],
    ['gives numbers that are none', { load: () => pretend('cuda', (logits) => logits.fill(Number.NaN)) }, /self-test/],
    [
      'gives other numbers by a little',
      {
        load: () =>
          pretend('cuda', (logits) =>
            logits.forEach((value, i) => {
              logits[i] = value + 0.01;
            }),
          ),
      },
      /self-test/,
    ],
    ['is of another version', { load: async () => ({ ...(await pretend('cuda')), runtimeVersion: '1.0.0' }) }, /ONNX Runtime 1\.0\.0/],
  ];
  for (const [what, gpu, words] of failures) {
    it(`falls back to the CPU and says why when CUDA ${what}`, async () => {
      const { backend, report } = await selectBackend(OPTIONS, probes(gpu));
      assert.equal(backend.provider, 'cpu');
      assert.equal(report.provider.actual, 'cpu');
      assert.match(report.provider.warning ?? '', /^cuda does not run here, the CPU computes: /);
      assert.match(report.provider.warning ?? '', words);
    });
  }

  it('auto says nothing where CUDA was never installed, and says why where it is and fails', async () => {
    const auto = { ...OPTIONS, provider: 'auto' } as const;
    assert.deepEqual((await selectBackend(auto, probes({ missing: () => 'not there' }))).report.provider, { actual: 'cpu' });
    const failing = await selectBackend(auto, probes({ probe: () => Promise.reject(new Error('no device')) }));
    assert.match(failing.report.provider.warning ?? '', /no device/);
  });

  it('BACKEND_UNAVAILABLE when the CPU fails too', async () => {
    const broken: Probes = { ...probes(), load: () => Promise.reject(new Error('no library')) };
    await assert.rejects(selectBackend(OPTIONS, broken), (error) => isCoded(error, 'BACKEND_UNAVAILABLE'));
  });

  it('names a command that installs CUDA wherever the package lies', () => {
    assert.match(cudaInstallCommand(), /^ONNXRUNTIME_NODE_INSTALL=cuda12 node \/.*onnxruntime-node\/script\/install\.js$/);
    assert.equal(cudaInstallCommand("/it's here"), "ONNXRUNTIME_NODE_INSTALL=cuda12 node '/it'\\''s here/script/install.js'");
    assert.match(cudaMissing('linux', 'x64', '/nowhere') ?? '', /ONNXRUNTIME_NODE_INSTALL=cuda12 node/);
    assert.match(cudaMissing('darwin', 'arm64') ?? '', /not for darwin\/arm64/);
  });
});
