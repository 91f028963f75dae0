import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import type { Hex, ModelId, Sampling } from '../types/index.ts';
import type { ProviderName } from './provider.ts';
import type { Quantisation } from './quantisation.ts';

/**
 * Kinds of arithmetic; each has its own tolerances in {@link CALIBRATION}. 'onnx' is whatever an exported graph computes, without sketches: tokens
 * alone are compared.
 */
export type ProfileName = Quantisation | 'onnx';

/** Everything that the numbers of a forward pass depend on. Equal profiles give bit-identical logits for equal inputs and chunks, but for int4 (docs/inference.md#scheduling). */
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
 * The same for all providers and machines, so that what a receipt says of its machine widens nothing. Measured in docs/inference.md#calibration and
 * #providers: honest sketch errors stay below 1e-5 in fp32, where an int8 copy of the weights begins at 1.6e-3. int8 and int4 round activations to
 * 8 bits on the CPU and not on a GPU: honest errors reach 1.2e-1 and gaps 0.65; both bounds are more than twice that.
 */
export const CALIBRATION: Readonly<Record<ProfileName, Calibration>> = {
  fp32: { sketchErrorMax: 1e-4, gapMax: 1e-2 },
  int8: { sketchErrorMax: 3e-1, gapMax: 1.5 },
  int4: { sketchErrorMax: 3e-1, gapMax: 1.5 },
  onnx: { sketchErrorMax: 0, gapMax: 5e-1 },
};

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
  return { profile, runtime: `onnxruntime/${runtimeVersion}`, provider, arch: arch(), cpu: await cpuClass(), model };
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
