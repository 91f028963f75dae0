import type { Assignment, Receipt } from '../../crypto/eip712.ts';
import { streamRootOf } from '../../crypto/ids.ts';
import { costOf } from '../../types/index.ts';
import { defineTopic } from '../define.ts';
import { isSignedBy, mayPublish } from '../rights.ts';
import { ignore, type Judgement, type RuleContext, reject, type Sender } from '../validate.ts';
import { type TaskResult, TaskResultMessage } from './messages.ts';

/** Topic `result`: docs/protocols/result.md §3. */
export const resultTopic = defineTopic<TaskResult>({
  name: 'result',
  version: 1,
  message: TaskResultMessage,
  envelopeBytesMax: 8 * 1024,
  speakers: ['miner'],
  scoreWeight: 1,
  freshnessMs: 120_000,
  rule,
});

/** Fields that a receipt takes over from its assignment as they are. */
const SHARED = ['task', 'session', 'model', 'miner', 'promptCommit', 'promptTokens', 'sampling', 'promptPrice', 'completionPrice'] as const;

/** Whether a receipt answers an assignment (signatures aside). Undefined when it does, else the code of the rule that it breaks. */
export function receiptFault(assignment: Assignment, receipt: Receipt): string | undefined {
  // result.md §3.1: the receipt repeats what was assigned
  if (SHARED.some((field) => assignment[field] !== receipt[field])) return 'RECEIPT_MISMATCH';
  // result.md §3.2: no more tokens than were asked for
  if (receipt.completionTokens > assignment.maxTokens) return 'RECEIPT_OVER_MAX';
  // result.md §3.3: it ends after it starts and before the deadline
  if (receipt.endedAt < receipt.startedAt || receipt.endedAt > assignment.deadline) return 'RECEIPT_TIMES';
  return undefined;
}

function rule(result: TaskResult, sender: Sender, context: RuleContext): Judgement {
  const { assignment } = result.assignment;
  const { receipt } = result.receipt;
  const { voucher } = result.voucher;
  const { contracts } = context;
  // [REJECT] result.md §3.1 to §3.3
  const fault = receiptFault(assignment, receipt);
  if (fault !== undefined) return reject(fault);
  // [REJECT] result.md §3.4: the voucher is for this session and can be redeemed by Settlement only, and the router gave it for this
  // very answer: vouchers are public, and one of another task must not pay for an answer that the router never took
  if (voucher.session !== receipt.session || voucher.payee !== contracts.settlement.toLowerCase()) return reject('VOUCHER_MISMATCH');
  if (voucher.streamRoot !== streamRootOf(receipt.task, receipt.outputRoot)) return reject('VOUCHER_MISMATCH');
  // [REJECT] result.md §3.5: it covers the task
  const price = { prompt: receipt.promptPrice, completion: receipt.completionPrice };
  if (voucher.cumulativeAmount < costOf(price, receipt.promptTokens, receipt.completionTokens)) return reject('VOUCHER_TOO_SMALL');
  // [REJECT] result.md §3.6: router, miner and spender signed
  if (!isSignedBy('Receipt', contracts, receipt, result.receipt.signature, receipt.miner)) return reject('RECEIPT_SIGNATURE');
  if (!isSignedBy('Assignment', contracts, assignment, result.assignment.signature, assignment.router))
    return reject('ASSIGNMENT_SIGNATURE');
  if (!isSignedBy('Voucher', contracts, voucher, result.voucher.signature, assignment.router)) return reject('VOUCHER_SIGNATURE');
  // [IGNORE] result.md §3.7: the router is registered
  if (context.isRegistered(assignment.router, 'router') !== true) return ignore('NOT_REGISTERED');
  // [IGNORE] result.md §3.8: it comes from the miner itself
  return mayPublish(receipt.miner, 'miner', sender, context);
}
