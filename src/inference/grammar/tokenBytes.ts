import { inferenceError } from '../errors.ts';
import { decoderTypes, vocabularyBytes } from '../tokenBytes.ts';

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
  for (const [text, id] of vocab) if (!added.has(id)) bytes[id] = bytesOf(text);
  return Array.from(bytes, (of) => (of?.length === 0 ? undefined : of));
}
