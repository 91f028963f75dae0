/** The wire as the roles see it: gossip, streams and model providers of one network. `openNetwork` (engine/openNetwork.ts) starts it. */
import type { CID } from 'multiformats/cid';
import type { ModelId, NetworkId } from '../types/index.ts';
import type { Channel } from './channel.ts';
import type { StreamDescriptor, TopicDescriptor } from './define.ts';
import type { NodeTable } from './node/table.ts';

/** Who sent a gossip message, and when. */
export interface EnvelopeMeta {
  /** Peer that signed the envelope (not the one that relayed it). */
  readonly peerId: string;
  /** Raw Ed25519 key of that peer. */
  readonly publicKey: Uint8Array;
  /** Sender's clock, unix ms. */
  readonly sentAt: number;
  /** Message id: SHA-256 of the envelope, hex without prefix. */
  readonly id: string;
  /** True for a message that this node published itself. */
  readonly own: boolean;
}

export interface PeerSummary {
  readonly peerId: string;
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
  /** Gossip score; below 0 is bad. */
  readonly score: number;
  /** Round trip of the last ping, ms. */
  readonly rttMs: number | undefined;
}

/** What provider records are about: a model that is served, or the content of one that is shared. */
export type ContentKey = ModelId | CID;

export interface Network {
  readonly networkId: NetworkId;
  readonly peerId: string;
  /** Multiaddrs with /p2p/<peerId>. */
  readonly addresses: readonly string[];
  /** Verified records and capacities of the network's nodes, this one included once it has announced itself. */
  readonly nodes: NodeTable;
  peers(): PeerSummary[];
  /** Counts of gossip verdicts by topic and code since the start. */
  verdicts(): ReadonlyMap<string, number>;
  /**
   * Signs, publishes, and hands the message to this node's own subscribers too (a node may hold several roles).
   *
   * @throws WIRE_VALUE, WIRE_TOO_LARGE, NETWORK_CLOSED
   */
  publish<T>(topic: TopicDescriptor<T>, body: T): Promise<void>;
  /** Accepted messages only. Handlers must not block; returns the way to leave. */
  subscribe<T>(topic: TopicDescriptor<T>, handler: (message: T, from: EnvelopeMeta) => void): () => void;
  /** Serves a stream protocol. An error thrown by the handler goes to the peer as a coded error frame. Returns the way to stop. */
  handle<Up, Down>(protocol: StreamDescriptor<Up, Down>, handler: StreamHandler<Up, Down>): Promise<() => Promise<void>>;
  /**
   * Opens a stream. `receive` ends when the peer closes its side.
   *
   * @throws PEER_UNREACHABLE, TIMEOUT, NETWORK_CLOSED
   */
  open<Up, Down>(protocol: StreamDescriptor<Up, Down>, peerId: string, signal?: AbortSignal): Promise<Channel<Up, Down>>;
  /** Connects to an address with /p2p/<peerId>. @throws PEER_UNREACHABLE */
  dial(address: string, signal?: AbortSignal): Promise<string>;
  /** Tells the DHT that this node serves a model or shares a content; repeated until `unprovide`. */
  provide(key: ContentKey, signal?: AbortSignal): Promise<void>;
  unprovide(key: ContentKey): void;
  /** Peer ids that say they serve or share it, others than this node. */
  findProviders(key: ContentKey, signal?: AbortSignal): AsyncIterable<string>;
  close(): Promise<void>;
}

/** `channel` is seen from the server: it sends `Down` and receives `Up`. Its `signal` aborts when the peer leaves. */
export type StreamHandler<Up, Down> = (channel: Channel<Down, Up>, remote: { readonly peerId: string }) => Promise<void>;
