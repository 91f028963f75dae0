import {
  BaseError,
  createPublicClient,
  decodeErrorResult,
  HttpRequestError,
  type HttpTransport,
  http,
  type PublicClient,
  TimeoutError,
  type Hex as ViemHex,
} from 'viem';
import { type CodedError, isCoded } from '../util/errors.ts';
import { chainError } from './errors.ts';
import { corTokenAbi } from './generated/CorToken.ts';
import { nodeRegistryAbi } from './generated/NodeRegistry.ts';
import { sessionManagerAbi } from './generated/SessionManager.ts';
import { settlementAbi } from './generated/Settlement.ts';
import { stakeVaultAbi } from './generated/StakeVault.ts';

/** One request over HTTP, ms. Longer than any honest answer, shorter than a person's patience. */
export const RPC_TIMEOUT_MS = 10_000;
/** Calls of one tick that travel in one HTTP request. */
const RPC_BATCH_MAX = 100;

/** A read-only client with bounded waits. Retrying is up to the caller, who knows what a late answer is worth. */
export function connectRpc(rpcUrl: string, timeoutMs: number = RPC_TIMEOUT_MS): RpcClient {
  return createPublicClient({
    transport: http(rpcUrl, { timeout: timeoutMs, retryCount: 0, batch: { batchSize: RPC_BATCH_MAX } }),
    cacheTime: 0,
  });
}

export type RpcClient = PublicClient<HttpTransport>;

/** Custom errors of all contracts: one contract's revert bubbles up through another. */
const ERROR_ABI = [...settlementAbi, ...sessionManagerAbi, ...nodeRegistryAbi, ...stakeVaultAbi, ...corTokenAbi].filter(
  (item) => item.type === 'error',
);

/** Name and arguments of a contract's error, out of revert data. Unknown data gives its selector as the name. */
export function decodeRevert(data: ViemHex): { name: string; args: readonly unknown[] } {
  if (data.length < 10) return { name: 'without reason', args: [] };
  try {
    const { errorName, args } = decodeErrorResult({ abi: ERROR_ABI, data });
    return { name: errorName, args: args ?? [] };
  } catch {
    return { name: data.slice(0, 10), args: [] };
  }
}

function revertData(error: unknown): ViemHex | undefined {
  if (!(error instanceof BaseError)) return undefined;
  let found: ViemHex | undefined;
  error.walk((inner) => {
    const data = (inner as { data?: unknown }).data;
    const hex = typeof data === 'string' ? data : (data as { data?: unknown } | undefined)?.data;
    if (typeof hex === 'string' && /^0x[0-9a-f]*$/i.test(hex)) found = hex as ViemHex;
    return found !== undefined;
  });
  return found;
}

/** Whether the endpoint, and not the chain, failed: the same call may succeed later. */
export function isTransport(error: unknown): boolean {
  if (isCoded(error, 'CHAIN_UNREACHABLE')) return true;
  return error instanceof BaseError && error.walk((e) => e instanceof HttpRequestError || e instanceof TimeoutError) !== null;
}

/** The first line of an error: viem's messages embed URLs, arguments and calldata, which belong in no log. */
export function shortMessage(error: unknown): string {
  if (error instanceof BaseError) return error.shortMessage;
  return error instanceof Error ? error.message : String(error);
}

/** Any error of viem as a coded one: reverts by the contract's own error name, outages, and what the endpoint refused. */
export function toChainError(what: string, error: unknown): CodedError {
  if (isCoded(error)) return error;
  const data = revertData(error);
  if (data !== undefined) {
    const { name, args } = decodeRevert(data);
    const shown = args.map((arg) => String(arg)).join(', ');
    return chainError('CHAIN_REVERTED', `${what}: ${name}(${shown})`, { what, error: name, args: shown });
  }
  if (isTransport(error)) return chainError('CHAIN_UNREACHABLE', `${what}: ${shortMessage(error)}`, { what });
  return chainError('CHAIN_TX_REFUSED', `${what}: ${shortMessage(error)}`, { what });
}

/** Waits for work on the chain; any failure comes out coded. */
export async function codedRead<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toChainError(what, error);
  }
}
