import path from 'node:path';
import { Template } from '@huggingface/jinja';
import { Tokenizer as HfTokenizer } from '@huggingface/tokenizers';
import { type Detokenizer, IncrementalDetokenizer } from './detokenizer.ts';
import { inferenceError } from './errors.ts';
import { ggufTokenizer, type TokenizerFiles } from './gguf/tokenizer.ts';
import { GgufFile } from './gguf.ts';
import type { TokenSource } from './grammar/index.ts';
import { readJson } from './modelFiles.ts';
import { type ModelManifest, readManifest } from './models.ts';
import { guardChat } from './untrustedText.ts';

export type { Detokenizer } from './detokenizer.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Text in, text out; needs no engine (routers). */
export interface Tokenizer {
  /** Token ids of plain text; special tokens are added only where the text spells them. */
  encode(text: string): Uint32Array;
  /** Token ids of a text for an encoder: with the special tokens that its post-processor puts around. */
  encodeInput(text: string): Uint32Array;
  /**
   * Token ids of a conversation in the model's own chat template, up to where the assistant answers. Special tokens that a
   * message spells are plain text.
   *
   * @throws CHAT_TEMPLATE_FAILED
   */
  encodeChat(messages: readonly ChatMessage[]): Uint32Array;
  /** Text without special tokens. */
  decode(ids: ArrayLike<number>): string;
  /** Text of a growing id sequence; special tokens add nothing. */
  detokenizer(): Detokenizer;
  /** What grammars spell with. */
  tokens(): TokenSource;
  /** Tokens that end an answer. */
  readonly eosIds: ReadonlySet<number>;
  readonly contextTokens: number;
}

/**
 * Opens the tokenizer of a model folder.
 *
 * @throws MODEL_NOT_FOUND, MODEL_FILE_MISSING, MODEL_FILE_TOO_LARGE, MODEL_INVALID
 */
export async function openTokenizer(dir: string): Promise<Tokenizer> {
  const manifest = await readManifest(dir);
  return openTokenizerWith(manifest, manifest.contextTokens);
}

/** As {@link openTokenizer}, for a caller that has read the manifest already. */
export async function openTokenizerWith(manifest: ModelManifest, contextTokens: number): Promise<Tokenizer> {
  const { dir, config } = manifest;
  const { model, settings } = await readTokenizer(manifest);
  let hf: HfTokenizer;
  try {
    hf = new HfTokenizer(model, settings);
  } catch (error) {
    throw inferenceError('MODEL_INVALID', `tokenizer.json in ${dir} is not a tokenizer that can be read`, { dir }, error);
  }
  const template = parseTemplate(settings.chat_template);
  const specialTokens = specialTokenText(settings);
  const specials = [...hf.get_added_tokens_decoder().values()].filter(({ special }) => special).map(({ content }) => content);
  const encode = (text: string): Uint32Array => Uint32Array.from(hf.encode(text, { add_special_tokens: false }).ids);
  const decode = (ids: readonly number[]): string =>
    ids.length === 0 ? '' : hf.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  return {
    encode,
    encodeInput: (text) => Uint32Array.from(hf.encode(text, { add_special_tokens: true }).ids),
    encodeChat(messages) {
      if (template === undefined) throw inferenceError('CHAT_TEMPLATE_FAILED', `the model in ${dir} has no chat template`, { dir });
      const guarded = guardChat(messages, specials, encode);
      let text: string;
      try {
        text = template.render({ messages: guarded.messages, add_generation_prompt: true, ...specialTokens });
      } catch (error) {
        throw inferenceError(
          'CHAT_TEMPLATE_FAILED',
          `the chat template rejected ${messages.length} messages`,
          { count: messages.length },
          error,
        );
      }
      return guarded.encode(text);
    },
    decode: (ids) => decode(Array.from(ids)),
    detokenizer: () => new IncrementalDetokenizer(decode),
    tokens: () => ({ vocab: hf.get_vocab(false), added: new Set(hf.get_added_tokens_decoder().keys()), decoder: model.decoder }),
    eosIds: eosIdsOf(config, settings, hf),
    contextTokens,
  };
}

/** tokenizer.json and tokenizer_config.json, or what a GGUF file has in their place. */
async function readTokenizer({ dir, format, weightFiles, files }: ModelManifest): Promise<TokenizerFiles> {
  if (format !== 'gguf' || files.some(({ name }) => name === 'tokenizer.json')) {
    return { model: await readJson(dir, 'tokenizer.json'), settings: await readJson(dir, 'tokenizer_config.json') };
  }
  const file = path.join(dir, weightFiles[0] as string);
  const gguf = await GgufFile.open(file);
  try {
    return ggufTokenizer(gguf.metadata, file);
  } finally {
    await gguf.close();
  }
}

function parseTemplate(source: unknown): Template | undefined {
  if (typeof source !== 'string' || source === '') return undefined;
  try {
    return new Template(source);
  } catch (error) {
    throw inferenceError('MODEL_INVALID', 'chat_template in tokenizer_config.json cannot be parsed', {}, error);
  }
}

/** bos_token and its kin as text: templates refer to them by name. */
function specialTokenText(settings: Record<string, unknown>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const key of ['bos_token', 'eos_token', 'unk_token', 'pad_token']) {
    const value = settings[key];
    const text = typeof value === 'string' ? value : (value as { content?: unknown } | null | undefined)?.content;
    if (typeof text === 'string') texts[key] = text;
  }
  return texts;
}

/** `eos_token_id` of config.json (a number or several) and `eos_token` of tokenizer_config.json. */
function eosIdsOf(config: Readonly<Record<string, unknown>>, settings: Record<string, unknown>, hf: HfTokenizer): Set<number> {
  const ids = new Set<number>();
  for (const id of [config.eos_token_id].flat()) if (typeof id === 'number') ids.add(id);
  const text = specialTokenText(settings).eos_token;
  const id = text === undefined ? undefined : hf.token_to_id(text);
  if (id !== undefined) ids.add(id);
  return ids;
}
