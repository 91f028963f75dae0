import { rm, stat } from 'node:fs/promises';
import { readModel } from './catalog.ts';
import { contentOf } from './content/contentOf.ts';
import { keepLeaves } from './content/leaves.ts';
import { writeDurable } from './disk.ts';
import { storeError } from './errors.ts';
import type { StoreEvent } from './events.ts';
import { hashFile } from './hasher.ts';
import type { StoreLayout } from './layout.ts';
import { STORE_LOCK, takeLock } from './lock.ts';
import { type StoreManifest, writeManifest } from './manifest.ts';
import type { ResolvedStoreOptions } from './options.ts';
import { ProgressMeter } from './rate.ts';

/**
 * Reads every blob of a model and compares its SHA-256, and the content id of the whole. Damaged blobs are deleted, so that the next pull fetches just those.
 *
 * @throws STORE_DAMAGED with the paths, STORE_MANIFEST_INVALID when the content id is another one; the signal's reason
 */
export async function verifyModel(
  model: StoreManifest,
  layout: StoreLayout,
  options: ResolvedStoreOptions,
  tell: (event: StoreEvent) => void,
  signal: AbortSignal,
): Promise<StoreManifest> {
  const meter = new ProgressMeter(options.clock, model.files, tell);
  tell({ type: 'plan', name: model.name, files: model.files.length, bytesTotal: model.total, bytesHere: 0 });
  const damaged: string[] = [];
  for (const file of model.files) {
    const blob = layout.blob(file.sha256);
    const info = await stat(blob).catch(() => undefined);
    const whole = info?.isFile() === true && info.size === file.size;
    const digests = whole ? await hashFile(blob, file.size, signal, (bytes) => meter.set(file.path, bytes)) : undefined;
    meter.set(file.path, file.size);
    if (digests?.sha256 === file.sha256) {
      await keepLeaves(layout, file.sha256, digests.leaves);
      tell({ type: 'file', path: file.path, size: file.size, sha256: file.sha256 });
      continue;
    }
    damaged.push(file.path);
    await rm(blob, { force: true });
    await rm(layout.leavesOf(file.sha256), { force: true });
  }
  if (damaged.length === 0) return checkContent(model, layout, options, signal);
  const shown = damaged.slice(0, 10).join(', ');
  throw storeError('STORE_DAMAGED', `${damaged.length} of ${model.files.length} files of ${model.name} are damaged: ${shown}`, {
    name: model.name,
    damaged: damaged.length,
    paths: shown,
  });
}

/** Compares the content id; a manifest of an older store gets one. */
async function checkContent(
  model: StoreManifest,
  layout: StoreLayout,
  { clock, lockWaitMs: waitMs }: ResolvedStoreOptions,
  signal: AbortSignal,
): Promise<StoreManifest> {
  const { name } = model;
  const { cid, files } = await contentOf(layout, model.files, signal);
  if (model.cid === cid) return model;
  if (model.cid !== undefined) throw storeError('STORE_MANIFEST_INVALID', `the files of ${name} are ${cid}, not ${model.cid}`, { name });
  using _lock = await takeLock(layout, STORE_LOCK, { clock, waitMs, signal });
  const now = await readModel(layout, name);
  const named = { ...now, cid, files };
  // Pulled anew meanwhile: then it has one.
  if (now.pulledAt !== model.pulledAt) return now;
  await writeDurable(layout.manifest(name), writeManifest(named));
  return named;
}
