import type { Deployment } from '../chain/deployment.ts';
import type { ChatMessage, CompletionEvent, CompletionRequest, CompletionResult, RoutableModel } from '../roles/router/service.ts';
import type { Address, Hex, ModelId, NetworkId, Role, SessionId, TaskId, Verdict, Wei } from '../types/index.ts';

/**
 * What a running node offers to the outside (JSON-RPC, and through it the CLI). The composition root implements it; the
 * API translates: bigint becomes a decimal string, coded errors become JSON-RPC errors.
 *
 * Every method that waits takes a signal: it aborts when the caller disconnects or the node stops. A method that needs a
 * role this node does not hold throws ROLE_NOT_ENABLED (api/errors).
 */
export interface NodeService {
  netInfo(): NetInfo;
  netPeers(): readonly PeerInfo[];
  nodeStatus(): NodeStatus | Promise<NodeStatus>;
  /** Asks the node to stop; returns once that is under way, not once it is done. */
  nodeStop(): void;
  sessionCreate(terms: SessionTerms, signal: AbortSignal): Promise<SessionCreated>;
  sessionShow(session: SessionId, signal: AbortSignal): Promise<SessionInfo>;
  sessionClose(session: SessionId, signal: AbortSignal): Promise<SessionClosed>;
  /** Sessions whose client or spender is this node's operator. */
  sessionList(signal: AbortSignal): Promise<readonly SessionInfo[]>;
  /** Signs a bearer key for the session; this node must hold the key of the session's client. */
  sessionApiKey(session: SessionId, expiresInSeconds: number | undefined, signal: AbortSignal): Promise<ApiKeyInfo>;
  /** Runs a completion; with `session` instead of `apiKey` the node signs a key itself. */
  taskComplete(request: TaskRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, CompletionResult, void>;
  taskShow(task: TaskId, signal: AbortSignal): Promise<TaskInfo>;
  modelList(): readonly ModelSummary[];
  chainDeployment(): Deployment;
  /** The resolved config with the origin of every key (no secret is in it: secrets are files). */
  adminConfig(): readonly ConfigEntryInfo[];
  adminLogLevel(level: LogLevelName): void;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

export interface NetInfo {
  readonly peerId: string;
  readonly networkId: NetworkId;
  /** Multiaddrs that others can dial, with /p2p/<peerId>. */
  readonly addresses: readonly string[];
  readonly peers: number;
}

export interface PeerInfo {
  readonly peerId: string;
  readonly address?: string | undefined;
  readonly direction?: 'inbound' | 'outbound' | undefined;
  /** From the peer's verified NodeRecord; absent until one was seen. */
  readonly operator?: Address | undefined;
  readonly roles?: readonly Role[] | undefined;
  readonly latencyMs?: number | undefined;
}

export interface NodeStatus {
  readonly version: string;
  readonly roles: readonly Role[];
  readonly peerId: string;
  readonly operator: Address;
  readonly uptimeMs: number;
  /** True once every role takes work. REST /ready answers with it. */
  readonly ready: boolean;
  /** What is not ready or degraded, in words; empty when all is well. */
  readonly problems: readonly string[];
  readonly chain: {
    readonly chainId: number;
    /** Last seen block, -1 before the first. */
    readonly head: number;
    readonly healthy: boolean;
    /** Age of the last answer of the RPC endpoint. */
    readonly headAgeMs: number;
  };
  readonly net: { readonly peers: number; readonly knownNodes: number };
  /** Inference backend; absent without a model (routers, oracles). */
  readonly engine?:
    | {
        readonly backend: string;
        readonly requested: string;
        /** Execution provider that computes, and the one that was asked for. */
        readonly provider: string;
        readonly providerRequested: string;
        /** Why backend or provider are not the requested ones, with the remedy. */
        readonly warnings: readonly string[];
        readonly runtime: string;
        readonly threads: number;
        readonly models: readonly string[];
        /** Process that computes; absent while there is none. */
        readonly pid?: number | undefined;
      }
    | undefined;
  /** Models that a role was told to serve and does not: `model` as the configuration names it, with error code and what to do. */
  readonly refusedModels: readonly {
    readonly role: Role;
    readonly model: string;
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
  }[];
  /** Free-form counters by role, e.g. {miner: {tasksDone: 3}}. */
  readonly counters: Readonly<Partial<Record<Role, Readonly<Record<string, number>>>>>;
  readonly endpoints: { readonly rest?: string | undefined; readonly rpc: string };
}

/** Terms of a session to open. Prices in COR wei per 1,000 tokens; absent ones take the router's and the model's usual values. */
export interface SessionTerms {
  /** Name or 32-byte id; the network's only routable model when absent. */
  readonly model?: string | undefined;
  /** Wei locked in the session. */
  readonly deposit: Wei;
  /** Operator of the router that may spend; this node's own operator when absent. */
  readonly spender?: Address | undefined;
  /** What the spender may promise; the deposit when absent. */
  readonly allowance?: Wei | undefined;
  readonly promptPriceMax?: Wei | undefined;
  readonly completionPriceMax?: Wei | undefined;
  readonly expiresInSeconds?: number | undefined;
  readonly name?: string | undefined;
}

export interface SessionInfo {
  readonly id: SessionId;
  readonly state: 'open' | 'closing' | 'closed' | 'expired';
  readonly client: Address;
  readonly spender: Address;
  readonly model: ModelId;
  readonly modelName?: string | undefined;
  readonly deposit: Wei;
  readonly allowance: Wei;
  /** Settled on chain. */
  readonly spent: Wei;
  /** Promised by vouchers or running tasks, not yet settled. */
  readonly promised: Wei;
  readonly promptPriceMax: Wei;
  readonly completionPriceMax: Wei;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly name?: string | undefined;
}

export interface SessionCreated {
  readonly session: SessionInfo;
  readonly tx: Hex;
  readonly block: number;
  /** Ready to use with any OpenAI client. */
  readonly apiKey: string;
  /** REST base URL of the router it is for, when it has one. */
  readonly baseUrl?: string | undefined;
}

export interface SessionClosed {
  readonly id: SessionId;
  readonly state: SessionInfo['state'];
  readonly tx: Hex;
  readonly block: number;
  /** Wei that came back (or will, at refundableAt). */
  readonly refund: Wei;
  /** Unix seconds; absent when the refund was paid at once. */
  readonly refundableAt?: number | undefined;
}

export interface ApiKeyInfo {
  readonly apiKey: string;
  readonly session: SessionId;
  readonly router: Address;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly baseUrl?: string | undefined;
}

/** A completion asked for over the socket: like REST's, with either a bearer key or a session whose key this node holds. */
export interface TaskRequest extends Omit<CompletionRequest, 'apiKey' | 'model' | 'messages' | 'choices'> {
  readonly apiKey?: string | undefined;
  readonly session?: SessionId | undefined;
  /** The session's model when absent. */
  readonly model?: string | undefined;
  readonly messages: readonly ChatMessage[];
}

export interface TaskInfo {
  readonly task: TaskId;
  readonly session: SessionId;
  readonly model: ModelId;
  readonly miner?: Address | undefined;
  readonly state: 'offered' | 'streaming' | 'done' | 'failed' | 'cancelled';
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: Wei;
  readonly receipt?: CompletionResult['receipt'] | undefined;
  /** Revealed votes that this node has seen. */
  readonly verdicts: readonly { readonly guard: Address; readonly verdict: Verdict; readonly round: number }[];
  /** Agreed verdict once a quorum revealed. */
  readonly verdict?: Verdict | undefined;
  readonly settlement?: { readonly tx: Hex; readonly block: number; readonly epoch: number } | undefined;
}

export interface ModelSummary extends RoutableModel {
  /** Whether this node itself has it loaded. */
  readonly local: boolean;
}

export interface ConfigEntryInfo {
  readonly key: string;
  readonly value: unknown;
  /** e.g. `default`, `file /path/cortensord.toml`, `env CORTENSORD_LOG_LEVEL`, `flag --log-level`. */
  readonly origin: string;
}
