/** Stream `/cortensor/attest/1`: the leading oracle asks a guard to sign an epoch. docs/protocols/attest.md */
import { message, optional, repeated, type Static, union } from '../codec/message.ts';
import { address, signature65, text, u64, u256 } from '../codec/types.ts';
import { hash32, SignedVoucherMessage, taskId } from '../signed/messages.ts';
import { WireErrorMessage } from '../signed/wireError.ts';

export const ATTEST_TASKS_MAX = 8_192;
export const ATTEST_PAYOUTS_MAX = 4_096;
export const ATTEST_DEBITS_MAX = 1_024;

export const ATTEST_GUARDS_MAX = 64;

export const AttestTaskMessage = message('AttestTask', 1_536, {
  task: [1, taskId],
  /** Wei that the task costs its session. */
  cost: [2, u256],
  /** Operators of the guards who share the guards' part: those whose reveal agrees with the quorum, ascending. */
  guards: [3, repeated(address, ATTEST_GUARDS_MAX)],
});
export const AttestPayoutMessage = message('AttestPayout', 96, { account: [1, address], cumulative: [2, u256] });
export const AttestDebitMessage = message('AttestDebit', 512, { voucher: [1, SignedVoucherMessage], cumulativeDebit: [2, u256] });

export const AttestProposalMessage = message('AttestProposal', 1 << 20, {
  epoch: [1, u64],
  /** Sum root over the payouts: docs/protocols/attest.md §2. */
  root: [2, hash32],
  /** Wei: sum of all cumulative payouts. */
  total: [3, u256],
  tasksRoot: [4, hash32],
  /** Block at which stakes and the guard set are read. */
  snapshotBlock: [5, optional(u64)],
  tasks: [6, repeated(AttestTaskMessage, ATTEST_TASKS_MAX)],
  payouts: [7, repeated(AttestPayoutMessage, ATTEST_PAYOUTS_MAX)],
  debits: [8, repeated(AttestDebitMessage, ATTEST_DEBITS_MAX)],
});
export type AttestProposal = Static<typeof AttestProposalMessage>;

export const AttestSignatureMessage = message('AttestSignature', 128, {
  /** EIP-712 Attestation, by the guard's operator. */
  signature: [1, signature65],
});

/** Refused tasks that one reply names. */
export const ATTEST_REFUSED_MAX = 1_024;

export const AttestRefusalMessage = message('AttestRefusal', 40_960, {
  /** Tasks of the proposal that this guard does not attest; without them it would sign. */
  tasks: [1, repeated(taskId, ATTEST_REFUSED_MAX)],
  /** Why the first one is refused. */
  reason: [2, text(256)],
});

export const AttestReplyMessage = union('AttestReply', 41_984, {
  signed: [1, AttestSignatureMessage],
  error: [2, WireErrorMessage],
  refused: [3, AttestRefusalMessage],
});
export type AttestReply = Static<typeof AttestReplyMessage>;
