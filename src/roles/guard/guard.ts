import { signStatement } from '../../crypto/eip712.ts';
import { voteCommit } from '../../crypto/ids.ts';
import { attestStream } from '../../protocols/attest/stream.ts';
import type { EvidenceFound } from '../../protocols/evidence/messages.ts';
import { EvidenceFoundMessage } from '../../protocols/evidence/messages.ts';
import { evidenceStream } from '../../protocols/evidence/stream.ts';
import type { TaskResult } from '../../protocols/result/messages.ts';
import { resultTopic } from '../../protocols/result/topic.ts';
import { voteOf, voteTopic } from '../../protocols/vote/topic.ts';
import { type Address, type Hex, type ModelId, type TaskId, VERDICT_CODE } from '../../types/index.ts';
import { BoundedQueue } from '../../util/boundedQueue.ts';
import { withDeadline } from '../../util/deadline.ts';
import { type CodedError, toCoded, utilError } from '../../util/errors.ts';
import { attest } from './attest.ts';
import { type AuditOutcome, audit } from './audit.ts';
import type { Guard, GuardComponents, GuardModel } from './index.ts';
import { type GuardLedger, type OwnVote, openGuardLedger } from './ledger.ts';
import type { GuardOptions } from './options.ts';

const ZERO: Hex = `0x${'00'.repeat(32)}`;
/** Votes of an earlier run are revealed when they are younger than this. */
const REVEAL_AGE_MAX_MS = 600_000;
/** A vote whose committee stays silent is opened after this long all the same. */
const REVEAL_WAIT_MAX_MS = 120_000;
/** Longest wait for one answer with evidence. */
const EVIDENCE_TRY_MS = 6_000;
/** Pause before evidence is asked for again; doubles. */
const EVIDENCE_RETRY_MS = 250;
/** Pause before a vote is published again; doubles, so many times. */
const REPEAT_MS = 2_000;
const REPEATS = 4;
/** An audit's forward pass may take this long. */
const REPLAY_TIMEOUT_MS = 120_000;

export class GuardRole implements Guard {
  readonly #c: GuardComponents;
  readonly #options: GuardOptions;
  readonly #ledger: GuardLedger;
  readonly #models: ReadonlyMap<ModelId, GuardModel>;
  readonly #queue: BoundedQueue<TaskResult>;
  readonly #queued = new Set<TaskId>();
  readonly #stop = new AbortController();
  readonly #undo: (() => unknown)[] = [];
  readonly #reveals = new Set<Promise<void>>();
  readonly #counters = { audits: 0, valid: 0, invalid: 0, unavailable: 0, attested: 0, refused: 0 };
  #worker: Promise<void> | undefined;

  constructor(components: GuardComponents, options: GuardOptions) {
    this.#c = components;
    this.#options = options;
    this.#ledger = openGuardLedger(components.db);
    this.#models = new Map(components.models.map((model) => [model.info.id, model]));
    this.#queue = new BoundedQueue(options.queueMax);
  }

  async start(): Promise<void> {
    const { network, clock } = this.#c;
    this.#undo.push(network.subscribe(resultTopic, (result) => this.#consider(result)));
    this.#undo.push(await network.handle(attestStream, (channel, { peerId }) => this.#attest(channel, peerId)));
    for (const vote of this.#ledger.open(clock.now() - REVEAL_AGE_MAX_MS)) {
      // The crash may have come before the commit left: it goes out again, which changes nothing where it is known.
      await this.#publishCommit(vote).catch(() => {});
      this.#revealLater(vote);
    }
    this.#worker = this.#work();
  }

  counters(): Record<string, number> {
    return { ...this.#counters, queued: this.#queue.depth };
  }

  async close(graceMs: number): Promise<void> {
    for (const off of this.#undo.reverse()) await off();
    this.#queue.close();
    const settled = Promise.allSettled([...this.#reveals]);
    // What cannot be opened by then waits on disk for the next start.
    const wait = Math.min(graceMs, this.#options.revealDelayMs);
    await Promise.race([settled, this.#c.clock.sleep(wait, this.#stop.signal).catch(() => {})]);
    this.#stop.abort(utilError('STOPPING', 'this guard is stopping'));
    await Promise.allSettled([this.#worker, settled]);
  }

  /** Takes a result into the queue when this guard sits in its committee, has the model, and the draw says so. */
  #consider(result: TaskResult): void {
    const { task, model } = result.receipt.receipt;
    const me = this.#c.account.address.toLowerCase() as Address;
    // TaskVerdicts knows the committee already: it is subscribed before any role.
    if (this.#c.verdicts.committee(task)?.includes(me) !== true || !this.#models.has(model)) return;
    if (this.#queued.has(task) || this.#ledger.has(task)) return;
    if (drawOf(task) >= this.#options.auditRate) return;
    if (this.#queue.tryPush(result)) this.#queued.add(task);
    else this.#c.log.warn({ task, depth: this.#queue.depth }, 'the audit queue is full, a task goes without this vote');
  }

  async #work(): Promise<void> {
    const { log } = this.#c;
    for await (const result of this.#queue) {
      const { task } = result.receipt.receipt;
      try {
        await this.#vote(result);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        log.warn({ task, code: toCoded(error).code, reason: toCoded(error).message }, 'an audit failed');
      } finally {
        this.#queued.delete(task);
      }
    }
  }

  async #vote(result: TaskResult): Promise<void> {
    const { randomBytes, clock, log } = this.#c;
    const { task } = result.receipt.receipt;
    const outcome = await this.#judge(result);
    this.#counters.audits += 1;
    this.#counters[outcome.verdict.toLowerCase() as 'valid' | 'invalid' | 'unavailable'] += 1;
    log.info({ task, verdict: outcome.verdict, fault: outcome.fault, position: outcome.position }, 'audited');
    const salt: Hex = `0x${Buffer.from(randomBytes(32)).toString('hex')}`;
    const vote: OwnVote = { task, round: 0, verdict: outcome.verdict, evidenceHash: outcome.evidenceHash, salt };
    this.#ledger.commit(vote, clock.now());
    try {
      await this.#publishCommit(vote);
    } finally {
      this.#revealLater(vote);
    }
  }

  async #publishCommit(vote: OwnVote): Promise<void> {
    const { account, network } = this.#c;
    const { task, round } = vote;
    const voter = account.address.toLowerCase() as Address;
    const commit = voteCommit({ ...vote, voter, verdict: VERDICT_CODE[vote.verdict] });
    await network.publish(voteTopic, { kind: 'commit', task, round, voter, commit });
  }

  async #judge(result: TaskResult): Promise<AuditOutcome> {
    const { engine } = this.#c;
    const { receipt } = result.receipt;
    const { info, tokenizer } = this.#models.get(receipt.model) as GuardModel;
    let evidence: EvidenceFound;
    try {
      evidence = await withDeadline('the evidence', this.#options.evidenceTimeoutMs, this.#stop.signal, (signal) =>
        this.#fetchPatiently(result, signal),
      );
    } catch (error) {
      this.#stop.signal.throwIfAborted();
      return { verdict: 'UNAVAILABLE', fault: toCoded(error).code, evidenceHash: ZERO };
    }
    return withDeadline('the replay', REPLAY_TIMEOUT_MS, this.#stop.signal, (signal) =>
      audit(evidence, result.assignment.assignment, receipt, { engine, tokenizer, vocab: info.vocab, profile: info.profile }, signal),
    );
  }

  /** Asks again until the deadline: a lost connection must not cost an honest miner its pay. */
  async #fetchPatiently(result: TaskResult, signal: AbortSignal): Promise<EvidenceFound> {
    for (let waitMs = EVIDENCE_RETRY_MS; ; waitMs *= 2) {
      try {
        // Each try has its own deadline, so that one stream that died silently does not use up all of the time.
        return await withDeadline('an answer with evidence', EVIDENCE_TRY_MS, signal, (inner) => this.#fetch(result, inner));
      } catch (error) {
        signal.throwIfAborted();
        this.#c.log.debug({ task: result.receipt.receipt.task, code: toCoded(error).code }, 'evidence is asked for again');
        await this.#c.clock.sleep(waitMs, signal);
      }
    }
  }

  async #fetch(result: TaskResult, signal: AbortSignal): Promise<EvidenceFound> {
    const { network } = this.#c;
    const { miner, task } = result.receipt.receipt;
    const peerId = network.nodes.byOperator(miner)?.record.peerId;
    if (peerId === undefined) throw utilError('TIMEOUT', `miner ${miner} is not reachable`);
    const channel = await network.open(evidenceStream, peerId, signal);
    try {
      await channel.send({ task }, signal);
      const reply = await channel.next(signal);
      if (reply?.kind !== 'found') throw utilError('TIMEOUT', `the miner gave no evidence${reply === undefined ? '' : `: ${reply.code}`}`);
      // Through the codec once more, so that what is hashed is the canonical form and not the sender's.
      return EvidenceFoundMessage.decode(EvidenceFoundMessage.encode(reply));
    } finally {
      channel.reset();
    }
  }

  #revealLater(vote: OwnVote): void {
    const running = this.#reveal(vote)
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#c.log.warn({ task: vote.task, code: toCoded(error).code }, 'a vote was not revealed');
      })
      .finally(() => this.#reveals.delete(running));
    this.#reveals.add(running);
  }

  /**
   * docs/protocols/vote.md §2.5: a vote is opened when the whole committee has committed, or after the delay when a quorum has. With
   * fewer, opening it would decide nothing and let others copy; it waits for slower guards as long as a vote is worth anything.
   */
  async #reveal(vote: OwnVote): Promise<void> {
    let opened = false;
    void this.#repeat(vote, () => opened);
    await this.#mayOpen(vote.task);
    await this.#publishReveal(vote);
    opened = true;
    this.#ledger.revealed(vote.task);
  }

  async #publishReveal(vote: OwnVote): Promise<void> {
    const { account, contracts, network } = this.#c;
    const signature = await signStatement('Vote', contracts, voteOf(vote), account);
    const voter = account.address.toLowerCase() as Address;
    await network.publish(voteTopic, { kind: 'reveal', ...vote, voter, signature });
  }

  /** Gossip promises nothing: a vote goes out again, at growing pauses, until its task is settled. Repeats change nothing where it came. */
  async #repeat(vote: OwnVote, opened: () => boolean): Promise<void> {
    try {
      for (let i = 0; i < REPEATS; i++) {
        await this.#c.clock.sleep(REPEAT_MS * 2 ** i, this.#stop.signal);
        if (this.#c.book.isBilled(vote.task)) return;
        await this.#publishCommit(vote);
        if (opened()) await this.#publishReveal(vote);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#c.log.debug({ task: vote.task, code: toCoded(error).code }, 'a vote was not repeated');
    }
  }

  async #mayOpen(task: TaskId): Promise<void> {
    const { verdicts, clock } = this.#c;
    const open = Promise.withResolvers<void>();
    let delayed = false;
    const check = (changed: TaskId): void => {
      if (changed === task && (verdicts.allCommitted(task) || (delayed && verdicts.quorumCommitted(task)))) open.resolve();
    };
    const off = verdicts.onChange(check);
    const timer = new AbortController();
    const onStop = (): void => timer.abort(this.#stop.signal.reason);
    this.#stop.signal.addEventListener('abort', onStop, { once: true });
    const delay = async (): Promise<void> => {
      const { revealDelayMs } = this.#options;
      await clock.sleep(revealDelayMs, timer.signal);
      delayed = true;
      check(task);
      await clock.sleep(Math.max(0, REVEAL_WAIT_MAX_MS - revealDelayMs), timer.signal);
    };
    try {
      this.#stop.signal.throwIfAborted();
      check(task);
      const waited = delay();
      waited.catch(() => {});
      await Promise.race([open.promise, waited]);
    } finally {
      off();
      this.#stop.signal.removeEventListener('abort', onStop);
      timer.abort();
    }
  }

  async #attest(channel: Parameters<typeof attest>[0], peerId: string): Promise<void> {
    try {
      const refusal = await attest(channel, peerId, this.#c, this.#stop.signal);
      if (refusal === undefined) this.#counters.attested += 1;
      else this.#refused(refusal);
    } catch (error) {
      this.#refused(toCoded(error));
      throw error;
    }
  }

  #refused({ code, message }: CodedError): void {
    this.#counters.refused += 1;
    this.#c.log.info({ code, reason: message }, 'an epoch was not attested');
  }
}

/** Uniform in [0, 1) from the task id: which tasks are drawn at a rate below 1. */
function drawOf(task: TaskId): number {
  return Number.parseInt(task.slice(2, 15), 16) / 2 ** 52;
}
