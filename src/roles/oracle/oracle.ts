import { beaconTopic } from '../../protocols/beacon/topic.ts';
import { currentBase, termsOfEpoch } from '../../settlement/base.ts';
import { TASKS_MAX } from '../../settlement/book.ts';
import { draftEpoch, type VerifiedTask } from '../../settlement/epoch.ts';
import { settlementError } from '../../settlement/errors.ts';
import type { Address, Hex, TaskId } from '../../types/index.ts';
import { BoundedMap } from '../../util/boundedMap.ts';
import { toCoded, utilError } from '../../util/errors.ts';
import { batchOf } from './batch.ts';
import type { Oracle, OracleComponents } from './index.ts';
import type { OracleOptions } from './options.ts';
import { collectSignatures } from './quorum.ts';

/** A task that is refused again and again is proposed at least once in this many epochs, as a power of two. */
const SIT_OUT_DOUBLINGS_MAX = 6;

export class OracleRole implements Oracle {
  readonly #c: OracleComponents;
  readonly #options: OracleOptions;
  readonly #stop = new AbortController();
  readonly #counters = { beacons: 0, epochs: 0, tasks: 0, failed: 0, dropped: 0 };
  readonly #running: Promise<void>;
  readonly #sitOut = new BoundedMap<TaskId, { times: number; until: number }>(TASKS_MAX);
  #closing = false;
  #settling = false;

  constructor(components: OracleComponents, options: OracleOptions) {
    this.#c = components;
    this.#options = options;
    this.#running = this.#run();
  }

  counters(): Record<string, number> {
    return { ...this.#counters, open: this.#c.book.open().length };
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const grace = this.#c.clock.sleep(graceMs, this.#stop.signal).catch(() => {});
    // Between epochs there is nothing to wait for; within one, its transaction.
    if (!this.#settling) this.#stop.abort(utilError('STOPPING', 'this oracle is stopping'));
    await Promise.race([this.#running, grace]);
    this.#stop.abort(utilError('STOPPING', 'this oracle is stopping'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#c;
    const { epochMs } = this.#c.chain.settlement.params;
    while (!this.#closing) {
      try {
        await clock.sleep(epochMs - (clock.now() % epochMs), this.#stop.signal);
        // The one that has just ended: on the chain's clock, too, it has begun.
        await this.#epoch(Math.floor(clock.now() / epochMs) - 1);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#counters.failed += 1;
        log.warn({ code: toCoded(error).code, reason: toCoded(error).message }, 'an epoch was not settled, its tasks stay for the next');
      }
    }
  }

  async #epoch(epoch: number): Promise<void> {
    const me = this.#c.account.address.toLowerCase() as Address;
    const leader = leaderOf(
      epoch,
      this.#c.chain.registry.active('oracle').map(({ operator }) => operator),
    );
    this.#beacon(epoch, leader ?? me);
    if (leader !== me) return;
    this.#dropStale();
    const tasks = batchOf(this.#payable(epoch), this.#options.tasksPerEpochMax);
    if (tasks.length === 0) return;
    this.#settling = true;
    try {
      await this.#settle(epoch, tasks);
    } finally {
      this.#settling = false;
    }
  }

  #beacon(epoch: number, leader: Address): void {
    const { network, chain, clock, account, randomBytes, log } = this.#c;
    const head = chain.head();
    const randomness: Hex = `0x${Buffer.from(randomBytes(32)).toString('hex')}`;
    network
      .publish(beaconTopic, {
        epoch,
        oracle: account.address.toLowerCase() as Address,
        leader,
        chainId: chain.deployment.chainId,
        blockNumber: head.number,
        blockHash: head.hash,
        chainTimestamp: Math.floor(head.timestamp / 1000),
        localTime: clock.now(),
        randomness,
      })
      .then(() => {
        this.#counters.beacons += 1;
      })
      .catch((error: unknown) => log.warn({ code: toCoded(error).code }, 'the beacon was not published'));
  }

  /** Tasks found VALID by a quorum in this oracle's own count, oldest first, but those that sit this epoch out. */
  #payable(epoch: number): VerifiedTask[] {
    const { book, verdicts } = this.#c;
    return book
      .open()
      .filter(({ result: { receipt } }) => {
        const { task } = receipt.receipt;
        return verdicts.tally(task) === 'VALID' && (this.#sitOut.get(task)?.until ?? 0) <= epoch;
      })
      .map(({ result }) => ({ result, guards: verdicts.agreeing(result.receipt.receipt.task) }));
  }

  /** Forgets tasks that will never be paid: decided otherwise, or without a quorum for too long. */
  #dropStale(): void {
    const { book, verdicts, clock, log } = this.#c;
    const stale: TaskId[] = [];
    for (const { result, seenAt } of book.open()) {
      const { task } = result.receipt.receipt;
      const tally = verdicts.tally(task);
      if (tally === 'VALID' || (tally === 'OPEN' && clock.now() - seenAt < this.#options.voteTimeoutMs)) continue;
      this.#counters.dropped += 1;
      log.info({ task, tally }, 'a task is not paid');
      stale.push(task);
    }
    book.drop(stale);
  }

  /** What cannot be billed now, or what guards refuse, must not hold up the others: it is tried again later and later. */
  #postpone(tasks: Iterable<TaskId>, epoch: number): void {
    for (const task of tasks) {
      const times = (this.#sitOut.get(task)?.times ?? 0) + 1;
      this.#sitOut.set(task, { times, until: epoch + 1 + 2 ** Math.min(times, SIT_OUT_DOUBLINGS_MAX) });
    }
  }

  async #settle(epoch: number, tasks: readonly VerifiedTask[]): Promise<void> {
    const { chain, network, book, contracts, account, log } = this.#c;
    await chain.sync();
    // An epoch that is not confirmed here yet is not in the base: counting on from the older one would drop its payouts.
    const newest = await chain.settlement.newest();
    if (newest.standing !== (chain.settlement.latest()?.epoch ?? 0) || newest.posted >= epoch) return;
    const base = await currentBase(this.#c, this.#stop.signal);
    const draft = draftEpoch({
      epoch,
      base,
      tasks,
      voucher: (session, spender) => book.voucher(session, spender),
      session: chain.sessions.get,
      ownerOf: (operator) => chain.registry.get(operator)?.owner,
      oracle: account.address,
      treasury: chain.settlement.params.treasury,
      ...(await termsOfEpoch(chain, epoch, tasks)),
    });
    const billable = new Set(draft?.billed.map(({ result }) => result.receipt.receipt.task));
    this.#postpone(
      tasks.map(({ result }) => result.receipt.receipt.task).filter((task) => !billable.has(task)),
      epoch,
    );
    if (draft === undefined) return;
    const { root, debits, payouts, billed } = draft;
    const proposal = {
      epoch,
      root: root.root,
      total: root.total,
      tasksRoot: root.tasksRoot,
      snapshotBlock: undefined,
      tasks: billed.map(({ result, guards, cost }) => ({ task: result.receipt.receipt.task, cost, guards: [...guards] })),
      payouts: [...payouts],
      debits: debits.map(({ voucher, signature, cumulativeDebit }) => ({ voucher: { voucher, signature }, cumulativeDebit })),
    };
    const statement = { ...root, debitsHash: draft.debitsHash };
    const components = { network, registry: chain.registry, contracts };
    const { attestTimeoutMs } = this.#options;
    const { signatures, reached, missing, refused } = await collectSignatures(
      proposal,
      statement,
      components,
      attestTimeoutMs,
      this.#stop.signal,
    );
    if (!reached) {
      this.#postpone(refused, epoch);
      throw settlementError('EPOCH_QUORUM', `${signatures.length} guards signed epoch ${epoch}; ${missing.join('; ')}`, { epoch });
    }
    // Before anything is sent: whoever claims needs the leaves.
    book.saveRoot(root.root, { epoch, payouts, tasks: proposal.tasks.map(({ task }) => task) });
    const result = await chain.write.settle({ epoch: root, debits, signatures });
    await chain.sync();
    this.#counters.epochs += 1;
    this.#counters.tasks += billed.length;
    log.info(
      {
        epoch,
        tasks: billed.length,
        total: root.total.toString(),
        ...(result.already ? {} : { tx: result.hash, block: result.blockNumber }),
      },
      'settled',
    );
  }
}

/** Oracles lead in turn, in the order of their operators. */
export function leaderOf(epoch: number, oracles: readonly Address[]): Address | undefined {
  return oracles[epoch % oracles.length];
}
