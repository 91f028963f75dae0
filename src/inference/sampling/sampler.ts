import type { Sampling } from '../../types/index.ts';
import { GumbelNoise, noiseOf, surelyBelow } from './gumbel.ts';
import { logProbability } from './logprobs.ts';
import { keptTokens } from './nucleus.ts';

const PPM = 1_000_000;

/** What the sampling says about an emitted token at one position. */
export interface Judgement {
  /** What the sampling chooses. */
  readonly chosen: number;
  /** Natural log of the emitted token's probability at temperature 1, unrestricted. */
  readonly logprob: number;
  /** 0 when the emitted token is the chosen one; see VerifyResult.gap. */
  readonly gap: number;
}

/**
 * The token that `sampling` chooses. Pure: the same logits, sampling and position give the same token on every machine (docs/inference.md#sampling).
 *
 * @param logits one per vocabulary entry, finite or −∞ for what must not be chosen, at least one of them finite
 * @param position 0-based index in the completion
 */
export function chooseToken(logits: Float32Array, sampling: Sampling, position: number): number {
  if (sampling.temperatureMilli === 0) return argmax(logits);
  const noise = new GumbelNoise(sampling.seed, position);
  if (!isRestricted(sampling, logits.length)) return chooseUnrestricted(logits, sampling, noise);
  let best = -1;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const { token, z } of keptTokens(logits, sampling).kept) {
    const score = z + noise.at(token);
    if (score > bestScore || (score === bestScore && token < best)) {
      best = token;
      bestScore = score;
    }
  }
  return best;
}

/**
 * @param raw the model's own logits
 * @param logits what LogitAdjustment made of them
 * @param emitted inside the vocabulary
 */
export function judgeToken(raw: Float32Array, logits: Float32Array, sampling: Sampling, position: number, emitted: number): Judgement {
  const logprob = logProbability(raw, emitted);
  const chosen = chooseToken(logits, sampling, position);
  if (chosen === emitted) return { chosen, logprob, gap: 0 };
  // A token that the grammar excludes: no change of numbers lets it in.
  if (logits[emitted] === Number.NEGATIVE_INFINITY) return { chosen, logprob, gap: Number.POSITIVE_INFINITY };
  if (sampling.temperatureMilli === 0) return { chosen, logprob, gap: (logits[chosen] as number) - (logits[emitted] as number) };
  const noise = new GumbelNoise(sampling.seed, position);
  const score = (token: number): number => scaled(logits, token, sampling) + noise.at(token);
  if (!isRestricted(sampling, logits.length)) return { chosen, logprob, gap: score(chosen) - score(emitted) };

  // With top-k, min-p or top-p: every better-scored kept token must be outscored or pushed out, and the emitted one must be let in.
  const { kept, exclusion } = keptTokens(logits, sampling);
  const own = score(emitted);
  let gap = exclusion(emitted);
  for (const { token, z, margin } of kept) {
    const lead = z + noise.at(token) - own;
    if (token !== emitted && lead > 0) gap = Math.max(gap, Math.min(lead, margin));
  }
  return { chosen, logprob, gap: Math.max(gap, Number.EPSILON) };
}

/** Lowest id wins ties. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}

/** z = 1000 · logit / temperatureMilli, in f64. */
export function scaled(logits: Float32Array, token: number, sampling: Sampling): number {
  return ((logits[token] as number) * 1000) / sampling.temperatureMilli;
}

function isRestricted(sampling: Sampling, vocab: number): boolean {
  return sampling.topPPpm < PPM || sampling.minPPpm > 0 || (sampling.topK > 0 && sampling.topK < vocab);
}

/** Most words are too small for any token but the likeliest, and of the others most for their own: both tests are exact, and spare the scores. */
function chooseUnrestricted(logits: Float32Array, sampling: Sampling, noise: GumbelNoise): number {
  const words = noise.words(logits.length);
  const likeliest = argmax(logits);
  let second = likeliest === 0 ? 1 : 0;
  for (let i = 0; i < logits.length; i++) if ((logits[i] as number) > (logits[second] as number) && i !== likeliest) second = i;
  const others = logits.length === 1 ? Number.NEGATIVE_INFINITY : scaled(logits, second, sampling);
  let best = likeliest;
  let bestScore = scaled(logits, best, sampling) + noise.at(best);
  let least = surelyBelow(bestScore - others);
  for (let token = 0; token < logits.length; token++) {
    const word = words[token] as number;
    if (word < least || token === likeliest) continue;
    const z = scaled(logits, token, sampling);
    if (word < surelyBelow(bestScore - z)) continue;
    const score = z + noiseOf(word);
    if (score > bestScore || (score === bestScore && token < best)) {
      best = token;
      bestScore = score;
      least = surelyBelow(bestScore - others);
    }
  }
  return best;
}
