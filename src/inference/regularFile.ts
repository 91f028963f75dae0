import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { inferenceError } from './errors.ts';

/**
 * Opens a file for reading; a pipe or a device in its place is refused and not waited for.
 *
 * @throws MODEL_INVALID when it is no regular file
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if ((await file.stat()).isFile()) return file;
    throw inferenceError('MODEL_INVALID', `${path} is no regular file`, { path });
  } catch (error) {
    await file.close();
    throw error;
  }
}
