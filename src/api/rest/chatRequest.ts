import { z } from 'zod';
import { parseJson } from '../../inference/tools/format.ts';
import { CHOICES_MAX, type ChatMessage, type CompletionRequest, type ToolCall } from '../../roles/router/service.ts';
import { apiError } from '../errors.ts';
import { maybe, oneRefusal } from './fields.ts';
import { responseFormat } from './responseFormat.ts';
import { forcedChoice, functionType, TOOLS_MAX, tool, toolChoice, toolName } from './toolRequest.ts';

/** A field of OpenAI's API that would change the answer and that we do not do: only values that ask for nothing pass. */
function unsupported(why: string, harmless: (value: unknown) => boolean = () => false) {
  return z
    .unknown()
    .refine((value) => value === undefined || value === null || harmless(value), {
      message: `is not supported: ${why}`,
      params: { unsupported: true },
    })
    .optional()
    .describe(`Not supported: ${why}.`);
}

/** A field that cannot change the answer: taken and ignored. */
const ignored = (what: string) => z.unknown().optional().describe(`Accepted and ignored: ${what}.`);

const isEmpty = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const only =
  (...allowed: unknown[]) =>
  (value: unknown): boolean =>
    allowed.includes(value);

const textPart = z.strictObject({
  type: z.string().refine((type) => type === 'text', oneRefusal('is not supported: only text parts')),
  text: z.string().optional(),
  image_url: ignored('refused by its type'),
  input_audio: ignored('refused by its type'),
  file: ignored('refused by its type'),
  refusal: ignored('refused by its type'),
});

const toolCall = z
  .strictObject({
    id: z.string().min(1).max(64),
    type: functionType,
    function: z.strictObject({ name: toolName, arguments: z.string() }),
  })
  .transform(({ id, function: { name, arguments: text } }, context): ToolCall => {
    const parsed = z.record(z.string(), z.unknown()).safeParse(parseJson(text === '' ? '{}' : text));
    if (!parsed.success)
      context.addIssue({ code: 'custom', path: ['function', 'arguments'], message: 'must be the JSON text of an object' });
    return { id, name, arguments: parsed.data ?? {} };
  });

const message = z
  .strictObject({
    role: z.string().transform((role, context): ChatMessage['role'] => {
      if (role === 'developer') return 'system';
      if (role === 'system' || role === 'user' || role === 'assistant' || role === 'tool') return role;
      context.addIssue({
        code: 'custom',
        message: role === 'function' ? 'is not supported: use tool' : 'must be one of system, developer, user, assistant, tool',
        ...(role === 'function' ? { params: { unsupported: true } } : {}),
      });
      return z.NEVER;
    }),
    content: z
      .union([z.string(), z.array(textPart).min(1).max(256)], { error: 'must be a string or a list of text parts' })
      .transform((content) => (typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('')))
      .nullish(),
    name: ignored('chat templates have no names'),
    refusal: ignored('as OpenAI answers it'),
    annotations: ignored('as OpenAI answers it'),
    audio: unsupported('audio'),
    tool_calls: maybe(z.array(toolCall).max(TOOLS_MAX)).describe('Of an assistant’s turn.'),
    tool_call_id: maybe(z.string().min(1).max(64)).describe('Of a tool’s result: the call that it answers.'),
    function_call: unsupported('use tool_calls'),
  })
  .transform(({ role, content, tool_calls, tool_call_id }, context): ChatMessage => {
    const wrong = (field: string, problem: string): void => context.addIssue({ code: 'custom', path: [field], message: problem });
    const calls = tool_calls?.length ? tool_calls : undefined;
    if (typeof content !== 'string' && calls === undefined) wrong('content', 'must be a string or a list of text parts');
    if (calls !== undefined && role !== 'assistant') wrong('tool_calls', 'belong to messages of role assistant');
    if ((tool_call_id !== undefined) !== (role === 'tool')) wrong('tool_call_id', 'belongs to messages of role tool, and to each of them');
    return {
      role,
      content: content ?? '',
      ...(calls === undefined ? {} : { toolCalls: calls }),
      ...(tool_call_id === undefined ? {} : { toolCallId: tool_call_id }),
    };
  });

/** Every field of OpenAI's chat completions: used, ignored because it is harmless, or refused by name. */
export const chatRequestSchema = z.strictObject({
  model: z.string().min(1).max(256).describe('Name or 32-byte id of a model (GET /v1/models).'),
  messages: z.array(message).min(1).max(1024).describe('The conversation so far: text, calls of tools and their results.'),
  stream: maybe(z.boolean()),
  stream_options: maybe(z.strictObject({ include_usage: z.boolean().optional(), include_obfuscation: ignored('no obfuscation is sent') })),
  max_completion_tokens: maybe(z.number().int().min(1).max(1_000_000)),
  max_tokens: maybe(z.number().int().min(1).max(1_000_000)).describe('Older name of max_completion_tokens.'),
  temperature: maybe(z.number().min(0).max(2)).describe('0 is greedy.'),
  top_p: maybe(z.number().gt(0).max(1)),
  top_k: maybe(z.number().int().min(0).max(1_000_000)).describe('Extension: candidates kept; 0 keeps all.'),
  min_p: maybe(z.number().min(0).max(1)).describe('Extension: least probability of a candidate, as a part of the most probable one’s.'),
  presence_penalty: maybe(z.number().min(-2).max(2)),
  frequency_penalty: maybe(z.number().min(-2).max(2)),
  repetition_penalty: maybe(z.number().min(0.1).max(10)).describe('Extension: over prompt and answer; 1 does nothing.'),
  logit_bias: maybe(
    z
      .record(z.string().regex(/^(0|[1-9]\d{0,9})$/, 'must have token ids as keys'), z.number().min(-100).max(100))
      .refine((biases) => Object.keys(biases).length <= 1_024, 'must have at most 1024 tokens'),
  ).describe('By token id.'),
  seed: maybe(z.number().int()).describe('Public seed of the sampling noise; the answers of n > 1 derive theirs from it.'),
  stop: maybe(
    z.union(
      [
        z
          .string()
          .min(1)
          .max(256)
          .transform((stop) => [stop]),
        z.array(z.string().min(1).max(256)).max(4),
      ],
      {
        error: 'must be a string or a list of at most 4 strings',
      },
    ),
  ),
  n: maybe(z.number().int().min(1).max(CHOICES_MAX)).describe('Answers, each a task of its own: all of them pay for the prompt.'),
  user: ignored('no user tracking'),
  safety_identifier: ignored('no user tracking'),
  metadata: ignored('nothing is stored'),
  store: unsupported('answers are not stored', only(false)),
  service_tier: unsupported('there is one tier', only('auto', 'default')),
  prompt_cache_key: ignored('caching is the miner’s'),
  prompt_cache_retention: ignored('caching is the miner’s'),
  prompt_cache_options: ignored('caching is the miner’s'),
  logprobs: maybe(z.boolean()).describe('Adds `logprobs.content` to choices: the miner’s word, which the receipt does not cover.'),
  top_logprobs: maybe(z.number().int().min(0).max(20)).describe('Most probable tokens given with each token; needs `logprobs`.'),
  response_format: maybe(responseFormat).describe('JSON, or JSON that fits a schema (docs/inference.md#constrained-output).'),
  tools: maybe(z.array(tool).max(TOOLS_MAX)).describe(
    'For models whose chat template renders tools (`cortensor.tools` of GET /v1/models).',
  ),
  tool_choice: maybe(toolChoice).describe(
    '`auto`, `none`; `required` or a function’s name force a call whose arguments fit the schema (docs/inference.md#tools).',
  ),
  parallel_tool_calls: maybe(z.boolean()).describe('false: one call at most.'),
  functions: unsupported('use tools', isEmpty),
  function_call: unsupported('use tool_choice', only('none', 'auto')),
  modalities: unsupported('only text', (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text'),
  audio: unsupported('audio'),
  prediction: unsupported('predicted outputs'),
  reasoning_effort: unsupported('reasoning effort', only('none')),
  verbosity: unsupported('verbosity', only('medium')),
  web_search_options: unsupported('web search'),
  moderation: unsupported('moderation'),
});

export interface ChatRequest {
  readonly completion: CompletionRequest;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** @throws INVALID_REQUEST or UNSUPPORTED_FIELD, with `param` in the data */
export function parseChatRequest(body: unknown, apiKey: string): ChatRequest {
  const parsed = chatRequestSchema.safeParse(body);
  if (!parsed.success) throw refusal(parsed.error, body);
  const { data } = parsed;
  if (data.logprobs !== true && (data.top_logprobs ?? 0) > 0)
    throw apiError('INVALID_REQUEST', 'top_logprobs: needs logprobs to be true', { param: 'top_logprobs' });
  const forced = forcedChoice(data.tools ?? [], data.tool_choice);
  return {
    stream: data.stream ?? false,
    includeUsage: data.stream_options?.include_usage ?? false,
    completion: {
      apiKey,
      model: data.model,
      messages: data.messages,
      maxTokens: data.max_completion_tokens ?? data.max_tokens,
      temperature: data.temperature,
      topP: data.top_p,
      topK: data.top_k,
      minP: data.min_p,
      presencePenalty: data.presence_penalty,
      frequencyPenalty: data.frequency_penalty,
      repetitionPenalty: data.repetition_penalty,
      logitBias: data.logit_bias,
      grammar: data.response_format,
      seed: data.seed,
      choices: data.n,
      tools: data.tools?.length && data.tool_choice !== 'none' ? data.tools : undefined,
      toolChoice: forced,
      parallelToolCalls: data.parallel_tool_calls,
      stop: data.stop,
      topLogprobs: data.logprobs === true ? (data.top_logprobs ?? 0) : undefined,
    },
  };
}

function refusal(error: z.ZodError, body: unknown): Error {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return apiError('INVALID_REQUEST', 'the body must be a JSON object', { param: null });
  const issue = deepest(error.issues[0]);
  if (issue?.code === 'unrecognized_keys') {
    const param = paramOf([...issue.path, issue.keys[0] ?? '']);
    return apiError('UNSUPPORTED_FIELD', `${param} is not a field of this API`, { param });
  }
  const param = paramOf(issue?.path ?? []);
  const custom = issue?.code === 'custom' && issue.params?.unsupported === true;
  const message = issue?.message ?? 'is invalid';
  return apiError(custom ? 'UNSUPPORTED_FIELD' : 'INVALID_REQUEST', `${param}: ${message}`, { param });
}

/** A union reports itself; the branch that got furthest says what is really wrong. */
function deepest(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== 'invalid_union') return issue;
  const inner = issue.errors.flat().filter((one) => one.path.length > 0);
  const [first] = inner;
  return first ? ({ ...first, path: [...issue.path, ...first.path] } as z.core.$ZodIssue) : issue;
}

/** `messages[0].content`, as OpenAI writes it. */
function paramOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`),
    '',
  );
}
