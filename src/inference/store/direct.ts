import { storeError } from './errors.ts';
import { type Answer, connectionError, type HttpPorts, headersFor, type RequestInit } from './http.ts';
import { Line } from './line.ts';
import { Watchdog } from './watchdog.ts';

/** Connections kept for another request, over all origins of one pull. */
const IDLE_MAX = 16;

/**
 * Plain GETs of parts, over connections that are kept: the short way for the chunks of a file of which `request` has already had one. Whatever is
 * not a plain 206 is left to `request`.
 */
export class DirectLines implements Disposable {
  readonly #idle: { readonly origin: string; readonly line: Line }[] = [];

  /** Undefined when the answer is not plain or there is none: ask in the usual way. @throws the signal's reason, STORE_DOWNLOAD_FAILED when silent */
  async get(url: URL, init: RequestInit, ports: HttpPorts, signal: AbortSignal): Promise<Answer | undefined> {
    signal.throwIfAborted();
    const kept = this.#take(url.origin);
    // A kept connection may have been closed meanwhile: that says nothing.
    const first = kept === undefined ? undefined : await this.#ask(kept, url, init, ports, signal);
    return first ?? this.#ask(new Line(url), url, init, ports, signal);
  }

  [Symbol.dispose](): void {
    for (const { line } of this.#idle.splice(0)) line.close();
  }

  #take(origin: string): Line | undefined {
    for (;;) {
      const at = this.#idle.findLastIndex((one) => one.origin === origin);
      const line = this.#idle.splice(at, at < 0 ? 0 : 1)[0]?.line;
      if (line === undefined || line.usable) return line;
      line.close();
    }
  }

  #keep(origin: string, line: Line): void {
    this.#idle.push({ origin, line });
    if (this.#idle.length > IDLE_MAX) this.#idle.shift()?.line.close();
  }

  async #ask(line: Line, url: URL, init: RequestInit, ports: HttpPorts, signal: AbortSignal): Promise<Answer | undefined> {
    const watchdog = new Watchdog(ports.clock, ports.stallMs, signal, url.host);
    watchdog.signal.addEventListener('abort', () => line.close(), { once: true });
    const drop = (): void => {
      watchdog[Symbol.dispose]();
      line.close();
    };
    const head = await line.ask(requestText(url, headersFor(url, init, ports)));
    if (watchdog.signal.aborted || head === undefined) {
      drop();
      watchdog.signal.throwIfAborted();
      return undefined;
    }
    watchdog.feed();
    let whole = false;
    async function* read(): AsyncGenerator<Buffer> {
      try {
        for await (const part of line.read(head?.bytes ?? 0)) {
          watchdog.feed();
          yield part;
        }
        whole = true;
      } catch (error) {
        throw watchdog.signal.aborted ? watchdog.signal.reason : connectionError(error, url);
      }
      if (!line.usable && head?.keepAlive === true) {
        throw storeError('STORE_RESPONSE_INVALID', `${url.host} sent more bytes than it promised`, { host: url.host });
      }
    }
    return {
      status: 206,
      headers: head.headers,
      first: head.headers,
      url,
      body: read(),
      feed: () => watchdog.feed(),
      [Symbol.asyncDispose]: async () => {
        if (!whole || !head.keepAlive || !line.usable) return drop();
        watchdog[Symbol.dispose]();
        this.#keep(url.origin, line);
      },
    };
  }
}

/** @throws STORE_SOURCE_INVALID for a header that would be two */
function requestText(url: URL, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: url.host, connection: 'keep-alive', accept: '*/*', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const bad = lines.find((line) => !/^[\x20-\x7e]+$/.test(line));
  if (bad !== undefined)
    throw storeError('STORE_SOURCE_INVALID', `the header ${bad.split(':')[0]} has a character that headers cannot have`);
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}
