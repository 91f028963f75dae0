import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { createEngine, type Engine, type ModelInfo } from '../inference/engine.ts';
import { inferenceError } from '../inference/errors.ts';
import { DEFAULT_MODEL_DIR } from '../inference/models.ts';
import type { Rehearsals } from '../inference/rehearsal/index.ts';
import { openTokenizer } from '../inference/tokenizer.ts';
import type { GuardModel } from '../roles/guard/index.ts';
import type { Role } from '../types/index.ts';

const IN_STORE = 'model:';

/**
 * The folder that an entry of `modelDirs` means: `default` is the model that comes with the package, `model:<name>` one of the store, anything
 * else a path.
 *
 * @throws STORE_MODEL_UNKNOWN, STORE_NAME_INVALID, STORE_MANIFEST_INVALID, STORE_DAMAGED
 */
export async function modelDir(entry: string, storeDir: string): Promise<string> {
  if (entry === 'default') return DEFAULT_MODEL_DIR;
  if (!entry.startsWith(IN_STORE)) return entry;
  const { ModelStore } = await import('../inference/store/index.ts');
  return new ModelStore(storeDir).folder(entry.slice(IN_STORE.length));
}

export const modelDirs = (entries: readonly string[], { models }: Pick<Config, 'models'>): Promise<string[]> =>
  Promise.all(entries.map((entry) => modelDir(entry, models.dir)));

export interface LoadedModels {
  readonly engine: Engine;
  readonly miner: readonly ModelInfo[];
  readonly guard: readonly GuardModel[];
}

/** One engine for all roles of a node that compute; undefined when none does. */
export async function loadModels(
  config: Config,
  roles: ReadonlySet<Role>,
  rehearsals: Rehearsals,
  log: Logger,
): Promise<LoadedModels | undefined> {
  const { miner, guard } = config;
  const minerDirs = roles.has('miner') ? await modelDirs(miner.modelDirs, config) : [];
  const guardDirs = roles.has('guard') ? await modelDirs(guard.modelDirs, config) : [];
  if (!roles.has('miner') && !roles.has('guard')) return undefined;
  const { threads, provider, gpuMemoryMiB } = roles.has('miner') ? miner : guard;
  const engine = createEngine({
    ...(threads > 0 ? { threads } : {}),
    provider,
    gpuMemoryMiB,
    ...(roles.has('miner')
      ? {
          slots: miner.slots,
          prefixRows: miner.prefixRows,
          queueMax: miner.queueMax,
          paceMsPerToken: miner.paceMsPerToken,
          speculation: miner.speculation,
        }
      : { slots: 1, prefixRows: 0 }),
    logger: log.child({ module: 'inference' }),
    rehearsals,
  });
  try {
    const infos = new Map<string, ModelInfo>();
    for (const dir of new Set([...minerDirs, ...guardDirs])) {
      const info = await engine.load(dir);
      if (info.kind !== 'decoder')
        throw inferenceError('MODEL_KIND', `${dir} is a ${info.kind}; nodes serve decoders`, { dir, kind: info.kind });
      infos.set(dir, info);
    }
    const info = (dir: string): ModelInfo => infos.get(dir) as ModelInfo;
    return {
      engine,
      miner: minerDirs.map(info),
      guard: await Promise.all(guardDirs.map(async (dir) => ({ info: info(dir), tokenizer: await openTokenizer(dir, info(dir).id) }))),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
