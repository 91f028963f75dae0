import type { Logger } from 'pino';
import type { LocalAccount } from 'viem';
import { type SignedNodeRecord, type SigningContracts, signStatement } from '../crypto/eip712.ts';
import type { Network } from '../protocols/network.ts';
import type { Capacity } from '../protocols/node/messages.ts';
import { nodeTopic } from '../protocols/node/topic.ts';
import type { Address, Hex } from '../types/index.ts';
import type { Clock } from '../util/clock.ts';
import { toCoded } from '../util/errors.ts';

/** How long a record is valid; it is signed anew at half of that. */
const RECORD_LIFETIME_MS = 3_600_000;
/** Heartbeats follow each other faster at first, while the mesh forms. */
const FIRST_MS = 30_000;
const FIRST_INTERVAL_MS = 400;

export interface AnnouncerComponents {
  readonly network: Network;
  readonly account: LocalAccount;
  readonly contracts: SigningContracts;
  readonly clock: Clock;
  readonly log: Logger;
  /** What this node can take on now. */
  readonly capacity: () => Capacity;
}

export interface Announced {
  readonly owner: Address;
  readonly roles: number;
  readonly encryptionKey: Hex;
  readonly intervalMs: number;
}

/** Sends the node's signed record and capacity as a heartbeat (docs/protocols/node.md). Returns how to stop. */
export function startAnnouncer(components: AnnouncerComponents, announced: Announced): () => Promise<void> {
  const { network, account, contracts, clock, log, capacity } = components;
  const stop = new AbortController();
  const startedAt = clock.monotonic();
  let record: SignedNodeRecord | undefined;

  async function fresh(): Promise<SignedNodeRecord> {
    const now = clock.now();
    if (record !== undefined && record.record.expiresAt - now > RECORD_LIFETIME_MS / 2) return record;
    const unsigned = {
      peerId: network.peerId,
      operator: account.address.toLowerCase() as Address,
      owner: announced.owner.toLowerCase() as Address,
      roles: announced.roles,
      encryptionKey: announced.encryptionKey,
      sequence: now,
      expiresAt: now + RECORD_LIFETIME_MS,
    };
    record = { record: unsigned, signature: await signStatement('NodeRecord', contracts, unsigned, account) };
    return record;
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await network.publish(nodeTopic, { record: await fresh(), capacity: capacity() });
      } catch (error) {
        if (!stop.signal.aborted) log.warn({ code: toCoded(error).code, reason: toCoded(error).message }, 'the heartbeat was not sent');
      }
      const young = clock.monotonic() - startedAt < FIRST_MS;
      await clock.sleep(young ? Math.min(FIRST_INTERVAL_MS, announced.intervalMs) : announced.intervalMs, stop.signal).catch(() => {});
    }
  }

  const running = run();
  return async () => {
    stop.abort();
    await running;
  };
}
