import { isCoded } from '../../util/errors.ts';
import { hasBlob } from './blobs.ts';
import { modelNames, readModel, unpublish } from './catalog.ts';
import { makeFolders, writeDurable } from './disk.ts';
import { storeError } from './errors.ts';
import type { StoreEvents } from './events.ts';
import { type StoreLayout, storeLayout } from './layout.ts';
import { STORE_LOCK, takeLock } from './lock.ts';
import { type StoreManifest, writeManifest } from './manifest.ts';
import { parseModelName } from './names.ts';
import { type ResolvedStoreOptions, resolveStoreOptions, type StoreOptions } from './options.ts';
import type { Wish } from './plan.ts';
import { runPull } from './pull.ts';
import { SharedWork } from './shared.ts';
import { defaultName, type Source } from './source.ts';
import { verifyModel } from './verify.ts';
import { buildView, viewIsWhole } from './views.ts';

export interface PullOptions extends Wish {
  /** In the store; from the source when absent. */
  readonly name?: string | undefined;
}

/** Models on this machine's disk: content by SHA-256, a manifest for each model, and a folder that an engine can load. */
export class ModelStore {
  readonly layout: StoreLayout;
  readonly #options: ResolvedStoreOptions;
  readonly #running = new Map<string, { readonly key: string; readonly work: SharedWork<StoreManifest> }>();

  /** @param dir made when something is written to it */
  constructor(dir: string, options: StoreOptions = {}) {
    this.layout = storeLayout(dir);
    this.#options = resolveStoreOptions(options);
  }

  /**
   * Downloads a model, or takes in files of this machine. What is there already is not fetched again; a pull that was cut off, by whatever, goes
   * on where it was. Calls for the same model share one pull, and it ends early only when all of them left (return or abort).
   *
   * @throws any code of errors.ts; the signal's reason when it aborts
   */
  async *pull(source: Source, options: PullOptions, signal: AbortSignal): StoreEvents {
    const name = parseModelName(options.name ?? defaultName(source));
    const key = JSON.stringify([source, options.variant, options.sha256, options.share]);
    let running = this.#running.get(name.toLowerCase());
    if (running?.work.joinable && running.key !== key) {
      throw storeError('STORE_NAME_TAKEN', `${name} is being pulled from elsewhere, or as another variant`, { name });
    }
    if (!running?.work.joinable) {
      const work: SharedWork<StoreManifest> = new SharedWork(
        (tell, stop) => runPull({ source, name, wish: options }, this.layout, this.#options, tell, stop),
        () => {
          if (this.#running.get(name.toLowerCase())?.work === work) this.#running.delete(name.toLowerCase());
        },
      );
      running = { key, work };
      this.#running.set(name.toLowerCase(), running);
    }
    return yield* running.work.follow(signal);
  }

  /** All models, by name; one whose manifest is broken is left out (see {@link show}). */
  async list(): Promise<StoreManifest[]> {
    const models: StoreManifest[] = [];
    for (const name of await modelNames(this.layout)) {
      try {
        models.push(await readModel(this.layout, name));
      } catch (error) {
        if (!isCoded(error, 'STORE_MANIFEST_INVALID') && !isCoded(error, 'STORE_NAME_INVALID') && !isCoded(error, 'STORE_MODEL_UNKNOWN'))
          throw error;
      }
    }
    return models;
  }

  /** @throws STORE_MODEL_UNKNOWN, STORE_MANIFEST_INVALID, STORE_NAME_INVALID */
  show(name: string): Promise<StoreManifest> {
    return readModel(this.layout, name);
  }

  /**
   * The folder to load a model from; made again when it is not what it should be.
   *
   * @throws STORE_MODEL_UNKNOWN, STORE_MANIFEST_INVALID, STORE_NAME_INVALID, STORE_DAMAGED when blobs are missing
   */
  async folder(name: string, signal?: AbortSignal): Promise<string> {
    return (await this.shown(name, signal)).folder;
  }

  /** As {@link folder}, with what the store knows of the model: its bytes are not read here, whoever loads them compares the hashes. */
  async shown(name: string, signal?: AbortSignal): Promise<{ readonly folder: string; readonly model: StoreManifest }> {
    const model = await readModel(this.layout, name);
    const folder = this.layout.view(name);
    for (const file of model.files) {
      if (await hasBlob(this.layout, file.sha256, file.size)) continue;
      throw storeError('STORE_DAMAGED', `${file.path} of ${name} is missing in the store`, { name, paths: file.path });
    }
    if (await viewIsWhole(this.layout, model)) return { folder, model };
    using _lock = await this.#lock(STORE_LOCK, signal);
    if (!(await viewIsWhole(this.layout, model))) await buildView(this.layout, model);
    return { folder, model };
  }

  /**
   * Removes a model and what no other one uses.
   *
   * @returns bytes freed
   * @throws STORE_MODEL_UNKNOWN, STORE_LOCKED while it is pulled
   */
  async remove(name: string, signal?: AbortSignal): Promise<number> {
    const names = await modelNames(this.layout);
    if (!names.includes(parseModelName(name)))
      throw storeError('STORE_MODEL_UNKNOWN', `the store at ${this.layout.root} has no model ${name}`, { name });
    await makeFolders(this.layout);
    using _model = await takeLock(this.layout, `model-${name.toLowerCase()}`, { clock: this.#options.clock, waitMs: 0, signal });
    using _store = await this.#lock(STORE_LOCK, signal);
    return unpublish(this.layout, name);
  }

  /**
   * Says whether other nodes may have a model.
   *
   * @throws STORE_MODEL_UNKNOWN, STORE_MANIFEST_INVALID, STORE_NAME_INVALID, STORE_LOCKED
   */
  async share(name: string, shared: boolean, signal?: AbortSignal): Promise<StoreManifest> {
    await readModel(this.layout, name);
    using _lock = await this.#lock(STORE_LOCK, signal);
    const model = { ...(await readModel(this.layout, name)), shared };
    await writeDurable(this.layout.manifest(name), writeManifest(model));
    return model;
  }

  /** Reads all bytes of a model again. @throws STORE_DAMAGED, STORE_MODEL_UNKNOWN, STORE_MANIFEST_INVALID; the signal's reason */
  async *verify(name: string, signal: AbortSignal): StoreEvents {
    const model = await readModel(this.layout, name);
    const work = new SharedWork<StoreManifest>(
      (tell, stop) => verifyModel(model, this.layout, this.#options, tell, stop),
      () => {},
    );
    return yield* work.follow(signal);
  }

  #lock(key: string, signal: AbortSignal | undefined) {
    return takeLock(this.layout, key, { clock: this.#options.clock, waitMs: this.#options.lockWaitMs, signal });
  }
}
