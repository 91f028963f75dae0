import { inferenceError } from '../errors.ts';

/** What is read of a tokenizer. */
export interface TokenSource {
  /** Text of each token in the vocabulary → its id. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Ids of added tokens: special ones and others that stand outside the model's own vocabulary. */
  readonly added: ReadonlySet<number>;
  /** `decoder` of tokenizer.json. */
  readonly decoder: unknown;
}

/** Bytes of each token by id; undefined for those that stand for no bytes of a text. */
export type TokenBytes = readonly (Uint8Array | undefined)[];

interface DecoderStep {
  readonly type?: unknown;
  readonly decoders?: unknown;
  readonly pattern?: { readonly String?: unknown };
  readonly content?: unknown;
}

/**
 * Bytes that each token adds to a text: of byte-level tokenizers, and of those that write a space as a mark of their own and have tokens
 * `<0x0A>` for bytes.
 *
 * @throws GRAMMAR_UNSUPPORTED for other kinds
 */
export function tokenBytes({ vocab, added, decoder }: TokenSource): TokenBytes {
  const steps = stepsOf(decoder);
  const types = steps.map(({ type }) => type);
  const decode = types.includes('ByteLevel') ? byteLevel() : types.includes('ByteFallback') ? metaspace(steps) : undefined;
  if (decode === undefined) {
    const message = `tokens cannot be spelled: the tokenizer's decoder is ${types.join(', ') || 'missing'}`;
    throw inferenceError('GRAMMAR_UNSUPPORTED', message, { decoder: types.join(', ') });
  }
  const bytes: (Uint8Array | undefined)[] = [];
  for (const [text, id] of vocab) if (!added.has(id)) bytes[id] = decode(text);
  return Array.from(bytes, (of) => (of?.length === 0 ? undefined : of));
}

function stepsOf(decoder: unknown): DecoderStep[] {
  if (typeof decoder !== 'object' || decoder === null) return [];
  const { type, decoders } = decoder as DecoderStep;
  return type === 'Sequence' && Array.isArray(decoders) ? decoders.flatMap(stepsOf) : [decoder as DecoderStep];
}

/** GPT-2's table: a printable character for each byte. */
function byteLevel(): (text: string) => Uint8Array | undefined {
  const byteOf = new Map<number, number>();
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  for (let byte = 0; byte < 0x100; byte++) byteOf.set(isPrintable(byte) ? byte : next++, byte);
  return (text) => {
    const bytes = [...text].map((character) => byteOf.get(character.codePointAt(0) as number));
    return bytes.includes(undefined) ? undefined : Uint8Array.from(bytes as number[]);
  };
}

function metaspace(steps: readonly DecoderStep[]): (text: string) => Uint8Array | undefined {
  const marks = steps.filter(({ type }) => type === 'Replace').map(({ pattern, content }) => [pattern?.String, content]);
  return (text) => {
    const byte = /^<0x([0-9A-F]{2})>$/.exec(text)?.[1];
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    const plain = marks.reduce((of, [mark, content]) => of.replaceAll(String(mark), String(content)), text);
    return Buffer.from(plain, 'utf8');
  };
}
