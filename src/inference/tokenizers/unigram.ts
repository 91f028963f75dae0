import { type HfTokenizer, Unigram } from './library.ts';

const UNKNOWN_PENALTY = 10;

/**
 * Puts a Viterbi search in the place of the library's: sums in the order of the Rust library `tokenizers`, so that ties fall alike, and unknown
 * characters are one token within a piece only.
 *
 * @param vocab `model.vocab` of tokenizer.json: tokens with their scores
 */
export function fixUnigram(hf: HfTokenizer, vocab: readonly (readonly [token: string, score: number])[]): void {
  if (!(hf.model instanceof Unigram)) return;
  const scores = new Map(vocab);
  let [lengthMax, least] = [1, Number.POSITIVE_INFINITY];
  for (const [token, score] of vocab) {
    lengthMax = Math.max(lengthMax, [...token].length);
    least = Math.min(least, score);
  }
  hf.model.fuse_unk = false;
  hf.model.encode = (pieces) => pieces.flatMap((piece) => search(piece, scores, lengthMax, least - UNKNOWN_PENALTY));
}

/** The cut of a piece with the greatest sum of scores; of equal ones the one whose last token begins first. */
function search(piece: string, scores: ReadonlyMap<string, number>, lengthMax: number, unknownScore: number): string[] {
  const chars = [...piece];
  const best = new Float64Array(chars.length + 1);
  /** Where the best token that ends here begins, and whether it is a known one. */
  const starts = new Int32Array(chars.length + 1).fill(-1);
  const known = new Uint8Array(chars.length + 1);
  const offer = (start: number, end: number, score: number, isKnown: boolean): void => {
    const sum = score + (best[start] as number);
    if (starts[end] !== -1 && !(sum > (best[end] as number))) return;
    best[end] = sum;
    starts[end] = start;
    known[end] = isKnown ? 1 : 0;
  };
  for (let start = 0; start < chars.length; start++) {
    let token = '';
    for (let end = start + 1; end <= Math.min(chars.length, start + lengthMax); end++) {
      token += chars[end - 1];
      const score = scores.get(token);
      if (score !== undefined) offer(start, end, score, true);
      else if (end === start + 1) offer(start, end, unknownScore, false);
    }
  }
  const tokens: string[] = [];
  let unknown = '';
  const flush = (): void => {
    if (unknown !== '') tokens.push(unknown);
    unknown = '';
  };
  for (let end = chars.length; end > 0; end = starts[end] as number) {
    const token = chars.slice(starts[end], end).join('');
    if (known[end] === 0) unknown = token + unknown;
    else {
      flush();
      tokens.push(token);
    }
  }
  flush();
  return tokens.reverse();
}
