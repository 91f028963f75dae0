import { voteCommit } from '../crypto/ids.ts';
import { type Address, type Hex, type TaskId, VERDICT_CODE, type Verdict } from '../types/index.ts';
import { BoundedMap } from '../util/boundedMap.ts';

export interface Reveal {
  readonly task: TaskId;
  readonly round: number;
  readonly voter: Address;
  readonly verdict: Verdict;
  readonly evidenceHash: Hex;
  readonly salt: Hex;
}

/** What became of a vote message. `late`: a commit that came after somebody had revealed, so it could be a copy. */
export type CommitOutcome = 'taken' | 'repeated' | 'conflict' | 'late';
/** `promoted`: the reveal that had overtaken this commit and counts with it. */
export interface Committed {
  readonly outcome: CommitOutcome;
  readonly promoted?: Reveal;
}
export type RevealOutcome = 'counted' | 'waiting' | 'repeated' | 'mismatch';

interface Round {
  readonly commits: Map<Address, Hex>;
  readonly revealed: Map<Address, Reveal>;
  /** Reveals that overtook their commit on the way; bounded by the number of voters that are let in. */
  readonly waiting: Map<Address, Reveal>;
}

const VOTERS_MAX = 256;

/**
 * The votes that one node has seen: commits first, then the reveals that open them (docs/protocols/vote.md). Signatures and
 * the right to vote are checked before; this holds the rules of order. Bounded by tasks and by voters of a task.
 */
export class VoteBook {
  #rounds: BoundedMap<string, Round>;

  constructor(tasksMax: number) {
    this.#rounds = new BoundedMap(tasksMax);
  }

  /** @param full enough have committed for a verdict: from here on an open vote closes the round for further commits */
  commit(vote: { task: TaskId; round: number; voter: Address; commit: Hex }, full = true): Committed {
    const round = this.#round(vote.task, vote.round);
    const voter = vote.voter.toLowerCase() as Address;
    const known = round.commits.get(voter);
    // vote.md §2.3: one commit for a voter and round; the first one stands.
    if (known !== undefined) return { outcome: known === vote.commit ? 'repeated' : 'conflict' };
    // vote.md §2.4: no commit counts once a vote is open to be copied. A vote that is opened before a quorum has committed
    // closes nothing: else one guard that reveals at once would keep all others from voting.
    if ((full && round.revealed.size > 0) || round.commits.size >= VOTERS_MAX) return { outcome: 'late' };
    round.commits.set(voter, vote.commit);
    const early = round.waiting.get(voter);
    if (early === undefined) return { outcome: 'taken' };
    round.waiting.delete(voter);
    return this.reveal(early) === 'counted' ? { outcome: 'taken', promoted: { ...early, voter } } : { outcome: 'taken' };
  }

  reveal(vote: Reveal): RevealOutcome {
    const round = this.#round(vote.task, vote.round);
    const voter = vote.voter.toLowerCase() as Address;
    if (round.revealed.has(voter)) return 'repeated';
    const commit = round.commits.get(voter);
    if (commit === undefined) {
      if (round.waiting.size < VOTERS_MAX) round.waiting.set(voter, vote);
      return 'waiting';
    }
    // vote.md §2.6: the reveal opens the commit.
    if (voteCommit({ ...vote, voter, verdict: VERDICT_CODE[vote.verdict] }) !== commit) return 'mismatch';
    round.revealed.set(voter, { ...vote, voter });
    return 'counted';
  }

  /** A vote whose commit and reveal were checked before (kept on disk). */
  restore(vote: Reveal): void {
    const round = this.#round(vote.task, vote.round);
    const voter = vote.voter.toLowerCase() as Address;
    round.commits.set(voter, voteCommit({ ...vote, voter, verdict: VERDICT_CODE[vote.verdict] }));
    round.revealed.set(voter, { ...vote, voter });
  }

  committed(task: TaskId, round: number): ReadonlySet<Address> {
    return new Set(this.#rounds.get(`${task}:${round}`)?.commits.keys());
  }

  revealed(task: TaskId, round: number): Reveal[] {
    return [...(this.#rounds.get(`${task}:${round}`)?.revealed.values() ?? [])];
  }

  #round(task: TaskId, round: number): Round {
    return this.#rounds.ensure(`${task}:${round}`, () => ({ commits: new Map(), revealed: new Map(), waiting: new Map() }));
  }
}
