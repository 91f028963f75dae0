import type { Sampling } from '../types/index.ts';
import { inferenceError } from './errors.ts';
import { GRAMMAR_BYTES_MAX } from './grammar/index.ts';
import type { EncodeRequest, GenerateRequest, ModelInfo, VerifyRequest } from './types.ts';

export const TEMPERATURE_MILLI_MAX = 100_000;
export const TOP_P_PPM_MAX = 1_000_000;
export const PENALTY_MILLI_MAX = 2_000;
export const REPETITION_MILLI = [100, 10_000] as const;
export const LOGIT_BIAS_MILLI_MAX = 100_000;
export const LOGIT_BIASES_MAX = 1_024;
export const STOP_STRINGS_MAX = 16;
export const STOP_CHARS_MAX = 256;
export const CACHE_SCOPE_CHARS_MAX = 256;
export const TOP_LOGPROBS_MAX = 20;
export const ENCODE_INPUTS_MAX = 2_048;

/** @throws PROMPT_EMPTY, PROMPT_TOO_LONG, TOKEN_OUT_OF_RANGE, REQUEST_INVALID */
export function checkGenerate(request: GenerateRequest, model: Pick<ModelInfo, 'vocab' | 'contextTokens'>): void {
  checkSampling(request.sampling, model.vocab);
  range('maxTokens', request.maxTokens, 1, 2 ** 24);
  range('stop.length', request.stop.length, 0, STOP_STRINGS_MAX);
  range('cacheScope.length', request.cacheScope?.length ?? 0, 0, CACHE_SCOPE_CHARS_MAX);
  range('topLogprobs', request.topLogprobs ?? 0, 0, Math.min(TOP_LOGPROBS_MAX, model.vocab));
  for (const text of request.stop) range('stop string length', text.length, 1, STOP_CHARS_MAX);
  checkIds(request.promptIds, model.vocab);
  checkPrompt(request.promptIds.length, 1, model.contextTokens);
}

/** @throws PROMPT_EMPTY, PROMPT_TOO_LONG, TOKEN_OUT_OF_RANGE, REQUEST_INVALID */
export function checkVerify(request: VerifyRequest, model: Pick<ModelInfo, 'vocab' | 'contextTokens'>): void {
  checkSampling(request.sampling, model.vocab);
  checkIds(request.promptIds, model.vocab);
  checkIds(request.outputIds, model.vocab);
  checkPrompt(request.promptIds.length, request.outputIds.length, model.contextTokens);
}

/** @throws PROMPT_EMPTY, PROMPT_TOO_LONG, TOKEN_OUT_OF_RANGE, REQUEST_INVALID */
export function checkEncode(request: EncodeRequest, model: Pick<ModelInfo, 'vocab' | 'contextTokens'>): void {
  range('inputs.length', request.inputs.length, 1, ENCODE_INPUTS_MAX);
  for (const ids of request.inputs) {
    checkIds(ids, model.vocab);
    checkPrompt(ids.length, 0, model.contextTokens);
  }
}

/** @throws REQUEST_INVALID naming the field, TOKEN_OUT_OF_RANGE */
function checkSampling(sampling: Sampling, vocab: number): void {
  range('sampling.temperatureMilli', sampling.temperatureMilli, 0, TEMPERATURE_MILLI_MAX);
  range('sampling.topPPpm', sampling.topPPpm, 1, TOP_P_PPM_MAX);
  range('sampling.topK', sampling.topK, 0, 2 ** 32 - 1);
  range('sampling.minPPpm', sampling.minPPpm, 0, TOP_P_PPM_MAX);
  range('sampling.presenceMilli', sampling.presenceMilli, -PENALTY_MILLI_MAX, PENALTY_MILLI_MAX);
  range('sampling.frequencyMilli', sampling.frequencyMilli, -PENALTY_MILLI_MAX, PENALTY_MILLI_MAX);
  range('sampling.repetitionMilli', sampling.repetitionMilli, ...REPETITION_MILLI);
  range('sampling.grammar length', sampling.grammar.length, 0, GRAMMAR_BYTES_MAX);
  range('sampling.logitBias.length', sampling.logitBias.length, 0, LOGIT_BIASES_MAX);
  let least = 0;
  for (const { token, biasMilli } of sampling.logitBias) {
    range('sampling.logitBias token', token, least, 2 ** 32 - 1);
    range('sampling.logitBias bias', biasMilli, -LOGIT_BIAS_MILLI_MAX, LOGIT_BIAS_MILLI_MAX);
    least = token + 1;
  }
  checkIds(
    Uint32Array.from(sampling.logitBias, ({ token }) => token),
    vocab,
  );
  if (!/^0x[0-9a-fA-F]{64}$/.test(sampling.seed)) {
    throw inferenceError('REQUEST_INVALID', 'sampling.seed is not 32 bytes of hex', { field: 'sampling.seed' });
  }
}

function range(field: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw inferenceError('REQUEST_INVALID', `${field} is ${value}; integers ${min}–${max} are allowed`, { field, value, min, max });
}

function checkIds(ids: Uint32Array, vocab: number): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id >= vocab)
      throw inferenceError('TOKEN_OUT_OF_RANGE', `token ${id} at ${i}; the vocabulary has ${vocab}`, { id, index: i, vocab });
  }
}

function checkPrompt(promptTokens: number, outputTokens: number, contextTokens: number): void {
  if (promptTokens === 0) throw inferenceError('PROMPT_EMPTY', 'the prompt has no tokens');
  if (promptTokens + outputTokens <= contextTokens) return;
  const data = { promptTokens, outputTokens, contextTokens };
  throw inferenceError(
    'PROMPT_TOO_LONG',
    `${promptTokens} prompt and ${outputTokens} output tokens; the context has ${contextTokens}`,
    data,
  );
}
