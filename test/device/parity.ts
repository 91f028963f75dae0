import { createEngine, type Engine, type ModelInfo } from '../../src/inference/engine.ts';
import { CALIBRATION, gapMaxFor } from '../../src/inference/profile.ts';
import type { ProviderName } from '../../src/inference/provider.ts';
import { QUANTISATIONS, type Quantisation } from '../../src/inference/quantisation.ts';
import { GREEDY, type Sampling } from '../../src/types/index.ts';
import type { DeviceModel } from './models.ts';
import { type Distances, promptsFor, replay, type Served, serve, short, spread } from './serve.ts';

const SAMPLED: Sampling = { ...GREEDY, temperatureMilli: 1_000, seed: `0x${'c0'.repeat(32)}` };
const SAMPLINGS = { greedy: GREEDY, sampled: SAMPLED } as const;
type Side = 'provider' | 'cpu';

interface Loaded {
  readonly engine: Engine;
  readonly info: ModelInfo;
}

/**
 * Serves on the provider and on the CPU, replays each on the other and on itself, in every quantisation; then replays what cheaper weights served
 * against a claim of better ones. Reports distances with every position's numbers in `raw`.
 *
 * @returns whether all honest numbers lie within the bounds that guards use
 */
export async function parity(
  model: DeviceModel,
  provider: ProviderName,
  threads: number,
  report: (section: string, values: Record<string, unknown>) => void,
): Promise<boolean> {
  const sides: Record<Side, ProviderName> = { provider, cpu: 'cpu' };
  const loaded = new Map<string, Loaded>();
  const at = (side: Side, quantisation: Quantisation): Loaded => loaded.get(`${side} ${quantisation}`) as Loaded;
  try {
    for (const side of ['provider', 'cpu'] as const) {
      for (const quantisation of QUANTISATIONS) {
        const engine = createEngine({ provider: sides[side], quantisation, threads });
        loaded.set(`${side} ${quantisation}`, { engine, info: await engine.load(model.dir) });
      }
    }
    let holds = true;
    const greedy = new Map<Quantisation, Served[]>();
    for (const quantisation of QUANTISATIONS) {
      for (const [kind, sampling] of Object.entries(SAMPLINGS)) {
        const served = {} as Record<Side, Served[]>;
        for (const side of ['provider', 'cpu'] as const) {
          const { engine, info } = at(side, quantisation);
          served[side] = await serve(engine, info, promptsFor(info, model.prompts), sampling, model.outputTokens);
        }
        if (sampling === GREEDY) greedy.set(quantisation, served.provider);
        const same = served.provider.map(({ ids }, row) => commonLength(ids, served.cpu[row]?.ids ?? []));
        report('tokens', { model: model.name, quantisation, kind, served: served.provider.map(({ ids }) => ids.length), sameAsCpu: same });
        for (const [miner, guard] of [
          ['provider', 'cpu'],
          ['cpu', 'provider'],
          ['provider', 'provider'],
          ['cpu', 'cpu'],
        ] as const) {
          const { engine, info } = at(guard, quantisation);
          const distances = await replay(engine, info, served[miner], sampling);
          const bounds = CALIBRATION[quantisation];
          const within =
            Math.max(...distances.sketchErrors) <= bounds.sketchErrorMax && Math.max(...distances.gaps) <= gapMaxFor(bounds, sampling);
          holds &&= within;
          report('honest', {
            model: model.name,
            quantisation,
            kind,
            miner: sides[miner],
            guard: sides[guard],
            within,
            bounds,
            ...summary(distances),
          });
        }
      }
    }
    for (const [real, claimed] of [
      ['int8', 'fp32'],
      ['int4', 'fp32'],
      ['int4', 'int8'],
    ] as const) {
      for (const guard of ['cpu', 'provider'] as const) {
        const { engine, info } = at(guard, claimed);
        const distances = await replay(engine, info, greedy.get(real) as Served[], GREEDY);
        report('dishonest', { model: model.name, claimed, real, miner: provider, guard: sides[guard], ...summary(distances) });
      }
    }
    return holds;
  } finally {
    for (const { engine } of loaded.values()) await engine.close();
  }
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((id, i) => id !== b[i]);
  return differs === -1 ? a.length : differs;
}

const summary = ({ sketchErrors, gaps }: Distances): Record<string, unknown> => ({
  positions: gaps.length,
  sketchError: spread(sketchErrors),
  gap: spread(gaps),
  raw: { sketchErrors: sketchErrors.map(short), gaps: gaps.map(short) },
});
