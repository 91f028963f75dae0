import { invalid, unsupported } from './unsupported.ts';

/**
 * What a `$ref` of a schema leads to: a JSON pointer as a fragment (RFC 6901).
 *
 * @throws GRAMMAR_UNSUPPORTED for references to other documents, GRAMMAR_INVALID for those to nothing
 */
export function resolve(root: unknown, ref: unknown, path: string): unknown {
  if (typeof ref !== 'string' || !/^#(?:\/|$)/.test(ref)) throw unsupported(path, 'a $ref that does not begin with #/');
  let at: unknown = root;
  for (const part of ref.split('/').slice(1)) {
    const key = decode(part, path).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) throw invalid(path, `$ref ${ref} leads nowhere`);
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function decode(part: string, path: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(path, 'a $ref has a % that begins no escape');
  }
}
