/** Stream `/cortensor/infer/1`: one task, from assignment to voucher. docs/protocols/infer.md */
import { message, optional, repeated, type Static, union } from '../codec/message.ts';
import { bytes, oneName, packedF32, packedU32, text, u32 } from '../codec/types.ts';
import { hash32, SamplingMessage, SignedAssignmentMessage, SignedReceiptMessage, SignedVoucherMessage } from '../signed/messages.ts';
import { WireErrorMessage } from '../signed/wireError.ts';

export const PROMPT_TOKENS_MAX = 200_000;
export const STOPS_MAX = 16;
export const STOP_BYTES_MAX = 256;
export const CHUNK_TOKENS_MAX = 256;
/** Entries of `topIds` in one chunk: with many of them for each token a chunk has fewer tokens. */
export const CHUNK_TOPS_MAX = 512;

export const finishReason = oneName('FinishReason', ['stop', 'length', 'cancelled']);

export const InferRequestMessage = message('InferRequest', 1 << 20, {
  assignment: [1, SignedAssignmentMessage],
  promptIds: [2, packedU32(PROMPT_TOKENS_MAX)],
  promptSalt: [3, hash32],
  sampling: [4, SamplingMessage],
  stop: [5, repeated(text(STOP_BYTES_MAX), STOPS_MAX)],
  /** Chunks then carry log-probabilities, and so many of the most probable tokens for each token. */
  topLogprobs: [6, optional(u32)],
});
export type InferRequest = Static<typeof InferRequestMessage>;

export const InferVoucherMessage = message('InferVoucher', 512, { voucher: [1, SignedVoucherMessage] });

/** From the router: the request first, later the voucher. */
export const InferUpMessage = union('InferUp', (1 << 20) + 16, { request: [1, InferRequestMessage], voucher: [2, InferVoucherMessage] });
export type InferUp = Static<typeof InferUpMessage>;

/** Natural logs of probabilities at temperature 1, raw logits. The receipt does not cover them. */
export const ChunkLogprobsMessage = message('ChunkLogprobs', 8_192, {
  /** One for each token of the chunk. */
  emitted: [1, packedF32(CHUNK_TOKENS_MAX)],
  /** The request's `topLogprobs` for each token of the chunk, by falling probability. */
  topIds: [2, packedU32(CHUNK_TOPS_MAX)],
  top: [3, packedF32(CHUNK_TOPS_MAX)],
});
export type ChunkLogprobs = Static<typeof ChunkLogprobsMessage>;

export const InferChunkMessage = message('InferChunk', 24_576, {
  /** Position of the first of these tokens in the output. */
  index: [1, u32],
  tokenIds: [2, packedU32(CHUNK_TOKENS_MAX)],
  /** 32 bytes for each of these tokens: with them the router recomputes the receipt's `outputRoot` from what it streamed. */
  sketches: [3, bytes(CHUNK_TOKENS_MAX * 32)],
  /** When the request asked for them. */
  logprobs: [4, optional(ChunkLogprobsMessage)],
});

export type InferChunk = Static<typeof InferChunkMessage>;

export const InferEndMessage = message('InferEnd', 768, { receipt: [1, SignedReceiptMessage], finishReason: [2, finishReason] });

/** From the miner: chunks, then an end or an error. */
export const InferDownMessage = union('InferDown', 32_768, {
  chunk: [1, InferChunkMessage],
  end: [2, InferEndMessage],
  error: [3, WireErrorMessage],
});
export type InferDown = Static<typeof InferDownMessage>;
