import { inferenceError } from '../errors.ts';
import { decoderTypes, vocabularyBytes } from '../tokenBytes.ts';
import { ADDED_BYTE, MARK_BYTES_FROM, markByte } from './marks.ts';

/** What is read of a tokenizer. */
export interface TokenSource {
  /** Text of each token in the model's own vocabulary → its id; it may have added tokens as well. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Added tokens by id; special ones have no text in an answer. */
  readonly added: ReadonlyMap<number, { readonly content: string; readonly special: boolean }>;
  /** `decoder` of tokenizer.json. */
  readonly decoder: unknown;
}

/** Bytes of each token by id, or those of marks and added tokens (marks.ts); undefined for those that stand for nothing that a grammar asks for. */
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
    if (added.has(id)) continue;
    const spelled = bytesOf(text);
    // No text has the bytes that stand for marks.
    if (spelled.every((byte) => byte < MARK_BYTES_FROM)) bytes[id] = spelled;
  }
  for (const [id, { content, special }] of added) {
    const mark = markByte(content);
    bytes[id] = mark === undefined ? Uint8Array.of(ADDED_BYTE, ...Buffer.from(special ? '' : content)) : Uint8Array.of(mark);
  }
  return Array.from(bytes, (of) => (of?.length === 0 ? undefined : of));
}
