import assert from 'node:assert/strict';
import { CALIBRATION, cpuClassOf, gapMaxFor, type NumericsProfile, profileHash } from '../../../src/inference/profile.ts';
import { GREEDY, type ModelId } from '../../../src/types/index.ts';

const PROFILE: NumericsProfile = {
  graph: 1,
  profile: 'fp32',
  runtime: 'onnxruntime/1.30.0',
  provider: 'cpu',
  arch: 'x64',
  cpu: 'avx512',
  model: `0x${'ab'.repeat(32)}` as ModelId,
};

/** The greatest of docs/inference.md#providers, and the least that an int8 copy shows where fp32 is declared. */
const HONEST = {
  fp32: { sketchError: 5.2e-6, gap: 0 },
  int8: { sketchError: 1.14e-1, gap: 0.33 },
  int4: { sketchError: 8.5e-2, gap: 0.65 },
};
const INT8_COPY_LEAST = 1.6e-3;

describe('numerics profile', () => {
  it('gives the golden hash of docs/inference.md, whatever the order of the fields', () => {
    const shuffled = Object.fromEntries(Object.entries(PROFILE).reverse()) as unknown as NumericsProfile;
    assert.equal(profileHash(shuffled), profileHash(PROFILE));
    assert.equal(profileHash(PROFILE), '0x50ca5e07d6c8b7a5daf1f39c44f1b013da5c02029426f81a925bf136afc7e832');
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

  it('has bounds that hold what was measured across providers twice over, and still tell an int8 copy away', () => {
    assert.ok(CALIBRATION.fp32.sketchErrorMax >= 2 * HONEST.fp32.sketchError && CALIBRATION.fp32.sketchErrorMax <= INT8_COPY_LEAST / 10);
    for (const profile of ['int8', 'int4'] as const) {
      assert.ok(CALIBRATION[profile].sketchErrorMax >= 2 * HONEST[profile].sketchError);
      assert.ok(CALIBRATION[profile].gapMax >= 2 * HONEST[profile].gap);
    }
  });
});
