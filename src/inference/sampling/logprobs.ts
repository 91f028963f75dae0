import type { TokenLogprobs } from '../types.ts';

/**
 * Natural log of a token's probability at temperature 1 among the model's own logits: before penalties, biases and top-k, top-p or min-p.
 *
 * @param logits all finite
 */
export function logProbability(logits: Float32Array, token: number): number {
  return (logits[token] as number) - logSumExp(logits);
}

/** How many tokens the model finds more probable; of equal ones those of lower id. 0 is the model's first choice. */
export function rankOf(logits: Float32Array, token: number): number {
  const own = logits[token] as number;
  let rank = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (logit > own || (logit === own && id < token)) rank++;
  }
  return rank;
}

/**
 * The token's own and the `count` most probable ones, by falling probability, equal ones by rising id. One pass over the vocabulary keeps the
 * best so far: no sort of all.
 *
 * @param count at most the vocabulary
 */
export function tokenLogprobs(logits: Float32Array, token: number, count: number): TokenLogprobs {
  const norm = logSumExp(logits);
  const top = greatest(logits, count);
  return {
    logprob: (logits[token] as number) - norm,
    top: top.map((tokenId) => ({ tokenId, logprob: (logits[tokenId] as number) - norm })),
  };
}

/** At least every logit, so that no difference to it is above 0. */
function logSumExp(logits: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) if ((logits[i] as number) > top) top = logits[i] as number;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] as number) - top);
  return top + Math.log(sum);
}

function greatest(logits: Float32Array, count: number): number[] {
  const best: number[] = [];
  if (count === 0) return best;
  let least = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (best.length === count && logit <= least) continue;
    let at = best.length;
    while (at > 0 && (logits[best[at - 1] as number] as number) < logit) at--;
    best.splice(at, 0, id);
    if (best.length > count) best.pop();
    least = logits[best.at(-1) as number] as number;
  }
  return best;
}
