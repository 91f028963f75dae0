import type { Chain } from '../chain/client.ts';
import type { Payout } from '../chain/merkle.ts';
import type { Network } from '../protocols/network.ts';
import type { SettlementBook } from './book.ts';
import { fetchPayouts } from './payouts.ts';

/**
 * Leaves of the newest root on chain: what the next epoch adds to. A node that missed the epoch fetches them, and learns
 * with them which tasks were billed.
 *
 * @throws PAYOUTS_UNAVAILABLE
 */
export async function currentBase(
  components: { chain: Chain; network: Network; book: SettlementBook },
  signal: AbortSignal,
): Promise<readonly Payout[]> {
  const { chain, network, book } = components;
  const latest = chain.settlement.latest();
  if (latest === undefined) return [];
  let known = book.root(latest.root);
  if (known === undefined) {
    known = await fetchPayouts(latest.root, { network, registry: chain.registry }, signal);
    book.saveRoot(latest.root, known);
    book.settled(latest.root);
  }
  return known.payouts;
}
