import assert from 'node:assert/strict';
import {
  CALIBRATION,
  calibrationFor,
  cpuClassOf,
  declaredProvider,
  gapMaxFor,
  type NumericsProfile,
  profileHash,
} from '../../../src/inference/profile.ts';
import { GREEDY, type ModelId } from '../../../src/types/index.ts';

const PROFILE: NumericsProfile = {
  profile: 'fp32',
  runtime: 'onnxruntime/1.30.0',
  provider: 'cpu',
  arch: 'x64',
  cpu: 'avx512',
  model: `0x${'ab'.repeat(32)}` as ModelId,
};

describe('numerics profile', () => {
  it('gives the golden hash of docs/inference.md, whatever the order of the fields', () => {
    const shuffled = Object.fromEntries(Object.entries(PROFILE).reverse()) as unknown as NumericsProfile;
    assert.equal(profileHash(shuffled), profileHash(PROFILE));
    assert.equal(profileHash(PROFILE), '0x353ac5616536e1c51a4d861d5b110a972d6a29ba4aa2fa193c8d1a1f9aa49d0b');
  });

  it('names the widest vector instructions', () => {
    assert.equal(cpuClassOf(new Set(['avx', 'avx2', 'fma', 'avx512f', 'avx512bw', 'avx512dq', 'avx512vl'])), 'avx512');
    assert.equal(cpuClassOf(new Set(['avx', 'avx2', 'fma', 'avx512f'])), 'avx2');
    assert.equal(cpuClassOf(new Set(['sse4_2'])), 'sse');
    assert.equal(cpuClassOf(new Set()), 'unknown');
  });

  it('tolerates larger score gaps at low temperatures', () => {
    const { fp32 } = CALIBRATION;
    const at = (temperatureMilli: number): number => gapMaxFor(fp32, { ...GREEDY, temperatureMilli });
    assert.deepEqual([at(0), at(2000), at(100)], [fp32.gapMax, fp32.gapMax, 10 * fp32.gapMax]);
  });

  it('tells the provider that a hash names, and nothing of another model or runtime', () => {
    for (const provider of ['cpu', 'cuda', 'webgpu'] as const) {
      const hash = profileHash({ ...PROFILE, provider, arch: 'arm64', cpu: 'neon' });
      assert.equal(declaredProvider(hash, PROFILE), provider);
      assert.equal(declaredProvider(hash, { ...PROFILE, runtime: 'onnxruntime/0.0.0' }), undefined);
    }
  });

  it('has wider bounds across providers and for unknown profiles, which still tell an int8 copy away', () => {
    assert.equal(calibrationFor('fp32', 'cpu', 'cpu'), CALIBRATION.fp32);
    for (const [own, declared] of [
      ['cuda', 'cuda'],
      ['cpu', 'cuda'],
      ['cuda', 'cpu'],
      ['cpu', undefined],
    ] as const) {
      const { sketchErrorMax } = calibrationFor('fp32', own, declared);
      assert.ok(sketchErrorMax > CALIBRATION.fp32.sketchErrorMax && sketchErrorMax < 1.6e-3);
    }
  });
});
