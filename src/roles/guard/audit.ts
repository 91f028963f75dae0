import { keccak256 } from 'viem';
import type { Assignment, Receipt } from '../../crypto/eip712.ts';
import { promptCommit, samplingHash } from '../../crypto/ids.ts';
import { outputRoot, SKETCH_BYTES } from '../../crypto/merkle.ts';
import type { Engine } from '../../inference/engine.ts';
import { CALIBRATION, gapMaxFor, type ProfileName } from '../../inference/profile.ts';
import { cutAtStop } from '../../inference/stop.ts';
import type { Tokenizer } from '../../inference/tokenizer.ts';
import type { EvidenceFound } from '../../protocols/evidence/messages.ts';
import { EvidenceFoundMessage } from '../../protocols/evidence/messages.ts';
import type { Hex, Verdict } from '../../types/index.ts';
import { judgeReplay } from '../../validation/replay.ts';

export interface AuditOutcome {
  readonly verdict: Verdict;
  /** Code of the fault; absent when VALID. */
  readonly fault?: string;
  /** Output position of the fault. */
  readonly position?: number;
  /** keccak256 over the evidence's bytes: guards that judged the same evidence agree on it. */
  readonly evidenceHash: Hex;
}

/**
 * Whether evidence opens the receipt's commitments (docs/protocols/evidence.md §3). What does not open cannot be what the
 * miner signed, so it is as good as a wrong answer. Undefined when all is well.
 */
export function evidenceFault(evidence: EvidenceFound, receipt: Receipt): string | undefined {
  if (evidence.promptIds.length !== receipt.promptTokens || evidence.outputIds.length !== receipt.completionTokens) return 'COUNT_MISMATCH';
  if (promptCommit(evidence.promptSalt, evidence.promptIds) !== receipt.promptCommit) return 'PROMPT_MISMATCH';
  if (samplingHash(evidence.sampling) !== receipt.sampling) return 'SAMPLING_MISMATCH';
  if (evidence.sketches.length !== evidence.outputIds.length * SKETCH_BYTES) return 'SKETCH_COUNT';
  if (outputRoot(evidence.outputIds, splitSketches(evidence.sketches)) !== receipt.outputRoot) return 'OUTPUT_MISMATCH';
  return undefined;
}

export function splitSketches(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / SKETCH_BYTES) }, (_, i) =>
    bytes.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES),
  );
}

/**
 * Level 0 and level 1 on one task: commitments, then one teacher-forced pass over prompt and output.
 *
 * @throws what `Engine.verify` throws for reasons that are not the miner's
 */
export async function audit(
  evidence: EvidenceFound,
  assignment: Assignment,
  receipt: Receipt,
  components: { engine: Engine; tokenizer: Tokenizer; vocab: number; profile: ProfileName },
  signal: AbortSignal,
): Promise<AuditOutcome> {
  const { engine, tokenizer, vocab, profile } = components;
  const calibration = CALIBRATION[profile];
  const evidenceHash = keccak256(EvidenceFoundMessage.encode(evidence));
  const mismatch = evidenceFault(evidence, receipt);
  if (mismatch !== undefined) return { verdict: 'INVALID', fault: mismatch, evidenceHash };
  const { promptIds, outputIds, sampling, stop, finishReason } = evidence;
  if (outputIds.length === 0) return { verdict: 'INVALID', fault: 'OUTPUT_EMPTY', evidenceHash };
  // A token outside the vocabulary cannot be replayed, and no honest miner emits one.
  const foreign = outputIds.findIndex((id) => id >= vocab);
  if (foreign !== -1) return { verdict: 'INVALID', fault: 'TOKEN_UNKNOWN', position: foreign, evidenceHash };
  const replay = await engine.verify({ model: receipt.model, promptIds, outputIds, sampling }, signal);
  const endsAtStop = stop.length > 0 && cutAtStop(tokenizer.decode(outputIds), stop).stopped;
  const tolerance = { gap: gapMaxFor(calibration, sampling), sketchError: calibration.sketchErrorMax };
  const claimed = { outputIds, sketches: splitSketches(evidence.sketches), finishReason, maxTokens: assignment.maxTokens };
  return { ...judgeReplay(claimed, replay, tolerance, tokenizer.eosIds, endsAtStop), evidenceHash };
}
