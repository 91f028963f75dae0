import { escaped, type PartConfig, patternOf, SPACE, unsupportedPart } from './parts.ts';

/** Cuts a text into pieces that the model sees one by one. `isStart`: the text stands at the very beginning of what is encoded. */
export type PreTokenizer = (text: string, isStart: boolean) => string[];

type Behaviour = 'removed' | 'isolated' | 'mergedwithprevious' | 'mergedwithnext' | 'contiguous';
const PUNCTUATION = '\\p{P}\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e';
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
const GPT2 = new RegExp(
  `'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|${SPACE}+(?!\\P{White_Space})|${SPACE}+`,
  'gu',
);
const BYTE_CHARS = byteChars();

/**
 * The pre-tokenizer of a tokenizer.json, piece for piece as the Rust library `tokenizers` cuts.
 *
 * @throws MODEL_UNSUPPORTED naming a kind or a setting that is not known
 */
export function preTokenizerOf(config: PartConfig): PreTokenizer {
  if (config === null) return (text) => [text];
  switch (config.type) {
    case 'Sequence': {
      const steps = ((config.pretokenizers ?? []) as PartConfig[]).map(preTokenizerOf);
      return (text, isStart) =>
        steps.reduce((pieces, step) => pieces.flatMap((piece, i) => step(piece, isStart && i === 0)), [text] as string[]);
    }
    case 'ByteLevel': {
      const { add_prefix_space: prefix = true, use_regex: cut = true } = config;
      return (text) => {
        const whole = prefix === true && !text.startsWith(' ') ? ` ${text}` : text;
        return (cut === true ? (whole.match(GPT2) ?? []) : [whole]).map(toByteChars);
      };
    }
    case 'Split':
      return splitter(patternOf('pre_tokenizer', config), behaviourOf(config.behavior), config.invert === true);
    case 'Punctuation':
      return splitter(new RegExp(`[${PUNCTUATION}]`, 'gu'), behaviourOf(config.behavior ?? 'Isolated'), false);
    case 'Digits':
      return splitter(/\p{N}/gu, config.individual_digits === true ? 'isolated' : 'contiguous', false);
    case 'Whitespace':
      return splitter(new RegExp(`[${WORD}]+|[^${WORD}${SPACE}]+`, 'gu'), 'removed', true);
    case 'WhitespaceSplit':
      return splitter(new RegExp(SPACE, 'gu'), 'removed', false);
    case 'BertPreTokenizer': {
      const words = new RegExp(`[^${SPACE}${PUNCTUATION}]+|[${PUNCTUATION}]`, 'gu');
      return (text) => text.match(words) ?? [];
    }
    case 'Metaspace':
      return metaspace(config);
    default:
      throw unsupportedPart('pre_tokenizer', config.type);
  }
}

function behaviourOf(value: unknown): Behaviour {
  const name = String(value).toLowerCase();
  if (['removed', 'isolated', 'mergedwithprevious', 'mergedwithnext', 'contiguous'].includes(name)) return name as Behaviour;
  throw unsupportedPart('pre_tokenizer', value);
}

/** Cuts at the matches of a pattern, or with `invert` at what lies between them. */
function splitter(pattern: RegExp, behaviour: Behaviour, invert: boolean): PreTokenizer {
  return (text) => {
    const parts: { text: string; isCut: boolean }[] = [];
    const push = (start: number, end: number, isCut: boolean): void => {
      if (end > start) parts.push({ text: text.slice(start, end), isCut });
    };
    let at = 0;
    for (const match of text.matchAll(pattern)) {
      push(at, match.index, invert);
      at = match.index + match[0].length;
      push(match.index, at, !invert);
    }
    push(at, text.length, invert);
    if (behaviour === 'removed') return parts.filter(({ isCut }) => !isCut).map((part) => part.text);
    const pieces: string[] = [];
    for (const [i, part] of parts.entries()) {
      const before = parts[i - 1]?.isCut;
      const joins =
        (behaviour === 'contiguous' && before === part.isCut) ||
        (behaviour === 'mergedwithprevious' && part.isCut && before === false) ||
        (behaviour === 'mergedwithnext' && before === true && !part.isCut);
      if (joins) pieces[pieces.length - 1] += part.text;
      else pieces.push(part.text);
    }
    return pieces;
  };
}

/** Spaces become `▁`, one goes in front, and each starts a piece. */
function metaspace({
  replacement = '▁',
  prepend_scheme: scheme,
  add_prefix_space: prefix,
  split = true,
}: NonNullable<PartConfig>): PreTokenizer {
  if (typeof replacement !== 'string' || [...replacement].length !== 1) throw unsupportedPart('pre_tokenizer', { replacement });
  const when = scheme ?? (prefix === false ? 'never' : 'always');
  if (!['always', 'first', 'never'].includes(String(when))) throw unsupportedPart('pre_tokenizer', { prepend_scheme: when });
  const cut = splitter(new RegExp(escaped(replacement), 'gu'), 'mergedwithnext', false);
  return (text, isStart) => {
    const marked = text.replaceAll(' ', replacement);
    const prepends = !marked.startsWith(replacement) && (when === 'always' || (when === 'first' && isStart));
    const whole = prepends ? replacement + marked : marked;
    return split === false ? [whole] : cut(whole, isStart);
  };
}

/** One printable character for each byte of UTF-8, as GPT-2 has them. */
function byteChars(): readonly string[] {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

function toByteChars(text: string): string {
  let chars = '';
  for (const byte of Buffer.from(text)) chars += BYTE_CHARS[byte];
  return chars;
}
