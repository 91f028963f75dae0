import { z } from 'zod';
import { type Deployment, WORK_CONTRACTS } from '../../chain/deployment.ts';
import type { SignedReceipt } from '../../crypto/eip712.ts';
import type { CompletionEvent, CompletionResult } from '../../roles/router/service.ts';
import { type Address, ROLES, type SessionId, type TaskId } from '../../types/index.ts';
import type { Wire } from '../json.ts';
import {
  type ApiKeyInfo,
  type ConfigEntryInfo,
  LOG_LEVELS,
  type ModelSummary,
  type NetInfo,
  type NodeStatus,
  type PeerInfo,
  type SessionClosed,
  type SessionCreated,
  type SessionInfo,
  type TaskInfo,
} from '../service.ts';

/* Shapes of params (they transform into branded ids and bigint) and of results (as JSON). Money is COR wei in decimal strings. */

const hex32 = z.string().regex(/^0x[0-9a-fA-F]{64}$/, 'must be 32 bytes of 0x-hex');
const hex20 = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'must be a 20-byte 0x address');
const hex = z.string().regex(/^0x([0-9a-fA-F]{2})*$/);
const wei = z.string().regex(/^(0|[1-9][0-9]{0,77})$/, 'must be a decimal number of wei in a string');
const count = z.number().int().min(0);

export const sessionIdParam = hex32.transform((value) => value.toLowerCase() as SessionId).describe('Session id, 32 bytes.');
export const taskIdParam = hex32.transform((value) => value.toLowerCase() as TaskId).describe('Task id, 32 bytes.');
const addressParam = hex20.transform((value) => value as Address);
const weiParam = wei.transform((value) => BigInt(value));
export const logLevel = z.enum(LOG_LEVELS);

export const sessionTerms = z.strictObject({
  model: z.string().min(1).max(256).optional().describe('Model name or 32-byte id; the only routable model when absent.'),
  deposit: weiParam.describe('COR wei to lock.'),
  spender: addressParam.optional().describe('Router operator that may spend; this node when absent.'),
  allowance: weiParam.optional().describe('COR wei the spender may promise; the deposit when absent.'),
  promptPriceMax: weiParam.optional().describe('COR wei per 1,000 prompt tokens.'),
  completionPriceMax: weiParam.optional().describe('COR wei per 1,000 completion tokens.'),
  expiresInSeconds: z.number().int().min(60).max(31_536_000).optional(),
  name: z.string().max(64).optional(),
});

const chatMessage = z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });

export const taskRequest = z.strictObject({
  apiKey: z.string().max(4096).optional().describe('Bearer key `cor-…`.'),
  session: sessionIdParam.optional().describe('Instead of apiKey: a session whose client key this node holds.'),
  model: z.string().min(1).max(256).optional(),
  messages: z.array(chatMessage).min(1).max(1024),
  maxTokens: z.number().int().min(1).max(131_072).optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().gt(0).max(1).optional(),
  topK: z.number().int().min(0).max(1_000_000).optional(),
  seed: z.number().int().optional(),
  stop: z.array(z.string().min(1).max(256)).max(4).optional(),
});

export const netInfo = z.object({
  peerId: z.string(),
  networkId: hex32,
  addresses: z.array(z.string()),
  peers: count,
}) satisfies z.ZodType<Wire<NetInfo>>;

const role = z.enum(ROLES);

export const peerInfo = z.object({
  peerId: z.string(),
  address: z.string().optional(),
  direction: z.enum(['inbound', 'outbound']).optional(),
  operator: hex20.optional(),
  roles: z.array(role).optional(),
  latencyMs: z.number().optional(),
}) satisfies z.ZodType<Wire<PeerInfo>>;

export const nodeStatus = z.object({
  version: z.string(),
  roles: z.array(role),
  peerId: z.string(),
  operator: hex20,
  uptimeMs: z.number(),
  ready: z.boolean(),
  problems: z.array(z.string()),
  chain: z.object({ chainId: count, head: z.number().int().min(-1), healthy: z.boolean(), headAgeMs: z.number() }),
  net: z.object({ peers: count, knownNodes: count }),
  engine: z
    .object({
      backend: z.string(),
      requested: z.string(),
      provider: z.string(),
      providerRequested: z.string(),
      warnings: z.array(z.string()),
      runtime: z.string(),
      threads: count,
      models: z.array(z.string()),
      pid: count.optional(),
    })
    .optional(),
  refusedModels: z.array(z.object({ role, model: z.string(), code: z.string(), message: z.string(), remedy: z.string() })),
  counters: z.partialRecord(role, z.record(z.string(), z.number())),
  endpoints: z.object({ rest: z.string().optional(), rpc: z.string() }),
}) satisfies z.ZodType<Wire<NodeStatus>>;

export const sessionInfo = z.object({
  id: hex32,
  state: z.enum(['open', 'closing', 'closed', 'expired']),
  client: hex20,
  spender: hex20,
  model: hex32,
  modelName: z.string().optional(),
  deposit: wei,
  allowance: wei,
  spent: wei,
  promised: wei,
  promptPriceMax: wei,
  completionPriceMax: wei,
  expiresAt: z.number(),
  name: z.string().optional(),
}) satisfies z.ZodType<Wire<SessionInfo>>;

export const sessionCreated = z.object({
  session: sessionInfo,
  tx: hex32,
  block: count,
  apiKey: z.string(),
  baseUrl: z.string().optional(),
}) satisfies z.ZodType<Wire<SessionCreated>>;

export const sessionClosed = z.object({
  id: hex32,
  state: sessionInfo.shape.state,
  tx: hex32,
  block: count,
  refund: wei,
  refundableAt: z.number().optional(),
}) satisfies z.ZodType<Wire<SessionClosed>>;

export const apiKeyInfo = z.object({
  apiKey: z.string(),
  session: hex32,
  router: hex20,
  expiresAt: z.number(),
  baseUrl: z.string().optional(),
}) satisfies z.ZodType<Wire<ApiKeyInfo>>;

const signedReceipt = z.object({
  receipt: z.object({
    task: hex32,
    session: hex32,
    model: hex32,
    miner: hex20,
    promptTokens: count,
    completionTokens: count,
    promptCommit: hex32,
    outputRoot: hex32,
    sampling: hex32,
    promptPrice: wei,
    completionPrice: wei,
    startedAt: count,
    endedAt: count,
    numericsProfile: hex32,
  }),
  signature: hex,
}) satisfies z.ZodType<Wire<SignedReceipt>>;

export const completionResult = z.object({
  task: hex32,
  miner: hex20,
  finishReason: z.enum(['stop', 'length', 'cancelled']),
  promptTokens: count,
  completionTokens: count,
  cost: wei,
  receipt: signedReceipt,
}) satisfies z.ZodType<Wire<CompletionResult>>;

export const completedTask = completionResult.extend({ text: z.string() });

const completionEvents = [
  z.object({ type: z.literal('assigned'), task: hex32, miner: hex20, promptTokens: count }),
  z.object({ type: z.literal('delta'), text: z.string(), tokens: count }),
] as const satisfies readonly z.ZodType<Wire<CompletionEvent>>[];

/** Events of `task_subscribe`; the last one is `end` or `error`. */
export const taskEvent = z.discriminatedUnion('type', [
  ...completionEvents,
  z.object({ type: z.literal('end'), result: completionResult }),
  z.object({ type: z.literal('error'), error: z.object({ code: z.number().int(), message: z.string(), data: z.unknown() }) }),
]);

export const taskInfo = z.object({
  task: hex32,
  session: hex32,
  model: hex32,
  miner: hex20.optional(),
  state: z.enum(['offered', 'streaming', 'done', 'failed', 'cancelled']),
  promptTokens: count,
  completionTokens: count,
  cost: wei,
  receipt: signedReceipt.optional(),
  verdicts: z.array(z.object({ guard: hex20, verdict: z.enum(['VALID', 'INVALID', 'UNAVAILABLE']), round: count })),
  verdict: z.enum(['VALID', 'INVALID', 'UNAVAILABLE']).optional(),
  settlement: z.object({ tx: hex32, block: count, epoch: count }).optional(),
}) satisfies z.ZodType<Wire<TaskInfo>>;

export const modelSummary = z.object({
  id: z.string(),
  modelId: hex32,
  contextTokens: count,
  miners: count,
  tools: z.boolean(),
  price: z.object({ prompt: wei, completion: wei }).optional(),
  local: z.boolean(),
});
// `price` may be undefined in the service and is absent in JSON then.
modelSummary satisfies z.ZodType<Omit<Wire<ModelSummary>, 'price'>>;

const contracts = Object.fromEntries(WORK_CONTRACTS.map((name) => [name, hex20])) as Record<(typeof WORK_CONTRACTS)[number], typeof hex20>;
const link = { chainId: count, oracleSet: hex20, anchor: hex20, inbox: hex20 };
export const deploymentInfo = z.object({
  chainId: count,
  ...contracts,
  governance: hex20,
  admission: hex20.optional(),
  outbox: hex20.optional(),
  upper: z.object({ ...link, slashRelay: hex20 }).optional(),
  lower: z.object({ ...link, bridgeVault: hex20, stakeVault: hex20, account: hex20 }).optional(),
  block: count,
}) satisfies z.ZodType<Wire<Deployment>>;

export const configEntry = z.object({ key: z.string(), value: z.unknown(), origin: z.string() }) satisfies z.ZodType<Wire<ConfigEntryInfo>>;
