import path from 'node:path';
import type { ModelId } from '../types/index.ts';
import { isCoded } from '../util/errors.ts';
import { type ChatMessage, type Tool, templateInput } from './chat/chat.ts';
import { ChatTemplate, templateSource } from './chat/chatTemplate.ts';
import { type Detokenizer, IncrementalDetokenizer } from './detokenizer.ts';
import { inferenceError } from './errors.ts';
import { ggufTokenizer, type TokenizerFiles } from './gguf/tokenizer.ts';
import { GgufFile } from './gguf.ts';
import type { TokenSource } from './grammar/index.ts';
import { CHAT_TEMPLATE_BYTES_MAX, CHAT_TEMPLATE_FILE, checkUnchanged, GENERATION_FILE, readJson, readText } from './modelFiles.ts';
import { type ModelManifest, readManifest, requireId } from './models.ts';
import { TimeIsOver, withTimeLimit } from './timeLimit.ts';
import { vocabularyBytes } from './tokenBytes.ts';
import { checkTokenizer } from './tokenizerLimits.ts';
import type { HfTokenizer } from './tokenizers/library.ts';
import { openHfTokenizer } from './tokenizers/open.ts';
import { detectToolFormat } from './tools/detect.ts';
import type { ToolFormat } from './tools/format.ts';
import { guardTexts } from './untrustedText.ts';

export type { Detokenizer } from './detokenizer.ts';

/** Text in, text out; needs no engine (routers). */
export interface Tokenizer {
  /** Token ids of plain text; special tokens are added only where the text spells them. @throws MODEL_TEXT_LIMIT */
  encode(text: string): Uint32Array;
  /** Token ids of a text for an encoder: with the special tokens that its post-processor puts around. @throws MODEL_TEXT_LIMIT */
  encodeInput(text: string): Uint32Array;
  /**
   * Token ids of a conversation in the model's own chat template, up to where the assistant answers. Special tokens that a
   * message or a tool spells are plain text.
   *
   * @throws CHAT_TEMPLATE_FAILED, MODEL_TEXT_LIMIT
   */
  encodeChat(messages: readonly ChatMessage[], tools?: readonly Tool[]): Uint32Array;
  /** How the model writes calls of tools; undefined when its template renders none, or in a form that is not known here. */
  readonly toolFormat: ToolFormat | undefined;
  /** Text without special tokens. */
  decode(ids: ArrayLike<number>): string;
  /** Text of a growing id sequence; special tokens add nothing, except those whose text is in `kept`. */
  detokenizer(kept?: readonly string[]): Detokenizer;
  /** What one token stands for, special ones too: bytes, not always whole characters. Empty for ids without a token. */
  tokenBytes(id: number): Uint8Array;
  /** Tokens without text. */
  readonly specialIds: ReadonlySet<number>;
  /** What grammars spell with. */
  tokens(): TokenSource;
  /** Tokens that end an answer. */
  readonly eosIds: ReadonlySet<number>;
  readonly contextTokens: number;
}

/** Encoding takes some 0.5 µs a character; a pattern that tries everything takes for ever. */
export const ENCODE_MS_MAX = 1_000;
const ENCODE_MS_PER_CHAR = 0.02;
/** Making the tokenizer: two seconds with the largest vocabularies. */
export const OPEN_MS_MAX = 30_000;

/**
 * Opens the tokenizer of a model folder.
 *
 * @param expectedId the id that the folder must have, if it is known
 * @throws MODEL_NOT_FOUND, MODEL_FILE_MISSING, MODEL_FILE_TOO_LARGE, MODEL_INVALID, MODEL_HASH_MISMATCH
 */
export async function openTokenizer(dir: string, expectedId?: ModelId): Promise<Tokenizer> {
  const manifest = await readManifest(dir);
  requireId(manifest, expectedId);
  const tokenizer = await openTokenizerWith(manifest, manifest.contextTokens);
  await checkUnchanged(dir, manifest.files);
  return tokenizer;
}

/** As {@link openTokenizer}, for a caller that has read the manifest already. */
export async function openTokenizerWith(manifest: ModelManifest, contextTokens: number, now = () => new Date()): Promise<Tokenizer> {
  const { dir, config } = manifest;
  const { model, settings } = await readTokenizer(manifest);
  checkTokenizer(model, dir);
  let hf: HfTokenizer;
  try {
    hf = withTimeLimit(OPEN_MS_MAX, () => openHfTokenizer(model, settings));
  } catch (error) {
    if (isCoded(error)) throw error;
    throw inferenceError('MODEL_INVALID', `tokenizer.json in ${dir} is not a tokenizer that can be read`, { dir }, error);
  }
  const has = (name: string): boolean => manifest.files.some((file) => file.name === name);
  const file = has(CHAT_TEMPLATE_FILE) ? await readText(dir, CHAT_TEMPLATE_FILE, CHAT_TEMPLATE_BYTES_MAX) : settings.chat_template;
  const [source, toolSource] = [templateSource(file, false), templateSource(file, true)];
  const templateOf = (text: string | undefined): ChatTemplate | undefined =>
    text === undefined ? undefined : new ChatTemplate(text, specialTokenText(settings), now);
  const plainTemplate = templateOf(source);
  const toolTemplate = toolSource === source ? plainTemplate : templateOf(toolSource);
  const generation = has(GENERATION_FILE) ? await readJson(dir, GENERATION_FILE) : {};
  const added = hf.get_added_tokens_decoder();
  const specials = [...added.values()].filter(({ special }) => special).map(({ content }) => content);
  const bytesOf = vocabularyBytes(model.decoder);
  const ids = (text: string, special: boolean): Uint32Array => Uint32Array.from(hf.encode(text, { add_special_tokens: special }).ids);
  const encode = (text: string): Uint32Array => ids(text, false);
  const decode = (ids: readonly number[]): string =>
    ids.length === 0 ? '' : hf.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  return {
    encode: (text) => timed(text.length, () => encode(text)),
    encodeInput: (text) => timed(text.length, () => ids(text, true)),
    encodeChat(messages, tools) {
      const template = tools === undefined ? plainTemplate : toolTemplate;
      if (template === undefined) throw inferenceError('CHAT_TEMPLATE_FAILED', `the model in ${dir} has no chat template`, { dir });
      const guarded = guardTexts(templateInput(messages, tools), specials, encode);
      const chars = JSON.stringify(guarded.value).length;
      const text = template.render({ ...guarded.value, addGenerationPrompt: true }, chars);
      return timed(text.length, () => guarded.encode(text));
    },
    decode: (ids) => decode(Array.from(ids)),
    toolFormat: detectToolFormat(toolSource),
    detokenizer(kept = []) {
      const marks = new Map(
        [...added].filter(([, token]) => token.special && kept.includes(token.content)).map(([id, { content }]) => [id, content]),
      );
      return new IncrementalDetokenizer(marks.size === 0 ? decode : (ids) => decodeWith(marks, decode, ids));
    },
    tokenBytes(id) {
      const content = added.get(id)?.content;
      return content === undefined ? bytesOf(hf.id_to_token(id) ?? '') : Buffer.from(content);
    },
    tokens: () => ({ vocab: hf.get_vocab(false), added, decoder: model.decoder }),
    specialIds: new Set([...added].filter(([, { special }]) => special).map(([id]) => id)),
    eosIds: eosIdsOf([config, generation], settings, hf),
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

/** As `decode`, with some special tokens as their text. */
function decodeWith(marks: ReadonlyMap<number, string>, decode: (ids: readonly number[]) => string, ids: readonly number[]): string {
  const at = ids.findIndex((id) => marks.has(id));
  if (at === -1) return decode(ids);
  return decode(ids.slice(0, at)) + marks.get(ids[at] as number) + decodeWith(marks, decode, ids.slice(at + 1));
}

/** Work that is proportional to a text's length. */
function timed<T>(chars: number, work: () => T): T {
  try {
    return withTimeLimit(Math.ceil(ENCODE_MS_MAX + ENCODE_MS_PER_CHAR * chars), work);
  } catch (error) {
    if (error instanceof TimeIsOver) throw inferenceError('MODEL_TEXT_LIMIT', `the tokenizer ${error.message}`, { chars }, error);
    throw error;
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

/** `eos_token_id` of config.json and generation_config.json (a number or several) and `eos_token` of tokenizer_config.json. */
function eosIdsOf(configs: readonly Readonly<Record<string, unknown>>[], settings: Record<string, unknown>, hf: HfTokenizer): Set<number> {
  const ids = new Set<number>();
  for (const id of configs.flatMap(({ eos_token_id }) => eos_token_id)) if (typeof id === 'number') ids.add(id);
  const text = specialTokenText(settings).eos_token;
  const id = text === undefined ? undefined : hf.token_to_id(text);
  if (id !== undefined) ids.add(id);
  return ids;
}
