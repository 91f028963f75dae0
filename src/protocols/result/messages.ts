/** Topic `result`: a finished task with everything that a settlement of it needs. docs/protocols/result.md */
import { message, type Static } from '../codec/message.ts';
import { SignedAssignmentMessage, SignedReceiptMessage, SignedVoucherMessage } from '../signed/messages.ts';

export const TaskResultMessage = message('TaskResult', 7_168, {
  assignment: [1, SignedAssignmentMessage],
  receipt: [2, SignedReceiptMessage],
  voucher: [3, SignedVoucherMessage],
});
export type TaskResult = Static<typeof TaskResultMessage>;
