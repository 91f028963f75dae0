import { z } from 'zod';
import { CodedError, toCoded } from '../../util/errors.ts';
import { toWire } from '../json.ts';

/** JSON-RPC 2.0 §5.1; -32000 carries every coded error of docs/errors.md in `data.code`. */
export const RPC_CODE = { parse: -32700, request: -32600, method: -32601, params: -32602, internal: -32603, coded: -32000 } as const;

export type RpcId = string | number | null;

export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export type RpcResponse =
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly error: RpcErrorObject };

/** JSON-RPC 2.0 §4. A request without `id` is a notification: it is run and not answered. */
export const requestSchema = z.object({
  jsonrpc: z.literal('2.0'),
  method: z.string(),
  params: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).optional(),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
});
export type RpcRequest = z.output<typeof requestSchema>;

export function failure(id: RpcId, error: RpcErrorObject): RpcResponse {
  return { jsonrpc: '2.0', id, error };
}

/** Params by position become params by name in schema order; one object in an array is by name too (viem, ethers). */
export function namedParams(params: RpcRequest['params'], schema: z.ZodObject): Record<string, unknown> {
  if (params === undefined) return {};
  if (!Array.isArray(params)) return params;
  const [only] = params;
  if (params.length === 1 && typeof only === 'object' && only !== null && !Array.isArray(only)) return only as Record<string, unknown>;
  const names = Object.keys(schema.shape);
  const entries = params.map((value, index) => [names[index] ?? `#${index}`, value] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
}

/** Becomes -32602. */
export class InvalidParams extends Error {
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  constructor(error: z.ZodError) {
    const issues = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    const [first] = issues;
    super(`Invalid params: ${first && first.path !== '' ? `${first.path}: ` : ''}${first?.message ?? ''}`);
    this.name = 'InvalidParams';
    this.issues = issues;
  }
}

export function errorObject(error: unknown): RpcErrorObject {
  if (error instanceof InvalidParams) return { code: RPC_CODE.params, message: error.message, data: { issues: error.issues } };
  const { code, message, remedy, definition, data } = toCoded(error);
  const details = Object.keys(data).length === 0 ? {} : { details: toWire(data) };
  return {
    code: code === 'INTERNAL' ? RPC_CODE.internal : RPC_CODE.coded,
    message,
    data: { code, remedy, retryable: definition.retryable ?? false, ...details },
  };
}

/** The other way round, for clients: a coded error of the node as one of ours. */
export function errorFrom(error: RpcErrorObject): CodedError {
  const data = (typeof error.data === 'object' && error.data !== null ? error.data : {}) as {
    code?: unknown;
    remedy?: unknown;
    retryable?: unknown;
  };
  const code = typeof data.code === 'string' ? data.code : `RPC_${error.code}`;
  const remedy = typeof data.remedy === 'string' ? data.remedy : 'See docs/rpc.md.';
  return new CodedError(
    'remote',
    code,
    { summary: error.message, remedy, http: 502, retryable: data.retryable === true },
    error.message,
    {},
  );
}
