import type { FinishReason, Hex, ModelId, Sampling } from '../types/index.ts';
import type { ModelKind } from './modelKind.ts';
import type { ProfileName } from './profile.ts';
import type { ProviderStatus } from './provider.ts';

/** Which implementation runs the graphs: the C API of the bundled library, or the onnxruntime-node binding. */
export type BackendName = 'ortFfi' | 'ortNode';

export interface EngineStatus {
  /** What was asked for and what runs; `actual` is undefined until the worker has started. */
  readonly backend: { readonly requested: BackendName | 'auto'; readonly actual: BackendName | undefined; readonly warning?: string };
  /** ONNX Runtime version, e.g. '1.30.0'. */
  readonly runtimeVersion: string | undefined;
  readonly provider: ProviderStatus;
  /** Threads inside one forward pass. */
  readonly threads: number;
  readonly models: readonly ModelInfo[];
  /** Worker processes that ended by themselves or stalled, since the engine was made. */
  readonly lost: number;
  /** How the last of them ended, with what to do. */
  readonly warning?: string;
  /** The worker process; undefined while there is none. */
  readonly pid: number | undefined;
  /** Slots that hold a request now, over all models, and requests that wait for one. */
  readonly active: number;
  readonly queued: number;
}

export interface ModelInfo {
  readonly name: string;
  readonly id: ModelId;
  readonly kind: ModelKind;
  /** Of a classifier in the order of its chances, and of a tensor model if its signature has some; else empty. */
  readonly labels: readonly string[];
  /** Prompt and completion together. */
  readonly contextTokens: number;
  readonly vocab: number;
  readonly architecture: string;
  readonly hiddenSize: number;
  /** Arithmetic of this model here; names its tolerances (docs/inference.md#calibration). */
  readonly profile: ProfileName;
  /** 32 bytes: what the numbers depend on (docs/inference.md#numerics-profile). */
  readonly numericsProfile: Hex;
}

export interface GenerateRequest {
  readonly model: ModelId;
  readonly promptIds: Uint32Array;
  readonly sampling: Sampling;
  /** Upper bound of emitted tokens; the model's context bounds it too. */
  readonly maxTokens: number;
  /** Generation ends with the token that completes one of these strings. */
  readonly stop: readonly string[];
  /**
   * Prompts of one scope (a session, a conversation) may go on from each other's beginnings, which saves their prefill and changes no bit of
   * what comes out. Undefined: nothing of this prompt is kept or reused. Up to 256 characters.
   */
  readonly cacheScope?: string;
  /** Each token then comes with its log-probability and those of so many of the most probable ones, 0–20. Undefined: none, at no cost. */
  readonly topLogprobs?: number | undefined;
}

/** Natural logs of probabilities at temperature 1 among the model's own logits, as in VerifyResult.logprob. */
export interface TokenLogprobs {
  /** Of the emitted token. */
  readonly logprob: number;
  /** By falling probability, equal ones by rising id. */
  readonly top: readonly { readonly tokenId: number; readonly logprob: number }[];
}

export interface GeneratedToken {
  /** 0-based position in the completion. */
  readonly index: number;
  readonly tokenId: number;
  /** 8 little-endian f32: projection of the final hidden state that chose this token (docs/inference.md#sketch). */
  readonly sketch: Uint8Array;
  /** When the request asked for them. */
  readonly logprobs?: TokenLogprobs;
}

export interface GenerateEnd {
  /** 'stop': end-of-sequence token or stop string, both emitted; 'length': maxTokens or context reached. */
  readonly finishReason: FinishReason;
  readonly promptTokens: number;
  /** Those of them that were not computed again; 0 when cancelled. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

export interface VerifyRequest {
  readonly model: ModelId;
  readonly promptIds: Uint32Array;
  readonly outputIds: Uint32Array;
  readonly sampling: Sampling;
}

/** One entry for each token of `outputIds`. */
export interface VerifyResult {
  /** What the declared sampling chooses at each position, given the emitted tokens before it. */
  readonly chosen: Uint32Array;
  /** Natural log of the model's probability (temperature 1) of the emitted token. */
  readonly logprob: Float32Array;
  /** How many tokens the model finds more probable than the emitted one, before penalties and biases; of equal ones those of lower id. */
  readonly rank: Uint32Array;
  /**
   * How far the emitted token is from being chosen; 0 when it is the chosen one. Without top-k and top-p it is
   * score(chosen) − score(emitted); with them, the smallest change of scores or of nucleus mass that makes it win. Infinite for a token that
   * the grammar excludes.
   */
  readonly gap: Float32Array;
  readonly sketches: Uint8Array[];
}

/** Texts as token ids, special tokens included (Tokenizer.encodeInput). */
export interface EncodeRequest {
  readonly model: ModelId;
  readonly inputs: readonly Uint32Array[];
}

export const TENSOR_TYPES = ['float32', 'int64', 'int32', 'uint8', 'bool'] as const;
export type TensorType = (typeof TENSOR_TYPES)[number];

/** Numbers in row-major order; whole ones of int64 lie within ±2^53. */
export interface TensorValue {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface TensorRequest {
  readonly model: ModelId;
  /** By the names of the signature, all of them. */
  readonly inputs: Readonly<Record<string, TensorValue>>;
}

/** Runs models in a process of its own: no method blocks the caller's event loop. */
export interface Engine {
  readonly status: EngineStatus;
  /**
   * Loads a model folder; a second call for the same folder returns the loaded one.
   *
   * @throws MODEL_NOT_FOUND, MODEL_FILE_MISSING, MODEL_FILE_TOO_LARGE, MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_HASH_MISMATCH,
   * BACKEND_UNAVAILABLE, ENGINE_CRASHED, ENGINE_STALLED, ENGINE_CLOSED
   */
  load(dir: string, options?: LoadOptions): Promise<ModelInfo>;
  /**
   * Streams tokens; the generator's return value says why it ended. Returning early or aborting `signal` frees the slot within one step;
   * an abort ends the stream with finishReason 'cancelled' and does not throw.
   *
   * @throws MODEL_NOT_FOUND, PROMPT_EMPTY, PROMPT_TOO_LONG, TOKEN_OUT_OF_RANGE, REQUEST_INVALID, GRAMMAR_INVALID, GRAMMAR_UNSUPPORTED,
   * GRAMMAR_TOO_LARGE, ENGINE_QUEUE_FULL, ENGINE_NUMERICS, ENGINE_CRASHED, ENGINE_STALLED, ENGINE_CLOSED
   */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GeneratedToken, GenerateEnd>;
  /**
   * One teacher-forced pass over prompt and output.
   *
   * @throws like generate; the signal's reason when it aborts.
   */
  verify(request: VerifyRequest, signal: AbortSignal): Promise<VerifyResult>;
  /**
   * One vector for each input: an encoder's embedding, or a classifier's chances in the order of `ModelInfo.labels`. What an input gives does
   * not depend on what is encoded beside it.
   *
   * @throws MODEL_NOT_FOUND, MODEL_KIND, PROMPT_EMPTY, PROMPT_TOO_LONG, TOKEN_OUT_OF_RANGE, REQUEST_INVALID, ENGINE_NUMERICS, ENGINE_CRASHED, ENGINE_STALLED,
   * ENGINE_CLOSED
   */
  encode(request: EncodeRequest, signal: AbortSignal): Promise<readonly Float32Array[]>;
  /**
   * One pass of a model with a signature.
   *
   * @throws MODEL_NOT_FOUND, MODEL_KIND, REQUEST_INVALID naming the tensor, ENGINE_NUMERICS, ENGINE_CRASHED, ENGINE_STALLED, ENGINE_CLOSED
   */
  run(request: TensorRequest, signal: AbortSignal): Promise<Readonly<Record<string, TensorValue>>>;
  close(): Promise<void>;
}

export interface LoadOptions {
  /** MODEL_HASH_MISMATCH unless the folder has this id. */
  readonly expectedId?: ModelId;
}
