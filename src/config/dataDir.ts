import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { configError } from './errors.ts';

/** Makes the data dir with mode 0700, or tightens it to that when it is this user's. @throws DATA_DIR_UNUSABLE */
export async function ensureDataDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) await chmod(path, 0o700);
  } catch (error) {
    throw configError(
      'DATA_DIR_UNUSABLE',
      `data dir ${path} cannot be made or closed to others: ${(error as NodeJS.ErrnoException).code}`,
      { path },
      error,
    );
  }
}

/** Where the identity of a node lives in its data dir. */
export function keysDir(dataDir: string): string {
  return join(dataDir, 'keys');
}
