import type { Address, Verdict } from '../types/index.ts';

export interface RevealedVote {
  readonly voter: Address;
  readonly verdict: Verdict;
}

/** VALID or INVALID once more than two thirds of the committee agree; SPLIT once no verdict can still get there. */
export type Tally = 'VALID' | 'INVALID' | 'UNAVAILABLE' | 'SPLIT' | 'OPEN';

/** Smallest number of distinct voters that is more than two thirds of the committee. */
export function quorumOf(committeeSize: number): number {
  return Math.floor((committeeSize * 2) / 3) + 1;
}

/**
 * Counts distinct committee members. A voter outside the committee does not count; of several votes by one voter only the
 * first counts (two different ones are equivocation and evidence by themselves).
 */
export function tally(committee: Iterable<Address>, votes: Iterable<RevealedVote>): Tally {
  const open = new Set(Array.from(committee, (member) => member.toLowerCase()));
  const quorum = quorumOf(open.size);
  const counts: Record<Verdict, number> = { VALID: 0, INVALID: 0, UNAVAILABLE: 0 };
  for (const { voter, verdict } of votes) {
    if (open.delete(voter.toLowerCase())) counts[verdict] += 1;
  }
  for (const verdict of ['VALID', 'INVALID', 'UNAVAILABLE'] as const) {
    if (counts[verdict] >= quorum) return verdict;
  }
  return Math.max(...Object.values(counts)) + open.size >= quorum ? 'OPEN' : 'SPLIT';
}
