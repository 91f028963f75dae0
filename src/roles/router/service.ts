import type { SignedReceipt } from '../../crypto/eip712.ts';
import type { Address, FinishReason, ModelId, TaskId, TokenPrice, Wei } from '../../types/index.ts';

/** One turn of a conversation, as the model's chat template takes it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

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
}

/** `assigned` comes once, first; then deltas in order. */
export type CompletionEvent =
  | { readonly type: 'assigned'; readonly task: TaskId; readonly miner: Address; readonly promptTokens: number }
  | { readonly type: 'delta'; readonly text: string; readonly tokens: number };

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
   * Streams one completion; aborting the signal or returning from the iteration cancels the work at the miner.
   *
   * @throws coded errors with an HTTP status (docs/errors.md); before the first event nothing was billed.
   */
  complete(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<CompletionEvent, CompletionResult, void>;
}
