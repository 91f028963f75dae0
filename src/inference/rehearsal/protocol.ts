/** Between the daemon and the process that tries a model out: arguments in, one line of JSON out. */
import type { ModelId } from '../../types/index.ts';
import type { ResolvedEngineOptions } from '../options.ts';
import type { WireError } from '../worker/protocol.ts';

/** The settings of the engine that a load depends on. */
export type RehearsalOptions = Pick<ResolvedEngineOptions, 'backend' | 'contextTokensMax' | 'quantisation'>;

export interface RehearsalRequest {
  readonly dir: string;
  readonly options: RehearsalOptions;
}

export type RehearsalAnswer = { readonly id: ModelId } | { readonly error: WireError };

/** File descriptor that the answer is written to: 1 and 2 are for whatever native code prints. */
export const ANSWER_FD = 3;
export const ANSWER_BYTES_MAX = 65_536;
/** Of an error's message, and of its cause. */
export const ANSWER_TEXT_CHARS_MAX = 2_000;
