import type { Logger } from 'pino';
import type { Chain } from '../chain/client.ts';
import { type BilledTask, payoutTree, taskTree } from '../chain/merkle.ts';
import type { LeafChallenge } from '../chain/settlementView.ts';
import { structHash } from '../crypto/eip712.ts';
import { billOf, type Hex } from '../types/index.ts';
import { toCoded } from '../util/errors.ts';
import type { SettlementBook } from './book.ts';

export interface Answerer {
  /** Challenges answered since the start; each paid a bond. */
  readonly answered: number;
  close(): void;
}

/**
 * Shows the leaves that somebody asked for on chain, so that no epoch that is in order falls for want of an answer. Whoever is first
 * gets the bond; what comes second is refused and costs nothing.
 */
export function startAnswerer({ chain, book, log }: { chain: Chain; book: SettlementBook; log: Logger }): Answerer {
  let answered = 0;
  let running: Promise<void> | undefined;
  let closed = false;

  async function answerAll(): Promise<void> {
    for (const { epoch, root, held } of chain.settlement.after(0)) {
      if (!held) continue;
      for (const challenge of await chain.settlement.challenges(epoch)) {
        if (closed) return;
        await answer(challenge, root).catch((error: unknown) => {
          log.debug({ epoch, code: toCoded(error).code }, 'a challenge is looked at again at the next block');
        });
      }
    }
  }

  async function answer({ epoch, part, index }: LeafChallenge, root: Hex): Promise<void> {
    const known = book.root(root);
    if (known === undefined) return;
    if (part === 'payouts') {
      const tree = payoutTree(known.payouts);
      const payout = tree.payouts[index];
      const claim = payout === undefined ? undefined : tree.claimOf(payout.account);
      if (payout === undefined || claim === undefined) return;
      await chain.write.answerPayout({ epoch, account: payout.account, ...claim });
    } else {
      const receipts = known.tasks.flatMap((task) => book.get(task)?.result.receipt.receipt ?? []);
      if (receipts.length !== known.tasks.length) return;
      receipts.sort((a, b) => (a.task < b.task ? -1 : 1));
      const bills = receipts.map(
        (receipt): BilledTask => ({ task: receipt.task, receipt: structHash('Receipt', receipt), cost: billOf(receipt) }),
      );
      const [receipt, bill] = [receipts[index], bills[index]];
      const proof = bill === undefined ? undefined : taskTree(bills).proofOf(bill.task);
      if (receipt === undefined || bill === undefined || proof === undefined) return;
      await chain.write.answerTask({ epoch, receipt, bill, ...proof });
    }
    answered += 1;
    log.info({ epoch, part, index }, 'answered a challenge');
  }

  const off = chain.onBlock(() => {
    if (running !== undefined) return;
    running = answerAll()
      .catch((error: unknown) => log.debug({ code: toCoded(error).code }, 'challenges are looked at again at the next block'))
      .finally(() => {
        running = undefined;
      });
  });
  return {
    get answered() {
      return answered;
    },
    close() {
      closed = true;
      off();
    },
  };
}
