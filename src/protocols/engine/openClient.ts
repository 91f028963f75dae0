import type { Logger } from 'pino';
import type { Clock } from '../../util/clock.ts';
import { withDeadline } from '../../util/deadline.ts';
import { protocolError } from '../errors.ts';
import type { Network } from '../network.ts';
import { createPlainHost } from './host.ts';
import { PeerStreams } from './peerStreams.ts';
import { findKeyProviders } from './providers.ts';

/** The first connection to any of the addresses to start from. */
const JOIN_MS = 20_000;

/** What a short-lived client of the network can do. */
export interface NetworkClient extends Pick<Network, 'open' | 'findProviders'> {
  /** Those it is connected to. */
  peerIds(): string[];
  close(): Promise<void>;
}

export interface ClientOptions {
  /** Multiaddrs with /p2p/<peerId> to start from. */
  readonly bootstrap: readonly string[];
  /** Reaches private and loopback addresses that the DHT holds. */
  readonly privateAddresses?: boolean;
  readonly userAgent?: string;
}

/**
 * Joins the network as a client: a key for once, listening nowhere, asking the DHT without answering it.
 *
 * @throws PEER_UNREACHABLE when none of the addresses answers
 */
export async function openClient(
  components: { readonly clock: Clock; readonly log: Logger },
  options: ClientOptions,
  signal?: AbortSignal,
): Promise<NetworkClient> {
  const host = await createPlainHost({ ...options, bootstrap: [], listen: [], dhtServer: false });
  const streams = new PeerStreams({ host, ...components });
  const close = async (): Promise<void> => {
    streams.stop();
    await host.stop();
  };
  try {
    await host.start();
    await withDeadline('joining the network', JOIN_MS, signal, (inner) =>
      Promise.any(options.bootstrap.map((address) => streams.dial(address, inner))),
    ).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw protocolError('PEER_UNREACHABLE', `none of ${options.bootstrap.length} addresses to start from answers`, {}, error);
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    open: (descriptor, peerId, ending) => streams.open(descriptor, peerId, ending),
    findProviders: (key, ending) => findKeyProviders(host, key, ending),
    peerIds: () => [...new Set(host.getPeers().map(String))],
    close,
  };
}
