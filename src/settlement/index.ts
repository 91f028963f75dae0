import type { Logger } from 'pino';
import type { Chain } from '../chain/client.ts';
import type { EpochEntry } from '../chain/settlementView.ts';
import type { Network } from '../protocols/network.ts';
import { payoutsStream } from '../protocols/payouts/stream.ts';
import type { TaskResult } from '../protocols/result/messages.ts';
import { resultTopic } from '../protocols/result/topic.ts';
import { voteTopic } from '../protocols/vote/topic.ts';
import type { Address, TaskId } from '../types/index.ts';
import type { Clock } from '../util/clock.ts';
import { toCoded } from '../util/errors.ts';
import type { TaskVerdicts } from '../validation/taskVerdicts.ts';
import { learnRoot } from './base.ts';
import { isBillable } from './billable.ts';
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
  for (const seen of book.kept()) verdicts.open(seen.result.receipt.receipt.task, seen.committee);
  for (const reveal of book.storedReveals()) verdicts.restore(reveal);

  const undo: (() => unknown)[] = [
    network.subscribe(resultTopic, (result) => {
      const { task } = result.receipt.receipt;
      if (!isBillable(result, clock.now())) return;
      const committee = verdicts.committee(task) ?? committeeOf(result, chain.registry);
      // Votes may have come before the result: the book takes them now.
      if (book.add(result, committee, clock.now())) for (const reveal of verdicts.revealed(task)) book.addReveal(reveal);
      verdicts.open(task, committee);
    }),
    network.subscribe(voteTopic, (vote) => (vote.kind === 'commit' ? verdicts.commit(vote) : verdicts.reveal(vote))),
    verdicts.onCounted((reveal) => book.addReveal(reveal)),
  ];
  const stop = new AbortController();
  let learning: Promise<void> | undefined;
  let final = 0;
  const learn = async (): Promise<void> => {
    // Every epoch, not only the newest: several may have been settled since the last look.
    for (const entry of chain.settlement.after(book.settledEpoch)) {
      // An epoch that this node had no part in: its leaves come from those who attested it.
      if (book.root(entry.root) === undefined) await learnEpoch(entry, { chain, network, book, log }, stop.signal);
      book.settled(entry);
    }
  };
  undo.push(
    chain.onBlock((head) => {
      const { settledEpoch } = book;
      book.voided(chain.settlement.voided());
      const active = chain.settlement.active(head.timestamp)?.epoch ?? 0;
      if (active > final) book.final(active);
      final = active;
      dropExpired(book, clock.now());
      if (learning !== undefined || chain.settlement.after(settledEpoch).length === 0) return;
      learning = learn()
        .catch((error: unknown) => {
          if (!stop.signal.aborted)
            log.debug({ settledEpoch, code: toCoded(error).code }, 'the leaves of an epoch are asked for again at the next block');
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

/** Leaves of the newest epoch must be had; an older one that nobody holds any more is done without. @throws PAYOUTS_UNAVAILABLE */
async function learnEpoch(
  entry: EpochEntry,
  { log, ...components }: { chain: Chain; network: Network; book: SettlementBook; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  try {
    await learnRoot(entry, components, signal);
  } catch (error) {
    if (signal.aborted || entry.epoch === components.chain.settlement.latest()?.epoch) throw error;
    log.warn({ epoch: entry.epoch, code: toCoded(error).code }, 'the tasks of an older epoch stay unknown here');
  }
}

/** Results whose time to be billed is over: nobody attests them any more. */
function dropExpired(book: SettlementBook, now: number): void {
  const expired: TaskId[] = [];
  for (const { result } of book.kept()) if (!isBillable(result, now)) expired.push(result.receipt.receipt.task);
  book.drop(expired);
}
