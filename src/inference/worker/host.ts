import { Worker } from 'node:worker_threads';
import type { CodedError } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';
import type { ResolvedEngineOptions } from '../options.ts';
import type { GeneratedToken } from '../types.ts';
import type { Answer, FromWorker, ToWorker } from './protocol.ts';
import { fromWire } from './wireError.ts';

/** Receives what the worker answers to one call; `answer` and `fail` end it. */
export interface CallHandler {
  token?(token: GeneratedToken): void;
  answer(answer: Answer): void;
  fail(error: CodedError): void;
}

/** The worker thread and the calls that are under way in it. A worker that ends takes its calls with it, as ENGINE_CRASHED. */
export class WorkerHost {
  readonly #worker: Worker;
  readonly #calls = new Map<number, CallHandler>();
  readonly #gone = Promise.withResolvers<void>();
  #nextCall = 1;
  #closing = false;
  #ended = false;

  constructor(options: ResolvedEngineOptions, onCrash: (error: CodedError) => void) {
    const entry = import.meta.url.endsWith('.ts') ? './main.ts' : './main.js';
    this.#worker = new Worker(new URL(entry, import.meta.url), { workerData: options, name: 'inference' });
    this.#worker.on('message', (message: FromWorker) => this.#onMessage(message));
    const end = (cause: unknown): void => {
      if (this.#ended) return;
      this.#ended = true;
      const error = this.#closing
        ? inferenceError('ENGINE_CLOSED', 'the engine was closed')
        : inferenceError(
            'ENGINE_CRASHED',
            `the inference worker ended with ${this.#calls.size} calls under way`,
            { calls: this.#calls.size },
            cause,
          );
      const calls = [...this.#calls.values()];
      this.#calls.clear();
      if (!this.#closing) onCrash(error);
      for (const call of calls) call.fail(error);
      this.#gone.resolve();
    };
    this.#worker.on('error', end);
    this.#worker.on('exit', (code) => end(new Error(`exit code ${code}`)));
  }

  /** Opens a call; its number joins the messages of this call. */
  open(handler: CallHandler): number {
    const call = this.#nextCall++;
    this.#calls.set(call, handler);
    return call;
  }

  post(message: ToWorker): void {
    if (!this.#ended) this.#worker.postMessage(message);
  }

  /** Forgets a call: later messages for it are dropped. */
  forget(call: number): void {
    this.#calls.delete(call);
  }

  /** Ends the thread after its current step; calls under way fail with ENGINE_CLOSED. */
  async close(): Promise<void> {
    this.#closing = true;
    this.post({ type: 'close' });
    await this.#gone.promise;
  }

  /** Ends the thread at once, as a crash would. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
    await this.#gone.promise;
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
