import { budgetOf, type SessionEntry, type SessionView } from '../../chain/sessionView.ts';
import { parseApiKey, type SignedApiKey, signerOfApiKey } from '../../crypto/apiKey.ts';
import type { SigningContracts } from '../../crypto/eip712.ts';
import { type Address, costOf, type ModelId, type SessionId, type TokenPrice, type Wei } from '../../types/index.ts';
import { BoundedMap } from '../../util/boundedMap.ts';
import type { Clock } from '../../util/clock.ts';
import { withDeadline } from '../../util/deadline.ts';
import { isCoded } from '../../util/errors.ts';
import { routerError } from './errors.ts';
import type { RouterLedger } from './ledger.ts';

/** A session that may pay for one answer: its worst case stays reserved until `release`. */
export interface Admission {
  readonly session: SessionId;
  readonly priceMax: TokenPrice;
  readonly maxTokens: number;
  readonly reserved: Wei;
  release(): void;
}

export interface AdmissionRequest {
  readonly apiKey: string;
  readonly model: ModelId;
  readonly promptTokens: number;
  /** Undefined: as many as the deposit and the bound allow. */
  readonly maxTokens: number | undefined;
  readonly maxTokensBound: number;
  /** Answers, each a task of its own: all of them are admitted, or none. */
  readonly choices: number;
}

interface Components {
  readonly sessions: SessionView;
  readonly ledger: RouterLedger;
  readonly contracts: SigningContracts;
  readonly operator: Address;
  readonly clock: Clock;
}

const KEYS_MAX = 4_096;
const SESSION_READ_MS = 10_000;
/** A session must outlive its last answer, so that the settlement can still debit it. */
const EXPIRY_MARGIN_MS = 60_000;

/**
 * The gate before any work: who pays, whether the session is good, and whether its deposit covers the worst
 * case of this request on top of everything promised and in flight. Reserving is synchronous, so concurrent requests can
 * never promise the same coin twice.
 */
export class Gate {
  readonly #components: Components;
  readonly #reserved = new Map<SessionId, Wei>();
  /** Keys that were verified: their text and signer. */
  readonly #keys = new BoundedMap<string, { readonly signed: SignedApiKey; readonly signer: Address }>(KEYS_MAX);

  constructor(components: Components) {
    this.#components = components;
  }

  /** Wei reserved by requests in flight. */
  reserved(session: SessionId): Wei {
    return this.#reserved.get(session) ?? 0n;
  }

  /** One admission for each choice. @throws API_KEY_MISSING, API_KEY_REFUSED, SESSION_*, DEPOSIT_TOO_LOW */
  async admit(request: AdmissionRequest, signal: AbortSignal): Promise<readonly Admission[]> {
    const { clock, operator } = this.#components;
    if (request.apiKey === '') throw routerError('API_KEY_MISSING', 'the request carries no session key');
    const { key, signer } = this.#authenticate(request.apiKey);
    const session = await this.#session(key.session, signal);
    if (signer !== session.client) {
      throw routerError('API_KEY_REFUSED', `the key is signed by ${signer}, session ${session.id} belongs to ${session.client}`, {
        session: session.id,
      });
    }
    const state = stateOf(session, clock.now() + EXPIRY_MARGIN_MS);
    if (state !== 'open') throw routerError('SESSION_NOT_OPEN', `session ${session.id} is ${state}`, { session: session.id, state });
    if (session.spender !== operator.toLowerCase()) {
      throw routerError(
        'SESSION_WRONG_ROUTER',
        `session ${session.id} is spent by ${session.spender ?? 'its client only'}, this router is ${operator}`,
        {
          session: session.id,
        },
      );
    }
    if (session.model !== request.model) {
      throw routerError('SESSION_WRONG_MODEL', `session ${session.id} pays for model ${session.model}`, { session: session.id });
    }
    return this.#reserve(session, request);
  }

  /** Who signed a key, and what it says. The signature is recovered once; expiry is looked at every time. */
  #authenticate(apiKey: string): { key: SignedApiKey['key']; signer: Address } {
    const { clock, contracts, operator } = this.#components;
    const now = clock.now();
    const known = this.#keys.get(apiKey);
    if (known !== undefined && known.signed.key.expiresAt > now) return { key: known.signed.key, signer: known.signer };
    try {
      const signed = parseApiKey(apiKey);
      const signer = signerOfApiKey(contracts, signed, operator, now);
      this.#keys.set(apiKey, { signed, signer });
      return { key: signed.key, signer };
    } catch (error) {
      throw routerError('API_KEY_REFUSED', isCoded(error) ? error.message : 'the session key cannot be read', {}, error);
    }
  }

  async #session(id: SessionId, signal: AbortSignal): Promise<SessionEntry> {
    const { sessions } = this.#components;
    const session = sessions.get(id) ?? (await withDeadline('reading the session', SESSION_READ_MS, signal, () => sessions.refresh(id)));
    if (session === undefined) throw routerError('SESSION_NOT_FOUND', `the chain has no confirmed session ${id}`, { session: id });
    return session;
  }

  #reserve(session: SessionEntry, { promptTokens, choices, ...request }: AdmissionRequest): readonly Admission[] {
    const { ledger } = this.#components;
    const priceMax = session.priceMax;
    const left = budgetOf(session) - ledger.promised(session.id, session.settled) - this.reserved(session.id);
    const worst = (tokens: number): Wei => BigInt(choices) * costOf(priceMax, promptTokens, tokens);
    const maxTokens = request.maxTokens ?? affordable(left, worst, request.maxTokensBound);
    if (maxTokens < 1 || worst(maxTokens) > left) {
      const answers = choices === 1 ? '' : `, ${choices} times,`;
      throw routerError(
        'DEPOSIT_TOO_LOW',
        `${promptTokens} prompt and ${Math.max(maxTokens, 1)} completion tokens${answers} cost up to ${worst(Math.max(maxTokens, 1))} wei; the session has ${left} wei left`,
        { session: session.id, left: left.toString() },
      );
    }
    const reserved = costOf(priceMax, promptTokens, maxTokens);
    return Array.from({ length: choices }, () => ({
      session: session.id,
      priceMax,
      maxTokens,
      reserved,
      release: this.#hold(session.id, reserved),
    }));
  }

  /** Reserves, and gives what takes the reservation back, once. */
  #hold(session: SessionId, amount: Wei): () => void {
    this.#reserved.set(session, this.reserved(session) + amount);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const rest = this.reserved(session) - amount;
      if (rest === 0n) this.#reserved.delete(session);
      else this.#reserved.set(session, rest);
    };
  }
}

export type SessionState = 'open' | 'closing' | 'closed' | 'expired';

/** @param at unix ms */
export function stateOf(session: SessionEntry, at: number): SessionState {
  if (session.closed) return 'closed';
  if (session.closesAt !== undefined) return 'closing';
  return session.expiresAt <= at ? 'expired' : 'open';
}

/** Largest token count up to `bound` whose worst case fits `left`; 0 when not even one does. */
export function affordable(left: Wei, worst: (tokens: number) => Wei, bound: number): number {
  if (worst(bound) <= left) return bound;
  let [low, high] = [0, bound];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (worst(middle) <= left) low = middle;
    else high = middle - 1;
  }
  return low;
}
