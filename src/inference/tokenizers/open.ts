import { fixDecoder } from './decoders.ts';
import { type HfTokenizer, Tokenizer } from './library.ts';
import { normalizerOf } from './normalizers.ts';
import { type PartConfig, unsupportedPart } from './parts.ts';
import { preTokenizerOf } from './preTokenizers.ts';
import { fixUnigram } from './unigram.ts';

/**
 * A tokenizer that gives the ids of the Rust library `tokenizers`. The JavaScript library finds the added tokens and runs the model; normalizers and
 * pre-tokenizers are the engine's own, because the library's differ (white space, digits, case, character maps, ways to split).
 *
 * @param model tokenizer.json
 * @param settings tokenizer_config.json; only `additional_special_tokens` counts
 * @throws MODEL_UNSUPPORTED naming what would be tokenised differently; whatever the library throws for a damaged file
 */
export function openHfTokenizer(model: Record<string, unknown>, settings: Record<string, unknown>): HfTokenizer {
  const { additional_special_tokens: special } = settings;
  requireModel((model.model ?? {}) as Record<string, unknown>);
  for (const token of (model.added_tokens ?? []) as Record<string, unknown>[]) {
    if (token.single_word === true) throw unsupportedPart('added_tokens', { content: token.content, single_word: true });
  }
  const normalize = normalizerOf((model.normalizer ?? null) as PartConfig);
  const preTokenize = preTokenizerOf((model.pre_tokenizer ?? null) as PartConfig);
  // The library's own normalizer is made too: it looks for added tokens that are `normalized` in the form that it gives them.
  const hf = new Tokenizer(
    { ...model, pre_tokenizer: null },
    Array.isArray(special) ? { additional_special_tokens: special.filter((t) => typeof t === 'string') } : {},
  );
  hf.normalizer = normalize;
  hf.pre_tokenizer = (text, { section_index }) => preTokenize(text, section_index === 0);
  fixUnigram(hf, (model.model as { vocab: [string, number][] }).vocab);
  fixDecoder(hf.decoder);
  return hf;
}

const MODELS = ['BPE', 'WordPiece', 'Unigram'];

/** @throws MODEL_UNSUPPORTED */
function requireModel(model: Record<string, unknown>): void {
  if (!MODELS.includes(String(model.type))) throw unsupportedPart('model', model.type);
  if (model.type === 'BPE' && model.continuing_subword_prefix) {
    throw unsupportedPart('model', { continuing_subword_prefix: model.continuing_subword_prefix });
  }
  if (model.type === 'Unigram' && model.byte_fallback === true) throw unsupportedPart('model', { type: 'Unigram', byte_fallback: true });
}
