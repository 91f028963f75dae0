/** Stream `/cortensor/evidence/1`: what a guard needs to replay a task. docs/protocols/evidence.md */
import { message, repeated, type Static, union } from '../codec/message.ts';
import { bytes, packedU32, text } from '../codec/types.ts';
import { finishReason, PROMPT_TOKENS_MAX, STOP_BYTES_MAX, STOPS_MAX } from '../infer/messages.ts';
import { hash32, SamplingMessage, taskId } from '../signed/messages.ts';
import { WireErrorMessage } from '../signed/wireError.ts';

export const OUTPUT_TOKENS_MAX = 65_536;

export const EvidenceRequestMessage = message('EvidenceRequest', 128, { task: [1, taskId] });
export type EvidenceRequest = Static<typeof EvidenceRequestMessage>;

export const EvidenceFoundMessage = message('EvidenceFound', (4 << 20) - 64, {
  promptIds: [1, packedU32(PROMPT_TOKENS_MAX)],
  promptSalt: [2, hash32],
  outputIds: [3, packedU32(OUTPUT_TOKENS_MAX)],
  /** 32 bytes for each output token, one after another. */
  sketches: [4, bytes(OUTPUT_TOKENS_MAX * 32)],
  sampling: [5, SamplingMessage],
  stop: [6, repeated(text(STOP_BYTES_MAX), STOPS_MAX)],
  finishReason: [7, finishReason],
});
export type EvidenceFound = Static<typeof EvidenceFoundMessage>;

export const EvidenceReplyMessage = union('EvidenceReply', 4 << 20, { found: [1, EvidenceFoundMessage], error: [2, WireErrorMessage] });
export type EvidenceReply = Static<typeof EvidenceReplyMessage>;
