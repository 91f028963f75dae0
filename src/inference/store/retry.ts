import type { Clock } from '../../util/clock.ts';
import { isCoded } from '../../util/errors.ts';
import { storeError } from './errors.ts';

export const ATTEMPTS_MAX = 8;
export const BACKOFF_MS = 500;
const BACKOFF_MS_MAX = 30_000;
/** A server that wants longer is believed, and the pull ends. */
export const RETRY_AFTER_MS_MAX = 300_000;

export interface RetryPorts {
  readonly clock: Clock;
  /** [0, 1) */
  readonly random: () => number;
  /** Told before each wait. */
  readonly onRetry: (error: unknown, waitMs: number, attempt: number) => void;
  readonly backoffMs: number;
  /** Failures in a row. */
  readonly attemptsMax: number;
}

/** Exponential backoff with jitter between half and the whole of it; not before `Retry-After`. Progress starts it anew. */
export class Retries {
  readonly #ports: RetryPorts;
  #failed = 0;

  constructor(ports: RetryPorts) {
    this.#ports = ports;
  }

  progress(): void {
    this.#failed = 0;
  }

  /** Waits until the next attempt may be made. @throws `error` itself when it is not retryable or all attempts were used */
  async wait(error: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { clock, random, onRetry, backoffMs, attemptsMax } = this.#ports;
    // A source that changed will not change back.
    if (!isCoded(error) || error.definition.retryable !== true || error.code === 'STORE_SOURCE_CHANGED') throw error;
    this.#failed++;
    if (this.#failed >= attemptsMax) throw error;
    const asked = Number(error.data.retryAfterMs ?? 0);
    if (asked > RETRY_AFTER_MS_MAX) {
      throw storeError(
        'STORE_REMOTE_BUSY',
        `${error.message}; it asks to wait ${Math.ceil(asked / 1_000)} s`,
        { retryAfterMs: asked },
        error,
      );
    }
    const backoff = Math.min(backoffMs * 2 ** (this.#failed - 1), BACKOFF_MS_MAX);
    const waitMs = Math.round(Math.max(asked, 0) + backoff * (0.5 + 0.5 * random()));
    onRetry(error, waitMs, this.#failed);
    await clock.sleep(waitMs, signal);
  }
}
