/** The libp2p host: TCP, Noise, Yamux, identify, ping, Kademlia and gossipsub, with every bound stated. docs/protocols/overview.md §2 */

import { type GossipSub, gossipsub, StrictNoSign } from '@chainsafe/libp2p-gossipsub';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { bootstrap } from '@libp2p/bootstrap';
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import { type Identify, identify } from '@libp2p/identify';
import type { PeerId } from '@libp2p/interface';
import { type KadDHT, kadDHT, passthroughMapper, removePrivateAddressesMapper, type SingleKadDHT } from '@libp2p/kad-dht';
import { type Ping, ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p';
import { concat } from 'uint8arrays/concat';
import { toString as encode } from 'uint8arrays/to-string';
import type { PeerKey } from '../../crypto/identity.ts';
import type { NetworkId } from '../../types/index.ts';
import { topicString } from '../define.ts';
import { ENVELOPE_BYTES_MAX, envelopeId } from '../envelope.ts';
import { TOPICS } from '../registry.ts';
import { noiseCrypto } from './noiseCrypto.ts';
import { SCORE_THRESHOLDS, scoreParams } from './scoring.ts';

export const KAD_PROTOCOL = '/cortensor/kad/1.0.0';
const CONNECTIONS_MAX = 300;
const IDENTIFY_TIMEOUT_MS = 30_000;
const NEGOTIATION_TIMEOUT_MS = 20_000;
const STREAM_WINDOW_BYTES_MAX = 1024 * 1024;
/** Twice the widest freshness window of a topic and more: nothing that is still fresh is forgotten. */
const SEEN_TTL_MS = 300_000;

export interface HostOptions {
  readonly networkId: NetworkId;
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[];
  /** Multiaddrs to announce in place of the ones listened on, for hosts behind a port mapping. */
  readonly announce?: readonly string[];
  /** Multiaddrs with /p2p/<peerId>; one is enough. */
  readonly bootstrap: readonly string[];
  /** Lets the DHT hold private and loopback addresses: for devnets and LANs. */
  readonly privateAddresses?: boolean;
  /** IP addresses that many peers may share without losing score. */
  readonly colocationWhitelist?: readonly string[];
  /** Answers DHT queries of others (server mode). Off for nodes that cannot be dialled. */
  readonly dhtServer?: boolean;
  readonly connectionsMax?: number;
  readonly userAgent?: string;
}

/** Where peers, provider records and addresses are kept. */
export type Datastore = NonNullable<Libp2pOptions['datastore']>;
export type Host = Libp2p<{ identify: Identify; ping: Ping; dht: KadDHT; pubsub: GossipSub }>;
/** A host without gossip. */
export type PlainHost = Libp2p<{ identify: Identify; ping: Ping; dht: KadDHT }>;

/** Creates the host without starting it. */
export async function createHost(
  components: { readonly key: PeerKey; readonly datastore?: Datastore },
  options: HostOptions,
): Promise<Host> {
  const { networkId } = options;
  return createLibp2p({
    ...plainOptions(components, options),
    services: {
      ...plainServices(options),
      pubsub: gossipsub({
        // Envelopes carry their own signature (protocols/envelope.ts), so the message id is the hash of the content.
        globalSignaturePolicy: StrictNoSign,
        msgIdFn: (message) => envelopeId(message.data),
        msgIdToStrFn: (id) => encode(id, 'base16'),
        seenTTL: SEEN_TTL_MS,
        fallbackToFloodsub: false,
        floodPublish: false,
        doPX: false,
        emitSelf: false,
        allowPublishToZeroTopicPeers: true,
        allowedTopics: new Set(Object.values(TOPICS).map((topic) => topicString(networkId, topic))),
        maxInboundDataLength: 8 * ENVELOPE_BYTES_MAX,
        scoreParams: scoreParams(networkId, { colocationWhitelist: options.colocationWhitelist ?? [] }),
        scoreThresholds: SCORE_THRESHOLDS,
      }),
    },
  });
}

/** A host that looks things up and fetches: no key that lasts, no gossip, nothing that others could ask it. Not started. */
export async function createPlainHost(options: Omit<HostOptions, 'networkId'>): Promise<PlainHost> {
  return createLibp2p({ ...plainOptions({}, options), services: plainServices(options) });
}

function plainOptions(components: { readonly key?: PeerKey; readonly datastore?: Datastore }, options: Omit<HostOptions, 'networkId'>) {
  return {
    start: false,
    ...(components.key ? { privateKey: privateKeyFromRaw(concat([components.key.seed, components.key.publicKey])) } : {}),
    ...(components.datastore ? { datastore: components.datastore } : {}),
    addresses: { listen: [...options.listen], ...(options.announce ? { announce: [...options.announce] } : {}) },
    nodeInfo: { userAgent: options.userAgent ?? 'cortensord' },
    transports: [tcp()],
    connectionEncrypters: [noise({ crypto: noiseCrypto })],
    streamMuxers: [
      yamux({
        maxInboundStreams: 1024,
        maxOutboundStreams: 1024,
        // At most half of the read buffer: else a paused stream is dropped before its sender's window is used up.
        streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX, maxReadBufferLength: 4 * STREAM_WINDOW_BYTES_MAX },
      }),
    ],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: {
      maxConnections: options.connectionsMax ?? CONNECTIONS_MAX,
      maxIncomingPendingConnections: 64,
      inboundConnectionThreshold: 50,
      maxParallelDials: 32,
      dialTimeout: 10_000,
      // The defaults (10 s, 2 s and 2 s) are for machines that are never busy: past them a stream is reset.
      inboundUpgradeTimeout: NEGOTIATION_TIMEOUT_MS,
      inboundStreamProtocolNegotiationTimeout: NEGOTIATION_TIMEOUT_MS,
      outboundStreamProtocolNegotiationTimeout: NEGOTIATION_TIMEOUT_MS,
    },
    // A ping that fails must not end a connection with all answers on it; one that is dead is dropped when a stream does not open.
    connectionMonitor: { pingInterval: 15_000, pingTimeout: { minTimeout: 30_000 }, abortConnectionOnPingFailure: false },
    ...(options.bootstrap.length > 0 ? { peerDiscovery: [bootstrap({ list: [...options.bootstrap], timeout: 100 })] } : {}),
  } satisfies Libp2pOptions;
}

function plainServices(options: Omit<HostOptions, 'networkId'>) {
  return {
    // Its default of 5 s is too short on a machine that starts many nodes at once, and it is not tried again by itself.
    identify: identify({ timeout: IDENTIFY_TIMEOUT_MS }),
    ping: ping(),
    dht: kadDHT({
      protocol: KAD_PROTOCOL,
      clientMode: !(options.dhtServer ?? true),
      peerInfoMapper: options.privateAddresses === true ? passthroughMapper : removePrivateAddressesMapper,
      initialQuerySelfInterval: 200,
      querySelfInterval: 15_000,
      // Every query waits for the first self-query, which has no time limit: on a busy machine it could wait for a peer for ever, and
      // with it each lookup of an address. Empty-handed it ends at once; the dialler (dialler.ts) asks again as soon as there are peers.
      allowQueryWithZeroPeers: true,
      datastorePrefix: '/dht',
    }),
  };
}

/** Peers in the DHT's routing table. */
export function routingTableSize({ services }: Pick<Host, 'services'>): number {
  // One DHT has it, the interface that it is returned as does not.
  return (services.dht as SingleKadDHT).routingTable.size;
}

/** Whether a peer said, when it was identified, that it answers DHT queries. */
export async function answersQueries({ peerStore }: Pick<Host, 'peerStore'>, id: PeerId): Promise<boolean> {
  const peer = await peerStore.get(id).catch(() => undefined);
  return peer?.protocols.includes(KAD_PROTOCOL) ?? false;
}

/** Gossip score of a peer at this host; 0 when it is not known. */
export function scoreOf(host: Host, peerId: string): number {
  // The class has it, the interface that it is returned as does not.
  return (host.services.pubsub as GossipSub & { getScore(peer: string): number }).getScore(peerId);
}
