import { Grammar, type Matcher } from '../../../../src/inference/grammar/grammar.ts';
import { schemaGrammar } from '../../../../src/inference/grammar/text.ts';
import { type TokenSet, Vocabulary } from '../../../../src/inference/grammar/vocabulary.ts';

/** All bytes, then pieces that lie across borders of structure, strings and characters. */
const PIECES = [
  '{"',
  '":',
  '": ',
  ', "',
  '"}',
  '"]',
  '}}',
  'true',
  'null',
  'name',
  ' a',
  'é',
  '\\u',
  '\\ud83d',
  '12',
  '.5',
  '-',
  'e',
  '00',
];
const CUT = [Buffer.from('😀').subarray(0, 2), Buffer.from('😀').subarray(1, 4), Buffer.from('é"').subarray(1)];
export const TOKENS: readonly Uint8Array[] = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...PIECES.map((piece) => Buffer.from(piece)),
  ...CUT,
];
export const END = TOKENS.length;
export const VOCABULARY = new Vocabulary(TOKENS, new Set([END]));

export const grammarOf = (schema: unknown): Grammar => new Grammar(schemaGrammar(schema), TOKENS, VOCABULARY);
export const has = (set: TokenSet | undefined, token: number): boolean => (((set?.[token >>> 5] ?? 0) >>> (token & 31)) & 1) === 1;
export const members = (set: TokenSet | undefined): number[] => Array.from({ length: END + 1 }, (_, i) => i).filter((i) => has(set, i));

/** Whether the text, cut into tokens as `cut` says, is allowed from its first token to the end token. */
export function accepts(grammar: Grammar, text: string, cut: (bytes: Uint8Array, at: number) => number = () => 1): boolean {
  const matcher = grammar.matcher();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    const length = cut(bytes, at);
    const token = length === 1 ? (bytes[at] as number) : tokenOf(bytes.subarray(at, at + length));
    if (!has(matcher.allowed(), token)) return false;
    matcher.push(token);
    at += length;
  }
  return has(matcher.allowed(), END);
}

export const tokenOf = (bytes: Uint8Array): number => TOKENS.findIndex((token) => Buffer.compare(token, bytes) === 0);

/** Length of the longest token that the bytes go on with. */
export function longest(bytes: Uint8Array, at: number): number {
  return TOKENS.reduce((best, token) => {
    const fits = token.length > best && Buffer.compare(token, bytes.subarray(at, at + token.length)) === 0;
    return fits ? token.length : best;
  }, 1);
}

/** What brings a value to its end, best first. */
const CLOSING = [
  (token: number): boolean => token === END,
  ...['"', '}', ']'].map((text) => (token: number) => token === text.charCodeAt(0)),
];

/** Walks through what is allowed until an end token; takes what closes when it has gone on for long. @param draw in [0, 1) */
export function walk(matcher: Matcher, draw: () => number, patience = 60): string {
  const out: Uint8Array[] = [];
  for (let steps = 0; steps < 10_000; steps++) {
    const allowed = members(matcher.allowed());
    if (allowed.length === 0) throw new Error(`a dead end after ${Buffer.concat(out)}`);
    const closing = CLOSING.map((closes) => allowed.find(closes)).find((found) => found !== undefined);
    const drawn = allowed[Math.floor(draw() * allowed.length)] as number;
    const token = steps > patience ? (closing ?? drawn) : drawn;
    if (token === END) return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(out));
    out.push(TOKENS[token] as Uint8Array);
    matcher.push(token);
  }
  throw new Error(`no end after ${Buffer.concat(out).subarray(0, 200)}`);
}
