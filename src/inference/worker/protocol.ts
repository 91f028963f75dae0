/** Messages between the engine's host side and its worker process. One `call` number joins a request with its answers. */
import type { ErrorData } from '../../util/errors.ts';
import type { ProviderName } from '../provider.ts';
import type {
  BackendName,
  EncodeRequest,
  GeneratedToken,
  GenerateEnd,
  GenerateRequest,
  LoadOptions,
  ModelInfo,
  TensorRequest,
  TensorValue,
  VerifyRequest,
  VerifyResult,
} from '../types.ts';

export type ToWorker =
  | { readonly type: 'load'; readonly call: number; readonly dir: string; readonly options: LoadOptions }
  | { readonly type: 'generate'; readonly call: number; readonly request: GenerateRequest }
  | { readonly type: 'verify'; readonly call: number; readonly request: VerifyRequest }
  | { readonly type: 'encode'; readonly call: number; readonly request: EncodeRequest }
  | { readonly type: 'run'; readonly call: number; readonly request: TensorRequest }
  | { readonly type: 'cancel'; readonly call: number }
  | { readonly type: 'close' };

export interface BackendReport {
  readonly actual: BackendName;
  readonly runtimeVersion: string;
  readonly warning?: string;
  readonly provider: { readonly actual: ProviderName; readonly warning?: string };
}

/** A coded error without its class: errors lose it between processes. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly data: ErrorData;
  readonly cause: string | undefined;
}

export interface CallToken {
  readonly call: number;
  readonly token: GeneratedToken;
}

/** What one step gave to all calls travels in one message. */
export type FromWorker =
  | { readonly type: 'tokens'; readonly tokens: readonly CallToken[] }
  /** A step ended that gave nothing to tell: a chunk of a prompt, one input of many. */
  | { readonly type: 'progress' }
  | Answer;

/** The last message of a call: every call gets exactly one, also when it was cancelled, as long as the process is not closed. */
export type Answer =
  | { readonly type: 'loaded'; readonly call: number; readonly info: ModelInfo; readonly backend: BackendReport }
  | { readonly type: 'ended'; readonly call: number; readonly end: GenerateEnd }
  | { readonly type: 'verified'; readonly call: number; readonly result: VerifyResult }
  | { readonly type: 'encoded'; readonly call: number; readonly vectors: readonly Float32Array[] }
  | { readonly type: 'ran'; readonly call: number; readonly outputs: Readonly<Record<string, TensorValue>> }
  | { readonly type: 'cancelled'; readonly call: number }
  | { readonly type: 'failed'; readonly call: number; readonly error: WireError };
