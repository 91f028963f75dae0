import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { isCoded } from '../../util/errors.ts';
import { hasBlob, sweepBlobs } from './blobs.ts';
import { diskError, writeDurable } from './disk.ts';
import { storeError } from './errors.ts';
import type { StoreLayout } from './layout.ts';
import { MANIFEST_BYTES_MAX, parseManifest, type StoredFile, type StoredSource, type StoreManifest, writeManifest } from './manifest.ts';
import { parseModelName } from './names.ts';
import { buildView } from './views.ts';

/** Models of one store. */
export const MODELS_MAX = 10_000;

/** Names in the store, sorted. */
export async function modelNames(layout: StoreLayout): Promise<string[]> {
  const entries = await readdir(layout.manifests).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw diskError(error, layout.manifests);
  });
  const names = entries.filter((entry) => entry.endsWith('.json')).map((entry) => entry.slice(0, -'.json'.length));
  return names.sort().slice(0, MODELS_MAX);
}

/** @throws STORE_MODEL_UNKNOWN, STORE_MANIFEST_INVALID, STORE_NAME_INVALID */
export async function readModel(layout: StoreLayout, name: string): Promise<StoreManifest> {
  const file = layout.manifest(parseModelName(name));
  const info = await stat(file).catch(() => undefined);
  if (!info) throw storeError('STORE_MODEL_UNKNOWN', `the store at ${layout.root} has no model ${name}`, { name });
  if (info.size > MANIFEST_BYTES_MAX)
    throw storeError('STORE_MANIFEST_INVALID', `the manifest of ${name} has ${info.size} bytes`, { name });
  return parseManifest(await readFile(file, 'utf8'), name);
}

/**
 * Makes a model visible: manifest first, then the view that follows from it. Call it with the store's lock held.
 *
 * @throws STORE_NAME_TAKEN, STORE_UNUSABLE
 */
export async function publish(layout: StoreLayout, model: StoreManifest): Promise<void> {
  const names = await modelNames(layout);
  await checkFree(layout, model.name, model.source, names);
  if (names.length >= MODELS_MAX) throw storeError('STORE_TOO_LARGE', `the store holds ${names.length} models`, { modelsMax: MODELS_MAX });
  await writeDurable(layout.manifest(model.name), writeManifest(model));
  await buildView(layout, model);
}

/** Paths whose blobs are not there. */
export async function missingOf(layout: StoreLayout, files: readonly StoredFile[]): Promise<string[]> {
  const missing: string[] = [];
  for (const file of files) if (!(await hasBlob(layout, file.sha256, file.size))) missing.push(file.path);
  return missing;
}

/** A name belongs to one source; upper and lower case are the same name. @throws STORE_NAME_TAKEN */
export async function checkFree(layout: StoreLayout, name: string, source: StoredSource, names?: readonly string[]): Promise<void> {
  const other = (names ?? (await modelNames(layout))).find((one) => one.toLowerCase() === name.toLowerCase());
  if (other === undefined) return;
  const there = await readModel(layout, other).catch((error) => {
    if (isCoded(error, 'STORE_MANIFEST_INVALID')) return undefined;
    throw error;
  });
  if (there !== undefined && other === name && origin(there.source) === origin(source)) return;
  const from = there === undefined ? 'a manifest that cannot be read' : origin(there.source);
  throw storeError('STORE_NAME_TAKEN', `${other} is in the store already, from ${from}`, { name: other });
}

/** What makes two sources the same one: a newer commit or another variant replaces the model, another repository does not. */
export function origin(source: StoredSource): string {
  if (source.kind === 'hub') return source.repo;
  if (source.kind === 'peers') return source.cid;
  return source.kind === 'url' ? source.url : source.path;
}

/** Removes a model and what no other model uses. Call it with the store's lock held. @returns bytes freed */
export async function unpublish(layout: StoreLayout, name: string): Promise<number> {
  await rm(layout.manifest(name), { force: true });
  await rm(layout.view(name), { recursive: true, force: true });
  return sweep(layout);
}

/** Deletes blobs without a model; none at all while a manifest cannot be read, for its blobs are not known. @returns bytes freed */
export async function sweep(layout: StoreLayout): Promise<number> {
  const used = new Set<string>();
  for (const name of await modelNames(layout)) {
    const model = await readModel(layout, name).catch((error) => {
      if (isCoded(error, 'STORE_MANIFEST_INVALID')) return undefined;
      throw error;
    });
    if (model === undefined) return 0;
    for (const { sha256 } of model.files) used.add(sha256);
  }
  return sweepBlobs(layout, used);
}
