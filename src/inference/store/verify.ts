import { rm, stat } from 'node:fs/promises';
import { storeError } from './errors.ts';
import type { StoreEvent } from './events.ts';
import { hashFile } from './hasher.ts';
import type { StoreLayout } from './layout.ts';
import type { StoreManifest } from './manifest.ts';
import type { ResolvedStoreOptions } from './options.ts';
import { ProgressMeter } from './rate.ts';

/**
 * Reads every blob of a model and compares its SHA-256. Damaged blobs are deleted, so that the next pull fetches just those.
 *
 * @throws STORE_DAMAGED with the paths; the signal's reason
 */
export async function verifyModel(
  model: StoreManifest,
  layout: StoreLayout,
  { clock }: ResolvedStoreOptions,
  tell: (event: StoreEvent) => void,
  signal: AbortSignal,
): Promise<StoreManifest> {
  const meter = new ProgressMeter(clock, model.files, tell);
  tell({ type: 'plan', name: model.name, files: model.files.length, bytesTotal: model.total, bytesHere: 0 });
  const damaged: string[] = [];
  for (const file of model.files) {
    const blob = layout.blob(file.sha256);
    const info = await stat(blob).catch(() => undefined);
    const whole = info?.isFile() === true && info.size === file.size;
    const sha256 = whole ? await hashFile(blob, file.size, signal, (bytes) => meter.set(file.path, bytes)) : undefined;
    meter.set(file.path, file.size);
    if (sha256 === file.sha256) {
      tell({ type: 'file', ...file });
      continue;
    }
    damaged.push(file.path);
    await rm(blob, { force: true });
  }
  if (damaged.length === 0) return model;
  const shown = damaged.slice(0, 10).join(', ');
  throw storeError('STORE_DAMAGED', `${damaged.length} of ${model.files.length} files of ${model.name} are damaged: ${shown}`, {
    name: model.name,
    damaged: damaged.length,
    paths: shown,
  });
}
