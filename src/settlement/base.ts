import type { Chain } from '../chain/client.ts';
import { ZERO_HASH } from '../chain/merkle.ts';
import type { EpochEntry } from '../chain/settlementView.ts';
import type { Network } from '../protocols/network.ts';
import type { KnownRoot, SettlementBook } from './book.ts';
import type { EpochBase, EpochInput, VerifiedTask } from './epoch.ts';
import { fetchPayouts } from './payouts.ts';

/**
 * The newest root on chain that stands, with its leaves: what the next epoch adds to. A node that missed the epoch fetches them, and learns
 * with them which tasks were billed.
 *
 * @throws PAYOUTS_UNAVAILABLE
 */
export async function currentBase(
  components: { chain: Chain; network: Network; book: SettlementBook },
  signal: AbortSignal,
): Promise<EpochBase> {
  const { chain, book } = components;
  const latest = chain.settlement.latest();
  if (latest === undefined) return { root: ZERO_HASH, payouts: [] };
  let known = book.root(latest.root);
  if (known === undefined) {
    known = await learnRoot(latest, components, signal);
    book.settled(latest);
  }
  return { root: latest.root, payouts: known.payouts };
}

/** What the chain says that an epoch over these tasks is counted with. @throws CHAIN_UNREACHABLE */
export async function termsOfEpoch(
  chain: Chain,
  epoch: number,
  tasks: readonly VerifiedTask[],
): Promise<Pick<EpochInput, 'split' | 'charged'>> {
  const sessions = [...new Set(tasks.map(({ result }) => result.receipt.receipt.session))];
  const [split, charged] = await Promise.all([chain.settlement.split(epoch), chain.settlement.charged(sessions)]);
  return { split, charged };
}

/**
 * Fetches the leaves of a root on chain and keeps them. The epoch is the chain's, not what the peer says.
 *
 * @throws PAYOUTS_UNAVAILABLE
 */
export async function learnRoot(
  { epoch, root }: EpochEntry,
  { chain, network, book }: { chain: Chain; network: Network; book: SettlementBook },
  signal: AbortSignal,
): Promise<KnownRoot> {
  const known = { ...(await fetchPayouts(root, { network, registry: chain.registry }, signal)), epoch };
  book.saveRoot(root, known);
  return known;
}
