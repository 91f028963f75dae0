import { inferenceError } from '../errors.ts';
import type { GgufValue } from './header.ts';

/** tokenizer.json and tokenizer_config.json of Hugging Face, as far as the engine reads them. */
export interface TokenizerFiles {
  readonly model: Record<string, unknown>;
  readonly settings: Record<string, unknown>;
}

const CONTROL = 3;
const USER_DEFINED = 4;
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const byteLevel = (useRegex: boolean): object => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: useRegex });
const split = (regex: string): object => ({
  type: 'Sequence',
  pretokenizers: [{ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false }, byteLevel(false)],
});

/** `tokenizer.ggml.pre` → pre-tokenizer, as the models' own tokenizer.json have it. */
const PRE_TOKENIZERS: Readonly<Record<string, object>> = {
  'gpt-2': byteLevel(true),
  smollm: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)] },
  'llama-bpe': split(`${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}${REST}`),
  qwen2: split(`${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${REST}`),
};

/**
 * The tokenizer in the metadata of a GGUF file: byte-level BPE with a known pre-tokenizer.
 *
 * @throws MODEL_UNSUPPORTED for other kinds (put tokenizer.json and tokenizer_config.json beside the file), MODEL_INVALID for damaged lists
 */
export function ggufTokenizer(metadata: ReadonlyMap<string, GgufValue>, path: string): TokenizerFiles {
  const at = (key: string): GgufValue | undefined => metadata.get(`tokenizer.ggml.${key}`);
  const [kind, pre] = [at('model'), at('pre')];
  const preTokenizer = typeof pre === 'string' && Object.hasOwn(PRE_TOKENIZERS, pre) ? PRE_TOKENIZERS[pre] : undefined;
  if (kind !== 'gpt2' || preTokenizer === undefined) {
    const what = `tokenizer ${String(kind)} with pre-tokenizer ${String(pre)} is not read from GGUF; put tokenizer.json and tokenizer_config.json beside it`;
    throw inferenceError('MODEL_UNSUPPORTED', `${path}: ${what}`, { path, key: 'tokenizer.ggml.pre', value: String(pre) });
  }
  const invalid = (key: string): Error => inferenceError('MODEL_INVALID', `${path}: tokenizer.ggml.${key} is damaged`, { path, key });
  const strings = (key: string): readonly string[] => {
    const value = at(key);
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) throw invalid(key);
    return value as readonly string[];
  };
  const tokens = strings('tokens');
  const types = at('token_type') ?? [];
  if (!Array.isArray(types)) throw invalid('token_type');
  const added = tokens.flatMap((content, id) => {
    const special = types[id] === CONTROL;
    if (!special && types[id] !== USER_DEFINED) return [];
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
  const model = {
    version: '1.0',
    added_tokens: added,
    normalizer: pre === 'qwen2' ? { type: 'NFC' } : null,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: byteLevel(true),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: strings('merges'),
    },
  };
  const settings: Record<string, unknown> = {};
  for (const name of ['bos', 'eos', 'unknown', 'padding']) {
    const id = at(`${name}_token_id`);
    const text = typeof id === 'number' ? tokens[id] : undefined;
    if (text !== undefined) settings[`${{ unknown: 'unk', padding: 'pad' }[name] ?? name}_token`] = text;
  }
  const template = metadata.get('tokenizer.chat_template');
  if (typeof template === 'string') settings.chat_template = template;
  return { model, settings };
}
