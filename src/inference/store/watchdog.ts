import type { Clock } from '../../util/clock.ts';
import { storeError } from './errors.ts';

/** Aborts `signal` when nobody fed it for `stallMs`, or when the parent aborts. Dispose it: its timer and its listener go. */
export class Watchdog implements Disposable {
  readonly #controller = new AbortController();
  readonly #ended = new AbortController();
  readonly #clock: Clock;
  readonly #parent: AbortSignal;
  readonly #onParent: () => void;
  #fedAt: number;

  constructor(clock: Clock, stallMs: number, parent: AbortSignal, what: string) {
    this.#clock = clock;
    this.#parent = parent;
    this.#fedAt = clock.monotonic();
    this.#onParent = () => this.#controller.abort(parent.reason);
    if (parent.aborted) this.#onParent();
    else parent.addEventListener('abort', this.#onParent, { once: true });
    this.#watch(stallMs, what).catch(() => {});
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came, or the wait was ours. */
  feed(): void {
    this.#fedAt = this.#clock.monotonic();
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#parent.removeEventListener('abort', this.#onParent);
  }

  async #watch(stallMs: number, what: string): Promise<void> {
    for (;;) {
      const leftMs = this.#fedAt + stallMs - this.#clock.monotonic();
      if (leftMs <= 0) break;
      await this.#clock.sleep(leftMs, this.#ended.signal);
    }
    this.#controller.abort(storeError('STORE_DOWNLOAD_FAILED', `${what} sent nothing for ${stallMs} ms`, { stallMs }));
  }
}
