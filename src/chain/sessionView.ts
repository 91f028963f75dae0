import { hexToBytes } from 'viem';
import type { Address, Hex, ModelId, SessionId, TokenPrice, Wei } from '../types/index.ts';
import { BoundedMap } from '../util/boundedMap.ts';
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
  /** When it ends: the expiry, or the request to close it if that came before. */
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

/** The contract's State. */
const CLOSING = 1;
const CLOSED = 2;

/** What a session was opened with. The id is a hash over it, so it never changes, whatever chain of blocks tells it. */
export type SessionTerms = Pick<
  SessionEntry,
  | 'client'
  | 'model'
  | 'priceMax'
  | 'mode'
  | 'nodesMin'
  | 'nodesMax'
  | 'redundancy'
  | 'validators'
  | 'tier'
  | 'privacy'
  | 'name'
  | 'metadata'
>;

type OpenedArgs = Extract<ChainLog, { eventName: 'SessionOpened' }>['args'];

function termsOf({ client, terms }: OpenedArgs): SessionTerms {
  return {
    client: client.toLowerCase() as Address,
    model: terms.model as ModelId,
    priceMax: { prompt: terms.promptPriceMax, completion: terms.completionPriceMax },
    mode: SESSION_MODES[terms.mode] ?? 'ephemeral',
    nodesMin: terms.nodesMin,
    nodesMax: terms.nodesMax,
    redundancy: terms.redundancy,
    validators: terms.validators,
    tier: terms.tier,
    privacy: SESSION_PRIVACIES[terms.privacy] ?? 'encrypted',
    name: nameFromBytes32(terms.name),
    metadata: terms.metadata,
  };
}

/** Blocks searched at once for the event that opened a session, newest first: one that is asked for is young as a rule. */
const SEARCH_BLOCKS = 2_000n;

async function findTerms(client: RpcClient, deployment: Deployment, session: SessionId, newest: bigint): Promise<SessionTerms | undefined> {
  const first = BigInt(deployment.block);
  for (let toBlock = newest; toBlock >= first; toBlock -= SEARCH_BLOCKS) {
    const from = toBlock - SEARCH_BLOCKS + 1n;
    const [log] = await client.getContractEvents({
      address: deployment.sessionManager,
      abi: sessionManagerAbi,
      eventName: 'SessionOpened',
      args: { session },
      fromBlock: from > first ? from : first,
      toBlock,
      strict: true,
    });
    if (log !== undefined) return termsOf(log.args);
  }
  return undefined;
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
  const known = new BoundedMap<SessionId, SessionTerms>(sessionsMax);
  /** Block that an entry was read at: a slow answer never overwrites a newer one. */
  const readAt = new Map<SessionId, bigint>();

  async function read(id: SessionId, blockNumber: bigint): Promise<SessionEntry | undefined> {
    const contract = { address: deployment.sessionManager, abi: sessionManagerAbi, blockNumber };
    const [s, settled] = await Promise.all([
      client.readContract({ ...contract, functionName: 'session', args: [id] }),
      client.readContract({ ...contract, functionName: 'debitedBy', args: [id, deployment.settlement] }),
    ]);
    if (BigInt(s.client) === 0n) return undefined;
    const terms = known.get(id) ?? (await findTerms(client, deployment, id, blockNumber));
    if (terms === undefined) return undefined;
    known.set(id, terms);
    return {
      ...terms,
      id,
      spender: BigInt(s.spender) === 0n ? undefined : (s.spender.toLowerCase() as Address),
      allowance: s.allowance,
      spenderDebited: s.spenderDebited,
      expiresAt: s.endsAt * 1000,
      deposit: s.deposit,
      debited: s.debited,
      settled,
      closesAt: s.state === CLOSING ? (s.endsAt + s.thawSeconds) * 1000 : undefined,
      closed: s.state === CLOSED,
    };
  }

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
      const entry = await codedRead('session', read(key, blockNumber));
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

    keysOf(log) {
      if (log.eventName === 'SessionOpened') known.set(log.args.session as SessionId, termsOf(log.args));
      return sessionsTouched(log);
    },
    async load(keys, blockNumber) {
      const ids = keys as readonly SessionId[];
      const entries = await mapSlices(ids, (id) => read(id, blockNumber));
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
