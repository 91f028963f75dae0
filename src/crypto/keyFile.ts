/** Secret files: mode 0600 in a 0700 directory, written once and never over an existing one. */
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cryptoError } from './errors.ts';

/** Larger than any key file; a bigger file is not one. */
const FILE_BYTES_MAX = 16_384;
const OTHERS = 0o077;

/** Creates the file and its directory, and makes both durable before it returns. @throws KEY_FILE_EXISTS, KEY_FILE_PERMISSIONS */
export async function writeKeyFile(path: string, content: Uint8Array | string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await checkMode(directory, (await stat(directory)).mode);
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') throw cryptoError('KEY_FILE_EXISTS', `${path} exists`, { path }, cause);
    throw cause;
  }
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  const folder = await open(directory, 'r');
  await folder.sync().finally(() => folder.close());
}

/** @throws KEY_FILE_MISSING, KEY_FILE_PERMISSIONS, KEYSTORE_MALFORMED */
export async function readKeyFile(path: string): Promise<Buffer> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') throw cryptoError('KEY_FILE_MISSING', `there is no key file at ${path}`, { path }, cause);
    throw cause;
  }
  try {
    const { mode, size } = await file.stat();
    await checkMode(path, mode);
    await checkMode(dirname(path), (await stat(dirname(path))).mode);
    if (size > FILE_BYTES_MAX) throw cryptoError('KEYSTORE_MALFORMED', `${path} has ${size} bytes, more than any key file`, { path });
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function checkMode(path: string, mode: number): Promise<void> {
  // Windows has no such bits: its files are guarded by the profile's access list.
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return;
  throw cryptoError('KEY_FILE_PERMISSIONS', `${path} has mode ${(mode & 0o777).toString(8)}: others may read it`, { path });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
