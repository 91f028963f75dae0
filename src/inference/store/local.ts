import { open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { diskError } from './disk.ts';
import type { Got } from './download.ts';
import { storeError } from './errors.ts';
import { FileHasher } from './hasher.ts';
import { MODEL_FILES_MAX } from './manifest.ts';
import type { Partial } from './partial.ts';
import { PATH_DEPTH_MAX } from './paths.ts';
import type { LocalFile } from './plan.ts';
import { isPickle } from './select.ts';

const BLOCK_BYTES = 4 << 20;

/**
 * The files of a folder that belong to a model: no dot files, no pickles. A symbolic link may lead to a file of the same folder, or, as in
 * the hub's own cache, to where a whole folder of links keeps its blobs; not to a folder.
 *
 * @throws STORE_PATH_UNSAFE, STORE_PICKLE_REFUSED, STORE_TOO_LARGE, STORE_UNUSABLE
 */
export async function listFolder(dir: string): Promise<LocalFile[]> {
  const files: LocalFile[] = [];
  const pickles: string[] = [];
  const root = await realpath(dir);
  // The hub's cache: models--owner--name/snapshots/<commit>/ with links into models--owner--name/blobs/.
  const cache = /[\\/]snapshots[\\/][^\\/]+$/.test(root) ? path.resolve(root, '..', '..', 'blobs') : undefined;
  const walk = async (below: string, depth: number): Promise<void> => {
    if (depth > PATH_DEPTH_MAX) throw storeError('STORE_TOO_LARGE', `${dir} is more than ${PATH_DEPTH_MAX} folders deep`, { path: dir });
    for (const entry of await readdir(path.join(root, below), { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const shown = below === '' ? entry.name : `${below}/${entry.name}`;
      const from = path.join(root, below, entry.name);
      if (entry.isDirectory()) {
        await walk(shown, depth + 1);
        continue;
      }
      if (isPickle(entry.name)) {
        pickles.push(shown);
        continue;
      }
      const real = await realpath(from);
      const inside = [root, cache].some((base) => base !== undefined && real.startsWith(`${base}${path.sep}`));
      const info = await stat(real);
      if (!inside || !info.isFile()) {
        throw storeError('STORE_PATH_UNSAFE', `${shown} is a link out of the folder, or no regular file`, { path: shown });
      }
      files.push({ path: shown, size: info.size, from: real });
      if (files.length > MODEL_FILES_MAX)
        throw storeError('STORE_TOO_LARGE', `${dir} has more than ${MODEL_FILES_MAX} files`, { path: dir });
    }
  };
  try {
    await walk('', 1);
  } catch (error) {
    throw diskError(error, dir);
  }
  if (files.length === 0 && pickles.length > 0) {
    throw storeError('STORE_PICKLE_REFUSED', `${dir} holds pickles only (${pickles.slice(0, 3).join(', ')})`, { path: dir });
  }
  if (files.length === 0) throw storeError('STORE_SOURCE_INVALID', `${dir} holds no file`, { path: dir });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Copies a file into a partial folder and hashes the copy, so that what is kept is what was hashed, whatever happens to the original.
 *
 * @throws STORE_SOURCE_CHANGED when its length changes meanwhile; STORE_DISK_FULL, STORE_UNUSABLE; the signal's reason
 */
export async function copyIn(file: LocalFile, partial: Partial, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<Got> {
  const hasher = new FileHasher(partial.dataPath);
  const from = await open(file.from, 'r').catch((error) => {
    throw diskError(error, file.from);
  });
  try {
    await partial.data.truncate(0);
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let at = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await from.read(block, 0, block.length, at);
      if (bytesRead === 0) break;
      await partial.write(block.subarray(0, bytesRead), at);
      at += bytesRead;
      hasher.advance(at);
      onBytes(Math.min(at, file.size));
    }
    if (at !== file.size)
      throw storeError('STORE_SOURCE_CHANGED', `${file.from} had ${file.size} bytes and has ${at} now`, { path: file.from });
    const [digests] = await Promise.all([hasher.finish(at), partial.sync()]);
    signal.throwIfAborted();
    return { size: at, ...digests };
  } finally {
    await from.close();
    await hasher.close();
  }
}
