import { inferenceError } from '../errors.ts';

/** Longest grapheme, UTF-8 bytes, that is looked up as a whole. */
const WHOLE_BYTES_MAX = 5;

/**
 * SentencePiece's compiled map of characters: a length (u32), a double-array trie over UTF-8 (u32 units; its values are places in what follows) and
 * the replacements, each ended by a zero byte, all little-endian and in base64. A grapheme of up to 5 bytes is looked up whole, else, or if there is no
 * entry, character by character; the entry of its shortest beginning counts, as in the Rust library `tokenizers`.
 *
 * @throws MODEL_INVALID
 */
export function charsmapNormalizer(base64: string): (text: string) => string {
  const bytes = Buffer.from(base64, 'base64');
  const trieBytes = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
  if (trieBytes === 0 || trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length) {
    throw inferenceError('MODEL_INVALID', 'tokenizer.json: precompiled_charsmap is damaged', { key: 'precompiled_charsmap' });
  }
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const texts = bytes.subarray(4 + trieBytes);
  const segments = new Intl.Segmenter('und', { granularity: 'grapheme' });
  const known = new Map<string, string | undefined>();

  const find = (text: string): string | undefined => {
    let at = offsetOf(units[0] ?? 0);
    for (const byte of Buffer.from(text)) {
      if (byte === 0) return undefined;
      at ^= byte;
      const unit = units[at] ?? 0;
      if ((unit & 0x8000_00ff) >>> 0 !== byte) return undefined;
      at ^= offsetOf(unit);
      if ((unit >>> 8) & 1) {
        const start = (units[at] ?? 0) & 0x7fff_ffff;
        const end = texts.indexOf(0, start);
        return texts.toString('utf8', start, end === -1 ? texts.length : end);
      }
    }
    return undefined;
  };
  const mapped = (text: string): string | undefined => {
    if (known.has(text)) return known.get(text);
    const found = find(text);
    if (known.size < KNOWN_MAX) known.set(text, found);
    return found;
  };
  return (text) => {
    let out = '';
    for (const { segment } of segments.segment(text)) {
      const whole = segment.length <= WHOLE_BYTES_MAX && Buffer.byteLength(segment) <= WHOLE_BYTES_MAX ? mapped(segment) : undefined;
      if (whole !== undefined) out += whole;
      else for (const char of segment) out += mapped(char) ?? char;
    }
    return out;
  };
}

/** Characters and graphemes whose entry is remembered. */
const KNOWN_MAX = 16_384;

const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
