/** Topic `vote`: guards commit to a verdict, then reveal it. docs/protocols/vote.md */
import { message, type Static, union } from '../codec/message.ts';
import { address, oneName, signature65, u32 } from '../codec/types.ts';
import { hash32, taskId } from '../signed/messages.ts';

export const VoteCommitMessage = message('VoteCommit', 256, {
  task: [1, taskId],
  round: [2, u32],
  /** Operator of the guard. */
  voter: [3, address],
  /** crypto/ids.ts `voteCommit`. */
  commit: [4, hash32],
});

export const VoteRevealMessage = message('VoteReveal', 512, {
  task: [1, taskId],
  round: [2, u32],
  voter: [3, address],
  /** On the wire VALID is 1, INVALID 2, UNAVAILABLE 3: the same numbers as in the commitment and on chain. */
  verdict: [4, oneName('Verdict', ['VALID', 'INVALID', 'UNAVAILABLE'])],
  evidenceHash: [5, hash32],
  salt: [6, hash32],
  /** EIP-712 Vote, signed by the voter. */
  signature: [7, signature65],
});
export type VoteReveal = Static<typeof VoteRevealMessage>;

export const VoteMessage = union('Vote', 768, { commit: [1, VoteCommitMessage], reveal: [2, VoteRevealMessage] });
/** `{ kind: 'commit', … } | { kind: 'reveal', … }` */
export type VoteGossip = Static<typeof VoteMessage>;
