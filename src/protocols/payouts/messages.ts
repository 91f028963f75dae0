/** Stream `/cortensor/payouts/1`: the leaves behind a settled root, for those who claim or go on counting. docs/protocols/payouts.md */
import { ATTEST_PAYOUTS_MAX, ATTEST_TASKS_MAX, AttestPayoutMessage } from '../attest/messages.ts';
import { message, repeated, type Static, union } from '../codec/message.ts';
import { u64 } from '../codec/types.ts';
import { hash32, taskId } from '../signed/messages.ts';
import { WireErrorMessage } from '../signed/wireError.ts';

export const PayoutsRequestMessage = message('PayoutsRequest', 64, { root: [1, hash32] });
export type PayoutsRequest = Static<typeof PayoutsRequestMessage>;

export const PayoutsFoundMessage = message('PayoutsFound', 1 << 20, {
  epoch: [1, u64],
  /** Every account's cumulative payout: they hash to the root that was asked for. */
  payouts: [2, repeated(AttestPayoutMessage, ATTEST_PAYOUTS_MAX)],
  /** Tasks that the epoch billed. */
  tasks: [3, repeated(taskId, ATTEST_TASKS_MAX)],
});

export const PayoutsReplyMessage = union('PayoutsReply', (1 << 20) + 16, { found: [1, PayoutsFoundMessage], error: [2, WireErrorMessage] });
export type PayoutsReply = Static<typeof PayoutsReplyMessage>;
