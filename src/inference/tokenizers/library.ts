import * as library from '@huggingface/tokenizers';

/** What the engine uses of the JavaScript library; its own declarations cannot be resolved under Node's module rules. */
export interface HfTokenizer {
  normalizer: ((text: string) => string) | null;
  pre_tokenizer: ((text: string, options: { readonly section_index: number }) => string[]) | null;
  readonly model: object;
  readonly decoder: object | null;
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
  decode(ids: number[], options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(withAdded: boolean): ReadonlyMap<string, number>;
  get_added_tokens_decoder(): ReadonlyMap<number, { readonly content: string; readonly special: boolean }>;
}

type Class<Args extends unknown[], T> = new (...args: Args) => T;

/** The library's classes that are made, or found within a tokenizer. */
export const { Tokenizer, Unigram, ByteFallbackDecoder, SequenceDecoder, SplitPreTokenizer } = library as unknown as {
  readonly Tokenizer: Class<[model: object, settings: object], HfTokenizer>;
  readonly Unigram: Class<[], { fuse_unk: boolean; encode(pieces: readonly string[]): string[] }>;
  readonly ByteFallbackDecoder: Class<[], { decode_chain(tokens: readonly string[]): string[] }>;
  readonly SequenceDecoder: Class<[], { readonly decoders: readonly object[] }>;
  readonly SplitPreTokenizer: Class<[config: object], { readonly pattern: RegExp | null }>;
};
