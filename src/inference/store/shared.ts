import type { StoreEvent } from './events.ts';

/** Events kept for a listener that does not read; progress replaces progress. */
const EVENTS_MAX = 256;

/** One running piece of work that several callers follow: it ends early only when the last of them has left. */
export class SharedWork<T> {
  readonly #listeners = new Set<Listener>();
  readonly #stop = new AbortController();
  readonly #result: Promise<T>;
  #ended = false;

  constructor(work: (tell: (event: StoreEvent) => void, signal: AbortSignal) => Promise<T>, onEnd: () => void) {
    this.#result = work((event) => this.#tell(event), this.#stop.signal).finally(() => {
      this.#ended = true;
      onEnd();
      for (const listener of this.#listeners) listener.wake();
    });
    this.#result.catch(() => {});
  }

  /** False when the work has ended, or ends because everybody left: start it anew. */
  get joinable(): boolean {
    return !this.#ended && !this.#stop.signal.aborted;
  }

  /** Events from now on, then the result. @throws what the work throws; the signal's reason when it aborts first */
  async *follow(signal: AbortSignal): AsyncGenerator<StoreEvent, T, void> {
    const listener = new Listener();
    this.#listeners.add(listener);
    const onAbort = (): void => listener.wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        const event = listener.take();
        if (event !== undefined) yield event;
        else if (this.#ended) return await this.#result;
        else await listener.news();
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0 && !this.#ended) {
        this.#stop.abort(signal.aborted ? signal.reason : new DOMException('nobody follows it any more', 'AbortError'));
        // Whoever starts it again finds its files closed and its locks free.
        await this.#result.catch(() => {});
      }
    }
  }

  #tell(event: StoreEvent): void {
    for (const listener of this.#listeners) listener.push(event);
  }
}

class Listener {
  readonly #events: StoreEvent[] = [];
  #wake: (() => void) | undefined;

  push(event: StoreEvent): void {
    if (event.type === 'progress' && this.#events.at(-1)?.type === 'progress') this.#events.pop();
    if (this.#events.length >= EVENTS_MAX) this.#events.shift();
    this.#events.push(event);
    this.wake();
  }

  take(): StoreEvent | undefined {
    return this.#events.shift();
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
