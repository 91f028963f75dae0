import type { Clock } from '../../util/clock.ts';
import { isCoded } from '../../util/errors.ts';
import { storeError } from './errors.ts';
import { isLoopback } from './source.ts';
import { statusError } from './status.ts';
import { Watchdog } from './watchdog.ts';

export const REDIRECTS_MAX = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What requests need of the world. */
export interface HttpPorts {
  readonly clock: Clock;
  /** No bytes for so long, headers included: the connection is given up. */
  readonly stallMs: number;
  /** `User-Agent`. */
  readonly agent: string;
}

export interface RequestInit {
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes to the origin of the first URL only, whatever it redirects to. */
  readonly bearer?: string | undefined;
}

/** A good answer (2xx). Read `body` to its end or dispose it: the connection is its. */
export interface Answer extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** Where it came from after redirects. */
  readonly url: URL;
  /** Headers of the first answer: the hub tells there what a redirect leads to. */
  readonly first: Headers;
  /** A part is good until the next one is asked for. @throws STORE_DOWNLOAD_FAILED when the connection is cut or silent */
  readonly body: AsyncIterable<Uint8Array>;
  /** Call it after a wait that was not the server's. */
  feed(): void;
}

/**
 * One GET with its redirects; no retries. Redirects are followed by hand, so that the token stays with the origin it is for.
 *
 * @throws STORE_DOWNLOAD_FAILED, STORE_UNTRUSTED, STORE_RESPONSE_INVALID, and by status STORE_REMOTE_NOT_FOUND, STORE_ACCESS_DENIED, STORE_REMOTE_BUSY;
 * the signal's reason when it aborts
 */
export async function request(start: URL, init: RequestInit, ports: HttpPorts, signal: AbortSignal): Promise<Answer> {
  const watchdog = new Watchdog(ports.clock, ports.stallMs, signal, start.host);
  try {
    let url = start;
    let first: Headers | undefined;
    for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
      const response = await send(url, url.origin === start.origin ? init : { ...init, bearer: undefined }, ports, watchdog.signal);
      watchdog.feed();
      first ??= response.headers;
      if (!REDIRECTS.has(response.status)) {
        if (!response.ok) throw await refused(response, url, ports, watchdog);
        if (!/^(?:identity)?$/i.test(response.headers.get('content-encoding') ?? '')) {
          throw storeError('STORE_RESPONSE_INVALID', `${url.host} sent a compressed file though none was asked for`, { host: url.host });
        }
        return answer(response, url, first, watchdog);
      }
      await response.body?.cancel();
      url = redirected(url, response.headers.get('location'));
    }
    throw storeError('STORE_RESPONSE_INVALID', `${start.host} redirects more than ${REDIRECTS_MAX} times`, { host: start.host });
  } catch (error) {
    const stalled = watchdog.signal.aborted;
    watchdog[Symbol.dispose]();
    throw stalled ? watchdog.signal.reason : connectionError(error, start);
  }
}

/** The whole body as text. @throws STORE_TOO_LARGE above `bytesMax`; see {@link request} */
export async function readText(url: URL, init: RequestInit, bytesMax: number, ports: HttpPorts, signal: AbortSignal): Promise<string> {
  await using got = await request(url, init, ports, signal);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of got.body) {
    bytes += part.length;
    if (bytes > bytesMax) throw storeError('STORE_TOO_LARGE', `${url.host} sent more than ${bytesMax} bytes`, { bytesMax });
    parts.push(part.slice());
  }
  return Buffer.concat(parts).toString('utf8');
}

/** With the token, unless it would go over the net in the clear. */
export function headersFor(url: URL, init: RequestInit, ports: HttpPorts): Record<string, string> {
  const secret = init.bearer !== undefined && (url.protocol === 'https:' || isLoopback(url));
  return {
    'user-agent': ports.agent,
    'accept-encoding': 'identity',
    ...init.headers,
    ...(secret ? { authorization: `Bearer ${init.bearer}` } : {}),
  };
}

async function send(url: URL, init: RequestInit, ports: HttpPorts, signal: AbortSignal): Promise<Response> {
  return fetch(url.href, { headers: headersFor(url, init, ports), redirect: 'manual', signal });
}

function redirected(from: URL, location: string | null): URL {
  const bad = (why: string) => storeError('STORE_RESPONSE_INVALID', `${from.host} redirects ${why}`, { host: from.host });
  if (location === null || !URL.canParse(location, from.href)) throw bad('to nowhere');
  const url = new URL(location, from.href);
  url.hash = '';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw bad(`to ${url.protocol}`);
  if (from.protocol === 'https:' && url.protocol === 'http:') throw bad('away from encryption');
  return url;
}

async function refused(response: Response, url: URL, { clock }: HttpPorts, watchdog: Watchdog): Promise<unknown> {
  const error = statusError(response.status, response.headers, url, clock.now());
  await response.body?.cancel();
  watchdog[Symbol.dispose]();
  return error;
}

function answer(response: Response, url: URL, first: Headers, watchdog: Watchdog): Answer {
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of response.body ?? []) {
        watchdog.feed();
        yield part;
        free(part);
      }
    } catch (error) {
      throw watchdog.signal.aborted ? watchdog.signal.reason : connectionError(error, url);
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    url,
    first,
    body: read(),
    feed: () => watchdog.feed(),
    async [Symbol.asyncDispose]() {
      watchdog[Symbol.dispose]();
      await response.body?.cancel().catch(() => {});
    },
  };
}

/** What fetch or a socket throws, as STORE_DOWNLOAD_FAILED or STORE_UNTRUSTED with the system's code. */
export function connectionError(error: unknown, url: URL): unknown {
  if (isCoded(error)) return error;
  const cause = (error as { cause?: unknown }).cause;
  const code = ((cause ?? error) as { code?: unknown } | undefined)?.code;
  const why = typeof code === 'string' ? code : cause instanceof Error ? cause.message : String(error);
  const kind = /CERT|SIGNED|_LEAF_/.test(String(code)) ? 'STORE_UNTRUSTED' : 'STORE_DOWNLOAD_FAILED';
  return storeError(kind, `${url.host}: ${why}`, { host: url.host, cause: why }, error);
}

/**
 * Gives the memory of a part that was copied back at once. Left to the collector, each 64 KiB part counts as pressure from outside its heap,
 * and a gigabyte costs it a hundred full collections (measured: more than half of the download's time).
 */
function free(part: Uint8Array): void {
  if (part.buffer instanceof ArrayBuffer && part.byteLength === part.buffer.byteLength) part.buffer.transfer(0);
}
