import type { SignedReceipt } from '../../crypto/eip712.ts';
import type { ChatMessage, Tool } from '../../inference/chat/chat.ts';
import type { ToolChoice } from '../../inference/tools/held.ts';
import type { Address, FinishReason, ModelId, TaskId, TokenPrice, Wei } from '../../types/index.ts';

export type { ChatMessage, Tool, ToolCall } from '../../inference/chat/chat.ts';
export type { ToolChoice } from '../../inference/tools/held.ts';

/** A model that this router can send work to. */
export interface RoutableModel {
  /** Human name: what OpenAI clients put into `model`. */
  readonly id: string;
  readonly modelId: ModelId;
  /** Prompt and completion together, in tokens. */
  readonly contextTokens: number;
  /** Live miners that serve it now. */
  readonly miners: number;
  /** Cheapest live ask, COR wei per 1,000 tokens; undefined when no miner is live. */
  readonly price: TokenPrice | undefined;
  /** Whether its chat template renders tools, and in a form whose calls can be read. */
  readonly tools: boolean;
}

/** One chat completion. Absent sampling fields take the model's defaults; `model` is a name or a 32-byte model id. */
export interface CompletionRequest {
  /** `cor-…`: crypto/apiKey. */
  readonly apiKey: string;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens?: number | undefined;
  /** 0–2; 0 is greedy. */
  readonly temperature?: number | undefined;
  /** (0, 1]. */
  readonly topP?: number | undefined;
  /** 0 keeps all. */
  readonly topK?: number | undefined;
  /** 0–1. */
  readonly minP?: number | undefined;
  /** −2 … 2. */
  readonly presencePenalty?: number | undefined;
  /** −2 … 2. */
  readonly frequencyPenalty?: number | undefined;
  /** 0.1–10; 1 does nothing. */
  readonly repetitionPenalty?: number | undefined;
  /** By token id, −100 … 100; at most 1,024. */
  readonly logitBias?: Readonly<Record<string, number>> | undefined;
  /** What the answer must be (docs/inference.md#constrained-output); absent: anything. */
  readonly grammar?: string | undefined;
  readonly seed?: number | undefined;
  /** At most 4. */
  readonly stop?: readonly string[] | undefined;
  /** Deltas then carry log-probabilities, with so many of the most probable tokens for each token, 0–20. */
  readonly topLogprobs?: number | undefined;
  /** Functions that the model may ask for: calls then come as events of their own. */
  readonly tools?: readonly Tool[] | undefined;
  /** The answer is then a call of one of `tools`, held by a grammar in place of `grammar`; absent: as the model likes, calls of strict tools held. */
  readonly toolChoice?: ToolChoice | undefined;
  /** False: one call at most. */
  readonly parallelToolCalls?: boolean | undefined;
  /** Answers, each a task of its own with its own seed and receipt, 1–8; 1 when absent. */
  readonly choices?: number | undefined;
}

export interface TokenLogprob {
  /** Bytes that are no whole characters read U+FFFD here. */
  readonly token: string;
  /** Natural log of its probability (docs/inference.md#log-probabilities): the miner's word, no receipt covers it. */
  readonly logprob: number;
  readonly bytes: readonly number[];
}

/** One token of the answer, and what was most probable in its place, by falling probability. */
export interface ContentLogprob extends TokenLogprob {
  readonly top: readonly TokenLogprob[];
}

export const CHOICES_MAX = 8;

/**
 * `assigned` comes first, again when another miner takes over; then deltas in order. Of a request with several choices each event says whose it is
 * (0-based), and `ended` comes with each one's end.
 */
export type CompletionEvent =
  | {
      readonly type: 'assigned';
      readonly choice?: number | undefined;
      readonly task: TaskId;
      readonly miner: Address;
      readonly promptTokens: number;
    }
  | {
      /** Comes after the text, before the end. */
      readonly type: 'toolCall';
      readonly choice?: number | undefined;
      /** 0-based, of this answer's calls. */
      readonly index: number;
      readonly id: string;
      readonly name: string;
      /** JSON text of an object. */
      readonly arguments: string;
    }
  | { readonly type: 'ended'; readonly choice: number; readonly result: CompletionResult }
  | {
      readonly type: 'delta';
      readonly choice?: number | undefined;
      readonly text: string;
      readonly tokens: number;
      /** When the request asked for them: of the tokens of this delta that are not special. Text may come later than its tokens. */
      readonly logprobs?: readonly ContentLogprob[] | undefined;
    };

export interface CompletionResult {
  readonly task: TaskId;
  readonly miner: Address;
  readonly finishReason: FinishReason;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: Wei;
  /** The miner's word, with its signature: enough to check the bill offline. */
  readonly receipt: SignedReceipt;
}

/** What the APIs call on a router. */
export interface RouterService {
  models(): readonly RoutableModel[];
  /**
   * Streams one completion and gives one result for each choice; aborting the signal or returning from the iteration cancels the work at the miner.
   *
   * @throws coded errors with an HTTP status (docs/errors.md); before the first event nothing was billed. When one choice fails the others are
   * cancelled; those that had ended are paid.
   */
  complete(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, readonly CompletionResult[], void>;
}
