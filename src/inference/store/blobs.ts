import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { diskError, syncDir } from './disk.ts';
import { storeError } from './errors.ts';
import type { StoreLayout } from './layout.ts';

/** Files without a SHA-256 in the listing are small: they are in git itself. */
const GIT_BYTES_MAX = 64 << 20;

/** Whether a blob of this size is there; its content was checked when it came in. */
export async function hasBlob(layout: StoreLayout, sha256: string, size?: number): Promise<boolean> {
  const info = await stat(layout.blob(sha256)).catch(() => undefined);
  return info?.isFile() === true && (size === undefined || info.size === size);
}

/** Turns a complete, synced file into a blob; one that is there already stays. @throws STORE_UNUSABLE */
export async function adoptBlob(layout: StoreLayout, file: string, sha256: string, size: number): Promise<void> {
  const blob = layout.blob(sha256);
  try {
    if (await hasBlob(layout, sha256, size)) return await rm(file, { force: true });
    await chmod(file, 0o400);
    await rename(file, blob);
    await syncDir(layout.blobs);
  } catch (error) {
    throw diskError(error, blob);
  }
}

/** Deletes blobs that none of `used` (hex) names. @returns bytes freed */
export async function sweepBlobs(layout: StoreLayout, used: ReadonlySet<string>): Promise<number> {
  let freed = 0;
  for (const name of await readdir(layout.blobs)) {
    const sha256 = /^sha256-([0-9a-f]{64})$/.exec(name)?.[1];
    if (sha256 === undefined || used.has(sha256)) continue;
    const file = path.join(layout.blobs, name);
    freed += (await stat(file).catch(() => undefined))?.size ?? 0;
    await rm(file, { force: true });
  }
  for (const name of await readdir(layout.leaves).catch(() => []))
    if (!used.has(name.replace(/^sha256-/, ''))) await rm(path.join(layout.leaves, name), { force: true });
  return freed;
}

/** @throws STORE_HASH_MISMATCH unless the file's content has this git object id (SHA-1) */
export async function checkGitOid(file: string, size: number, oid: string, name: string): Promise<void> {
  if (size > GIT_BYTES_MAX)
    throw storeError('STORE_LISTING_INVALID', `${name} has ${size} bytes and no SHA-256 in the listing`, { path: name });
  const actual = createHash('sha1')
    .update(`blob ${size}\0`)
    .update(await readFile(file))
    .digest('hex');
  if (actual !== oid)
    throw storeError('STORE_HASH_MISMATCH', `${name} has the git object id ${actual}; ${oid} was promised`, { path: name });
}
