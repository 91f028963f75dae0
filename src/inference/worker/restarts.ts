import type { Clock } from '../../util/clock.ts';
import type { CodedError } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';

/** How a process ends by itself. */
type EndCode = 'ENGINE_CRASHED' | 'ENGINE_STALLED';

/** Ends of the process in a row, with no call that ended well between them, after which it is not started at once again. */
export const ENDS_MAX = 3;
/** How long it is not. */
export const REST_MS = 60_000;

/**
 * Remembers how the engine's process ended. A call starts a new one, and is never tried again by itself, so one call costs one process at most; where
 * process after process ends, calls are answered with the last error for a while, so that their senders go elsewhere.
 */
export class Restarts {
  readonly #clock: Clock;
  #lost = 0;
  #inRow = 0;
  #restUntil = Number.NEGATIVE_INFINITY;
  #last: { readonly error: CodedError; readonly at: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Processes that ended by themselves or stalled. */
  get lost(): number {
    return this.#lost;
  }

  /** For the status; undefined when no process ended by itself. */
  get warning(): string | undefined {
    if (this.#last === undefined) return undefined;
    const { error, at } = this.#last;
    const times = this.#lost === 1 ? 'once' : `${this.#lost} times`;
    return `the engine's process was lost ${times}, last at ${new Date(at).toISOString()}: ${error.code}: ${error.message}. ${error.remedy}`;
  }

  ended(error: CodedError): void {
    this.#lost++;
    this.#inRow++;
    this.#last = { error, at: this.#clock.now() };
    if (this.#inRow >= ENDS_MAX) this.#restUntil = this.#clock.monotonic() + REST_MS;
  }

  /** A call ended well. */
  answered(): void {
    this.#inRow = 0;
  }

  /** Before a process is started. @throws the error of the last one while the engine rests */
  check(): void {
    const restMs = this.#restUntil - this.#clock.monotonic();
    if (this.#last === undefined || restMs <= 0) return;
    const { code, message, data } = this.#last.error;
    const wait = `${this.#inRow} processes in a row ended; the next is started in ${Math.ceil(restMs / 1_000)} s at the earliest`;
    throw inferenceError(code as EndCode, `${message}; ${wait}`, data, this.#last.error);
  }
}
