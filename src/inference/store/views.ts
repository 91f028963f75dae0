import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { diskError } from './disk.ts';
import type { StoreLayout } from './layout.ts';
import type { StoreManifest } from './manifest.ts';

/** Whether the view shows just these files. Sizes and inodes are compared, not content. */
export async function viewIsWhole(layout: StoreLayout, model: StoreManifest): Promise<boolean> {
  const dir = layout.view(model.name);
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  if (entries.filter((entry) => !entry.isDirectory()).length !== model.files.length) return false;
  for (const file of model.files) {
    const [shown, blob] = await Promise.all(
      [stat(path.join(dir, file.path)), stat(layout.blob(file.sha256))].map((one) => one.catch(() => undefined)),
    );
    if (!shown || !blob || shown.ino !== blob.ino || shown.size !== file.size) return false;
  }
  return true;
}

/**
 * Makes the folder in which a model's files have their own names: hard links, so that a loader that insists on files below its folder
 * is content; symbolic links where there are no hard links. An older view is replaced as a whole; who has its files open keeps them.
 * Call it with the store's lock held.
 *
 * @throws STORE_UNUSABLE
 */
export async function buildView(layout: StoreLayout, model: StoreManifest): Promise<void> {
  const view = layout.view(model.name);
  // What a crash left: its links would keep deleted blobs on the disk.
  for (const name of await readdir(layout.views))
    if (name.startsWith('.')) await rm(path.join(layout.views, name), { recursive: true, force: true });
  const suffix = randomBytes(6).toString('hex');
  // A leading dot: no model name begins with one.
  const fresh = path.join(layout.views, `.new-${suffix}`);
  const old = path.join(layout.views, `.old-${suffix}`);
  try {
    for (const file of model.files) {
      const shown = path.join(fresh, file.path);
      await mkdir(path.dirname(shown), { recursive: true, mode: 0o700 });
      await show(layout.blob(file.sha256), shown);
    }
    await rename(view, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(fresh, view);
  } catch (error) {
    throw diskError(error, view);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

async function show(blob: string, shown: string): Promise<void> {
  try {
    await link(blob, shown);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await symlink(path.relative(path.dirname(shown), blob), shown);
  }
}
