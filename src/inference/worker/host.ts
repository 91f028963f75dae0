import type { ChildProcess } from 'node:child_process';
import type { CodedError } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';
import type { ResolvedEngineOptions } from '../options.ts';
import { residentBytes } from '../residentMemory.ts';
import type { GeneratedToken } from '../types.ts';
import { startWorker } from './process.ts';
import type { Answer, FromWorker, ToWorker } from './protocol.ts';
import { fromWire } from './wireError.ts';

/** Receives what the worker answers to one call; `answer` and `fail` end it. */
export interface CallHandler {
  token?(token: GeneratedToken): void;
  answer(answer: Answer): void;
  fail(error: CodedError): void;
}

/** A worker that is told to end gives native memory back first; one that hangs is ended after this. */
export const CLOSE_TIMEOUT_MS = 5_000;

const MEMORY_POLL_MS = 500;

/** The worker process and the calls that are under way in it. A worker that ends takes its calls with it, as ENGINE_CRASHED. */
export class WorkerHost {
  readonly #worker: ChildProcess;
  readonly #calls = new Map<number, CallHandler>();
  readonly #gone = Promise.withResolvers<void>();
  #nextCall = 1;
  #closing = false;
  #ended = false;
  /** Why this process ended the worker. */
  #reason: string | undefined;

  constructor(options: ResolvedEngineOptions, onCrash: (error: CodedError) => void) {
    this.#worker = startWorker(options);
    this.#worker.on('message', (message: FromWorker) => this.#onMessage(message));
    const kill = (): void => this.kill();
    process.once('exit', kill);
    const watch = options.memoryMiB === 0 ? undefined : setInterval(() => void this.#checkMemory(options.memoryMiB), MEMORY_POLL_MS);
    const end = (how: string): void => {
      if (this.#ended) return;
      this.#ended = true;
      process.off('exit', kill);
      clearInterval(watch);
      const calls = [...this.#calls.values()];
      const error = this.#closing ? inferenceError('ENGINE_CLOSED', 'the engine was closed') : crashOf(this.#reason ?? how, calls.length);
      this.#calls.clear();
      if (!this.#closing) onCrash(error);
      for (const call of calls) call.fail(error);
      this.#gone.resolve();
    };
    this.#worker.on('error', (error) => end(error.message));
    this.#worker.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /** Opens a call; its number joins the messages of this call. */
  open(handler: CallHandler): number {
    const call = this.#nextCall++;
    this.#calls.set(call, handler);
    return call;
  }

  post(message: ToWorker): void {
    // A message that does not arrive is answered by the end of the process, which is heard of.
    if (!this.#ended && this.#worker.connected) this.#worker.send(message, () => {});
  }

  /** Forgets a call: later messages for it are dropped. */
  forget(call: number): void {
    this.#calls.delete(call);
  }

  /** Ends the process after its current step; calls under way fail with ENGINE_CLOSED. */
  async close(): Promise<void> {
    this.#closing = true;
    this.post({ type: 'close' });
    const timer = setTimeout(() => this.kill(), CLOSE_TIMEOUT_MS);
    await this.#gone.promise;
    clearTimeout(timer);
  }

  /** Ends the process at once. */
  kill(): void {
    this.#worker.kill('SIGKILL');
  }

  async #checkMemory(memoryMiB: number): Promise<void> {
    const mib = Math.ceil((await residentBytes(this.pid)) / 2 ** 20);
    if (mib <= memoryMiB) return;
    this.#reason ??= `${mib} MiB of memory, of ${memoryMiB} that it may take`;
    this.kill();
  }

  #onMessage(message: FromWorker): void {
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

const crashOf = (how: string, calls: number): CodedError =>
  inferenceError('ENGINE_CRASHED', `the engine's process ended with ${how}; ${calls} calls were under way`, { how, calls });
