import { storeError } from './errors.ts';

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;
/** Device names of Windows: no file may be called so, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;

export const isDeviceName = (segment: string): boolean => DEVICE.test(segment);

/** `default` is the model that comes with the package. */
const RESERVED = 'default';

/**
 * Checks the name that a model has in the store; it is also the name of a folder.
 *
 * @throws STORE_NAME_INVALID
 */
export function parseModelName(text: string): string {
  if (NAME.test(text) && !isDeviceName(text) && text.toLowerCase() !== RESERVED) return text;
  throw storeError('STORE_NAME_INVALID', `${JSON.stringify(text.slice(0, 120))} cannot be the name of a model`, {
    name: text.slice(0, 120),
  });
}

/** The nearest valid name to the last part of a repository, URL or path. @throws STORE_NAME_INVALID when nothing is left */
export function nameFrom(text: string): string {
  const kept = text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 96)
    .replace(/[^A-Za-z0-9]+$/, '');
  return parseModelName(kept);
}
