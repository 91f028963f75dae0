import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { createEngine, type Engine, type ModelInfo } from '../inference/engine.ts';
import { inferenceError } from '../inference/errors.ts';
import { DEFAULT_MODEL_DIR } from '../inference/models.ts';
import { openTokenizer } from '../inference/tokenizer.ts';
import type { GuardModel } from '../roles/guard/index.ts';
import type { Role } from '../types/index.ts';

/** `default` in the config is the model that comes with the package. */
export const modelDir = (name: string): string => (name === 'default' ? DEFAULT_MODEL_DIR : name);

export interface LoadedModels {
  readonly engine: Engine;
  readonly miner: readonly ModelInfo[];
  readonly guard: readonly GuardModel[];
}

/** One engine for all roles of a node that compute; undefined when none does. */
export async function loadModels(config: Config, roles: ReadonlySet<Role>, log: Logger): Promise<LoadedModels | undefined> {
  const { miner, guard } = config;
  const minerDirs = roles.has('miner') ? miner.modelDirs.map(modelDir) : [];
  const guardDirs = roles.has('guard') ? guard.modelDirs.map(modelDir) : [];
  if (!roles.has('miner') && !roles.has('guard')) return undefined;
  const threads = roles.has('miner') ? miner.threads : guard.threads;
  const engine = createEngine({
    ...(threads > 0 ? { threads } : {}),
    ...(roles.has('miner') ? { slots: miner.slots, queueMax: miner.queueMax, paceMsPerToken: miner.paceMsPerToken } : { slots: 1 }),
    logger: log.child({ module: 'inference' }),
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
      guard: await Promise.all(guardDirs.map(async (dir) => ({ info: info(dir), tokenizer: await openTokenizer(dir) }))),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
