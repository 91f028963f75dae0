/** Streams to and from the peers of one host: serving, opening, dialling, with their timeouts. */
import type { Connection, PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import type { Logger } from 'pino';
import type { Clock } from '../../util/clock.ts';
import { withDeadline } from '../../util/deadline.ts';
import { isCoded } from '../../util/errors.ts';
import type { Channel } from '../channel.ts';
import type { StreamDescriptor } from '../define.ts';
import { protocolError } from '../errors.ts';
import type { StreamHandler } from '../network.ts';
import type { PlainHost } from './host.ts';
import { learnAddresses } from './learnAddresses.ts';
import { StreamServer } from './serve.ts';
import { StreamChannel } from './streamChannel.ts';

/** A dial, with the protocol agreed on. */
const OPEN_TIMEOUT_MS = 15_000;
/** Dials of one opening, the longest wait for each, and how long after a failed one the peer may still come by itself. */
const DIAL_ATTEMPTS = 3;
const DIAL_ATTEMPT_MS = 4_000;
const MEET_MS = 300;

export class PeerStreams {
  readonly #host: PlainHost;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #servers = new Set<{ stop(): void }>();
  readonly #channels = new Set<{ reset(reason?: Error): void }>();

  constructor({ host, clock, log }: { readonly host: PlainHost; readonly clock: Clock; readonly log: Logger }) {
    this.#host = host;
    this.#clock = clock;
    this.#log = log;
  }

  async handle<Up, Down>(descriptor: StreamDescriptor<Up, Down>, handler: StreamHandler<Up, Down>): Promise<() => Promise<void>> {
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
    return this.#reach(address, signal, async (whole) =>
      (await this.#host.dial(multiaddr(address), { signal: whole })).remotePeer.toString(),
    );
  }

  /** Drops every stream. */
  stop(): void {
    for (const server of this.#servers) server.stop();
    for (const channel of this.#channels) channel.reset();
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
        const dial = async (): Promise<Connection> => {
          await learnAddresses(this.#host, id, inner);
          return this.#host.dial(id, { signal: inner });
        };
        const dialled = dial().catch(async (error: unknown) => {
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
