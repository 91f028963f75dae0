const utf8 = new TextEncoder();

/**
 * What one token of the vocabulary stands for: bytes, which need not be whole characters. Read off the `decoder` of tokenizer.json: byte-level
 * alphabets, byte tokens (`<0xE2>`), and the mark that stands for a space.
 */
export function vocabularyBytes(decoder: unknown): (content: string) => Uint8Array {
  const steps = stepsOf(decoder);
  if (steps.some(({ type }) => type === 'ByteLevel')) return fromByteLevel;
  const hasByteTokens = steps.some(({ type }) => type === 'ByteFallback');
  const marks = steps.flatMap(markOf);
  return (content) => {
    const byte = hasByteTokens ? /^<0x([0-9A-F]{2})>$/.exec(content)?.[1] : undefined;
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    return utf8.encode(marks.reduce((text, [mark, plain]) => text.replaceAll(mark, plain), content));
  };
}

/** Types of the steps of a `decoder`, those in sequences too. */
export function decoderTypes(decoder: unknown): readonly string[] {
  return stepsOf(decoder).flatMap(({ type }) => (typeof type === 'string' ? [type] : []));
}

interface Step {
  readonly type?: unknown;
  readonly decoders?: unknown;
  readonly replacement?: unknown;
  readonly pattern?: unknown;
  readonly content?: unknown;
}

function stepsOf(decoder: unknown): readonly Step[] {
  const step = (decoder ?? {}) as Step;
  return Array.isArray(step.decoders) ? step.decoders.flatMap(stepsOf) : [step];
}

/** A text that the decoder replaces wherever it stands, and by what. */
function markOf({ type, replacement, pattern, content }: Step): readonly (readonly [string, string])[] {
  if (type === 'Metaspace') return [[typeof replacement === 'string' ? replacement : '▁', ' ']];
  const mark = (pattern as { String?: unknown } | undefined)?.String;
  return type === 'Replace' && typeof mark === 'string' && typeof content === 'string' ? [[mark, content]] : [];
}

/** GPT-2's alphabet: printable bytes stand for themselves, the others for the characters from U+0100 on. */
const BYTES: ReadonlyMap<string, number> = new Map(
  (() => {
    const isPrintable = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    let next = 0x100;
    return Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(isPrintable(byte) ? byte : next++), byte] as const);
  })(),
);

function fromByteLevel(content: string): Uint8Array {
  const bytes = Array.from(content, (character) => BYTES.get(character));
  // A token with another character stands for its own text, as Hugging Face decodes it.
  return bytes.includes(undefined) ? utf8.encode(content) : Uint8Array.from(bytes as number[]);
}
