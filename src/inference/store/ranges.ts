import { storeError } from './errors.ts';

/** Bytes first to last, both included, of a file of `size` bytes. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly size: number;
}

/** `Content-Range: bytes 0-99/1000` (RFC 9110 §14.4). Undefined for anything else, also for an unknown size. */
export function parseContentRange(text: string | null): ContentRange | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text?.trim() ?? '');
  if (!match) return undefined;
  const [first, last, size] = match.slice(1).map(Number) as [number, number, number];
  return first <= last && last < size ? { first, last, size } : undefined;
}

/**
 * What a 206 holds, checked against what was asked for: it begins there and ends there or before.
 *
 * @throws STORE_RESPONSE_INVALID
 */
export function checkRange(headers: Headers, first: number, last: number, host: string): ContentRange {
  const range = parseContentRange(headers.get('content-range'));
  if (range && range.first === first && range.last <= last) return range;
  const got = (headers.get('content-range') ?? 'none').slice(0, 80);
  throw storeError('STORE_RESPONSE_INVALID', `${host} was asked for bytes ${first}-${last}; its Content-Range is ${got}`, { host });
}

/**
 * The ETag of an answer, if it is a strong one: only those stand for the bytes (RFC 9110 §8.8.3). A server that drops it for single
 * chunks is not said to have changed the file.
 *
 * @throws STORE_SOURCE_CHANGED
 */
export function checkEtag(headers: Headers, known: string | undefined, host: string): string | undefined {
  const etag = headers.get('etag') ?? undefined;
  if (etag === undefined || !/^"[^"]{1,500}"$/.test(etag)) return known;
  if (known !== undefined && etag !== known)
    throw storeError('STORE_SOURCE_CHANGED', `the file at ${host} has another ETag than before`, { host });
  return etag;
}
