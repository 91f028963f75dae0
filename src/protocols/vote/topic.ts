import type { Vote } from '../../crypto/eip712.ts';
import { VERDICT_CODE } from '../../types/index.ts';
import { defineTopic } from '../define.ts';
import { isSignedBy, mayPublish } from '../rights.ts';
import { type Judgement, type RuleContext, reject, type Sender } from '../validate.ts';
import { type VoteGossip, VoteMessage, type VoteReveal } from './messages.ts';

/** Topic `vote`: docs/protocols/vote.md §3. */
export const voteTopic = defineTopic<VoteGossip>({
  name: 'vote',
  version: 1,
  message: VoteMessage,
  envelopeBytesMax: 2 * 1024,
  speakers: ['guard'],
  scoreWeight: 1,
  freshnessMs: 120_000,
  rule,
});

/** The EIP-712 statement inside a reveal. */
export function voteOf({ task, round, verdict, evidenceHash, salt }: Omit<VoteReveal, 'signature' | 'voter'>): Vote {
  return { task, round, verdict: VERDICT_CODE[verdict], evidenceHash, salt };
}

function rule(vote: VoteGossip, sender: Sender, context: RuleContext): Judgement {
  // [REJECT] vote.md §3.1: a reveal is signed by its voter
  if (vote.kind === 'reveal' && !isSignedBy('Vote', context.contracts, voteOf(vote), vote.signature, vote.voter)) {
    return reject('VOTE_SIGNATURE');
  }
  // [IGNORE] vote.md §3.2: it comes from the guard itself
  return mayPublish(vote.voter, 'guard', sender, context);
}
