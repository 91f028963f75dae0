import { isCoded } from '../../util/errors.ts';
import type { DirectLines } from './direct.ts';
import { storeError } from './errors.ts';
import { type Answer, type HttpPorts, request } from './http.ts';

/** A file that can be downloaded, and what its publisher promises of it. */
export interface RemoteFile {
  /** In the model's folder. */
  readonly path: string;
  /** Bytes; undefined when only the server's answer tells. */
  readonly size?: number | undefined;
  /** Lower-case hex. */
  readonly sha256?: string | undefined;
  /** Git object id of the content, where there is no SHA-256: lower-case hex SHA-1 of `blob <size>\0` and the bytes. */
  readonly gitOid?: string | undefined;
  /** What names the content at its source; no secrets in it. */
  readonly identity: string;
  /** One GET. @throws see {@link request} */
  open(headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>;
}

export interface RemoteOptions {
  readonly bearer?: string | undefined;
  /** Looks at the first answer of a request, e.g. for what the hub promises of a redirect's target. @throws to refuse it */
  readonly check?: (first: Headers) => void;
}

/** So often in a row a file's chunks are asked for directly in vain. */
const DIRECT_FAILURES_MAX = 3;

/** What requests go through. */
export interface RemotePorts extends HttpPorts {
  /** Undefined: everything goes through fetch, and so through the proxy that it knows. */
  readonly lines?: DirectLines | undefined;
}

/**
 * GETs of one URL. Where it redirects to is remembered, so that a signed URL is asked for once and not for each chunk; when that URL is
 * refused (it expires), the original one is asked again.
 */
export function remoteOpener(url: URL, ports: RemotePorts, options: RemoteOptions = {}): RemoteFile['open'] {
  let target: URL | undefined;
  let failures = 0;
  const tokenFor = (to: URL): string | undefined => (to.origin === url.origin ? options.bearer : undefined);
  const usual = async (headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> => {
    if (target !== undefined && target.origin !== url.origin) {
      try {
        return await request(target, { headers }, ports, signal);
      } catch (error) {
        if (!isCoded(error, 'STORE_ACCESS_DENIED') && !isCoded(error, 'STORE_REMOTE_NOT_FOUND')) throw error;
        target = undefined;
      }
    }
    const answer = await request(url, { headers, bearer: options.bearer }, ports, signal);
    try {
      options.check?.(answer.first);
    } catch (error) {
      await answer[Symbol.asyncDispose]();
      throw error;
    }
    target = answer.url;
    return answer;
  };
  return async (headers, signal) => {
    if (target !== undefined && headers.range !== undefined && failures < DIRECT_FAILURES_MAX) {
      const answer = await ports.lines?.get(target, { headers, bearer: tokenFor(target) }, ports, signal);
      failures = answer === undefined ? failures + 1 : 0;
      if (answer !== undefined) return answer;
    }
    return usual(headers, signal);
  };
}

/** What a redirect must not contradict: the listing that the file was chosen from. @throws STORE_SIZE_MISMATCH, STORE_HASH_MISMATCH */
export function checkLinked(path: string, expected: { size?: number | undefined; sha256?: string | undefined }, first: Headers): void {
  const size = first.get('x-linked-size');
  if (size !== null && expected.size !== undefined && size !== String(expected.size)) {
    throw storeError('STORE_SIZE_MISMATCH', `${path} is listed with ${expected.size} bytes and linked with ${size.slice(0, 20)}`, { path });
  }
  const etag = /^"?([0-9a-f]{64})"?$/.exec(first.get('x-linked-etag') ?? '')?.[1];
  if (etag !== undefined && expected.sha256 !== undefined && etag !== expected.sha256) {
    throw storeError('STORE_HASH_MISMATCH', `${path} is listed with SHA-256 ${expected.sha256} and linked with ${etag}`, { path });
  }
}
