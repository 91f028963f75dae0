/** Wire form of the EIP-712 statements of crypto/eip712.ts: docs/protocols/overview.md §6. */
import type { Hex, ModelId, SessionId, TaskId } from '../../types/index.ts';
import { message, repeated } from '../codec/message.ts';
import { address, fixed, peerId, s32, signature65, text, u32, u64, u128, u256 } from '../codec/types.ts';

export const hash32 = fixed<Hex>(32);
export const taskId = fixed<TaskId>(32);
export const sessionId = fixed<SessionId>(32);
export const modelId = fixed<ModelId>(32);

export const LOGIT_BIASES_MAX = 1_024;
export const GRAMMAR_BYTES_MAX = 65_536;

const LogitBiasMessage = message('LogitBias', 16, { token: [1, u32], biasMilli: [2, s32] });

export const SamplingMessage = message('Sampling', 98_304, {
  temperatureMilli: [1, u32],
  topPPpm: [2, u32],
  topK: [3, u32],
  seed: [4, hash32],
  minPPpm: [5, u32],
  presenceMilli: [6, s32],
  frequencyMilli: [7, s32],
  repetitionMilli: [8, u32],
  logitBias: [9, repeated(LogitBiasMessage, LOGIT_BIASES_MAX)],
  grammar: [10, text(GRAMMAR_BYTES_MAX)],
});

export const NodeRecordMessage = message('NodeRecord', 256, {
  peerId: [1, peerId],
  operator: [2, address],
  owner: [3, address],
  roles: [4, u32],
  encryptionKey: [5, hash32],
  sequence: [6, u64],
  expiresAt: [7, u64],
});
export const SignedNodeRecordMessage = message('SignedNodeRecord', 384, { record: [1, NodeRecordMessage], signature: [2, signature65] });

export const AssignmentMessage = message('Assignment', 512, {
  task: [1, taskId],
  session: [2, sessionId],
  model: [3, modelId],
  router: [4, address],
  miner: [5, address],
  promptCommit: [6, hash32],
  promptTokens: [7, u32],
  maxTokens: [8, u32],
  sampling: [9, hash32],
  promptPrice: [10, u128],
  completionPrice: [11, u128],
  deadline: [12, u64],
});
export const SignedAssignmentMessage = message('SignedAssignment', 640, {
  assignment: [1, AssignmentMessage],
  signature: [2, signature65],
});

export const ReceiptMessage = message('Receipt', 512, {
  task: [1, taskId],
  session: [2, sessionId],
  model: [3, modelId],
  miner: [4, address],
  promptTokens: [5, u32],
  completionTokens: [6, u32],
  promptCommit: [7, hash32],
  outputRoot: [8, hash32],
  sampling: [9, hash32],
  promptPrice: [10, u128],
  completionPrice: [11, u128],
  startedAt: [12, u64],
  endedAt: [13, u64],
  numericsProfile: [14, hash32],
});
export const SignedReceiptMessage = message('SignedReceipt', 640, { receipt: [1, ReceiptMessage], signature: [2, signature65] });

export const VoucherMessage = message('Voucher', 256, {
  session: [1, sessionId],
  payee: [2, address],
  cumulativeAmount: [3, u256],
  nonce: [4, u64],
  streamRoot: [5, hash32],
});
export const SignedVoucherMessage = message('SignedVoucher', 384, { voucher: [1, VoucherMessage], signature: [2, signature65] });
