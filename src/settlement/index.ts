import type { Logger } from 'pino';
import type { Chain } from '../chain/client.ts';
import type { Network } from '../protocols/network.ts';
import { payoutsStream } from '../protocols/payouts/stream.ts';
import type { TaskResult } from '../protocols/result/messages.ts';
import { resultTopic } from '../protocols/result/topic.ts';
import { voteTopic } from '../protocols/vote/topic.ts';
import type { Address } from '../types/index.ts';
import type { Clock } from '../util/clock.ts';
import { toCoded } from '../util/errors.ts';
import type { TaskVerdicts } from '../validation/taskVerdicts.ts';
import { currentBase } from './base.ts';
import type { SettlementBook } from './book.ts';
import { servePayouts } from './payouts.ts';

/** Guards that audit a task: all active ones but those that have a part in it, by operator or by owner. */
export function committeeOf(result: TaskResult, registry: Chain['registry']): Address[] {
  const parties = [result.receipt.receipt.miner, result.assignment.assignment.router];
  const involved = new Set(parties.flatMap((operator) => [operator.toLowerCase(), registry.get(operator)?.owner ?? '']));
  return registry
    .active('guard')
    .filter((guard) => !involved.has(guard.operator) && !involved.has(guard.owner))
    .map((guard) => guard.operator);
}

/**
 * Feeds the node's view of verdicts from gossip and its book from both: results and votes are kept over restarts, settled
 * epochs are noticed, and their leaves are served to others. Every role needs it, so it starts before them.
 */
export async function followVerdicts(components: {
  network: Network;
  chain: Chain;
  verdicts: TaskVerdicts;
  book: SettlementBook;
  clock: Clock;
  log: Logger;
}): Promise<() => Promise<void>> {
  const { network, chain, verdicts, book, clock, log } = components;
  for (const seen of book.open()) verdicts.open(seen.result.receipt.receipt.task, seen.committee);
  for (const reveal of book.storedReveals()) verdicts.restore(reveal);

  const undo: (() => unknown)[] = [
    network.subscribe(resultTopic, (result) => {
      const { task } = result.receipt.receipt;
      const committee = verdicts.committee(task) ?? committeeOf(result, chain.registry);
      book.add(result, committee, clock.now());
      verdicts.open(task, committee);
    }),
    network.subscribe(voteTopic, (vote) => {
      if (vote.kind === 'commit') return verdicts.commit(vote);
      if (verdicts.reveal(vote)) book.addReveal(vote);
    }),
  ];
  // An epoch that this node had no part in: its leaves come from those who attested it.
  const stop = new AbortController();
  let learning: Promise<void> | undefined;
  undo.push(
    chain.onBlock(() => {
      const latest = chain.settlement.latest();
      if (latest === undefined || latest.epoch <= book.settledEpoch || learning !== undefined) return;
      learning = currentBase({ chain, network, book }, stop.signal)
        .then(() => book.settled(latest.root))
        .catch((error: unknown) => {
          if (!stop.signal.aborted)
            log.debug({ epoch: latest.epoch, code: toCoded(error).code }, 'the leaves of an epoch are asked for again at the next block');
        })
        .finally(() => {
          learning = undefined;
        });
    }),
    await network.handle(payoutsStream, (channel) => servePayouts(book, channel)),
  );
  return async () => {
    stop.abort();
    for (const off of undo.reverse()) await off();
    await learning;
    book.flush();
  };
}
