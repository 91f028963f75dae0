import { createHash } from 'node:crypto';
import type { CID } from 'multiformats/cid';
import { isCoded } from '../../util/errors.ts';
import { adoptBlob, checkGitOid, hasBlob } from './blobs.ts';
import { keepLeaves } from './content/leaves.ts';
import { checkRoom } from './disk.ts';
import { type DownloadPorts, download, type Got } from './download.ts';
import { storeError } from './errors.ts';
import type { StoreEvent } from './events.ts';
import type { StoreLayout } from './layout.ts';
import { copyIn } from './local.ts';
import { takeLock } from './lock.ts';
import type { StoredFile } from './manifest.ts';
import type { ResolvedStoreOptions } from './options.ts';
import { bytesLeft, Partial, partialKey } from './partial.ts';
import { isLocal, isPeer, type PlannedFile } from './plan.ts';
import type { ProgressMeter } from './rate.ts';
import type { RemoteFile } from './remote.ts';
import { gather } from './swarm/gather.ts';

export interface FetchContext {
  readonly layout: StoreLayout;
  readonly options: ResolvedStoreOptions;
  readonly meter: ProgressMeter;
  readonly tell: (event: StoreEvent) => void;
}

/**
 * Makes one file of a plan a blob, unless it is one: download or copy, check, adopt.
 *
 * @throws what `download` and `copyIn` throw; STORE_HASH_MISMATCH and STORE_SIZE_MISMATCH, when what was downloaded is deleted
 */
export async function fetchFile(file: PlannedFile, context: FetchContext, signal: AbortSignal): Promise<StoredFile> {
  const { layout, options, meter, tell } = context;
  const known = isLocal(file) ? undefined : file.sha256;
  const key = keyOf(file);
  using _lock = await takeLock(layout, stripe(key), {
    clock: options.clock,
    waitMs: options.lockWaitMs,
    signal,
    onWait: () => tell({ type: 'waiting', what: file.path }),
  });
  const done = (stored: StoredFile, rated: boolean): StoredFile => {
    meter.sized(file.path, stored.size);
    meter.set(file.path, stored.size, rated);
    tell({ type: 'file', ...stored });
    return stored;
  };
  if (known !== undefined && file.size !== undefined && (await hasBlob(layout, known, file.size))) {
    return done({ path: file.path, size: file.size, sha256: known }, false);
  }
  const partial = await Partial.open(layout, key, options.clock);
  let adopted = false;
  try {
    const onBytes = (bytes: number): void => meter.set(file.path, bytes);
    const got = await get(file, partial, context, key, onBytes, signal);
    await partial.close();
    await keepLeaves(layout, got.sha256, got.leaves);
    await adoptBlob(layout, partial.dataPath, got.sha256, got.size);
    adopted = true;
    return done({ path: file.path, size: got.size, sha256: got.sha256 }, true);
  } catch (error) {
    // What has the wrong content is of no use to a later try; nor is half a copy.
    if (isLocal(file) || isCoded(error, 'STORE_HASH_MISMATCH') || isCoded(error, 'STORE_SIZE_MISMATCH')) await partial.discard();
    throw error;
  } finally {
    await partial.close();
    if (adopted) await partial.discard();
  }
}

async function get(
  file: PlannedFile,
  partial: Partial,
  context: FetchContext,
  key: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Got> {
  if (isLocal(file)) return copyIn(file, partial, onBytes, signal);
  if (isPeer(file)) return gather(file, partial, onBytes, signal);
  const got = await download(file, partial, portsOf(file.path, key, context, onBytes), signal);
  await check(file, partial, got);
  return got;
}

/** Name of the file's partial download. */
export function keyOf(file: PlannedFile): string {
  if (isLocal(file)) return partialKey({ source: `local:${file.from}` });
  if (isPeer(file)) return contentKey(file.cid);
  return partialKey({ sha256: file.sha256, source: file.identity });
}

export const contentKey = (cid: CID): string => partialKey({ source: `ipfs:${cid}` });

/** Downloads of one content exclude each other. 256 lock files serve all contents; two contents that share one wait for each other. */
export function stripe(key: string): string {
  return `blob-${createHash('sha256').update(key).digest('hex').slice(0, 2)}`;
}

async function check(file: RemoteFile, partial: Partial, got: Got): Promise<void> {
  if (file.size !== undefined && got.size !== file.size) {
    throw storeError('STORE_SIZE_MISMATCH', `${file.path} has ${got.size} bytes; ${file.size} were promised`, { path: file.path });
  }
  if (file.sha256 !== undefined && got.sha256 !== file.sha256) {
    throw storeError('STORE_HASH_MISMATCH', `${file.path} has SHA-256 ${got.sha256}; ${file.sha256} was promised`, { path: file.path });
  }
  if (file.sha256 === undefined && file.gitOid !== undefined) await checkGitOid(partial.dataPath, got.size, file.gitOid, file.path);
}

function portsOf(
  path: string,
  key: string,
  { layout, options, meter, tell }: FetchContext,
  onBytes: (bytes: number) => void,
): DownloadPorts {
  return {
    ...options,
    onBytes,
    onSize: async (size) => {
      meter.sized(path, size);
      await checkRoom(layout.root, size - (await bytesLeft(layout, key)));
    },
    onRetry: (error, waitMs, attempt) => {
      const [code, message] = isCoded(error) ? [error.code, error.message] : ['INTERNAL', String(error)];
      tell({ type: 'retry', path, code, message, attempt, waitMs });
    },
  };
}
