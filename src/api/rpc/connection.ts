import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { withDeadline } from '../../util/deadline.ts';
import { toCoded, utilError } from '../../util/errors.ts';
import { apiError } from '../errors.ts';
import { toJson } from '../json.ts';
import type { NodeService } from '../service.ts';
import { type CallContext, dispatch } from './dispatch.ts';
import { errorObject, failure } from './envelope.ts';
import { MessageSplitter } from './framing.ts';
import { CALLS_IN_FLIGHT_MAX, MESSAGE_BYTES_MAX, SUBSCRIPTIONS_MAX, WRITE_STALL_MS_MAX } from './limits.ts';

export interface ConnectionDeps {
  readonly service: NodeService;
  readonly log: Logger;
  readonly version: string;
  readonly onCall: (method: string, outcome: string) => void;
}

/** One client of the socket: reads messages, runs calls concurrently, writes answers and notifications with back-pressure. */
export class RpcConnection {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #deps: ConnectionDeps;
  readonly #splitter = new MessageSplitter(MESSAGE_BYTES_MAX);
  readonly #controller = new AbortController();
  readonly #subscriptions = new Map<string, AbortController>();
  readonly #context: CallContext;
  /** Read but not started: never more than one read's worth, since the socket is paused while there is any. */
  #backlog: string[] = [];
  #inFlight = 0;
  #ending = false;
  #drained: Promise<void> | undefined;

  constructor(socket: Socket, deps: ConnectionDeps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#context = {
      service: deps.service,
      version: deps.version,
      signal: this.#controller.signal,
      subscribe: (name, start) => this.#subscribe(name, start),
      unsubscribe: (id) => this.#unsubscribe(id),
      onCall: (method, outcome, error) => {
        deps.onCall(method, outcome);
        if (outcome === 'INTERNAL') deps.log.error({ err: error, method }, 'rpc call failed');
        else deps.log.debug({ method, outcome }, 'rpc call');
      },
    };
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => deps.log.debug({ err: error }, 'rpc connection error'));
    socket.on('close', () => this.#cancelAll());
  }

  /** Takes no more calls; closes once running ones have answered, or at once with `now`. */
  end(now = false): void {
    this.#ending = true;
    if (now) this.#socket.destroy();
    else if (this.#inFlight === 0 && this.#backlog.length === 0 && this.#subscriptions.size === 0) this.#socket.end();
  }

  #cancelAll(): void {
    const reason = utilError('CANCELLED', 'the client disconnected');
    this.#controller.abort(reason);
    for (const controller of this.#subscriptions.values()) controller.abort(reason);
  }

  #onEnd(): void {
    const rest = this.#splitter.rest();
    if (rest !== '' && !this.#ending) this.#backlog.push(rest);
    this.#next();
    // A blank line tells a client that only half-closed nothing, and fails at once with one that is gone: then the work is cancelled.
    if (this.#inFlight > 0 || this.#subscriptions.size > 0) this.#socket.write('\n');
    this.end();
  }

  #next(): void {
    while (this.#inFlight < CALLS_IN_FLIGHT_MAX) {
      const message = this.#backlog.shift();
      if (message === undefined) break;
      void this.#run(message);
    }
    if (this.#backlog.length > 0) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #onData(chunk: Buffer): void {
    if (this.#ending) return;
    let messages: string[];
    try {
      messages = this.#splitter.push(chunk);
    } catch (error) {
      this.#ending = true;
      this.#socket.end(`${toJson(failure(null, errorObject(error)))}\n`);
      return;
    }
    this.#backlog.push(...messages);
    this.#next();
  }

  async #run(message: string): Promise<void> {
    this.#inFlight++;
    try {
      const response = await dispatch(message, this.#context);
      if (response !== undefined) await this.#write(toJson(response));
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'rpc answer could not be written');
      this.#socket.destroy();
    } finally {
      this.#inFlight--;
      this.#next();
      if (this.#ending) this.end();
    }
  }

  /** Waits for the kernel to take the bytes, so that a client that does not read holds back the work, not our memory. */
  async #write(line: string): Promise<void> {
    if (this.#socket.destroyed) return;
    if (this.#socket.write(`${line}\n`)) return;
    this.#drained ??= withDeadline('an rpc client reading', WRITE_STALL_MS_MAX, this.#controller.signal, (signal) =>
      once(this.#socket, 'drain', { signal }).then(() => {}),
    ).finally(() => {
      this.#drained = undefined;
    });
    await this.#drained;
  }

  #subscribe(name: string, start: (signal: AbortSignal) => AsyncGenerator<unknown, unknown, void>): string {
    if (this.#subscriptions.size >= SUBSCRIPTIONS_MAX) {
      throw apiError('RPC_TOO_MANY_SUBSCRIPTIONS', `this connection has ${SUBSCRIPTIONS_MAX} subscriptions`);
    }
    const id = `0x${randomBytes(16).toString('hex')}`;
    const controller = new AbortController();
    this.#subscriptions.set(id, controller);
    // setImmediate: the response with the id is written before the first event.
    setImmediate(() => void this.#pump(name, id, start(controller.signal), controller.signal));
    return id;
  }

  #unsubscribe(id: string): boolean {
    const controller = this.#subscriptions.get(id);
    this.#subscriptions.delete(id);
    controller?.abort(utilError('CANCELLED', 'unsubscribed'));
    return controller !== undefined;
  }

  /** Pulls one event at a time: the next is not asked for before this one is written, so no queue can grow. */
  async #pump(name: string, id: string, events: AsyncGenerator<unknown, unknown, void>, signal: AbortSignal): Promise<void> {
    const notify = (result: unknown): Promise<void> =>
      this.#write(toJson({ jsonrpc: '2.0', method: `${name}_subscription`, params: { subscription: id, result } }));
    try {
      for await (const event of events) {
        if (signal.aborted) break;
        await notify(event);
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#context.onCall(`${name}_subscription`, toCoded(error).code, error);
        await notify({ type: 'error', error: errorObject(error) }).catch(() => this.#socket.destroy());
      }
    } finally {
      this.#subscriptions.delete(id);
      if (this.#ending) this.end();
    }
  }
}
