import { createServer } from 'node:net';
import type { Logger } from 'pino';
import type { Metrics } from '../../telemetry/metrics.ts';
import { apiError } from '../errors.ts';
import { toJson } from '../json.ts';
import type { NodeService } from '../service.ts';
import { RpcConnection } from './connection.ts';
import { errorObject, failure } from './envelope.ts';
import { CLOSE_GRACE_MS } from './limits.ts';
import { listenOnSocket, prepareSocketDir } from './socketFile.ts';

export interface RpcServerOptions {
  /** Path of the unix socket. */
  readonly path: string;
  readonly connectionsMax: number;
  readonly service: NodeService;
  readonly version: string;
  readonly log: Logger;
  readonly metrics?: Metrics | undefined;
}

export interface RpcServer {
  readonly path: string;
  /** Stops accepting, lets running calls answer for up to 2 s, then cuts them off and removes the socket. */
  close(): Promise<void>;
}

/**
 * JSON-RPC 2.0 on a unix socket (docs/rpc.md).
 *
 * @throws SOCKET_IN_USE, SOCKET_PATH_TOO_LONG, SOCKET_DIR_UNSAFE
 */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { path, service, version, metrics, connectionsMax } = options;
  const log = options.log.child({ module: 'rpc' });
  const connections = new Set<RpcConnection>();
  const onCall = (method: string, code: string): void => metrics?.inc('cortensord_rpc_requests_total', { method, code });

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (connections.size >= connectionsMax) {
      const error = apiError('RPC_TOO_MANY_CONNECTIONS', `${connectionsMax} connections are open`);
      socket.on('error', () => {});
      socket.end(`${toJson(failure(null, errorObject(error)))}\n`, () => socket.destroy());
      return;
    }
    const connection = new RpcConnection(socket, { service, log, version, onCall });
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  });

  await prepareSocketDir(path);
  await listenOnSocket(server, path);
  server.on('error', (error) => log.error({ err: error }, 'rpc server error'));
  metrics?.gaugeFrom('cortensord_rpc_connections', {}, () => connections.size);
  log.info({ path }, 'rpc listening');

  return {
    path,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.end();
      const timer = setTimeout(() => {
        for (const connection of connections) connection.end(true);
      }, CLOSE_GRACE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}
