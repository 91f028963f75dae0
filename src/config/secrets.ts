import { randomBytes } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { configError } from './errors.ts';

export interface Secret {
  readonly value: string;
  /** The file's mode lets group or others read it: worth a warning. */
  readonly readableByOthers: boolean;
}

/**
 * The first line of a secret file.
 *
 * @param what for messages, e.g. `keys.passwordFile`
 * @throws SECRET_FILE_UNREADABLE
 */
export async function readSecretFile(path: string, what: string): Promise<Secret> {
  let text: string;
  let mode: number;
  try {
    text = await readFile(path, 'utf8');
    mode = (await stat(path)).mode;
  } catch (error) {
    throw configError(
      'SECRET_FILE_UNREADABLE',
      `${what}: ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`,
      { path },
      error,
    );
  }
  const value = text.split(/\r?\n/, 1)[0] ?? '';
  if (value === '') throw configError('SECRET_FILE_UNREADABLE', `${what}: the first line of ${path} is empty`, { path });
  return { value, readableByOthers: (mode & 0o044) !== 0 };
}

/**
 * Writes 32 random bytes (base64url) to a new file of mode 0600 and returns them.
 *
 * @throws SECRET_FILE_EXISTS
 */
export async function createSecretFile(path: string): Promise<string> {
  const value = randomBytes(32).toString('base64url');
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw configError('SECRET_FILE_EXISTS', `${path} cannot be made: ${error.code}`, { path }, error);
  });
  try {
    await file.writeFile(`${value}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return value;
}
