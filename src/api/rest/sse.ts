import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { withDeadline } from '../../util/deadline.ts';

/** A client that does not read for so long is cut off (docs/LIMITS.md). */
const READ_STALL_MS_MAX = 60_000;

/** Server-sent events on a raw response: headers leave with the first event, each write waits while the client does not read. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;

  constructor(response: ServerResponse, signal: AbortSignal, headers: Readonly<Record<string, string>>) {
    this.#response = response;
    this.#signal = signal;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...headers,
    });
  }

  /** @param data one line. Gives a promise only when the caller has to wait; @throws TIMEOUT when the client stalls */
  write(data: string): Promise<void> | undefined {
    if (this.#response.write(`data: ${data}\n\n`)) return undefined;
    return withDeadline('the client reading the stream', READ_STALL_MS_MAX, this.#signal, async (signal) => {
      await once(this.#response, 'drain', { signal });
    });
  }

  end(): void {
    this.#response.end();
  }
}
