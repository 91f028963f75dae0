import type { Logger } from 'pino';
import type { Chain } from '../chain/client.ts';
import { payoutTree } from '../chain/merkle.ts';
import type { EpochEntry } from '../chain/settlementView.ts';
import type { Network } from '../protocols/network.ts';
import type { Address, Wei } from '../types/index.ts';
import { toCoded } from '../util/errors.ts';
import type { SettlementBook } from './book.ts';
import { fetchPayouts } from './payouts.ts';

export interface Claimer {
  /** Wei claimed since the start. */
  readonly claimed: Wei;
  close(): void;
}

/** Collects what an account has earned, whenever a root's challenge window has passed and at least `claimMin` is owed. */
export function startClaimer(
  components: { chain: Chain; network: Network; book: SettlementBook; account: Address; log: Logger },
  claimMin: Wei,
): Claimer {
  const { chain, network, book, account, log } = components;
  const stop = new AbortController();
  let claimed = 0n;
  let done = 0;
  let running: Promise<void> | undefined;

  async function collect(entry: EpochEntry): Promise<void> {
    const known = book.root(entry.root) ?? (await fetchPayouts(entry.root, { network, registry: chain.registry }, stop.signal));
    const claim = payoutTree(known.payouts).claimOf(account);
    const before = claim === undefined ? 0n : await chain.settlement.claimed(account);
    if (claim !== undefined && claim.cumulative - before >= claimMin && claim.cumulative > before) {
      const result = await chain.write.claim({ epoch: entry.epoch, account, ...claim });
      if (result !== undefined) {
        claimed += claim.cumulative - before;
        log.info({ epoch: entry.epoch, wei: (claim.cumulative - before).toString(), tx: result.hash }, 'claimed');
      }
    }
    done = entry.epoch;
  }

  const off = chain.onBlock((head) => {
    const entry = chain.settlement.active(head.timestamp);
    if (entry === undefined || entry.epoch <= done || running !== undefined) return;
    running = collect(entry)
      .catch((error: unknown) => {
        if (!stop.signal.aborted) log.debug({ epoch: entry.epoch, code: toCoded(error).code }, 'the claim waits for the next block');
      })
      .finally(() => {
        running = undefined;
      });
  });

  return {
    get claimed() {
      return claimed;
    },
    close() {
      off();
      // A claim that is under way may wait for a chain that is gone; its transaction is in the journal, and a claim is safe to repeat.
      stop.abort();
    },
  };
}
