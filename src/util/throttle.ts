import type { Clock } from './clock.ts';

/** Lets so many bytes a second through, over all who ask; what was not used in the last moments may come at once. */
export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerMs: number;
  readonly #burstMs: number;
  /** When all that was let through has been paid for. */
  #paidAt: number;

  constructor(clock: Clock, bytesPerSecond: number, burstMs = 250) {
    this.#clock = clock;
    this.#bytesPerMs = bytesPerSecond / 1_000;
    this.#burstMs = burstMs;
    this.#paidAt = clock.monotonic() - burstMs;
  }

  /** Resolves when `bytes` may go. @throws the signal's reason */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    const from = Math.max(this.#paidAt, now - this.#burstMs);
    this.#paidAt = from + bytes / this.#bytesPerMs;
    if (from > now) await this.#clock.sleep(from - now, signal);
  }
}
