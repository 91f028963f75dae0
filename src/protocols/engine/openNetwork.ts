/** Starts a host and binds it to one network: the implementation of `Network`. */
import { mkdir } from 'node:fs/promises';
import type { Connection, PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { LevelDatastore } from 'datastore-level';
import type { Logger } from 'pino';
import type { SigningContracts } from '../../crypto/eip712.ts';
import type { PeerKey } from '../../crypto/identity.ts';
import { networkIdOf } from '../../crypto/ids.ts';
import type { Address, ModelId, NetworkId, Role } from '../../types/index.ts';
import type { Clock } from '../../util/clock.ts';
import { withDeadline } from '../../util/deadline.ts';
import { isCoded } from '../../util/errors.ts';
import type { Channel } from '../channel.ts';
import type { StreamDescriptor, TopicDescriptor } from '../define.ts';
import { protocolError } from '../errors.ts';
import type { EnvelopeMeta, Network, PeerSummary, StreamHandler } from '../network.ts';
import { NodeTable, type NodeTableOptions } from '../node/table.ts';
import { Dialler } from './dialler.ts';
import { Gossip } from './gossip.ts';
import { createHost, type Datastore, type Host, type HostOptions, scoreOf } from './host.ts';
import { findModelProviders, provideModel, stopProviding } from './providers.ts';
import { StreamServer } from './serve.ts';
import { StreamChannel } from './streamChannel.ts';

/** A dial, with the protocol agreed on. */
const OPEN_TIMEOUT_MS = 15_000;
/** Dials of one opening, the longest wait for each, and how long after a failed one the peer may still come by itself. */
const DIAL_ATTEMPTS = 3;
const DIAL_ATTEMPT_MS = 4_000;
const MEET_MS = 300;

export interface NetworkComponents {
  readonly key: PeerKey;
  readonly contracts: SigningContracts;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether an operator is registered and staked for a role, from a cached view; undefined when it is not known yet. */
  readonly isRegistered: (operator: Address, role: Role) => boolean | undefined;
}

export interface NetworkOptions extends Omit<HostOptions, 'networkId'> {
  /** Directory of the peer store; without it nothing is remembered over a restart. */
  readonly datastoreDir?: string;
  readonly nodes?: NodeTableOptions;
}

/** @throws whatever listening throws; nothing stays open then. */
export async function openNetwork(components: NetworkComponents, options: NetworkOptions): Promise<Network> {
  const networkId = networkIdOf(components.contracts.chainId, components.contracts.nodeRegistry);
  const level = options.datastoreDir === undefined ? undefined : await openLevel(options.datastoreDir);
  let host: Host | undefined;
  try {
    host = await createHost({ key: components.key, ...(level ? { datastore: level } : {}) }, { ...options, networkId });
    const network = new Libp2pNetwork({ ...components, host, networkId }, options, level);
    await network.start();
    return network;
  } catch (error) {
    await host?.stop();
    await level?.close();
    throw error;
  }
}

async function openLevel(directory: string): Promise<LevelDatastore> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const level = new LevelDatastore(directory);
  await level.open();
  return level;
}

class Libp2pNetwork implements Network {
  readonly networkId: NetworkId;
  readonly nodes: NodeTable;
  readonly #host: Host;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #datastore: (Datastore & { close(): Promise<void> }) | undefined;
  readonly #gossip: Gossip;
  readonly #dialler: Dialler;
  readonly #servers = new Set<{ stop(): void }>();
  readonly #channels = new Set<{ reset(reason?: Error): void }>();
  #closing: Promise<void> | undefined;

  constructor(
    components: NetworkComponents & { readonly host: Host; readonly networkId: NetworkId },
    options: NetworkOptions,
    datastore: (Datastore & { close(): Promise<void> }) | undefined,
  ) {
    const { host, networkId, clock, log } = components;
    this.#host = host;
    this.#log = log;
    this.#clock = clock;
    this.#datastore = datastore;
    this.networkId = networkId;
    this.nodes = new NodeTable({ now: () => clock.now() }, options.nodes);
    this.#gossip = new Gossip({ ...components, nodes: this.nodes });
    this.#dialler = new Dialler({ host, clock, log }, options.bootstrap);
  }

  async start(): Promise<void> {
    this.#dialler.start();
    await this.#host.start();
    this.#gossip.start();
    this.#log.info({ peer: this.peerId, addresses: this.addresses, network: this.networkId }, 'network up');
  }

  get peerId(): string {
    return this.#host.peerId.toString();
  }

  get addresses(): readonly string[] {
    return this.#host.getMultiaddrs().map(String);
  }

  peers(): PeerSummary[] {
    return this.#host.getConnections().map((connection) => ({
      peerId: connection.remotePeer.toString(),
      address: connection.remoteAddr.toString(),
      direction: connection.direction,
      score: scoreOf(this.#host, connection.remotePeer.toString()),
      rttMs: connection.rtt,
    }));
  }

  verdicts(): ReadonlyMap<string, number> {
    return this.#gossip.verdicts;
  }

  async publish<T>(topic: TopicDescriptor<T>, body: T): Promise<void> {
    this.#throwIfClosing();
    await this.#gossip.publish(topic, body);
  }

  subscribe<T>(topic: TopicDescriptor<T>, handler: (message: T, from: EnvelopeMeta) => void): () => void {
    this.#throwIfClosing();
    return this.#gossip.subscribe(topic, handler);
  }

  async handle<Up, Down>(descriptor: StreamDescriptor<Up, Down>, handler: StreamHandler<Up, Down>): Promise<() => Promise<void>> {
    this.#throwIfClosing();
    const server = new StreamServer({ log: this.#log }, descriptor, handler);
    // The coded answer comes from our own quota; libp2p's bound behind it only resets.
    const maxInboundStreams = 2 * descriptor.inboundStreamsPerPeerMax;
    await this.#host.handle(descriptor.protocol, server.onStream, { maxInboundStreams, maxOutboundStreams: 1024 });
    this.#servers.add(server);
    return async () => {
      this.#servers.delete(server);
      await this.#host.unhandle(descriptor.protocol);
      server.stop();
    };
  }

  async open<Up, Down>(descriptor: StreamDescriptor<Up, Down>, peerId: string, signal?: AbortSignal): Promise<Channel<Up, Down>> {
    this.#throwIfClosing();
    const { protocol, up, down, requestTimeoutMs, idleTimeoutMs } = descriptor;
    return this.#reach(peerId, signal, async (whole) => {
      const connection = await this.#connect(peerId, whole);
      const stream = await connection.newStream(protocol, { signal: whole, maxOutboundStreams: 1024 }).catch((error: unknown) => {
        // Nothing came back in time: the connection may be dead. The next opening dials anew.
        const timedOut = whole.aborted && (signal?.aborted !== true || isCoded(signal.reason, 'TIMEOUT'));
        if (timedOut) connection.abort(error instanceof Error ? error : new Error('no answer'));
        throw error;
      });
      const channel = new StreamChannel<Up, Down>(stream, { outgoing: up, incoming: down, peerId, requestTimeoutMs, idleTimeoutMs });
      this.#channels.add(channel);
      stream.addEventListener('close', () => this.#channels.delete(channel), { once: true });
      return channel;
    });
  }

  async dial(address: string, signal?: AbortSignal): Promise<string> {
    this.#throwIfClosing();
    return this.#reach(address, signal, async (whole) =>
      (await this.#host.dial(multiaddr(address), { signal: whole })).remotePeer.toString(),
    );
  }

  async provide(model: ModelId, signal?: AbortSignal): Promise<void> {
    this.#throwIfClosing();
    await provideModel(this.#host, model, signal);
  }

  unprovide(model: ModelId): void {
    stopProviding(this.#host, model).catch((error: unknown) => this.#log.warn({ model, err: error }, 'a provider record stays'));
  }

  findProviders(model: ModelId, signal?: AbortSignal): AsyncIterable<string> {
    this.#throwIfClosing();
    return findModelProviders(this.#host, model, signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#dialler.stop();
    this.#gossip.stop();
    for (const server of this.#servers) server.stop();
    for (const channel of this.#channels) channel.reset();
    try {
      await this.#host.stop();
    } finally {
      // libp2p does not close a datastore that it was given.
      await this.#datastore?.close();
    }
  }

  #throwIfClosing(): void {
    if (this.#closing !== undefined) throw protocolError('NETWORK_CLOSED', 'the network is stopped');
  }

  /**
   * A connection to a peer: an open one, one that the peer opens meanwhile, or a dialled one. Addresses of a peer that is new here come
   * from the DHT, whose answer on a busy machine may take long or miss: it is asked again before the peer counts as unreachable.
   */
  async #connect(peerId: string, signal: AbortSignal): Promise<Connection> {
    const id = peerIdFromString(peerId);
    for (let attempt = 1; ; attempt++) {
      const open = this.#host.getConnections(id).find((connection) => connection.status === 'open' && connection.limits === undefined);
      if (open !== undefined) return open;
      try {
        return await this.#dialOrMeet(id, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === DIAL_ATTEMPTS) throw error;
      }
    }
  }

  /** Dials for a while; a connection that the peer opens ends the wait. */
  async #dialOrMeet(id: PeerId, signal: AbortSignal): Promise<Connection> {
    const met = Promise.withResolvers<Connection>();
    const onOpen = ({ detail }: CustomEvent<Connection>): void => {
      if (detail.remotePeer.equals(id) && detail.limits === undefined) met.resolve(detail);
    };
    this.#host.addEventListener('connection:open', onOpen);
    try {
      return await withDeadline(`dialling ${id}`, DIAL_ATTEMPT_MS, signal, (inner) => {
        const dialled = this.#host.dial(id, { signal: inner }).catch(async (error: unknown) => {
          // Nobody knows where it is, or its side is dialling right now: give it a moment to show up here.
          await this.#clock.sleep(MEET_MS, inner);
          throw error;
        });
        return Promise.race([dialled, met.promise]);
      });
    } finally {
      this.#host.removeEventListener('connection:open', onOpen);
    }
  }

  /** Runs a dial under its own timeout. A caller's abort is thrown as it is, anything else as PEER_UNREACHABLE. */
  async #reach<T>(target: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    const timer = setTimeout(() => controller.abort(new Error(`no answer within ${OPEN_TIMEOUT_MS} ms`)), OPEN_TIMEOUT_MS);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await work(controller.signal);
    } catch (cause) {
      signal?.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw protocolError('PEER_UNREACHABLE', `${target} cannot be reached: ${why}`, { peer: target }, cause);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
