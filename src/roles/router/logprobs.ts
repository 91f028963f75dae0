import type { Tokenizer } from '../../inference/tokenizer.ts';
import type { InferChunk } from '../../protocols/infer/messages.ts';
import type { ContentLogprob, TokenLogprob } from './service.ts';

/**
 * What is wrong with the log-probabilities of a chunk (docs/protocols/infer.md §4); undefined when nothing is.
 *
 * @param wanted the request's `topLogprobs`
 */
export function logprobsFault({ tokenIds, logprobs }: InferChunk, wanted: number | undefined): string | undefined {
  if (wanted === undefined) return logprobs === undefined ? undefined : 'log-probabilities came that nobody asked for';
  if (logprobs === undefined) return 'log-probabilities are missing';
  const { emitted, topIds, top } = logprobs;
  const tops = wanted * tokenIds.length;
  if (emitted.length !== tokenIds.length || topIds.length !== tops || top.length !== tops)
    return `${emitted.length} log-probabilities and ${topIds.length} alternatives came for ${tokenIds.length} tokens`;
  if (![...emitted, ...top].every(isLogprob)) return 'a log-probability is no number up to 0';
  if (top.some((value, i) => i % wanted !== 0 && value > (top[i - 1] as number))) return 'alternatives are not by falling probability';
  return undefined;
}

function isLogprob(value: number): boolean {
  return Number.isFinite(value) && value <= 0;
}

type Vocabulary = Pick<Tokenizer, 'tokenBytes' | 'specialIds'>;

/** One entry for each token of a checked chunk that has text: special tokens have none. */
export function contentLogprobs(vocabulary: Vocabulary, { tokenIds, logprobs }: InferChunk): readonly ContentLogprob[] | undefined {
  if (logprobs === undefined) return undefined;
  const { emitted, topIds, top } = logprobs;
  const wanted = topIds.length / tokenIds.length;
  return Array.from(tokenIds, (id, i): ContentLogprob => {
    const first = i * wanted;
    const alternatives = Array.from(topIds.subarray(first, first + wanted), (other, j) =>
      entry(vocabulary, other, top[first + j] as number),
    );
    return { ...entry(vocabulary, id, emitted[i] as number), top: alternatives };
  }).filter((_, i) => !vocabulary.specialIds.has(tokenIds[i] as number));
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function entry(vocabulary: Vocabulary, id: number, logprob: number): TokenLogprob {
  const bytes = vocabulary.tokenBytes(id);
  return { token: utf8.decode(bytes), logprob, bytes: [...bytes] };
}
