import type { Logger } from 'pino';
import { apiError } from '../api/errors.ts';
import type { ConfigEntryInfo, NodeService, NodeStatus, SessionInfo, SessionTerms, TaskInfo, TaskRequest } from '../api/service.ts';
import type { Chain } from '../chain/client.ts';
import type { SessionEntry } from '../chain/sessionView.ts';
import { originText } from '../config/layers.ts';
import { valueAt } from '../config/resolve.ts';
import type { ResolvedConfig } from '../config/schema.ts';
import { createApiKey } from '../crypto/apiKey.ts';
import type { SigningContracts } from '../crypto/eip712.ts';
import type { Identity } from '../crypto/identity.ts';
import type { Network } from '../protocols/network.ts';
import { type SessionState, stateOf } from '../roles/router/admission.ts';
import type { Router } from '../roles/router/index.ts';
import type { CompletionEvent, CompletionResult } from '../roles/router/service.ts';
import type { SettlementBook } from '../settlement/book.ts';
import {
  type Address,
  billOf,
  bitsToRoles,
  type ModelId,
  type NetworkId,
  type Role,
  type SessionId,
  type TaskId,
  type Verdict,
  type Wei,
} from '../types/index.ts';
import type { Clock } from '../util/clock.ts';
import { withDeadline } from '../util/deadline.ts';
import type { TaskVerdicts } from '../validation/taskVerdicts.ts';
import { nodeError } from './errors.ts';
import type { RunningRoles } from './index.ts';
import type { LoadedModels } from './models.ts';
import type { Refusals } from './refusals.ts';

export interface ServiceComponents {
  readonly config: ResolvedConfig;
  readonly version: string;
  readonly roles: readonly Role[];
  readonly running: RunningRoles;
  readonly models: LoadedModels | undefined;
  readonly refusals: Refusals;
  readonly network: Network;
  readonly chain: Chain;
  readonly verdicts: TaskVerdicts;
  readonly book: SettlementBook;
  readonly identity: Identity;
  readonly contracts: SigningContracts;
  readonly networkId: NetworkId;
  readonly clock: Clock;
  /** Monotonic ms. */
  readonly startedAt: number;
  readonly endpoints: { readonly rest: string | undefined; readonly rpc: string };
  readonly log: Logger;
  readonly stop: () => void;
}

const DAY_S = 86_400;
const SESSION_EXPIRES_S = 30 * DAY_S;
const API_KEY_EXPIRES_S = DAY_S;
const CONFIRM_TIMEOUT_MS = 120_000;
const CONFIRM_POLL_MS = 200;
/** Above the usual asks, so that a session opened without prices finds miners. */
const PRICE_HEADROOM = 2n;

/** The node as JSON-RPC and the CLI see it. */
export function createNodeService(c: ServiceComponents): NodeService {
  return {
    netInfo: () => ({
      peerId: c.network.peerId,
      networkId: c.networkId,
      addresses: c.network.addresses,
      peers: c.network.peers().length,
    }),
    netPeers: () =>
      c.network.peers().map(({ peerId, address, direction, rttMs }) => {
        const record = c.network.nodes.byPeer(peerId)?.record;
        return {
          peerId,
          address,
          direction,
          latencyMs: rttMs,
          ...(record === undefined ? {} : { operator: record.operator, roles: bitsToRoles(record.roles) }),
        };
      }),
    nodeStatus: () => statusOf(c),
    nodeStop: c.stop,
    sessionCreate: (terms, signal) => createSession(c, terms, signal),
    sessionShow: async (id, signal) => sessionInfo(c, await findSession(c, id, signal)),
    sessionClose: (id, signal) => closeSession(c, id, signal),
    sessionList: async () => c.chain.sessions.ofClient(c.identity.operator.address).map((session) => sessionInfo(c, session)),
    async sessionApiKey(id, expiresInSeconds, signal) {
      const session = await findSession(c, id, signal);
      return apiKeyFor(c, session, expiresInSeconds ?? API_KEY_EXPIRES_S);
    },
    taskComplete: (request, signal) => complete(c, request, signal),
    taskShow: (task) => showTask(c, task),
    modelList: () => {
      const local = new Set(c.models?.engine.status.models.map((model) => model.id));
      return routerOf(c)
        .models()
        .map((model) => ({ ...model, local: local.has(model.modelId) }));
    },
    chainDeployment: () => c.chain.deployment,
    adminConfig: () =>
      c.config.keys.map(
        (key): ConfigEntryInfo => ({ key, value: valueAt(c.config.config, key), origin: originText(c.config.origin(key)) }),
      ),
    adminLogLevel: (level) => {
      c.log.level = level;
    },
  };
}

function routerOf({ running }: ServiceComponents): Router {
  if (running.router === undefined) throw apiError('ROLE_NOT_ENABLED', 'this node is no router', { role: 'router' });
  return running.router;
}

function statusOf(c: ServiceComponents): NodeStatus {
  const { chain, clock, network, identity, models, running, roles } = c;
  const head = chain.head();
  const health = chain.health();
  const operator = identity.operator.address;
  const problems: string[] = [];
  if (health.status !== 'ok') problems.push(`the chain endpoint does not answer (${health.code ?? 'unknown'})`);
  for (const role of roles)
    if (!chain.registry.isActive(operator, role)) problems.push(`the operator is not registered and staked as ${role}`);
  if (network.peers().length === 0) problems.push('no peer is connected');
  const engine = models?.engine.status;
  const counters = Object.fromEntries(roles.flatMap((role) => (running[role] === undefined ? [] : [[role, running[role].counters()]])));
  return {
    version: c.version,
    roles,
    peerId: network.peerId,
    operator,
    uptimeMs: Math.round(clock.monotonic() - c.startedAt),
    ready: problems.length === 0,
    problems,
    chain: {
      chainId: chain.deployment.chainId,
      head: head.number,
      healthy: health.status === 'ok',
      headAgeMs: Math.max(0, clock.now() - health.lastOkAt),
    },
    net: { peers: network.peers().length, knownNodes: network.nodes.size },
    ...(engine === undefined
      ? {}
      : {
          engine: {
            backend: engine.backend.actual ?? 'starting',
            requested: engine.backend.requested,
            provider: engine.provider.actual ?? 'starting',
            providerRequested: engine.provider.requested,
            warnings: [engine.backend.warning, engine.provider.warning, engine.warning].filter((text) => text !== undefined),
            runtime: `onnxruntime ${engine.runtimeVersion ?? ''}`.trim(),
            threads: engine.threads,
            models: engine.models.map((model) => model.name),
            ...(engine.pid === undefined ? {} : { pid: engine.pid }),
          },
        }),
    refusedModels: c.refusals.all,
    counters,
    endpoints: c.endpoints,
  };
}

function sessionInfo(c: ServiceComponents, session: SessionEntry): SessionInfo {
  const { id, client, model, deposit, allowance, priceMax, name } = session;
  const state: SessionState = stateOf(session, c.clock.now());
  const modelName = c.running.router?.models().find((known) => known.modelId === model)?.id;
  return {
    id,
    state,
    client,
    spender: session.spender ?? client,
    model,
    modelName,
    deposit,
    allowance,
    spent: session.debited,
    promised: c.running.router === undefined ? 0n : c.running.router.promised(id) - session.settled,
    promptPriceMax: priceMax.prompt,
    completionPriceMax: priceMax.completion,
    expiresAt: Math.floor(session.expiresAt / 1000),
    ...(name === '' ? {} : { name }),
  };
}

/** Waits for a session to stand at the confirmation depth. @throws SESSION_UNKNOWN */
async function findSession(c: ServiceComponents, id: SessionId, signal: AbortSignal): Promise<SessionEntry> {
  const session = await withDeadline('reading the session', CONFIRM_TIMEOUT_MS, signal, () => c.chain.sessions.refresh(id));
  if (session === undefined) throw nodeError('SESSION_UNKNOWN', `the chain has no session ${id}`, { session: id });
  return session;
}

async function createSession(c: ServiceComponents, terms: SessionTerms, signal: AbortSignal) {
  const { chain, clock, identity } = c;
  const model = modelFor(c, terms.model);
  const offers = c.network.nodes.byModel(model).map(({ offer }) => offer);
  const dearest = (pick: (offer: (typeof offers)[number]) => Wei): Wei =>
    offers.map(pick).reduce((a, b) => (a > b ? a : b), 0n) * PRICE_HEADROOM;
  const opened = await chain.write.openSession({
    model,
    deposit: terms.deposit,
    priceMax: {
      prompt: terms.promptPriceMax ?? dearest((offer) => offer.promptPrice),
      completion: terms.completionPriceMax ?? dearest((offer) => offer.completionPrice),
    },
    expiresAt: clock.now() + (terms.expiresInSeconds ?? SESSION_EXPIRES_S) * 1000,
    spender: terms.spender ?? identity.operator.address,
    ...(terms.allowance === undefined ? {} : { allowance: terms.allowance }),
    ...(terms.name === undefined ? {} : { name: terms.name }),
  });
  const session = await confirmed(c, opened.session, signal, () => true);
  const { apiKey, baseUrl } = await apiKeyFor(c, session, API_KEY_EXPIRES_S);
  return { session: sessionInfo(c, session), tx: opened.hash, block: opened.blockNumber, apiKey, baseUrl };
}

/** Until a session stands at the confirmation depth as it should. */
function confirmed(
  { chain, clock }: ServiceComponents,
  id: SessionId,
  signal: AbortSignal,
  done: (session: SessionEntry) => boolean,
): Promise<SessionEntry> {
  return withDeadline('the confirmation of the session', CONFIRM_TIMEOUT_MS, signal, async (inner) => {
    for (;;) {
      const found = await chain.sessions.refresh(id);
      if (found !== undefined && done(found)) return found;
      await clock.sleep(CONFIRM_POLL_MS, inner);
    }
  });
}

function modelFor(c: ServiceComponents, name: string | undefined): ModelId {
  const known = routerOf(c).models();
  if (name !== undefined && /^0x[0-9a-f]{64}$/.test(name)) return name as ModelId;
  const found = name === undefined ? (known.length === 1 ? known[0] : undefined) : known.find((model) => model.id === name);
  if (found === undefined) {
    throw nodeError(
      'MODEL_AMBIGUOUS',
      name === undefined ? `name one of ${known.map(({ id }) => id).join(', ')}` : `no model is called ${name}`,
    );
  }
  return found.modelId;
}

async function closeSession(c: ServiceComponents, id: SessionId, signal: AbortSignal) {
  const { chain, clock } = c;
  const before = await findSession(c, id, signal);
  ours(c, before);
  const due = before.closesAt !== undefined && before.closesAt <= clock.now();
  const { hash, blockNumber } = due ? await chain.write.withdrawSession(id) : await chain.write.requestClose(id);
  const after = await confirmed(c, id, signal, (session) => session.closed || (!due && session.closesAt !== undefined));
  return {
    id,
    state: stateOf(after, clock.now()),
    tx: hash,
    block: blockNumber,
    refund: before.deposit - before.debited,
    ...(after.closed || after.closesAt === undefined ? {} : { refundableAt: Math.ceil(after.closesAt / 1000) }),
  };
}

function ours(c: ServiceComponents, session: SessionEntry): void {
  if (session.client !== c.identity.operator.address.toLowerCase()) {
    throw nodeError('SESSION_NOT_OURS', `session ${session.id} belongs to ${session.client}`, { session: session.id });
  }
}

async function apiKeyFor(c: ServiceComponents, session: SessionEntry, expiresInSeconds: number) {
  ours(c, session);
  const expiresAt = c.clock.now() + expiresInSeconds * 1000;
  const router = session.spender ?? (c.identity.operator.address as Address);
  const apiKey = await createApiKey(c.contracts, { session: session.id, router, expiresAt }, c.identity.operator);
  return {
    apiKey,
    session: session.id,
    router,
    expiresAt: Math.floor(expiresAt / 1000),
    ...(c.endpoints.rest === undefined || c.running.router === undefined ? {} : { baseUrl: `${c.endpoints.rest}/v1` }),
  };
}

async function* complete(
  c: ServiceComponents,
  request: TaskRequest,
  signal: AbortSignal,
): AsyncGenerator<CompletionEvent, CompletionResult, void> {
  const router = routerOf(c);
  const { session: id, apiKey: given, model: named, ...rest } = request;
  const session = id === undefined ? undefined : await findSession(c, id, signal);
  const apiKey = given ?? (session === undefined ? '' : (await apiKeyFor(c, session, API_KEY_EXPIRES_S)).apiKey);
  const model = named ?? session?.model ?? modelFor(c, undefined);
  const [result] = yield* router.complete({ ...rest, apiKey, model }, signal);
  return result as CompletionResult;
}

async function showTask(c: ServiceComponents, id: TaskId): Promise<TaskInfo> {
  const done = c.running.router?.task(id);
  const seen = c.book.get(id)?.result.receipt;
  const receipt = done === undefined ? seen : { receipt: done.receipt, signature: done.signature };
  if (receipt === undefined) throw nodeError('TASK_UNKNOWN', `task ${id} is not known here`, { task: id });
  const { session, model, miner, promptTokens, completionTokens } = receipt.receipt;
  const tally = c.verdicts.tally(id);
  const epoch = c.book.epochOf(id);
  const settlement = epoch === undefined ? undefined : await c.chain.settlement.transactionOf(epoch);
  return {
    task: id,
    session,
    model,
    miner,
    state: 'done',
    promptTokens,
    completionTokens,
    cost: done?.cost ?? billOf(receipt.receipt),
    receipt,
    verdicts: c.verdicts.revealed(id).map(({ voter, verdict }) => ({ guard: voter, verdict, round: 0 })),
    ...(tally === 'OPEN' || tally === 'SPLIT' ? {} : { verdict: tally as Verdict }),
    ...(settlement === undefined || epoch === undefined ? {} : { settlement: { ...settlement, epoch } }),
  };
}
