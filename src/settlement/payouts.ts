import { payoutTree } from '../chain/merkle.ts';
import type { RegistryView } from '../chain/registryView.ts';
import type { Channel } from '../protocols/channel.ts';
import type { Network } from '../protocols/network.ts';
import type { PayoutsReply, PayoutsRequest } from '../protocols/payouts/messages.ts';
import { payoutsStream } from '../protocols/payouts/stream.ts';
import type { Hex } from '../types/index.ts';
import { withDeadline } from '../util/deadline.ts';
import type { KnownRoot, SettlementBook } from './book.ts';
import { settlementError } from './errors.ts';

const FETCH_TIMEOUT_MS = 10_000;

/** Answers `/cortensor/payouts/1` from the book. */
export async function servePayouts(book: SettlementBook, channel: Channel<PayoutsReply, PayoutsRequest>): Promise<void> {
  const request = await channel.next();
  if (request === undefined) return;
  const known = book.root(request.root);
  if (known === undefined) throw settlementError('PAYOUTS_UNKNOWN', `root ${request.root} is not held here`);
  await channel.send({ kind: 'found', epoch: known.epoch, payouts: [...known.payouts], tasks: [...known.tasks] });
  await channel.close();
}

/**
 * Asks oracles, then guards, for the leaves of a root until some hash to it: nobody has to be trusted.
 *
 * @throws PAYOUTS_UNAVAILABLE
 */
export async function fetchPayouts(
  root: Hex,
  components: { network: Network; registry: RegistryView },
  signal: AbortSignal,
): Promise<KnownRoot> {
  const { network, registry } = components;
  const holders = [...registry.active('oracle'), ...registry.active('guard')];
  const peers = new Set(holders.flatMap(({ operator }) => network.nodes.byOperator(operator)?.record.peerId ?? []));
  peers.delete(network.peerId);
  for (const peerId of peers) {
    const known = await withDeadline('fetching payouts', FETCH_TIMEOUT_MS, signal, (inner) => askPeer(network, peerId, root, inner)).catch(
      () => undefined,
    );
    signal.throwIfAborted();
    if (known !== undefined && known.payouts.length > 0 && payoutTree(known.payouts).root === root) return known;
  }
  throw settlementError('PAYOUTS_UNAVAILABLE', `none of ${peers.size} oracles and guards gave the leaves of root ${root}`);
}

async function askPeer(network: Network, peerId: string, root: Hex, signal: AbortSignal): Promise<KnownRoot | undefined> {
  const channel = await network.open(payoutsStream, peerId, signal);
  try {
    await channel.send({ root }, signal);
    const reply = await channel.next(signal);
    return reply?.kind === 'found' ? reply : undefined;
  } finally {
    channel.reset();
  }
}
