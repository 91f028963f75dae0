import type { PeerId } from '@libp2p/interface';
import type { Host } from './host.ts';

/**
 * Asks the DHT where a peer is that is known here without an address, as peers are that once dialled in. libp2p's own lookup ends at that entry, finds
 * no address in it, and never asks the network. Of one that nobody knows either nothing is learned.
 *
 * @throws the signal's reason
 */
export async function learnAddresses(host: Pick<Host, 'peerStore' | 'peerRouting'>, id: PeerId, signal: AbortSignal): Promise<void> {
  const known = await host.peerStore.get(id, { signal }).catch(() => undefined);
  signal.throwIfAborted();
  if (known === undefined || known.addresses.length > 0) return;
  // What is found goes into the peer store.
  await host.peerRouting.findPeer(id, { useCache: false, signal }).catch(() => signal.throwIfAborted());
}
