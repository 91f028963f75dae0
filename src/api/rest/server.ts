import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Logger } from 'pino';
import type { RouterService } from '../../roles/router/service.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { type Clock, systemClock } from '../../util/clock.ts';
import { type CodedError, utilError } from '../../util/errors.ts';
import { apiError } from '../errors.ts';
import { accessGate, isLoopback } from './access.ts';
import { bearer } from './chat.ts';
import type { Readiness, RestContext } from './context.ts';
import { errorBody, restError } from './errorBody.ts';
import { ROUTES, type Route } from './routes.ts';

export interface RestServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Host header names, without port. */
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly bodyBytesMax: number;
  readonly connectionsMax: number;
  /** Contents of api.rest.tokenFile; required when host is not loopback. */
  readonly accessToken?: string | undefined;
  /** Absent on nodes without the router role. */
  readonly router?: RouterService | undefined;
  readonly readiness: () => Readiness | Promise<Readiness>;
  readonly version: string;
  readonly log: Logger;
  readonly metrics?: Metrics | undefined;
  readonly clock?: Clock;
}

export interface RestServer {
  /** e.g. `http://127.0.0.1:4411`, without `/v1`. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting; running answers get `graceMs` (2 s when absent), then they are cancelled. */
  close(graceMs?: number): Promise<void>;
}

/**
 * The OpenAI-compatible HTTP server.
 *
 * @throws REST_PUBLIC_BIND, REST_PORT_IN_USE, REST_BIND_FAILED
 */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const { host, port, metrics } = options;
  if (!isLoopback(host) && options.accessToken === undefined) {
    throw apiError('REST_PUBLIC_BIND', `api.rest.host is ${host}, which others can reach, and there is no access token`, { host });
  }
  const log = options.log.child({ module: 'rest' });
  const running = new Set<AbortController>();
  const context: RestContext = {
    router: options.router,
    readiness: options.readiness,
    version: options.version,
    log,
    metrics,
    clock: options.clock ?? systemClock,
    onError(error: CodedError) {
      metrics?.inc('cortensord_errors_total', { module: error.module, code: error.code });
      if (error.code === 'INTERNAL') log.error({ err: error }, 'request failed');
      else log.debug({ code: error.code }, 'request refused');
    },
    track(controller) {
      running.add(controller);
      return () => running.delete(controller);
    },
  };
  const app = buildApp(options, context);
  await listen(app, host, port);
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  log.info({ url }, 'rest listening');
  return {
    url,
    port: bound,
    async close(graceMs = 2_000) {
      const timer = setTimeout(() => {
        for (const controller of running) controller.abort(utilError('STOPPING', 'the node is shutting down'));
        setImmediate(() => app.server.closeAllConnections());
      }, graceMs);
      await app.close();
      clearTimeout(timer);
    },
  };
}

function buildApp(options: RestServerOptions, context: RestContext): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: options.bodyBytesMax,
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    http: { noDelay: true },
    routerOptions: { maxParamLength: 256 },
  });
  app.server.maxConnections = options.connectionsMax;
  app.removeContentTypeParser('text/plain');
  const gate = accessGate({ allowedHosts: options.allowedHosts, allowedOrigins: options.allowedOrigins, accessToken: options.accessToken });
  const authOf = new Map(ROUTES.map((route) => [`${route.method} ${route.url}`, route.auth]));

  app.addHook('onRequest', (request, reply, done) => {
    try {
      const auth = authOf.get(`${request.method} ${request.routeOptions.url}`) ?? 'none';
      const token = request.headers['x-cortensor-token'];
      const headers = { host: request.headers.host, origin: request.headers.origin, token: typeof token === 'string' ? token : undefined };
      const origin = gate(headers, auth === 'none');
      if (origin !== undefined) void reply.header('access-control-allow-origin', origin).header('vary', 'origin');
      if (auth === 'apiKey') bearer(request.headers.authorization);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    context.metrics?.inc('cortensord_http_requests_total', { route, status: String(reply.raw.statusCode) });
    context.metrics?.observe('cortensord_http_request_seconds', { route }, reply.elapsedTime / 1000);
    // The last answers of a server that closes: their kept-alive connections would hold it up until the grace is over.
    if (!app.server.listening) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
  app.setErrorHandler((error, _request, reply) => refuse(context, restError(error), reply));
  app.setNotFoundHandler((request, reply) => notFound(context, request, reply));
  for (const route of ROUTES) addRoute(app, route, context);
  return app;
}

function addRoute(app: FastifyInstance, route: Route, context: RestContext): void {
  app.route({ method: route.method, url: route.url, handler: (request, reply) => route.handle(context, request, reply) });
}

function refuse(context: RestContext, error: CodedError, reply: FastifyReply): FastifyReply {
  context.onError(error);
  if (error.definition.retryable === true) void reply.header('retry-after', '1');
  return reply.code(error.definition.http).send(errorBody(error));
}

function notFound(context: RestContext, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '';
  const methods = ROUTES.filter((route) => route.url === path).map((route) => route.method);
  if (request.method === 'OPTIONS' && request.headers.origin !== undefined && methods.length > 0) {
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': methods.join(', '),
        'access-control-allow-headers': 'authorization, content-type, x-cortensor-token',
        'access-control-max-age': '600',
      })
      .send();
  }
  if (methods.length === 0) return refuse(context, apiError('ROUTE_NOT_FOUND', `there is nothing at ${path.slice(0, 128)}`), reply);
  void reply.header('allow', methods.join(', '));
  return refuse(context, apiError('METHOD_NOT_ALLOWED', `${path} takes ${methods.join(', ')}`), reply);
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    await app.close();
    if (code === 'EADDRINUSE') throw apiError('REST_PORT_IN_USE', `port ${port} on ${host} is taken`, { port }, error);
    throw apiError('REST_BIND_FAILED', `${host}:${port} cannot be bound: ${code}`, { host, port }, error);
  }
}
