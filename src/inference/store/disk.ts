import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { CodedError } from '../../util/errors.ts';
import { isCoded } from '../../util/errors.ts';
import { storeError } from './errors.ts';
import type { StoreLayout } from './layout.ts';

/** Kept free beside a download, for everything else on that disk. */
export const DISK_MARGIN_BYTES = 64 << 20;

/** An error of the file system as a coded one; coded ones pass through. */
export function diskError(error: unknown, where: string): CodedError {
  if (isCoded(error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return storeError('STORE_DISK_FULL', `no room is left at ${where}`, { path: where }, error);
  return storeError('STORE_UNUSABLE', `${where}: ${code ?? String(error)}`, { path: where }, error);
}

/** Makes the folders of a store, closed to other users. @throws STORE_UNUSABLE */
export async function makeFolders(layout: StoreLayout): Promise<void> {
  try {
    for (const dir of [layout.root, layout.blobs, layout.leaves, layout.manifests, layout.views, layout.partial, layout.locks]) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
    }
  } catch (error) {
    throw diskError(error, layout.root);
  }
}

/** @throws STORE_DISK_FULL when fewer than `bytes` and the margin are free */
export async function checkRoom(dir: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const free = bavail * bsize;
  if (bytes <= 0 || bytes + DISK_MARGIN_BYTES <= free) return;
  throw storeError('STORE_DISK_FULL', `${bytes} bytes are needed, ${free} are free at ${dir}`, { needed: bytes, free, path: dir });
}

/** Makes a rename in `dir` last through a power loss. Systems that cannot sync folders need not. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Not every file system does it.
  } finally {
    await handle?.close();
  }
}

/** Replaces a file in one step: a reader, or a crash, sees the old or the new one. */
export async function writeDurable(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncDir(path.dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, file);
  }
}
