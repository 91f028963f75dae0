import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import type { Hex, ModelId, Sampling } from '../types/index.ts';
import { PROVIDERS, type ProviderName } from './provider.ts';
import type { Quantisation } from './quantisation.ts';

/**
 * Kinds of arithmetic; each has its own tolerances in {@link CALIBRATION}. 'onnx' is whatever an exported graph computes, without sketches: tokens
 * alone are compared.
 */
export type ProfileName = Quantisation | 'onnx';

/** Everything that the numbers of a forward pass depend on. Equal profiles give bit-identical logits for equal inputs and chunks. */
export interface NumericsProfile {
  /** Arithmetic of the weights and of the computation. */
  readonly profile: ProfileName;
  /** 'onnxruntime/' and its version. */
  readonly runtime: string;
  readonly provider: ProviderName;
  /** As Node names it: 'x64', 'arm64'. */
  readonly arch: string;
  /** Widest vector instructions that the runtime's kernels choose by: 'avx512', 'avx2', 'avx', 'sse', 'neon' or 'unknown'. */
  readonly cpu: string;
  readonly model: ModelId;
}

/** How far honest numbers may lie from a verifier's. */
export interface Calibration {
  /** Relative sketch error ‖a − b‖ / ‖b‖ of one position. */
  readonly sketchErrorMax: number;
  /** VerifyResult.gap of one position at temperature 1 and above, or greedy; {@link gapMaxFor} scales it to lower temperatures. */
  readonly gapMax: number;
}

/**
 * Miner and guard both on the CPU. Measured in docs/inference.md#calibration: honest sketch errors stay below 1e-5 in fp32, where an int8 copy of the weights begins at 1.6e-3.
 * int8 and int4 round activations to 8 bits, where a last bit decides now and then: honest errors reach 1e-1.
 */
export const CALIBRATION: Readonly<Record<ProfileName, Calibration>> = {
  fp32: { sketchErrorMax: 1e-4, gapMax: 1e-2 },
  int8: { sketchErrorMax: 2e-1, gapMax: 5e-1 },
  int4: { sketchErrorMax: 2e-1, gapMax: 5e-1 },
  onnx: { sketchErrorMax: 0, gapMax: 5e-1 },
};

/**
 * One of them on another provider. Not measured on hardware yet: wide enough that sums in another order, and int8 and int4 products whose
 * activations are not rounded, stay inside; for fp32 still below 1.6e-3, where an int8 copy of the weights begins.
 */
const ACROSS_PROVIDERS: typeof CALIBRATION = {
  fp32: { sketchErrorMax: 1e-3, gapMax: 1e-1 },
  int8: { sketchErrorMax: 5e-1, gapMax: 1 },
  int4: { sketchErrorMax: 5e-1, gapMax: 1 },
  onnx: { sketchErrorMax: 0, gapMax: 5e-1 },
};

/** @param declared the miner's provider; undefined when its receipt names a profile that is not known here, which takes the wider bounds */
export function calibrationFor(profile: ProfileName, own: ProviderName, declared: ProviderName | undefined): Calibration {
  return own === 'cpu' && declared === 'cpu' ? CALIBRATION[profile] : ACROSS_PROVIDERS[profile];
}

const ARCHITECTURES = ['x64', 'arm64'];
const CPU_CLASSES = ['avx512', 'avx2', 'avx', 'sse', 'neon', 'unknown'];

/** The provider in a profile that is known by its hash only, among all machines that run the same version of the runtime. */
export function declaredProvider(
  hash: Hex,
  { profile, runtime, model }: Pick<NumericsProfile, 'profile' | 'runtime' | 'model'>,
): ProviderName | undefined {
  return PROVIDERS.find((provider) =>
    ARCHITECTURES.some((machine) =>
      CPU_CLASSES.some((cpu) => profileHash({ profile, runtime, provider, arch: machine, cpu, model }) === hash),
    ),
  );
}

/** As {@link NumericsProfile.runtime} names a version of the runtime. */
export const runtimeName = (version: string): string => `onnxruntime/${version}`;

/** Scores are logits divided by the temperature, and perhaps multiplied or divided by the repetition penalty; so are their errors. */
export function gapMaxFor({ gapMax }: Calibration, { temperatureMilli, repetitionMilli }: Sampling): number {
  const repetition = Math.max(1, repetitionMilli / 1000, 1000 / repetitionMilli);
  return gapMax * repetition * (temperatureMilli === 0 ? 1 : Math.max(1, 1000 / temperatureMilli));
}

/** sha256 over the canonical JSON (keys sorted, no spaces) of the profile. */
export function profileHash(profile: NumericsProfile): Hex {
  const canonical = JSON.stringify(Object.fromEntries(Object.entries(profile).sort(([a], [b]) => (a < b ? -1 : 1))));
  return `0x${createHash('sha256').update(canonical).digest('hex')}`;
}

export async function localProfile(
  profile: ProfileName,
  runtimeVersion: string,
  provider: ProviderName,
  model: ModelId,
): Promise<NumericsProfile> {
  return { profile, runtime: runtimeName(runtimeVersion), provider, arch: arch(), cpu: await cpuClass(), model };
}

async function cpuClass(): Promise<string> {
  if (arch() === 'arm64') return 'neon';
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(' ') ?? []);
  return cpuClassOf(flags);
}

/** @param flags names as in /proc/cpuinfo */
export function cpuClassOf(flags: ReadonlySet<string>): string {
  if (flags.size === 0) return 'unknown';
  if (['avx512f', 'avx512bw', 'avx512dq', 'avx512vl'].every((flag) => flags.has(flag))) return 'avx512';
  if (flags.has('avx2') && flags.has('fma')) return 'avx2';
  return flags.has('avx') ? 'avx' : 'sse';
}
