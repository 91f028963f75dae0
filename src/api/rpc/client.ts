import { connect, type Socket } from 'node:net';
import { BoundedQueue } from '../../util/boundedQueue.ts';
import { withDeadline } from '../../util/deadline.ts';
import { apiError } from '../errors.ts';
import { errorFrom, type RpcErrorObject } from './envelope.ts';
import { MessageSplitter } from './framing.ts';
import type { MethodName, MethodParams, MethodResult, SubscriptionEvent, SubscriptionName, SubscriptionParams } from './methods.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const CALL_TIMEOUT_MS = 60_000;
/** A node answers with more than it takes: lists of peers and sessions. */
const ANSWER_BYTES_MAX = 64 * 1_048_576;
const EVENTS_MAX = 10_000;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** 60 s when absent. */
  readonly timeoutMs?: number | undefined;
}

/** A connection to a running node; typed by the method registry. */
export interface RpcClient {
  call<N extends MethodName>(method: N, params: MethodParams<N>, options?: CallOptions): Promise<MethodResult<N>>;
  /** Events until the work ended; leaving the loop or aborting the signal unsubscribes, which cancels the work. */
  subscribe<N extends SubscriptionName>(
    name: N,
    params: SubscriptionParams<N>,
    options?: CallOptions,
  ): AsyncGenerator<SubscriptionEvent<N>, void, void>;
  close(): void;
}

interface Pending {
  /** Runs before the next message is looked at. */
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Incoming {
  readonly id?: number | null;
  readonly result?: unknown;
  readonly error?: RpcErrorObject;
  readonly params?: { readonly subscription: string; readonly result: unknown };
}

/** @throws NODE_NOT_RUNNING, SOCKET_FORBIDDEN */
export async function connectRpc(path: string): Promise<RpcClient> {
  const socket = await open(path);
  const pending = new Map<number, Pending>();
  const streams = new Map<string, BoundedQueue<unknown>>();
  const splitter = new MessageSplitter(ANSWER_BYTES_MAX);
  let nextId = 1;

  const fail = (error: unknown): void => {
    for (const { reject } of pending.values()) reject(error);
    for (const stream of streams.values()) stream.close(error);
    pending.clear();
    streams.clear();
  };
  const onMessage = (message: Incoming): void => {
    if (message.params) {
      const { subscription, result } = message.params;
      const stream = streams.get(subscription);
      if (stream?.tryPush(result) === false) stream.close(apiError('RPC_CONNECTION_LOST', `more than ${EVENTS_MAX} events were not read`));
      return;
    }
    if (message.error && (message.id === null || message.id === undefined)) {
      fail(errorFrom(message.error));
      return;
    }
    const waiting = pending.get(message.id ?? -1);
    pending.delete(message.id ?? -1);
    if (message.error) waiting?.reject(errorFrom(message.error));
    else waiting?.resolve(message.result);
  };
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const text of splitter.push(chunk)) onMessage(JSON.parse(text));
    } catch (error) {
      fail(error);
      socket.destroy();
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => fail(apiError('RPC_CONNECTION_LOST', 'the node closed the connection', { path })));

  const request = (method: string, params: unknown, options: CallOptions, onResult?: (result: unknown) => void): Promise<unknown> =>
    withDeadline(method, options.timeoutMs ?? CALL_TIMEOUT_MS, options.signal, () => {
      if (socket.destroyed) throw apiError('RPC_CONNECTION_LOST', 'the connection is closed', { path });
      const id = nextId++;
      const answer = new Promise((resolve, reject) => {
        pending.set(id, {
          resolve(result) {
            onResult?.(result);
            resolve(result);
          },
          reject,
        });
      });
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
      return answer;
    });

  return {
    call: (method, params, options) => request(method, params, options ?? {}) as Promise<never>,
    async *subscribe(name, params, options = {}) {
      const stream = new BoundedQueue<unknown>(EVENTS_MAX);
      // Registered before the next message is looked at: events may come in the same read as the id.
      const id = String(await request(`${name}_subscribe`, params, options, (result) => streams.set(String(result), stream)));
      const onAbort = (): void => stream.close(options.signal?.reason);
      options.signal?.addEventListener('abort', onAbort, { once: true });
      if (options.signal?.aborted) onAbort();
      let ended = false;
      try {
        for await (const event of stream as AsyncIterable<{ type?: string; error?: RpcErrorObject }>) {
          ended = event.type === 'end' || event.type === 'error';
          if (event.type === 'error' && event.error) throw errorFrom(event.error);
          yield event as never;
          if (ended) return;
        }
      } finally {
        options.signal?.removeEventListener('abort', onAbort);
        streams.delete(id);
        if (!ended && !socket.destroyed) {
          await request(`${name}_unsubscribe`, [id], { timeoutMs: CONNECT_TIMEOUT_MS }).catch(() => {});
        }
      }
    },
    close: () => void socket.destroy(),
  };
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(apiError('NODE_NOT_RUNNING', `nothing answers on ${path}`, { path }));
    }, CONNECT_TIMEOUT_MS);
    const onError = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      const forbidden = error.code === 'EACCES' || error.code === 'EPERM';
      reject(apiError(forbidden ? 'SOCKET_FORBIDDEN' : 'NODE_NOT_RUNNING', `${path}: ${error.code}`, { path }, error));
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      resolve(socket);
    });
  });
}
