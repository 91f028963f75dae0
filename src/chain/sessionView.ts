import { hexToBytes } from 'viem';
import type { Address, Hex, ModelId, SessionId, TokenPrice, Wei } from '../types/index.ts';
import type { Deployment } from './deployment.ts';
import { sessionManagerAbi } from './generated/SessionManager.ts';
import { codedRead, type RpcClient } from './rpc.ts';
import { type ChainLog, mapSlices, type TrackedView } from './view.ts';

export type SessionMode = 'ephemeral' | 'dedicated';
export type SessionPrivacy = 'clear' | 'encrypted';
/** In the order of the contract's enums. */
export const SESSION_MODES: readonly SessionMode[] = ['ephemeral', 'dedicated'];
export const SESSION_PRIVACIES: readonly SessionPrivacy[] = ['clear', 'encrypted'];

/** A session as of the confirmed block. Addresses are lower-cased, times unix ms. */
export interface SessionEntry {
  readonly id: SessionId;
  readonly client: Address;
  readonly model: ModelId;
  /** Delegated signer of vouchers; undefined when there is none. */
  readonly spender: Address | undefined;
  /** Wei that the spender may sign for in total, and how much of it was debited. */
  readonly allowance: Wei;
  readonly spenderDebited: Wei;
  /** Highest price that the client accepts, wei per 1,000 tokens. */
  readonly priceMax: TokenPrice;
  readonly expiresAt: number;
  readonly deposit: Wei;
  /** Wei taken by all payees. */
  readonly debited: Wei;
  /** Part of `debited` that Settlement took: the floor of the next voucher to it. */
  readonly settled: Wei;
  /** From when a requested close may be withdrawn; undefined when none was requested. New work ends with the request. */
  readonly closesAt: number | undefined;
  /** The rest was paid out. */
  readonly closed: boolean;
  readonly mode: SessionMode;
  readonly nodesMin: number;
  readonly nodesMax: number;
  readonly redundancy: number;
  readonly validators: number;
  readonly tier: number;
  readonly privacy: SessionPrivacy;
  readonly name: string;
  readonly metadata: Hex;
}

/**
 * Wei that vouchers to Settlement may be debited over the session's life: deposit, and allowance of the spender's signatures,
 * less what others than Settlement took of them. A client that is its own spender needs no allowance.
 */
export function budgetOf(session: SessionEntry): Wei {
  const deposit = session.deposit - (session.debited - session.settled);
  if (session.spender === session.client) return deposit;
  const allowance = session.allowance - (session.spenderDebited - session.settled);
  return deposit < allowance ? deposit : allowance;
}

export interface SessionView {
  /** From memory; closed sessions are forgotten. */
  get(id: SessionId): SessionEntry | undefined;
  /** Reads the session now, at the confirmation depth. Undefined when it does not exist there (yet). @throws CHAIN_UNREACHABLE */
  refresh(id: SessionId): Promise<SessionEntry | undefined>;
  /** Sessions of a client that are in memory. */
  ofClient(client: Address): readonly SessionEntry[];
  readonly size: number;
}

/** Sessions in memory; the ones that changed longest ago go first and come back by `refresh`. */
export const SESSIONS_MAX = 100_000;

export async function readSession(
  client: RpcClient,
  deployment: Deployment,
  id: SessionId,
  blockNumber?: bigint,
): Promise<SessionEntry | undefined> {
  const contract = { address: deployment.sessionManager, abi: sessionManagerAbi, ...(blockNumber === undefined ? {} : { blockNumber }) };
  const [s, settled] = await Promise.all([
    client.readContract({ ...contract, functionName: 'session', args: [id] }),
    client.readContract({ ...contract, functionName: 'debitedBy', args: [id, deployment.settlement] }),
  ]);
  if (BigInt(s.client) === 0n) return undefined;
  return {
    id: id.toLowerCase() as SessionId,
    client: s.client.toLowerCase() as Address,
    model: s.model as ModelId,
    spender: BigInt(s.spender) === 0n ? undefined : (s.spender.toLowerCase() as Address),
    allowance: s.allowance,
    spenderDebited: s.spenderDebited,
    priceMax: { prompt: s.promptPriceMax, completion: s.completionPriceMax },
    expiresAt: s.expiry * 1000,
    deposit: s.deposit,
    debited: s.debited,
    settled,
    closesAt: s.closesAt === 0 ? undefined : s.closesAt * 1000,
    closed: s.closed,
    mode: SESSION_MODES[s.mode] ?? 'ephemeral',
    nodesMin: s.nodesMin,
    nodesMax: s.nodesMax,
    redundancy: s.redundancy,
    validators: s.validators,
    tier: s.tier,
    privacy: SESSION_PRIVACIES[s.privacy] ?? 'encrypted',
    name: nameFromBytes32(s.name),
    metadata: s.metadata,
  };
}

function nameFromBytes32(name: Hex): string {
  const bytes = hexToBytes(name);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** @param confirmedBlock number of the newest block at the confirmation depth, asked from the endpoint */
export function createSessionView(
  client: RpcClient,
  deployment: Deployment,
  confirmedBlock: () => Promise<bigint>,
  sessionsMax: number = SESSIONS_MAX,
): SessionView & TrackedView {
  const sessions = new Map<SessionId, SessionEntry>();
  /** Block that an entry was read at: a slow answer never overwrites a newer one. */
  const readAt = new Map<SessionId, bigint>();

  function put(id: SessionId, entry: SessionEntry | undefined, blockNumber: bigint): void {
    sessions.delete(id);
    readAt.delete(id);
    if (entry === undefined || entry.closed) return;
    sessions.set(id, entry);
    readAt.set(id, blockNumber);
    if (sessions.size <= sessionsMax) return;
    const oldest = sessions.keys().next().value as SessionId;
    sessions.delete(oldest);
    readAt.delete(oldest);
  }

  return {
    get: (id) => sessions.get(id.toLowerCase() as SessionId),
    async refresh(id) {
      const key = id.toLowerCase() as SessionId;
      const blockNumber = await confirmedBlock();
      const entry = await codedRead('session', readSession(client, deployment, key, blockNumber));
      if (blockNumber >= (readAt.get(key) ?? 0n)) put(key, entry, blockNumber);
      return entry;
    },
    ofClient(address) {
      const wanted = address.toLowerCase();
      return [...sessions.values()].filter((session) => session.client === wanted);
    },
    get size() {
      return sessions.size;
    },

    keysOf: sessionsTouched,
    async load(keys, blockNumber) {
      const ids = keys as readonly SessionId[];
      const entries = await mapSlices(ids, (id) => readSession(client, deployment, id, blockNumber));
      return () => {
        // A `refresh` may have read a later block; after a reorg that block may not exist, so the tracked read always wins.
        for (const [i, id] of ids.entries()) put(id, entries[i], blockNumber);
      };
    },
    reset() {
      sessions.clear();
      readAt.clear();
    },
  };
}

function sessionsTouched(log: ChainLog): readonly SessionId[] {
  switch (log.eventName) {
    case 'SessionOpened':
    case 'SessionToppedUp':
    case 'AllowanceRaised':
    case 'CloseRequested':
    case 'SessionClosed':
    case 'VoucherRedeemed':
      return [log.args.session as SessionId];
    default:
      return [];
  }
}
