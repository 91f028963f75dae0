import type { FinishReason } from '../types/index.ts';
import type { Detokenizer } from './detokenizer.ts';
import { inferenceError } from './errors.ts';
import type { Matcher } from './grammar/index.ts';
import { LogitAdjustment } from './sampling/adjustment.ts';
import { rankOf, tokenLogprobs } from './sampling/logprobs.ts';
import { chooseToken, judgeToken } from './sampling/sampler.ts';
import type { Sketcher } from './sketch.ts';
import { findStop } from './stop.ts';
import type { GeneratedToken, GenerateEnd, GenerateRequest, VerifyRequest, VerifyResult } from './types.ts';

/** Results of one position of a forward pass. Views: valid during the call only. */
export interface PositionOutput {
  readonly logits: Float32Array;
  readonly hidden: Float32Array;
}

/** Work that holds a cache row: first its `tokens` are fed in chunks, then, for a generation, one token a step. */
export interface Job {
  readonly call: number;
  /** Known tokens: prompt, or prompt and output without its last token. */
  readonly tokens: Uint32Array;
  /** First position of `tokens` whose results are wanted. */
  readonly wantedFrom: number;
  /** Who may go on from what this job's tokens left in the cache, and it from theirs; undefined: nobody. */
  readonly cacheScope?: string | undefined;
  /** Told before the first step how many of its tokens were in the cache, if any were. */
  onReuse?(tokens: number): void;
  /** Takes the results of the next wanted position; what to feed next, or undefined when the job wants no more steps. */
  accept(output: PositionOutput): number | undefined;
}

export interface GenerateJobInit {
  readonly call: number;
  readonly request: GenerateRequest;
  readonly contextTokens: number;
  readonly eosIds: ReadonlySet<number>;
  readonly detokenizer: Detokenizer | undefined;
  /** Of the sampling's grammar, if it has one. */
  readonly matcher: Matcher | undefined;
  readonly sketcher: Sketcher;
  readonly onToken: (token: GeneratedToken) => void;
  readonly onEnd: (end: GenerateEnd) => void;
}

export function generateJob(init: GenerateJobInit): Job {
  const { call, request, sketcher, detokenizer } = init;
  const promptTokens = request.promptIds.length;
  const tokensMax = Math.min(request.maxTokens, init.contextTokens - promptTokens);
  const stopCharsMax = request.stop.reduce((max, text) => Math.max(max, text.length), 0);
  const adjustment = new LogitAdjustment(request.sampling, request.promptIds, init.matcher);
  let tail = '';
  let emitted = 0;
  let cachedTokens = 0;

  const reachesStop = (tokenId: number): boolean => {
    if (detokenizer === undefined) return false;
    tail += detokenizer.push(tokenId);
    if (findStop(tail, request.stop) !== -1) return true;
    tail = tail.slice(Math.max(0, tail.length - stopCharsMax + 1));
    return false;
  };
  const finishReason = (tokenId: number): FinishReason | undefined => {
    if (init.eosIds.has(tokenId) || reachesStop(tokenId)) return 'stop';
    return emitted >= tokensMax ? 'length' : undefined;
  };

  return {
    call,
    tokens: request.promptIds,
    wantedFrom: promptTokens - 1,
    cacheScope: request.cacheScope,
    onReuse(tokens) {
      cachedTokens = tokens;
    },
    accept({ logits, hidden }) {
      requireFinite(logits, promptTokens + emitted);
      const tokenId = chooseToken(adjustment.apply(logits), request.sampling, emitted);
      adjustment.push(tokenId);
      const token = { index: emitted, tokenId, sketch: sketcher.sketch(hidden) };
      const { topLogprobs } = request;
      init.onToken(topLogprobs === undefined ? token : { ...token, logprobs: tokenLogprobs(logits, tokenId, topLogprobs) });
      emitted++;
      const reason = finishReason(tokenId);
      if (reason === undefined) return tokenId;
      init.onEnd({ finishReason: reason, promptTokens, cachedTokens, completionTokens: emitted });
      return undefined;
    },
  };
}

export interface VerifyJobInit {
  readonly call: number;
  /** With at least one output token. */
  readonly request: VerifyRequest;
  readonly matcher: Matcher | undefined;
  readonly sketcher: Sketcher;
  readonly onResult: (result: VerifyResult) => void;
}

export function verifyJob({ call, request, matcher, sketcher, onResult }: VerifyJobInit): Job {
  const { promptIds, outputIds, sampling } = request;
  const tokens = new Uint32Array(promptIds.length + outputIds.length - 1);
  tokens.set(promptIds);
  tokens.set(outputIds.subarray(0, -1), promptIds.length);
  const count = outputIds.length;
  const adjustment = new LogitAdjustment(sampling, promptIds, matcher);
  const result = {
    chosen: new Uint32Array(count),
    logprob: new Float32Array(count),
    rank: new Uint32Array(count),
    gap: new Float32Array(count),
    sketches: [] as Uint8Array[],
  };
  let position = 0;
  return {
    call,
    tokens,
    wantedFrom: promptIds.length - 1,
    accept({ logits, hidden }) {
      requireFinite(logits, promptIds.length + position);
      const emitted = outputIds[position] as number;
      result.rank[position] = rankOf(logits, emitted);
      const { chosen, logprob, gap } = judgeToken(logits, adjustment.apply(logits), sampling, position, emitted);
      adjustment.push(emitted);
      result.chosen[position] = chosen;
      result.logprob[position] = logprob;
      result.gap[position] = gap;
      result.sketches.push(sketcher.sketch(hidden));
      if (++position === count) onResult(result);
      return undefined;
    },
  };
}

function requireFinite(logits: Float32Array, position: number): void {
  let sum = 0;
  for (const logit of logits) sum += logit;
  if (!Number.isFinite(sum)) throw inferenceError('ENGINE_NUMERICS', `logits at position ${position} are not finite`, { position });
}
