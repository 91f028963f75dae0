import { storeError } from './errors.ts';
import { isDeviceName } from './names.ts';

export const SEGMENT_BYTES_MAX = 255;
export const PATH_BYTES_MAX = 512;
export const PATH_DEPTH_MAX = 8;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const FORBIDDEN = /[\u0000-\u001f\u007f\\<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/**
 * Checks one path of a listing: relative, forward slashes, and the same file on every system it may be copied to.
 *
 * @throws STORE_PATH_UNSAFE
 */
export function parseListedPath(text: string): string {
  const refuse = (why: string): never => {
    const shown = text.slice(0, 200);
    throw storeError('STORE_PATH_UNSAFE', `the path ${JSON.stringify(shown)} ${why}`, { path: shown });
  };
  if (text === '') refuse('is empty');
  if (Buffer.byteLength(text) > PATH_BYTES_MAX) refuse(`is longer than ${PATH_BYTES_MAX} bytes`);
  if (text.startsWith('/')) refuse('is absolute');
  if (!text.isWellFormed()) refuse('is not Unicode');
  const bad = FORBIDDEN.exec(text)?.[0];
  if (bad !== undefined) refuse(`contains ${JSON.stringify(bad)}`);
  const segments = text.split('/');
  if (segments.length > PATH_DEPTH_MAX) refuse(`has more than ${PATH_DEPTH_MAX} parts`);
  for (const segment of segments) {
    if (segment === '') refuse('has an empty part');
    if (segment === '.' || segment === '..') refuse('goes up or nowhere');
    if (/[. ]$/.test(segment) || segment.startsWith(' ')) refuse('has a part that begins or ends with a space, or ends with a dot');
    if (isDeviceName(segment)) refuse('names a device');
    if (Buffer.byteLength(segment) > SEGMENT_BYTES_MAX) refuse(`has a part longer than ${SEGMENT_BYTES_MAX} bytes`);
  }
  return text;
}

/** A name that is there to reach outside: absolute, upwards, backslashes, control characters. Its whole listing is refused. */
export function isTraversal(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.startsWith('/') || /[\\\u0000-\u001f]/.test(text) || /^[A-Za-z]:/.test(text) || text.split('/').includes('..');
}

/**
 * Checks that all paths can lie beside each other, also where upper and lower case, or two ways to write an accent, are the same.
 *
 * @throws STORE_PATH_UNSAFE
 */
export function checkTogether(paths: readonly string[]): void {
  const folded = (path: string): string => path.normalize('NFKC').toLowerCase().normalize('NFKC');
  const seen = new Map<string, string>();
  for (const path of paths) {
    const other = seen.get(folded(path));
    if (other !== undefined) {
      throw storeError('STORE_PATH_UNSAFE', `${JSON.stringify(path)} and ${JSON.stringify(other)} are one file on some systems`, {
        path,
        other,
      });
    }
    seen.set(folded(path), path);
  }
  // A folder must be written in one way, and must not be a file.
  for (const path of paths) {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at);
      const key = `${folded(folder)}/`;
      const other = seen.get(folded(folder)) ?? seen.get(key);
      if (other !== undefined && other !== `${folder}/`) {
        throw storeError('STORE_PATH_UNSAFE', `${JSON.stringify(path)} and ${JSON.stringify(other)} cannot lie beside each other`, {
          path,
          other,
        });
      }
      seen.set(key, `${folder}/`);
    }
  }
}
