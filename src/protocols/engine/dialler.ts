/** Connects to peers that the DHT or the bootstrap list brings up, within bounds. libp2p has no auto-dialler of its own. */
import type { Connection, PeerId, PeerInfo } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { Logger } from 'pino';
import type { Clock } from '../../util/clock.ts';
import { answersQueries, type Host, routingTableSize } from './host.ts';
import { learnAddresses } from './learnAddresses.ts';

/** Discovered peers are dialled up to this many connections; beyond, only on demand. */
export const CONNECTIONS_TARGET = 64;
/** Below this many, the DHT is asked for more, and known peers and the bootstrap list are dialled again. */
export const CONNECTIONS_MIN = 4;
/** Pause between two such attempts: doubles from the first to the second. */
export const LOOK_INTERVAL_MIN_MS = 500;
export const LOOK_INTERVAL_MAX_MS = 10_000;
const DIALS_MAX = 8;
const DIAL_TIMEOUT_MS = 5_000;
/** A routing table with fewer peers, and fewer than are connected, has missed some. */
const TABLE_MIN = 8;
/** A connection this old without a stream for gossip to its peer is identified again. */
const IDENTIFY_AFTER_MS = 3_000;
/** Protocol ids of gossipsub begin with it. */
const GOSSIP_PROTOCOL = '/meshsub/';

export class Dialler {
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #bootstrap: readonly string[];
  readonly #stopped = new AbortController();
  readonly #dialling = new Set<string>();
  readonly #identifying = new Set<string>();

  constructor(components: { readonly host: Host; readonly clock: Clock; readonly log: Logger }, bootstrap: readonly string[]) {
    this.#host = components.host;
    this.#clock = components.clock;
    this.#log = components.log;
    this.#bootstrap = bootstrap;
  }

  start(): void {
    this.#host.addEventListener('peer:discovery', this.#onDiscovery);
    void this.#keepConnected();
  }

  stop(): void {
    this.#host.removeEventListener('peer:discovery', this.#onDiscovery);
    this.#stopped.abort();
  }

  readonly #onDiscovery = (event: CustomEvent<PeerInfo>): void => {
    if (this.#host.getConnections().length < CONNECTIONS_TARGET) this.#dial(event.detail.id);
  };

  #dial(target: PeerId | string): void {
    const name = target.toString();
    if (this.#dialling.size >= DIALS_MAX || this.#dialling.has(name) || this.#stopped.signal.aborted) return;
    if (typeof target !== 'string' && this.#host.getConnections(target).length > 0) return;
    this.#dialling.add(name);
    const signal = AbortSignal.timeout(DIAL_TIMEOUT_MS);
    const dial = async (): Promise<Connection> => {
      if (typeof target === 'string') return this.#host.dial(multiaddr(target), { signal });
      await learnAddresses(this.#host, target, signal);
      return this.#host.dial(target, { signal });
    };
    dial()
      .catch((error: unknown) => this.#log.debug({ peer: name, err: error }, 'dial failed'))
      .finally(() => this.#dialling.delete(name));
  }

  /** A young network fills up fast, and a node that lost everybody comes back through the peers that it remembers. */
  async #keepConnected(): Promise<void> {
    const { signal } = this.#stopped;
    let pauseMs = LOOK_INTERVAL_MIN_MS;
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(pauseMs, signal);
        pauseMs = Math.min(2 * pauseMs, LOOK_INTERVAL_MAX_MS);
        await this.#identifyAgain();
        const connected = this.#host.getConnections().length;
        if (connected >= CONNECTIONS_MIN) continue;
        if (connected === 0) for (const address of this.#bootstrap) this.#dial(address);
        else await this.#look(pauseMs);
        const known = await this.#host.peerStore.all({ limit: 2 * DIALS_MAX, signal });
        for (const peer of known) if (!peer.id.equals(this.#host.peerId)) this.#dial(peer.id);
      } catch (error) {
        if (!signal.aborted) this.#log.debug({ err: error }, 'looking for peers failed');
      }
    }
  }

  /**
   * Asks connected peers again what they speak when nothing can be said to them by gossip. An identify that was lost on a busy machine leaves
   * both sides connected and deaf, for libp2p asks only once; and gossipsub tries to open its stream once, when a peer is identified: where
   * that failed, or the stream broke, it counts the peer among its own and never speaks to it again. The DHT, too, takes a peer into its routing table
   * only when it is identified, and misses those that came before it had started or did not answer its ping in time: with an empty table every lookup
   * ends at once. Identifying makes both try once more.
   */
  async #identifyAgain(): Promise<void> {
    const connections = this.#host.getConnections();
    const tableIsPoor = await this.#tableMisses(connections);
    const reached = new Set(tableIsPoor ? [] : connections.filter(hasGossipStream).map(({ remotePeer }) => remotePeer.toString()));
    for (const connection of connections) {
      const peer = connection.remotePeer.toString();
      const age = this.#clock.now() - (connection.timeline.open ?? this.#clock.now());
      if (reached.has(peer) || connection.status !== 'open' || age < IDENTIFY_AFTER_MS || this.#identifying.has(peer)) continue;
      this.#identifying.add(peer);
      this.#host.services.identify
        .identify(connection, { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) })
        .catch((error: unknown) => this.#log.debug({ peer, err: error }, 'identify failed'))
        .finally(() => this.#identifying.delete(peer));
    }
  }

  async #tableMisses(connections: readonly Connection[]): Promise<boolean> {
    const size = routingTableSize(this.#host);
    if (size >= TABLE_MIN) return false;
    const peers = new Map(connections.map(({ remotePeer }) => [remotePeer.toString(), remotePeer]));
    const answers = await Promise.all([...peers.values()].map((id) => answersQueries(this.#host, id)));
    return size < Math.min(TABLE_MIN, answers.filter(Boolean).length);
  }

  /** Asks the DHT for the peers nearest to this one. */
  async #look(limitMs: number): Promise<void> {
    const self = this.#host.peerId.toMultihash().bytes;
    for await (const peer of this.#host.peerRouting.getClosestPeers(self, { signal: AbortSignal.timeout(limitMs) })) {
      if (!peer.id.equals(this.#host.peerId)) this.#dial(peer.id);
    }
  }
}

function hasGossipStream({ streams }: Connection): boolean {
  return streams.some(
    ({ direction, protocol, status }) => direction === 'outbound' && protocol.startsWith(GOSSIP_PROTOCOL) && status === 'open',
  );
}
