import { GREEDY, type ModelId } from '../../types/index.ts';
import { isCoded } from '../../util/errors.ts';
import { inferenceError } from '../errors.ts';
import { checkUnchanged } from '../modelFiles.ts';
import { type ModelManifest, readManifest } from '../models.ts';
import { type ResolvedEngineOptions, resolveOptions } from '../options.ts';
import { NUMBERS_MAX, readSignature, type TensorSpec } from '../signature.ts';
import { openTokenizerWith, type Tokenizer } from '../tokenizer.ts';
import type { TensorValue } from '../types.ts';
import { LoadedModel } from '../worker/model.ts';
import { selectBackend } from '../worker/selectBackend.ts';
import { TensorModel } from '../worker/tensorModel.ts';
import type { RehearsalRequest } from './protocol.ts';

const SAMPLE = 'What is 2 + 2?\n\tÜber 漢字, “quotes” and 👩‍👩‍👧.';
/** Texts that are hard for patterns which can match in many ways: runs of one kind, with an end that does not fit. */
const HARD = ['a', ' ', '0', '\n', '.', 'aA', 'é', '漢', '_-'].map((text) => `${text.repeat(2_048)}\u0000`);
const PROMPT_TOKENS_MAX = 64;

/**
 * Does with a model folder everything that a load and a first request do, and gives its id: hash, headers, configuration, tokenizer, chat
 * template, graph or ONNX session, one pass. Runs in the process that it is called in: meant for one that may die.
 *
 * @throws what loading and running throw; MODEL_INVALID, MODEL_REHEARSAL_MEMORY for what these do not expect
 */
export async function rehearse({ dir, options }: RehearsalRequest): Promise<ModelId> {
  try {
    const manifest = await readManifest(dir);
    // One row: the load is the same, the cache is small.
    // On the CPU: a GPU may not be there, and its drivers are not what is tried out.
    const settings = resolveOptions({ ...options, provider: 'cpu', slots: 1, prefixRows: 0, queueMax: 1 });
    if (manifest.kind === 'tensor') await rehearseTensors(manifest, settings);
    else await rehearseText(manifest, settings);
    await checkUnchanged(dir, manifest.files);
    return manifest.id;
  } catch (error) {
    if (isCoded(error)) throw error;
    if (error instanceof RangeError && /allocation failed/i.test(error.message))
      throw inferenceError('MODEL_REHEARSAL_MEMORY', `${dir} asks for more memory than there is`, { dir }, error);
    throw inferenceError('MODEL_INVALID', `${dir} cannot be loaded`, { dir }, error);
  }
}

async function rehearseText(manifest: ModelManifest, options: ResolvedEngineOptions): Promise<void> {
  const tokenizer = await openTokenizerWith(manifest, Math.min(manifest.contextTokens, options.contextTokensMax));
  const ids = exercise(tokenizer);
  const { backend } = await selectBackend(options);
  if (manifest.kind !== 'decoder') {
    const model = await TensorModel.load(manifest, options.threads, backend.runtimeVersion, options.contextTokensMax);
    await model.encode(0, { model: manifest.id, inputs: [fitting(tokenizer.encodeInput('one two'), manifest.vocab, PROMPT_TOKENS_MAX)] });
    await model.close();
    return;
  }
  const failed = Promise.withResolvers<never>();
  const model = await LoadedModel.load(manifest, backend, options, {
    failed: (_, error) => failed.reject(error),
    cancelled: () => {},
    stepped: () => {},
  });
  const { vocab, contextTokens } = model.info;
  const promptIds = fitting(ids, vocab, Math.min(PROMPT_TOKENS_MAX, contextTokens - 1));
  const ended = new Promise<void>((resolve) => {
    // Two tokens: one pass over the prompt, one step.
    const request = { model: manifest.id, promptIds, sampling: GREEDY, maxTokens: 2, stop: ['\u0000'] };
    model.generate(
      0,
      request,
      ({ tokenId }) => tokenizer.decode([tokenId]),
      () => resolve(),
    );
  });
  await Promise.race([ended, failed.promise]);
  await model.close();
}

/** What routers, miners and guards do with text. @returns ids of a rendered conversation, or of plain text when the template takes none */
function exercise(tokenizer: Tokenizer): Uint32Array {
  for (const text of [SAMPLE, ...HARD]) {
    const ids = tokenizer.encode(text);
    tokenizer.decode(ids.subarray(0, PROMPT_TOKENS_MAX));
    tokenizer.encodeInput(text);
    const detokenizer = tokenizer.detokenizer();
    for (const id of ids.subarray(0, PROMPT_TOKENS_MAX)) detokenizer.push(id);
    detokenizer.end();
  }
  let chat: Uint32Array | undefined;
  for (const content of [...HARD, SAMPLE]) {
    try {
      chat = tokenizer.encodeChat([
        { role: 'user', content },
        { role: 'assistant', content: SAMPLE },
        { role: 'user', content: SAMPLE },
      ]);
    } catch (error) {
      // A base model has no template, and a template may refuse a conversation.
      if (!isCoded(error, 'CHAT_TEMPLATE_FAILED')) throw error;
    }
  }
  return chat ?? tokenizer.encode(SAMPLE);
}

/** At least one id of the vocabulary: one that a tokenizer gives beyond it is refused when a request has it. */
function fitting(ids: Uint32Array, vocab: number, tokensMax: number): Uint32Array {
  const known = ids.filter((id) => id < vocab).slice(0, Math.max(1, tokensMax));
  return known.length === 0 ? Uint32Array.of(0) : known;
}

async function rehearseTensors(manifest: ModelManifest, options: ResolvedEngineOptions): Promise<void> {
  const { dir, id } = manifest;
  const { inputs: specs } = await readSignature(dir);
  const inputs = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, zeros(dir, name, spec)]));
  const { backend } = await selectBackend(options);
  const model = await TensorModel.load(manifest, options.threads, backend.runtimeVersion, options.contextTokensMax);
  try {
    await model.run({ model: id, inputs });
  } catch (error) {
    // Sizes that the caller chooses are 1 here, which a graph may refuse.
    if (!isCoded(error, 'REQUEST_INVALID')) throw error;
  } finally {
    await model.close();
  }
}

/** @throws MODEL_INVALID when no request can have that many numbers */
function zeros(dir: string, name: string, { type, shape: named }: TensorSpec): TensorValue {
  const shape = named.map((size) => (typeof size === 'number' ? size : 1));
  const count = shape.reduce((product, size) => product * size, 1);
  if (count <= NUMBERS_MAX) return { type, shape, data: new Uint8Array(count) };
  throw inferenceError('MODEL_INVALID', `signature.json in ${dir}: ${name} has ${count} numbers; at most ${NUMBERS_MAX} are taken`, {
    dir,
  });
}
