import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../../util/clock.ts';
import type { CodedError } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';
import type { ResolvedEngineOptions } from '../options.ts';
import { residentBytes } from '../residentMemory.ts';
import type { GeneratedToken } from '../types.ts';
import { startWorker } from './process.ts';
import type { Answer, FromWorker, ToWorker } from './protocol.ts';
import { Watchdog } from './watchdog.ts';
import { fromWire } from './wireError.ts';

/** Receives what the worker answers to one call; `answer` and `fail` end it. */
export interface CallHandler {
  token?(token: GeneratedToken): void;
  answer(answer: Answer): void;
  fail(error: CodedError): void;
}

/** A worker that is told to end gives native memory back first; one that hangs is ended after this. */
export const CLOSE_TIMEOUT_MS = 5_000;
/** What the kernel cannot end by then, because a driver's call does not return, is given up. */
export const KILL_TIMEOUT_MS = 5_000;

const MEMORY_POLL_MS = 500;

const IGNORED: CallHandler = { answer: () => {}, fail: () => {} };

/**
 * The worker process and the calls that are under way in it. A worker that ends takes its calls with it, as ENGINE_CRASHED; one that makes no progress
 * is ended and takes them with it as ENGINE_STALLED.
 */
export class WorkerHost {
  readonly #worker: ChildProcess;
  readonly #calls = new Map<number, CallHandler>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #watchdog: Watchdog;
  readonly #onLost: (error: CodedError) => void;
  readonly #kill = (): void => void this.#worker.kill('SIGKILL');
  readonly #memoryWatch: NodeJS.Timeout | undefined;
  #nextCall = 1;
  #closing = false;
  /** Why calls fail now. */
  #ended: CodedError | undefined;
  /** Why this process ended the worker. */
  #reason: ((calls: number) => CodedError) | undefined;

  /** @param onLost told when the worker ended by itself or was ended for what it did */
  constructor(options: ResolvedEngineOptions, clock: Clock, onLost: (error: CodedError) => void) {
    const { memoryMiB } = options;
    this.#onLost = onLost;
    this.#worker = startWorker(options);
    this.#worker.on('message', (message: FromWorker) => this.#onMessage(message));
    this.#worker.on('error', (error) => this.#end(crashOf(error.message)));
    this.#worker.on('exit', (code, signal) => this.#end(crashOf(signal ?? `exit code ${code}`)));
    process.once('exit', this.#kill);
    this.#memoryWatch = memoryMiB === 0 ? undefined : setInterval(() => void this.#checkMemory(memoryMiB), MEMORY_POLL_MS);
    this.#watchdog = new Watchdog({
      clock,
      isBusy: () => this.#calls.size > 0,
      onStall: (silentMs) => this.#abandon(stallOf(silentMs)),
    });
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /** A model of that size, bytes of its files, will be loaded: its steps may take longer. */
  expect(bytes: number): void {
    this.#watchdog.expect(bytes);
  }

  /** Asks the worker. @returns the number that joins the messages of this call */
  call(message: (call: number) => ToWorker, handler: CallHandler): number {
    const call = this.#nextCall++;
    if (this.#ended === undefined) {
      this.#calls.set(call, handler);
      this.#post(message(call));
    } else handler.fail(this.#ended);
    return call;
  }

  /** Nobody waits for this call any more. The worker owes its last answer all the same: one that hangs is noticed. */
  cancel(call: number): void {
    if (!this.#calls.has(call)) return;
    this.#calls.set(call, IGNORED);
    this.#post({ type: 'cancel', call });
  }

  /** Ends the process after its current step; calls under way fail with ENGINE_CLOSED. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#post({ type: 'close' });
    const timer = setTimeout(() => this.#abandon(crashOf('no answer')), CLOSE_TIMEOUT_MS);
    await this.#gone.promise;
    clearTimeout(timer);
  }

  #post(message: ToWorker): void {
    // A message that does not arrive is answered by the end of the process, which is heard of.
    if (this.#worker.connected) this.#worker.send(message, () => {});
  }

  /** Ends the process at once, or gives it up. */
  #abandon(reason: (calls: number) => CodedError): void {
    this.#reason ??= reason;
    this.#kill();
    const timer = setTimeout(() => {
      this.#worker.unref();
      this.#worker.channel?.unref();
      this.#end(reason);
    }, KILL_TIMEOUT_MS);
    void this.#gone.promise.then(() => clearTimeout(timer));
  }

  #end(how: (calls: number) => CodedError): void {
    if (this.#ended !== undefined) return;
    const calls = [...this.#calls.values()];
    const error = this.#closing ? inferenceError('ENGINE_CLOSED', 'the engine was closed') : (this.#reason ?? how)(calls.length);
    this.#ended = error;
    this.#watchdog.close();
    clearInterval(this.#memoryWatch);
    process.off('exit', this.#kill);
    this.#calls.clear();
    if (!this.#closing) this.#onLost(error);
    for (const call of calls) call.fail(error);
    this.#gone.resolve();
  }

  async #checkMemory(memoryMiB: number): Promise<void> {
    const mib = Math.ceil((await residentBytes(this.pid)) / 2 ** 20);
    if (mib <= memoryMiB || this.#ended !== undefined) return;
    this.#abandon(crashOf(`${mib} MiB of memory, of ${memoryMiB} that it may take`));
  }

  #onMessage(message: FromWorker): void {
    this.#watchdog.heard();
    if (message.type === 'progress') return;
    if (message.type === 'tokens') {
      for (const { call, token } of message.tokens) this.#calls.get(call)?.token?.(token);
      return;
    }
    const handler = this.#calls.get(message.call);
    this.#calls.delete(message.call);
    if (message.type === 'failed') handler?.fail(fromWire(message.error));
    else handler?.answer(message);
  }
}

const crashOf =
  (how: string) =>
  (calls: number): CodedError =>
    inferenceError('ENGINE_CRASHED', `the engine's process ended with ${how}; ${calls} calls were under way`, { how, calls });

const stallOf =
  (silentMs: number) =>
  (calls: number): CodedError => {
    const seconds = Math.floor(silentMs / 1_000);
    return inferenceError('ENGINE_STALLED', `the engine's process made no progress for ${seconds} s; ${calls} calls were under way`, {
      seconds,
      calls,
    });
  };
