import { inferenceError } from './errors.ts';

/** Entries of the vocabulary, as `vocab_size` of config.json. */
export const VOCAB_MAX = 1 << 20;
export const MERGES_MAX = 1 << 21;
export const ADDED_TOKENS_MAX = 32_768;
/** Text of one token. The longest of published models are runs of some hundred spaces. */
export const TOKEN_CHARS_MAX = 1_024;
/** Normalizers, pre-tokenizers, decoders and post-processors, those in sequences counted. */
export const PARTS_MAX = 64;
export const PART_DEPTH_MAX = 8;
export const PATTERN_CHARS_MAX = 4_096;
/** Times that normalizers or decoders together may make a text longer; tables of characters stay below 2. */
export const GROWTH_MAX = 64;

type Json = Readonly<Record<string, unknown>>;

/**
 * Looks at tokenizer.json before it is made a tokenizer: how much there is of everything, and how much longer it can make a text. A file of a
 * kilobyte can ask for 2^40 characters with a chain of replacements.
 *
 * @throws MODEL_INVALID naming the part, MODEL_UNSUPPORTED for patterns in decoders, which run for every token
 */
export function checkTokenizer(tokenizer: Json, dir: string): void {
  const invalid = (what: string): Error => inferenceError('MODEL_INVALID', `tokenizer.json in ${dir}: ${what}`, { dir });
  const model = objectOf(tokenizer.model);
  const { vocab, merges } = model;
  const texts = Array.isArray(vocab) ? vocab.map((entry) => (Array.isArray(entry) ? entry[0] : entry)) : Object.keys(objectOf(vocab));
  bounded(texts.length, VOCAB_MAX, 'entries of the vocabulary', invalid);
  if (texts.some((text) => typeof text === 'string' && text.length > TOKEN_CHARS_MAX))
    throw invalid(`a token has more than ${TOKEN_CHARS_MAX} characters`);
  if (Array.isArray(merges)) bounded(merges.length, MERGES_MAX, 'merges', invalid);
  const added = Array.isArray(tokenizer.added_tokens) ? tokenizer.added_tokens : [];
  bounded(added.length, ADDED_TOKENS_MAX, 'added tokens', invalid);
  for (const token of added)
    bounded(String(objectOf(token).content ?? '').length, TOKEN_CHARS_MAX, 'characters of an added token', invalid);

  let count = 0;
  for (const section of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']) {
    let growth = 1;
    for (const part of partsOf(tokenizer[section], 0, invalid)) {
      bounded(++count, PARTS_MAX, 'parts', invalid);
      const pattern = objectOf(part.pattern);
      for (const text of [pattern.Regex, pattern.String, part.content, part.prepend])
        bounded(String(text ?? '').length, PATTERN_CHARS_MAX, 'characters of a pattern', invalid);
      if (section === 'decoder' && pattern.Regex !== undefined)
        throw inferenceError('MODEL_UNSUPPORTED', `tokenizer.json in ${dir}: a decoder with a regular expression`, { key: 'decoder' });
      if (part.type === 'Replace') growth *= growthOf(pattern, String(part.content ?? ''), invalid);
    }
    if (growth > GROWTH_MAX) throw invalid(`${section} can make a text ${growth} times as long; the limit is ${GROWTH_MAX}`);
  }
}

/** Times that one replacement makes a text longer at most. */
function growthOf({ String: text }: Json, content: string, invalid: (what: string) => Error): number {
  // To JavaScript, $&, $` and the like in a replacement are what was found and what stands around it.
  if (/\$[$&`'<\d]/.test(content)) throw invalid(`a replacement has ${JSON.stringify(content.slice(0, 32))}`);
  // A regular expression may match nothing, between any two characters.
  return typeof text === 'string' && text !== '' ? Math.max(1, content.length / text.length) : 1 + content.length;
}

/** A part with those in its sequences. */
function* partsOf(value: unknown, depth: number, invalid: (what: string) => Error): Generator<Json> {
  if (typeof value !== 'object' || value === null) return;
  bounded(depth, PART_DEPTH_MAX, 'levels of parts', invalid);
  const part = value as Json;
  yield part;
  for (const list of [part.normalizers, part.pretokenizers, part.decoders, part.processors])
    if (Array.isArray(list)) for (const inner of list) yield* partsOf(inner, depth + 1, invalid);
}

const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

function bounded(count: number, max: number, what: string, invalid: (what: string) => Error): void {
  if (count > max) throw invalid(`${count} ${what}; the limit is ${max}`);
}
