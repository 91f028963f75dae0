import { charsmapNormalizer } from './charsmap.ts';
import { type PartConfig, patternOf, SPACE, unsupportedPart } from './parts.ts';

export type Normalizer = (text: string) => string;

const LEFT = new RegExp(`^${SPACE}+`, 'u');
const RIGHT = new RegExp(`${SPACE}+$`, 'u');
/** What BERT drops: U+0000, U+FFFD, controls and formats other than tab and line ends. */
const BERT_DROPPED = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}]/gu;
const BERT_SPACE = new RegExp(SPACE, 'gu');
const HAN =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

/**
 * The normalizer of a tokenizer.json, text for text as the Rust library `tokenizers` changes it.
 *
 * @throws MODEL_UNSUPPORTED naming a kind or a setting that is not known
 */
export function normalizerOf(config: PartConfig): Normalizer {
  if (config === null) return (text) => text;
  switch (config.type) {
    case 'Sequence': {
      const steps = ((config.normalizers ?? []) as PartConfig[]).map(normalizerOf);
      return (text) => steps.reduce((value, step) => step(value), text);
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = config.type;
      return (text) => text.normalize(form);
    }
    case 'Lowercase':
      return lowercase;
    case 'Strip':
      return (text) => {
        const left = config.strip_left === false ? text : text.replace(LEFT, '');
        return config.strip_right === false ? left : left.replace(RIGHT, '');
      };
    case 'StripAccents':
      return (text) => text.replace(/\p{M}/gu, '');
    case 'Replace': {
      const pattern = patternOf('normalizer', config);
      const content = String(config.content ?? '');
      return (text) => text.replace(pattern, () => content);
    }
    case 'Prepend': {
      const prefix = String(config.prepend ?? '');
      return (text) => (text === '' ? '' : prefix + text);
    }
    case 'Precompiled':
      return charsmapNormalizer(String(config.precompiled_charsmap ?? ''));
    case 'BertNormalizer':
      return bertNormalizer(config);
    default:
      throw unsupportedPart('normalizer', config.type);
  }
}

/** Character by character: a Greek sigma at the end of a word is no final one. */
function lowercase(text: string): string {
  let lower = '';
  for (const char of text) lower += char.toLowerCase();
  return lower;
}

function bertNormalizer(config: NonNullable<PartConfig>): Normalizer {
  const strips = config.strip_accents ?? config.lowercase;
  return (text) => {
    let value = text;
    if (config.clean_text !== false) value = value.replace(BERT_DROPPED, '').replace(BERT_SPACE, ' ');
    if (config.handle_chinese_chars !== false) value = value.replace(HAN, ' $& ');
    if (strips === true) value = value.normalize('NFD').replace(/\p{Mn}/gu, '');
    return config.lowercase === false ? value : lowercase(value);
  };
}
