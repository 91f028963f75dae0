import type { GraphTarget } from './graph/decoder.ts';
import type { DecoderShape } from './graph/shape.ts';
import type { ProviderName } from './provider.ts';
import type { BackendName } from './types.ts';

/**
 * One forward pass over `count` neighbouring rows of the KV cache, beginning with row `first`: each row gets `length` new tokens after
 * the `past[i]` that it holds.
 */
export interface StepInput {
  readonly first: number;
  readonly count: number;
  readonly length: number;
  /** count × length token ids, row after row. */
  readonly ids: Uint32Array;
  /** Tokens in the cache before this pass, for each row. */
  readonly past: Uint32Array;
  /** Positions, from the end of the new ones, that results are wanted for: 1–length. */
  readonly keep: number;
}

/** Valid until the next pass of the same session. */
export interface StepOutput {
  /** count × keep × vocab */
  readonly logits: Float32Array;
  /** count × keep × hidden: after the final norm. */
  readonly hidden: Float32Array;
}

/** One model with its KV cache of `rows` rows. Not re-entrant: one pass at a time. */
export interface Session {
  /** `hidden` is 0 when the model gives no hidden states. */
  readonly shape: Pick<DecoderShape, 'vocab' | 'hidden'>;
  readonly rows: number;
  readonly contextTokens: number;
  /** What runs worse than it could, and why. */
  readonly warning?: string;
  run(step: StepInput): Promise<StepOutput>;
  /** Copies the first `tokens` positions of one cache row to another. */
  copyRow(from: number, to: number, tokens: number): void;
  close(): Promise<void>;
}

export interface SessionInit {
  /** ONNX model with the inputs and outputs of graph/decoder.ts. */
  readonly model: Uint8Array;
  readonly shape: DecoderShape;
  readonly rows: number;
  readonly contextTokens: number;
  /** New tokens in one pass at most, over all rows. */
  readonly stepTokensMax: number;
  readonly threads: number;
}

/** Runs graphs on one provider. Implementations give bit-identical numbers on the CPU: they call the same library. */
export interface Backend {
  readonly name: BackendName;
  readonly provider: ProviderName;
  /** How graphs must be written for it. */
  readonly graph: GraphTarget;
  readonly runtimeVersion: string;
  open(init: SessionInit): Promise<Session>;
}
