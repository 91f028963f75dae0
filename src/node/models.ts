import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { createEngine, type Engine, type ModelInfo } from '../inference/engine.ts';
import { inferenceError } from '../inference/errors.ts';
import { DEFAULT_MODEL_DIR, listedId, requireId } from '../inference/models.ts';
import type { Rehearsals } from '../inference/rehearsal/index.ts';
import { openTokenizer } from '../inference/tokenizer.ts';
import type { GuardModel } from '../roles/guard/index.ts';
import { type MinerModel, measureModel } from '../roles/miner/measure.ts';
import { type Catalog, catalogOf, openCatalogModel } from '../roles/router/catalog.ts';
import type { ModelId, Role } from '../types/index.ts';
import type { Clock } from '../util/clock.ts';
import type { Refusals } from './refusals.ts';

const IN_STORE = 'model:';

interface ModelFolder {
  readonly dir: string;
  /** SHA-256 by path, of a model in the store. */
  readonly sha256?: ReadonlyMap<string, string>;
}

/**
 * The folder that an entry of `modelDirs` means: `default` is the model that comes with the package, `model:<name>` one of the store, anything
 * else a path.
 *
 * @throws STORE_MODEL_UNKNOWN, STORE_NAME_INVALID, STORE_MANIFEST_INVALID, STORE_DAMAGED
 */
export async function modelFolder(entry: string, storeDir: string): Promise<ModelFolder> {
  if (entry === 'default') return { dir: DEFAULT_MODEL_DIR };
  if (!entry.startsWith(IN_STORE)) return { dir: entry };
  const { ModelStore } = await import('../inference/store/index.ts');
  const { folder, model } = await new ModelStore(storeDir).shown(entry.slice(IN_STORE.length));
  return { dir: folder, sha256: new Map(model.files.map(({ path, sha256 }) => [path, sha256])) };
}

export interface LoadedModels {
  readonly engine: Engine;
  readonly miner: readonly MinerModel[];
  readonly guard: readonly GuardModel[];
}

/** What loading models needs. */
export interface ModelComponents {
  readonly config: Config;
  readonly rehearsals: Rehearsals;
  readonly refusals: Refusals;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the start. */
  readonly signal: AbortSignal;
}

/** One engine for all roles of a node that compute; undefined when none does. @throws NO_MODEL, BACKEND_UNAVAILABLE; the signal's reason */
export async function loadModels(components: ModelComponents, roles: ReadonlySet<Role>): Promise<LoadedModels | undefined> {
  const { config, rehearsals, refusals, clock, log, signal } = components;
  const { miner, guard } = config;
  if (!roles.has('miner') && !roles.has('guard')) return undefined;
  const { threads, provider, gpuMemoryMiB, memoryMiB } = roles.has('miner') ? miner : guard;
  const engine = createEngine({
    ...(threads > 0 ? { threads } : {}),
    provider,
    gpuMemoryMiB,
    memoryMiB,
    ...(roles.has('miner')
      ? {
          slots: miner.slots,
          prefixRows: miner.prefixRows,
          queueMax: miner.queueMax,
          paceMsPerToken: miner.paceMsPerToken,
          speculation: miner.speculation,
        }
      : { slots: 1, prefixRows: 0 }),
    clock,
    logger: log.child({ module: 'inference' }),
    rehearsals,
  });
  const load = async (entry: string): Promise<{ readonly dir: string; readonly info: ModelInfo }> => {
    const { dir, id: expectedId } = await tryOut(entry, components);
    const info = await engine.load(dir, expectedId === undefined ? {} : { expectedId });
    if (info.kind === 'decoder') return { dir, info };
    throw inferenceError('MODEL_KIND', `${dir} is a ${info.kind}; nodes serve decoders`, { dir, kind: info.kind });
  };
  try {
    const mined = roles.has('miner') ? miner.modelDirs : [];
    const guarded = roles.has('guard') ? guard.modelDirs : [];
    return {
      engine,
      miner: await refusals.served('miner', mined, async (entry) => measureModel(engine, (await load(entry)).info, clock, signal)),
      guard: await refusals.served('guard', guarded, async (entry) => {
        const { dir, info } = await load(entry);
        return { info, tokenizer: await openTokenizer(dir, info.id) };
      }),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** The tokenizers of a router. @throws NO_MODEL; the signal's reason */
export async function loadCatalog(components: ModelComponents): Promise<Catalog> {
  const { config, refusals } = components;
  const models = await refusals.served('router', config.router.modelDirs, async (entry) => {
    const { dir, id } = await tryOut(entry, components);
    return openCatalogModel(dir, id);
  });
  return catalogOf(models);
}

/**
 * Tries a model out, so that nothing of it is read here before, and compares what it is with what the store knows of it.
 *
 * @returns its folder, and the id that a load must find; none for the package's own model
 */
async function tryOut(entry: string, { config, rehearsals, signal }: ModelComponents): Promise<{ dir: string; id: ModelId | undefined }> {
  const { dir, sha256 } = await modelFolder(entry, config.models.dir);
  const id = await rehearsals.check(dir, signal);
  if (id !== undefined && sha256 !== undefined) requireId({ dir, id }, await listedId(dir, sha256));
  return { dir, id };
}
