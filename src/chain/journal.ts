import type { Address, Hex } from '../types/index.ts';

/** What a transaction is for, written down before anything is signed. Holds no secret. */
export interface TxIntent {
  /** Verb, for people and metrics: `settle`, `openSession` … */
  readonly kind: string;
  readonly chainId: number;
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
}

/** A signed transaction. Sending `raw` again can never have a second effect: its nonce is used once. */
export interface TxSent {
  readonly hash: Hex;
  readonly nonce: number;
  readonly raw: Hex;
}

/** How an intent ended. `refused`: never sent; `replaced`: another transaction took its nonce. */
export interface TxOutcome {
  readonly status: 'success' | 'reverted' | 'refused' | 'replaced';
  readonly hash?: Hex;
  readonly blockNumber?: number;
}

export interface PendingTx {
  readonly id: string;
  readonly intent: TxIntent;
  readonly sent?: TxSent;
}

/**
 * Durable memory of transactions. Each call must be on disk when its promise resolves: `sent` is awaited before the bytes
 * leave the machine, so that after a crash every transaction that may be out there is known.
 */
export interface TxJournal {
  begin(intent: TxIntent): Promise<string> | string;
  sent(id: string, sent: TxSent): Promise<void> | void;
  done(id: string, outcome: TxOutcome): Promise<void> | void;
  /** Intents without an outcome, oldest first. */
  pending(): Promise<readonly PendingTx[]> | readonly PendingTx[];
}

/** Forgets everything with the process: for devnets, tests and tools that send one transaction. */
export function memoryJournal(): TxJournal {
  const open = new Map<string, PendingTx>();
  let next = 0;
  return {
    begin(intent) {
      const id = String(next++);
      open.set(id, { id, intent });
      return id;
    },
    sent(id, sent) {
      const entry = open.get(id);
      if (entry !== undefined) open.set(id, { ...entry, sent });
    },
    done(id) {
      open.delete(id);
    },
    pending: () => [...open.values()],
  };
}
