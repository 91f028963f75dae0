/** Live nodes of the network: verified records and their last capacity, expiring and bounded. */
import type { NodeRecord, SignedNodeRecord } from '../../crypto/eip712.ts';
import { type Address, type ModelId, ROLE_BIT, type Role } from '../../types/index.ts';
import type { Capacity, ModelOffer, NodeAnnouncement } from './messages.ts';

export interface NodeEntry {
  readonly record: NodeRecord;
  readonly signed: SignedNodeRecord;
  readonly capacity: Capacity;
  /** When the last heartbeat was taken in, unix ms of this node's clock. */
  readonly seenAt: number;
}

export type NodeChange = { readonly kind: 'joined' | 'updated' | 'left'; readonly entry: NodeEntry };
/** What `accept` did with an announcement. */
export type Acceptance = 'joined' | 'updated' | 'stale' | 'full';

export interface NodeTableOptions {
  /** Nodes held; when full, the one silent for longest makes room if it is past half its lifetime, else the new one is left out. */
  readonly nodesMax?: number;
  /** A node leaves after this long without a heartbeat. */
  readonly lifetimeMs?: number;
}

export const NODES_MAX = 10_000;
export const NODE_LIFETIME_MS = 90_000;

export class NodeTable {
  readonly #now: () => number;
  readonly #nodesMax: number;
  readonly #lifetimeMs: number;
  /** In order of the last heartbeat, oldest first. */
  readonly #byPeer = new Map<string, NodeEntry>();
  readonly #peerByOperator = new Map<string, string>();
  readonly #peersByModel = new Map<ModelId, Set<string>>();
  readonly #listeners = new Set<(change: NodeChange) => void>();

  constructor(components: { readonly now: () => number }, options: NodeTableOptions = {}) {
    this.#now = components.now;
    this.#nodesMax = options.nodesMax ?? NODES_MAX;
    this.#lifetimeMs = options.lifetimeMs ?? NODE_LIFETIME_MS;
  }

  /** Nodes held. */
  get size(): number {
    this.#expire();
    return this.#byPeer.size;
  }

  /**
   * Takes in an announcement that the `node` rule has accepted (its signatures are not looked at again).
   * `stale`: an older record, or an older measurement under the same record.
   */
  accept(announcement: NodeAnnouncement): Acceptance {
    this.#expire();
    const { record } = announcement.record;
    const known = this.#byPeer.get(record.peerId);
    if (known !== undefined && !isNewer(announcement, known)) return 'stale';
    if (!this.#replaceOperator(record)) return 'stale';
    if (known === undefined && !this.#makeRoom()) return 'full';
    const entry: NodeEntry = { record, signed: announcement.record, capacity: announcement.capacity, seenAt: this.#now() };
    if (known !== undefined) this.#unlink(known);
    this.#link(entry);
    this.#emit({ kind: known === undefined ? 'joined' : 'updated', entry });
    return known === undefined ? 'joined' : 'updated';
  }

  /** True when exactly this signed record was verified before, so that a heartbeat costs no signature check. */
  knows(signed: SignedNodeRecord): boolean {
    const known = this.#byPeer.get(signed.record.peerId)?.signed;
    return known !== undefined && known.signature === signed.signature && sameRecord(known.record, signed.record);
  }

  byPeer(peerId: string): NodeEntry | undefined {
    this.#expire();
    return this.#live(this.#byPeer.get(peerId));
  }

  byOperator(operator: Address): NodeEntry | undefined {
    this.#expire();
    const peerId = this.#peerByOperator.get(operator.toLowerCase());
    return peerId === undefined ? undefined : this.#live(this.#byPeer.get(peerId));
  }

  /** Miners that offer a model, with their offer. */
  byModel(model: ModelId): { readonly entry: NodeEntry; readonly offer: ModelOffer }[] {
    this.#expire();
    const found: { entry: NodeEntry; offer: ModelOffer }[] = [];
    for (const peerId of [...(this.#peersByModel.get(model) ?? [])]) {
      const entry = this.#live(this.#byPeer.get(peerId));
      const offer = entry?.capacity.models.find((item) => item.id === model);
      if (entry !== undefined && offer !== undefined && hasRole(entry.record, 'miner')) found.push({ entry, offer });
    }
    return found;
  }

  byRole(role: Role): NodeEntry[] {
    this.#expire();
    return this.#liveOnes().filter((entry) => hasRole(entry.record, role));
  }

  all(): NodeEntry[] {
    this.#expire();
    return this.#liveOnes();
  }

  /** Models on offer now. */
  models(): ModelId[] {
    this.#expire();
    return [...this.#peersByModel.keys()];
  }

  /** Calls back on every change until the returned function is called. Expiry is noticed at the next use of the table. */
  onChange(listener: (change: NodeChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets a node at once, for example one whose operator was slashed. */
  drop(peerId: string): void {
    const entry = this.#byPeer.get(peerId);
    if (entry !== undefined) this.#leave(entry);
  }

  /** The entry when it may still be used; one whose record has run out leaves. */
  #live(entry: NodeEntry | undefined): NodeEntry | undefined {
    if (entry === undefined || entry.record.expiresAt > this.#now()) return entry;
    this.#leave(entry);
    return undefined;
  }

  #liveOnes(): NodeEntry[] {
    return [...this.#byPeer.values()].filter((entry) => this.#live(entry) !== undefined);
  }

  /** Entries stand in the order of their heartbeat, so the first one in time ends the search. */
  #expire(): void {
    const silentSince = this.#now() - this.#lifetimeMs;
    for (const entry of this.#byPeer.values()) {
      if (entry.seenAt > silentSince) break;
      this.#leave(entry);
    }
  }

  #makeRoom(): boolean {
    if (this.#byPeer.size < this.#nodesMax) return true;
    const [oldest] = this.#byPeer.values();
    if (oldest === undefined || oldest.seenAt + this.#lifetimeMs / 2 > this.#now()) return false;
    this.#leave(oldest);
    return true;
  }

  /** One operator speaks through one peer, and the record with the higher sequence wins. */
  #replaceOperator(record: NodeRecord): boolean {
    const peerId = this.#peerByOperator.get(record.operator.toLowerCase());
    const other = peerId === undefined || peerId === record.peerId ? undefined : this.#live(this.#byPeer.get(peerId));
    if (other === undefined) return true;
    if (other.record.sequence >= record.sequence) return false;
    this.#leave(other);
    return true;
  }

  #link(entry: NodeEntry): void {
    const { peerId, operator } = entry.record;
    this.#byPeer.set(peerId, entry);
    this.#peerByOperator.set(operator.toLowerCase(), peerId);
    for (const { id } of entry.capacity.models) {
      const peers = this.#peersByModel.get(id) ?? new Set();
      this.#peersByModel.set(id, peers.add(peerId));
    }
  }

  #unlink(entry: NodeEntry): void {
    const { peerId, operator } = entry.record;
    this.#byPeer.delete(peerId);
    if (this.#peerByOperator.get(operator.toLowerCase()) === peerId) this.#peerByOperator.delete(operator.toLowerCase());
    for (const { id } of entry.capacity.models) {
      const peers = this.#peersByModel.get(id);
      peers?.delete(peerId);
      if (peers?.size === 0) this.#peersByModel.delete(id);
    }
  }

  #leave(entry: NodeEntry): void {
    this.#unlink(entry);
    this.#emit({ kind: 'left', entry });
  }

  #emit(change: NodeChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

export function hasRole(record: NodeRecord, role: Role): boolean {
  return (record.roles & ROLE_BIT[role]) !== 0;
}

function isNewer(announcement: NodeAnnouncement, known: NodeEntry): boolean {
  const { sequence } = announcement.record.record;
  if (sequence !== known.record.sequence) return sequence > known.record.sequence;
  return announcement.capacity.sentAt > known.capacity.sentAt && sameRecord(announcement.record.record, known.record);
}

function sameRecord(a: NodeRecord, b: NodeRecord): boolean {
  return (
    a.peerId === b.peerId &&
    a.operator === b.operator &&
    a.owner === b.owner &&
    a.roles === b.roles &&
    a.encryptionKey === b.encryptionKey &&
    a.sequence === b.sequence &&
    a.expiresAt === b.expiresAt
  );
}
