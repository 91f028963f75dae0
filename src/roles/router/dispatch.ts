import type { Assignment, Receipt, SigningContracts } from '../../crypto/eip712.ts';
import { verifyStatement } from '../../crypto/eip712.ts';
import { OutputTree, SKETCH_BYTES } from '../../crypto/merkle.ts';
import type { Channel } from '../../protocols/channel.ts';
import type { InferChunk, InferDown, InferUp } from '../../protocols/infer/messages.ts';
import { receiptFault } from '../../protocols/result/topic.ts';
import type { FinishReason, Hex } from '../../types/index.ts';
import { withDeadline } from '../../util/deadline.ts';
import { type CodedError, utilError } from '../../util/errors.ts';
import { routerError } from './errors.ts';
import { logprobsFault } from './logprobs.ts';

export interface Answer {
  readonly outputIds: readonly number[];
  readonly receipt: Receipt;
  readonly signature: Hex;
  readonly finishReason: FinishReason;
}

export interface StreamTimeouts {
  readonly firstTokenTimeoutMs: number;
  readonly tokenTimeoutMs: number;
}

/**
 * Reads one answer: yields chunks of tokens as they come and returns the receipt once it matches everything that was streamed
 * and assigned.
 *
 * @param topLogprobs as the request asked for
 * @throws RECEIPT_REFUSED, LOGPROBS_REFUSED, MINER_LOST, TIMEOUT, what the channel throws, or the miner's own coded error
 */
export async function* readAnswer(
  channel: Channel<InferUp, InferDown>,
  assignment: Assignment,
  contracts: SigningContracts,
  timeouts: StreamTimeouts,
  topLogprobs: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<InferChunk, Answer, void> {
  const tree = new OutputTree();
  const outputIds: number[] = [];
  for (;;) {
    const waitMs = outputIds.length === 0 ? timeouts.firstTokenTimeoutMs : timeouts.tokenTimeoutMs;
    const frame = await withDeadline(`the next token of miner ${assignment.miner}`, waitMs, signal, (inner) => channel.next(inner));
    // A process that was killed closes its connections like one that is done.
    if (frame === undefined) throw routerError('MINER_LOST', `miner ${assignment.miner} ended the stream without a receipt`);
    if (frame.kind === 'error')
      throw routerError('MINER_REFUSED', `miner ${assignment.miner} answered ${frame.code}: ${frame.message}`, { code: frame.code });
    if (frame.kind === 'end') {
      const { receipt, signature } = frame.receipt;
      checkReceipt(receipt, assignment, tree);
      verifyStatement('Receipt', contracts, receipt, signature, assignment.miner);
      return { outputIds, receipt, signature, finishReason: frame.finishReason };
    }
    // docs/protocols/infer.md §4: chunks follow each other without gaps, one sketch for each token.
    if (frame.index !== outputIds.length || frame.sketches.length !== frame.tokenIds.length * SKETCH_BYTES) {
      throw refused('a chunk does not continue the output');
    }
    if (outputIds.length + frame.tokenIds.length > assignment.maxTokens) throw refused('more tokens came than were asked for');
    const fault = logprobsFault(frame, topLogprobs);
    if (fault !== undefined) throw routerError('LOGPROBS_REFUSED', `miner ${assignment.miner}: ${fault}`);
    for (const [i, id] of frame.tokenIds.entries()) {
      outputIds.push(id);
      tree.push(id, frame.sketches.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES));
    }
    yield frame;
  }
}

/** Level 0: the receipt says what was assigned and what was streamed. @throws RECEIPT_REFUSED */
function checkReceipt(receipt: Receipt, assignment: Assignment, streamed: OutputTree): void {
  const fault = receiptFault(assignment, receipt);
  if (fault !== undefined) throw refused(fault);
  if (receipt.completionTokens !== streamed.size)
    throw refused(`it counts ${receipt.completionTokens} tokens, ${streamed.size} were streamed`);
  if (receipt.outputRoot !== streamed.root()) throw refused('its output root is not that of the streamed tokens');
}

const refused = (why: string): CodedError => routerError('RECEIPT_REFUSED', `the miner's receipt is refused: ${why}`);

/** Whether another miner may do better: not when the client left or this node stops. */
export function worthRetrying(error: CodedError): boolean {
  const { CANCELLED, STOPPING } = utilError.definitions;
  return error.definition !== CANCELLED && error.definition !== STOPPING;
}
