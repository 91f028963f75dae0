import type { Clock } from '../../util/clock.ts';

/** Silence that a process with work may keep, whatever its model: starting it, with a provider's self-test, and the first pass of a chunk. */
export const STALL_BASE_MS = 180_000;
/** More for larger models: what loads or computes at a tenth of a slow machine's speed is in time (rehearsal/limits.ts). */
export const STALL_BYTES_PER_MS = 8_192;
/** More for a process that was silent for long before and then went on: this many times as long. */
export const STALL_FACTOR = 4;
/** How often is looked. */
export const WATCH_MS = 5_000;

export interface WatchdogInit {
  readonly clock: Clock;
  /** Whether the process owes an answer. */
  readonly isBusy: () => boolean;
  /** Told once, with the silence that was too long, ms; then the watch is over. */
  readonly onStall: (silentMs: number) => void;
}

/**
 * Notices a process that has work and makes no progress: a native call that does not return. Its steps are not interruptible, so that all it can tell
 * is that one ended, and all that counts is the silence between two signs of life.
 */
export class Watchdog {
  readonly #init: WatchdogInit;
  readonly #closing = new AbortController();
  #modelBytes = 0;
  #silentMs = 0;
  #longestMs = 0;

  constructor(init: WatchdogInit) {
    this.#init = init;
    void this.#watch().catch(() => {});
  }

  /** Silence that is too long now, ms. */
  get allowedMs(): number {
    return Math.max(STALL_BASE_MS + this.#modelBytes / STALL_BYTES_PER_MS, STALL_FACTOR * this.#longestMs);
  }

  /** A model of that size is loaded from now on. */
  expect(bytes: number): void {
    this.#modelBytes = Math.max(this.#modelBytes, bytes);
  }

  /** The process said something. */
  heard(): void {
    this.#longestMs = Math.max(this.#longestMs, this.#silentMs);
    this.#silentMs = 0;
  }

  close(): void {
    this.#closing.abort();
  }

  async #watch(): Promise<void> {
    const { clock, isBusy, onStall } = this.#init;
    for (let last = clock.monotonic(); ; ) {
      await clock.sleep(WATCH_MS, this.#closing.signal);
      const now = clock.monotonic();
      // While this process does not run (stopped, or its machine is), nobody listens: that time is not the other's silence.
      this.#silentMs = isBusy() ? this.#silentMs + Math.min(now - last, 2 * WATCH_MS) : 0;
      last = now;
      if (this.#silentMs > this.allowedMs) return onStall(this.#silentMs);
    }
  }
}
