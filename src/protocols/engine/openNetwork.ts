/** Starts a host and binds it to one network: the implementation of `Network`. */
import { mkdir } from 'node:fs/promises';
import { LevelDatastore } from 'datastore-level';
import type { Logger } from 'pino';
import type { SigningContracts } from '../../crypto/eip712.ts';
import type { PeerKey } from '../../crypto/identity.ts';
import { networkIdOf } from '../../crypto/ids.ts';
import type { Address, NetworkId, Role } from '../../types/index.ts';
import type { Clock } from '../../util/clock.ts';
import type { Channel } from '../channel.ts';
import type { StreamDescriptor, TopicDescriptor } from '../define.ts';
import { protocolError } from '../errors.ts';
import type { ContentKey, EnvelopeMeta, Network, PeerSummary, StreamHandler } from '../network.ts';
import { NodeTable, type NodeTableOptions } from '../node/table.ts';
import { Dialler } from './dialler.ts';
import { Gossip } from './gossip.ts';
import { createHost, type Datastore, type Host, type HostOptions, scoreOf } from './host.ts';
import { PeerStreams } from './peerStreams.ts';
import { findKeyProviders, provideKey, stopProviding } from './providers.ts';

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
  readonly #datastore: (Datastore & { close(): Promise<void> }) | undefined;
  readonly #gossip: Gossip;
  readonly #dialler: Dialler;
  readonly #streams: PeerStreams;
  #closing: Promise<void> | undefined;

  constructor(
    components: NetworkComponents & { readonly host: Host; readonly networkId: NetworkId },
    options: NetworkOptions,
    datastore: (Datastore & { close(): Promise<void> }) | undefined,
  ) {
    const { host, networkId, clock, log } = components;
    this.#host = host;
    this.#log = log;
    this.#datastore = datastore;
    this.networkId = networkId;
    this.nodes = new NodeTable({ now: () => clock.now() }, options.nodes);
    this.#gossip = new Gossip({ ...components, nodes: this.nodes });
    this.#dialler = new Dialler({ host, clock, log }, options.bootstrap);
    this.#streams = new PeerStreams({ host, clock, log });
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
    return this.#streams.handle(descriptor, handler);
  }

  async open<Up, Down>(descriptor: StreamDescriptor<Up, Down>, peerId: string, signal?: AbortSignal): Promise<Channel<Up, Down>> {
    this.#throwIfClosing();
    return this.#streams.open(descriptor, peerId, signal);
  }

  async dial(address: string, signal?: AbortSignal): Promise<string> {
    this.#throwIfClosing();
    return this.#streams.dial(address, signal);
  }

  async provide(key: ContentKey, signal?: AbortSignal): Promise<void> {
    this.#throwIfClosing();
    await provideKey(this.#host, key, signal);
  }

  unprovide(key: ContentKey): void {
    stopProviding(this.#host, key).catch((error: unknown) => this.#log.warn({ key: String(key), err: error }, 'a provider record stays'));
  }

  findProviders(key: ContentKey, signal?: AbortSignal): AsyncIterable<string> {
    this.#throwIfClosing();
    return findKeyProviders(this.#host, key, signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#dialler.stop();
    this.#gossip.stop();
    this.#streams.stop();
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
}
