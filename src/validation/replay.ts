import type { FinishReason, Verdict } from '../types/index.ts';

/** What the miner says it did: the opened commitments of its receipt. */
export interface ClaimedOutput {
  readonly outputIds: Uint32Array;
  /** One 32-byte sketch (8 little-endian f32) of the final hidden state for each output token. */
  readonly sketches: readonly Uint8Array[];
  readonly finishReason: FinishReason;
  readonly maxTokens: number;
}

/** What one teacher-forced pass of the same model over prompt + output gives (inference `Engine.verify`). */
export interface Replay {
  /** Token that the declared sampling chooses at each position. */
  readonly chosen: Uint32Array;
  /** Score of the chosen token − score of the emitted one, in units of the sampler's score; 0 where they agree. */
  readonly gap: Float32Array;
  readonly sketches: readonly Uint8Array[];
}

/** Largest honest deviations of one numerics profile (docs/inference.md says how they were measured). */
export interface Tolerance {
  /** Score gap below which two tokens count as tied by rounding. */
  readonly gap: number;
  /** Relative L2 error of a sketch. */
  readonly sketchError: number;
}

export type ReplayFault = 'OUTPUT_EMPTY' | 'OUTPUT_TOO_LONG' | 'TOKEN_NOT_CHOSEN' | 'SKETCH_MISMATCH' | 'ENDED_EARLY' | 'TOKENS_AFTER_END';

export interface Judgement {
  readonly verdict: Verdict;
  readonly fault?: ReplayFault;
  /** Output position of the fault. */
  readonly position?: number;
}

const invalid = (fault: ReplayFault, position: number): Judgement => ({ verdict: 'INVALID', fault, position });

/**
 * Level 1, Proof of Inference: is this output what the model gives for this prompt and sampling?
 *
 * @param endIds tokens that end an answer in this model
 * @param endsAtStop whether the text of the whole output ends by one of the request's stop strings
 */
export function judgeReplay(
  claimed: ClaimedOutput,
  replay: Replay,
  tolerance: Tolerance,
  endIds: ReadonlySet<number>,
  endsAtStop: boolean,
): Judgement {
  const { outputIds } = claimed;
  // docs/protocols/evidence.md §3.1: an answer has 1 to maxTokens tokens.
  if (outputIds.length === 0) return invalid('OUTPUT_EMPTY', 0);
  if (outputIds.length > claimed.maxTokens) return invalid('OUTPUT_TOO_LONG', claimed.maxTokens);
  for (const [position, token] of outputIds.entries()) {
    // §3.2: each token is the one that the declared sampling chooses, or tied with it within the profile's rounding.
    // Written so that NaN counts as a fault.
    if (token !== replay.chosen[position] && !(Math.abs(replay.gap[position] ?? Number.NaN) <= tolerance.gap)) {
      return invalid('TOKEN_NOT_CHOSEN', position);
    }
    // §3.3: the hidden state behind it is the model's own.
    const error = sketchError(claimed.sketches[position], replay.sketches[position]);
    if (!(error <= tolerance.sketchError)) return invalid('SKETCH_MISMATCH', position);
    // §3.4: nothing follows an end token.
    if (endIds.has(token) && position + 1 < outputIds.length) return invalid('TOKENS_AFTER_END', position + 1);
  }
  // §3.5: an answer ends at an end token, a stop string or its token limit, unless the client cancelled it.
  const last = outputIds[outputIds.length - 1] as number;
  const ended = endIds.has(last) || endsAtStop || outputIds.length === claimed.maxTokens || claimed.finishReason === 'cancelled';
  return ended ? { verdict: 'VALID' } : invalid('ENDED_EARLY', outputIds.length);
}

/** ‖claimed − replayed‖ / ‖replayed‖ over the f32 values of two sketches; NaN when either is missing or malformed. */
export function sketchError(claimed: Uint8Array | undefined, replayed: Uint8Array | undefined): number {
  if (claimed === undefined || replayed === undefined || claimed.length !== replayed.length || claimed.length % 4 !== 0) return Number.NaN;
  const a = new DataView(claimed.buffer, claimed.byteOffset, claimed.byteLength);
  const b = new DataView(replayed.buffer, replayed.byteOffset, replayed.byteLength);
  let difference = 0;
  let norm = 0;
  for (let offset = 0; offset < claimed.length; offset += 4) {
    const y = b.getFloat32(offset, true);
    difference += (a.getFloat32(offset, true) - y) ** 2;
    norm += y ** 2;
  }
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
}
