import type { Address, Hex, TaskId } from '../types/index.ts';
import { BoundedMap } from '../util/boundedMap.ts';
import { quorumOf, type Tally, tally } from './quorum.ts';
import { type Reveal, VoteBook } from './voteBook.ts';

export interface Decision {
  readonly task: TaskId;
  readonly verdict: Exclude<Tally, 'OPEN'>;
}

/** First audit of a task; appeals open further rounds. */
const ROUND = 0;

/**
 * Where every audited task stands, in this node's own view: who sits, who has committed and revealed, and what came out.
 * Committees are fixed when a task's result is first seen; votes that come before it are kept and counted then.
 */
export class TaskVerdicts {
  readonly #book: VoteBook;
  readonly #committees: BoundedMap<TaskId, readonly Address[]>;
  readonly #decided: BoundedMap<TaskId, Decision['verdict']>;
  readonly #changed = new Set<(task: TaskId) => void>();
  readonly #verdict = new Set<(decision: Decision) => void>();
  readonly #counted = new Set<(reveal: Reveal) => void>();

  constructor(tasksMax: number) {
    this.#book = new VoteBook(tasksMax);
    this.#committees = new BoundedMap(tasksMax);
    this.#decided = new BoundedMap(tasksMax);
  }

  /** Names the guards that audit a task; the first call for a task stands. */
  open(task: TaskId, committee: readonly Address[]): void {
    if (this.#committees.has(task)) return;
    this.#committees.set(
      task,
      committee.map((guard) => guard.toLowerCase() as Address),
    );
    this.#changes(task);
  }

  commit(vote: { task: TaskId; round: number; voter: Address; commit: Hex }): void {
    if (vote.round !== ROUND) return;
    const { outcome, promoted } = this.#book.commit(vote, this.quorumCommitted(vote.task));
    if (promoted !== undefined) this.#counts(promoted);
    if (outcome === 'taken') this.#changes(vote.task);
  }

  reveal(vote: Reveal): void {
    if (vote.round !== ROUND || this.#book.reveal(vote) !== 'counted') return;
    this.#counts({ ...vote, voter: vote.voter.toLowerCase() as Address });
    this.#changes(vote.task);
  }

  /** Takes a vote back in that this node had counted before it restarted. */
  restore(vote: Reveal): void {
    this.#book.restore(vote);
    this.#changes(vote.task);
  }

  /** Undefined before the task's result was seen. */
  committee(task: TaskId): readonly Address[] | undefined {
    return this.#committees.get(task);
  }

  /** Whether every member of the committee has committed. */
  allCommitted(task: TaskId): boolean {
    const committed = this.#book.committed(task, ROUND);
    return this.#committees.get(task)?.every((guard) => committed.has(guard)) ?? false;
  }

  /** Whether enough of the committee have committed for a verdict. */
  quorumCommitted(task: TaskId): boolean {
    const committee = this.#committees.get(task);
    if (committee === undefined) return false;
    const committed = this.#book.committed(task, ROUND);
    return committee.filter((guard) => committed.has(guard)).length >= quorumOf(committee.length);
  }

  revealed(task: TaskId): Reveal[] {
    return this.#book.revealed(task, ROUND);
  }

  tally(task: TaskId): Tally {
    const committee = this.#committees.get(task);
    return committee === undefined ? 'OPEN' : tally(committee, this.revealed(task));
  }

  /** Committee members whose reveal agrees with the decided verdict: those who share the guards' part. */
  agreeing(task: TaskId): Address[] {
    const verdict = this.tally(task);
    const members = new Set(this.#committees.get(task));
    return this.revealed(task)
      .filter((vote) => vote.verdict === verdict && members.has(vote.voter))
      .map((vote) => vote.voter)
      .sort();
  }

  /** Calls back whenever anything about a task changes. Returns the way to leave. */
  onChange(listener: (task: TaskId) => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  /** Calls back for each vote at the moment it counts, however its commit and reveal came; restored ones are left out. Returns the way to leave. */
  onCounted(listener: (reveal: Reveal) => void): () => void {
    this.#counted.add(listener);
    return () => this.#counted.delete(listener);
  }

  /** Calls back once for each task that is decided. Returns the way to leave. */
  onVerdict(listener: (decision: Decision) => void): () => void {
    this.#verdict.add(listener);
    return () => this.#verdict.delete(listener);
  }

  #counts(reveal: Reveal): void {
    for (const listener of this.#counted) listener(reveal);
  }

  #changes(task: TaskId): void {
    const verdict = this.tally(task);
    if (verdict !== 'OPEN' && !this.#decided.has(task)) {
      this.#decided.set(task, verdict);
      for (const listener of this.#verdict) listener({ task, verdict });
    }
    for (const listener of this.#changed) listener(task);
  }
}
