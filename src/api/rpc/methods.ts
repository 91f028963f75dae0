import { z } from 'zod';
import type { CompletionEvent, CompletionResult } from '../../roles/router/service.ts';
import type { NodeService } from '../service.ts';
import * as shape from './schemas.ts';

/** One JSON-RPC method: server, client types and OpenRPC come from this. */
export interface Method<P extends z.ZodObject = z.ZodObject, R extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly params: P;
  readonly result: R;
  /** The value may hold bigint and bytes: the server writes it with api/json. */
  call(service: NodeService, params: z.output<P>, signal: AbortSignal): unknown;
}

/** `<name>_subscribe` → id; `<name>_subscription` notifications; `<name>_unsubscribe` ends it and cancels the work. */
export interface Subscription<P extends z.ZodObject = z.ZodObject, E extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly params: P;
  readonly event: E;
  start(service: NodeService, params: z.output<P>, signal: AbortSignal): AsyncGenerator<unknown, unknown, void>;
}

function method<P extends z.ZodObject, R extends z.ZodType>(
  summary: string,
  params: P,
  result: R,
  call: Method<P, R>['call'],
): Method<P, R> {
  return { summary, params, result, call };
}

const none = z.strictObject({});
const done = z.object({ ok: z.literal(true) });

/** THE list of methods. Namespaces: net_ node_ session_ task_ model_ chain_ admin_. */
export const METHODS = {
  net_info: method('Peer id, network id and addresses of this node.', none, shape.netInfo, (node) => node.netInfo()),
  net_peers: method('Connected peers.', none, z.array(shape.peerInfo), (node) => node.netPeers()),
  node_status: method('Roles, readiness, chain, peers, engine and counters.', none, shape.nodeStatus, (node) => node.nodeStatus()),
  node_stop: method('Stops the node: running work is drained first.', none, done, (node) => {
    node.nodeStop();
    return { ok: true };
  }),
  session_create: method(
    'Opens a session on chain with a deposit and signs an API key for it.',
    shape.sessionTerms,
    shape.sessionCreated,
    (node, params, signal) => node.sessionCreate(params, signal),
  ),
  session_show: method('One session.', z.strictObject({ session: shape.sessionIdParam }), shape.sessionInfo, (node, params, signal) =>
    node.sessionShow(params.session, signal),
  ),
  session_close: method(
    'Closes a session; what is not spent goes back to its client.',
    z.strictObject({ session: shape.sessionIdParam }),
    shape.sessionClosed,
    (node, params, signal) => node.sessionClose(params.session, signal),
  ),
  session_list: method('Sessions of this node’s operator.', none, z.array(shape.sessionInfo), (node, _params, signal) =>
    node.sessionList(signal),
  ),
  session_apiKey: method(
    'Signs another API key for a session.',
    z.strictObject({ session: shape.sessionIdParam, expiresInSeconds: z.number().int().min(60).max(31_536_000).optional() }),
    shape.apiKeyInfo,
    (node, params, signal) => node.sessionApiKey(params.session, params.expiresInSeconds, signal),
  ),
  task_complete: method(
    'Runs a completion and returns all of it; task_subscribe streams.',
    shape.taskRequest,
    shape.completedTask,
    async (node, params, signal) => {
      const events = node.taskComplete(params, signal);
      let text = '';
      for (let next = await events.next(); ; next = await events.next()) {
        if (next.done) return { ...next.value, text };
        if (next.value.type === 'delta') text += next.value.text;
      }
    },
  ),
  task_show: method(
    'State, receipt, verdicts and settlement of a task.',
    z.strictObject({ task: shape.taskIdParam }),
    shape.taskInfo,
    (node, params, signal) => node.taskShow(params.task, signal),
  ),
  model_list: method('Models that can be routed to.', none, z.array(shape.modelSummary), (node) => node.modelList()),
  chain_deployment: method('Chain id and contract addresses.', none, shape.deploymentInfo, (node) => node.chainDeployment()),
  admin_config: method('The resolved config and where each value came from.', none, z.array(shape.configEntry), (node) =>
    node.adminConfig(),
  ),
  admin_logLevel: method('Changes the log level until the node stops.', z.strictObject({ level: shape.logLevel }), done, (node, params) => {
    node.adminLogLevel(params.level);
    return { ok: true };
  }),
} as const;

export type MethodName = keyof typeof METHODS;
export type MethodParams<N extends MethodName> = z.input<(typeof METHODS)[N]['params']>;
export type MethodResult<N extends MethodName> = z.output<(typeof METHODS)[N]['result']>;

async function* taskEvents(events: AsyncGenerator<CompletionEvent, CompletionResult, void>): AsyncGenerator<unknown, void, void> {
  const result = yield* events;
  yield { type: 'end', result };
}

function subscription<P extends z.ZodObject, E extends z.ZodType>(
  summary: string,
  params: P,
  event: E,
  start: Subscription<P, E>['start'],
): Subscription<P, E> {
  return { summary, params, event, start };
}

/** THE list of subscriptions, by namespace. */
export const SUBSCRIPTIONS = {
  task: subscription(
    'Runs a completion and streams its events; unsubscribing cancels it.',
    shape.taskRequest,
    shape.taskEvent,
    (node, params, signal) => taskEvents(node.taskComplete(params, signal)),
  ),
} as const;

export type SubscriptionName = keyof typeof SUBSCRIPTIONS;
export type SubscriptionParams<N extends SubscriptionName> = z.input<(typeof SUBSCRIPTIONS)[N]['params']>;
export type SubscriptionEvent<N extends SubscriptionName> = z.output<(typeof SUBSCRIPTIONS)[N]['event']>;
