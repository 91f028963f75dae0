import { inferenceError } from '../errors.ts';
import { decoderTypes, vocabularyBytes } from '../tokenBytes.ts';
import { MARK_BYTES_FROM, markByte } from './marks.ts';

/** What is read of a tokenizer. */
export interface TokenSource {
  /** Text of each token in the vocabulary → its id. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Ids of added tokens: special ones and others that stand outside the model's own vocabulary. */
  readonly added: ReadonlySet<number>;
  /** `decoder` of tokenizer.json. */
  readonly decoder: unknown;
}

/** Bytes of each token by id, or the byte of a mark; undefined for those that stand for nothing that a grammar asks for. */
export type TokenBytes = readonly (Uint8Array | undefined)[];

/**
 * Bytes that each token adds to a text: of byte-level tokenizers, and of those that write a space as a mark of their own and have tokens
 * `<0x0A>` for bytes.
 *
 * @throws GRAMMAR_UNSUPPORTED for other kinds
 */
export function tokenBytes({ vocab, added, decoder }: TokenSource): TokenBytes {
  const types = decoderTypes(decoder);
  if (!types.includes('ByteLevel') && !types.includes('ByteFallback')) {
    const message = `tokens cannot be spelled: the tokenizer's decoder is ${types.join(', ') || 'missing'}`;
    throw inferenceError('GRAMMAR_UNSUPPORTED', message, { decoder: types.join(', ') });
  }
  const bytesOf = vocabularyBytes(decoder);
  const bytes: (Uint8Array | undefined)[] = [];
  for (const [text, id] of vocab) {
    const mark = added.has(id) ? markByte(text) : undefined;
    if (mark !== undefined) bytes[id] = Uint8Array.of(mark);
    if (added.has(id)) continue;
    const spelled = bytesOf(text);
    // No text has the bytes that stand for marks.
    if (spelled.every((byte) => byte < MARK_BYTES_FROM)) bytes[id] = spelled;
  }
  return Array.from(bytes, (of) => (of?.length === 0 ? undefined : of));
}
