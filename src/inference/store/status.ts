import type { CodedError } from '../../util/errors.ts';
import { storeError } from './errors.ts';

/**
 * `Retry-After` (RFC 9110 §10.2.3: seconds or a date) as ms from `nowMs`; undefined when absent or not understood. Never negative.
 */
export function retryAfterMs(text: string | null, nowMs: number): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text.trim()) * 1_000;
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text.trim())) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** An answer that is no success, as a coded error. The hub says more in `x-error-code` and `x-error-message`. */
export function statusError(status: number, headers: Headers, url: URL, nowMs: number): CodedError {
  const hubCode = clean(headers.get('x-error-code'), 60);
  const said = clean(headers.get('x-error-message'), 300);
  const text = `${url.host} answers ${status}${hubCode === '' ? '' : ` ${hubCode}`}${said === '' ? '' : `: ${said}`}`;
  const data = { status, host: url.host, hubCode: hubCode === '' ? undefined : hubCode };
  if (status === 404 || status === 410 || /^(?:Repo|Revision|Entry)NotFound$/.test(hubCode))
    return storeError('STORE_REMOTE_NOT_FOUND', text, data);
  if (status === 401 || status === 403) return storeError('STORE_ACCESS_DENIED', text, data);
  if (status === 416) return storeError('STORE_SOURCE_CHANGED', `${text}: the file is shorter than it was`, data);
  if (status === 429 || status === 503) {
    return storeError('STORE_REMOTE_BUSY', text, { ...data, retryAfterMs: retryAfterMs(headers.get('retry-after'), nowMs) });
  }
  if (status === 408 || status >= 500) {
    return storeError('STORE_DOWNLOAD_FAILED', text, { ...data, retryAfterMs: retryAfterMs(headers.get('retry-after'), nowMs) });
  }
  return storeError('STORE_RESPONSE_INVALID', text, data);
}

/** Printable and short: it goes to a terminal. */
function clean(text: string | null, charsMax: number): string {
  return (text ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, charsMax);
}
