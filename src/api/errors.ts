import { defineErrors } from '../util/errors.ts';

export const apiError = defineErrors('api', {
  REST_PUBLIC_BIND: {
    summary: 'REST would listen on an address that others can reach, without an access token.',
    remedy: 'Set api.rest.host = "127.0.0.1", or set api.rest.tokenFile.',
    http: 500,
    exit: 64,
  },
  REST_PORT_IN_USE: {
    summary: 'The REST port is taken by another program.',
    remedy: 'Set api.rest.port to another port, or to 0 to pick a free one.',
    http: 500,
    exit: 73,
  },
  REST_BIND_FAILED: {
    summary: 'The REST address cannot be bound.',
    remedy: 'Set api.rest.host and api.rest.port to an address of this machine that this user may bind.',
    http: 500,
    exit: 73,
  },
  HOST_NOT_ALLOWED: {
    summary: 'The Host header is not on the allow-list (protection against DNS rebinding).',
    remedy: 'Call the API by an allowed name, or add the name to api.rest.allowedHosts.',
    http: 403,
  },
  ORIGIN_NOT_ALLOWED: {
    summary: 'A web page of this origin may not call the API.',
    remedy: 'Add the origin to api.rest.allowedOrigins if you trust the page.',
    http: 403,
  },
  ACCESS_TOKEN_INVALID: {
    summary: 'The access token of this server is missing or wrong.',
    remedy: 'Send the token in the X-Cortensor-Token header.',
    http: 401,
  },
  INVALID_JSON: { summary: 'The request body is not valid JSON.', remedy: 'Send one JSON object as application/json.', http: 400 },
  INVALID_REQUEST: {
    summary: 'A field is missing, of the wrong type or out of bounds.',
    remedy: 'Correct the field in `param`.',
    http: 400,
  },
  UNSUPPORTED_FIELD: {
    summary: 'The field, or this value of it, is not supported.',
    remedy: 'Remove the field in `param`; docs/openapi.json lists what is supported.',
    http: 400,
  },
  BODY_TOO_LARGE: { summary: 'The request body is above the limit.', remedy: 'Send less, or raise api.rest.bodyBytesMax.', http: 413 },
  UNSUPPORTED_MEDIA_TYPE: { summary: 'The body is not application/json.', remedy: 'Set Content-Type: application/json.', http: 415 },
  ROUTE_NOT_FOUND: { summary: 'There is nothing at this path.', remedy: 'GET /openapi.json lists the paths.', http: 404 },
  METHOD_NOT_ALLOWED: { summary: 'The path does not take this HTTP method.', remedy: 'Use the method in the Allow header.', http: 405 },
  ROLE_NOT_ENABLED: {
    summary: 'The call needs a role that this node does not hold.',
    remedy: 'Call a node with that role, or start this one with it.',
    http: 404,
  },
  SOCKET_IN_USE: {
    summary: 'Another process answers on the RPC socket, or its path is taken by something else.',
    remedy: 'Stop the other node, or give this one its own --data-dir.',
    http: 500,
    exit: 73,
  },
  SOCKET_PATH_TOO_LONG: {
    summary: 'The path of the RPC socket is longer than the system allows.',
    remedy: 'Set api.rpc.socket to a path of at most 103 bytes, or use a shorter --data-dir.',
    http: 500,
    exit: 64,
  },
  SOCKET_DIR_UNSAFE: {
    summary: 'Other users may write to the directory of the RPC socket.',
    remedy: 'Run chmod 700 on the directory, or set api.rpc.socket elsewhere.',
    http: 500,
    exit: 77,
  },
  SOCKET_FORBIDDEN: {
    summary: 'This user may not open the RPC socket.',
    remedy: 'Run the command as the user that runs the node.',
    http: 403,
    exit: 77,
  },
  NODE_NOT_RUNNING: {
    summary: 'No node answers on the RPC socket.',
    remedy: 'Start one with `cortensord start` or `cortensord devnet`, or name its socket with --socket.',
    http: 503,
    exit: 69,
  },
  RPC_CONNECTION_LOST: {
    summary: 'The node closed the RPC connection before it answered.',
    remedy: 'See the log of the node; start it again if it stopped.',
    http: 503,
    exit: 69,
    retryable: true,
  },
  RPC_MESSAGE_TOO_LARGE: { summary: 'A JSON-RPC message is above 1 MiB.', remedy: 'Send less in one message.', http: 413 },
  RPC_TOO_MANY_CONNECTIONS: {
    summary: 'The RPC socket has as many connections as it may have.',
    remedy: 'Close some, or raise api.rpc.connectionsMax.',
    http: 503,
    retryable: true,
  },
  RPC_BATCH_TOO_LARGE: { summary: 'A JSON-RPC batch has too many calls.', remedy: 'Send at most 64 calls in one batch.', http: 413 },
  RPC_TOO_MANY_SUBSCRIPTIONS: {
    summary: 'The connection has as many subscriptions as it may have.',
    remedy: 'End some with the matching _unsubscribe method.',
    http: 429,
    retryable: true,
  },
});
