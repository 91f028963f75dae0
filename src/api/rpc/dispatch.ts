import type { z } from 'zod';
import { apiError } from '../errors.ts';
import type { NodeService } from '../service.ts';
import {
  errorObject,
  failure,
  InvalidParams,
  namedParams,
  RPC_CODE,
  type RpcId,
  type RpcRequest,
  type RpcResponse,
  requestSchema,
} from './envelope.ts';
import { BATCH_CALLS_MAX } from './limits.ts';
import { METHODS, type Method, SUBSCRIPTIONS, type Subscription } from './methods.ts';
import { openRpcDocument } from './openrpc.ts';

/** What a connection offers to the calls that came over it. */
export interface CallContext {
  readonly service: NodeService;
  /** Aborts when the connection closes. */
  readonly signal: AbortSignal;
  readonly version: string;
  /** Starts pumping after the response was written; gives the subscription's id. */
  subscribe(name: string, start: (signal: AbortSignal) => AsyncGenerator<unknown, unknown, void>): string;
  /** False when there is no such subscription. */
  unsubscribe(id: string): boolean;
  /** Called once for every call, with `ok` or the error's code. */
  onCall(method: string, outcome: string, error?: unknown): void;
}

/** One message: the response or responses to write, or undefined when it asked for none (JSON-RPC 2.0 §4.1, §6). */
export async function dispatch(text: string, context: CallContext): Promise<RpcResponse | RpcResponse[] | undefined> {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return failure(null, { code: RPC_CODE.parse, message: 'Parse error' });
  }
  if (!Array.isArray(message)) return single(message, context);
  if (message.length === 0) return failure(null, { code: RPC_CODE.request, message: 'Invalid Request: the batch is empty' });
  if (message.length > BATCH_CALLS_MAX) {
    return failure(null, errorObject(apiError('RPC_BATCH_TOO_LARGE', `the batch has ${message.length} calls; at most ${BATCH_CALLS_MAX}`)));
  }
  const responses = await Promise.all(message.map((one) => single(one, context)));
  const wanted = responses.filter((response) => response !== undefined);
  return wanted.length > 0 ? wanted : undefined;
}

async function single(message: unknown, context: CallContext): Promise<RpcResponse | undefined> {
  const parsed = requestSchema.safeParse(message);
  if (!parsed.success) {
    return failure(idOf(message), { code: RPC_CODE.request, message: 'Invalid Request' });
  }
  const request = parsed.data;
  const id = request.id;
  const response = await answer(request, id ?? null, context);
  return id === undefined ? undefined : response;
}

function idOf(message: unknown): RpcId {
  const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : null;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

async function answer(request: RpcRequest, id: RpcId, context: CallContext): Promise<RpcResponse> {
  const run = handlerOf(request, context);
  if (!run) {
    context.onCall('unknown', 'METHOD_NOT_FOUND');
    return failure(id, { code: RPC_CODE.method, message: `Method not found: ${request.method.slice(0, 64)}` });
  }
  try {
    const result = await run();
    context.onCall(request.method, 'ok');
    return { jsonrpc: '2.0', id, result: result ?? null };
  } catch (error) {
    const object = errorObject(error);
    const code = (object.data as { code?: string } | undefined)?.code ?? 'INVALID_PARAMS';
    context.onCall(request.method, code, error);
    return failure(id, object);
  }
}

function own<T extends object>(table: T, key: string): T[keyof T] | undefined {
  return Object.hasOwn(table, key) ? table[key as keyof T] : undefined;
}

function handlerOf(request: RpcRequest, context: CallContext): (() => unknown) | undefined {
  const { method: name, params } = request;
  if (name === 'rpc.discover') return () => openRpcDocument(context.version);
  const method = own(METHODS, name) as Method | undefined;
  if (method) return () => method.call(context.service, parse(method.params, params), context.signal);

  const [, namespace = '', verb] = /^([a-z]+)_(subscribe|unsubscribe)$/.exec(name) ?? [];
  const subscription = own(SUBSCRIPTIONS, namespace) as Subscription | undefined;
  if (!subscription) return undefined;
  if (verb === 'subscribe') {
    return () => {
      const values = parse(subscription.params, params);
      return context.subscribe(namespace, (signal) => subscription.start(context.service, values, signal));
    };
  }
  return () => {
    const id = Array.isArray(params) ? params[0] : params?.subscription;
    return typeof id === 'string' && context.unsubscribe(id);
  };
}

function parse(schema: z.ZodObject, params: RpcRequest['params']): Record<string, unknown> {
  const parsed = schema.safeParse(namedParams(params, schema));
  if (!parsed.success) throw new InvalidParams(parsed.error);
  return parsed.data;
}
