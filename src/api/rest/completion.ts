import type { CompletionEvent, CompletionResult, ContentLogprob, TokenLogprob } from '../../roles/router/service.ts';
import type { FinishReason, Hex, Wei } from '../../types/index.ts';
import { toJson } from '../json.ts';

/* OpenAI's shapes, written as JSON text: the delta path is a template, since it runs once per token. */

/** Our addition to whole answers and to the last chunk of each choice: enough to check the bill offline. */
interface CortensorPart {
  readonly task: Hex;
  readonly miner: Hex;
  readonly cost: Wei;
  readonly receipt: CompletionResult['receipt'];
}

function cortensorPart({ task, miner, cost, receipt }: CompletionResult): CortensorPart {
  return { task, miner, cost, receipt };
}

/** As OpenAI counts: the prompt once. What n choices cost is in `cortensor`: each of them pays for the prompt. */
function usage(results: readonly CompletionResult[]) {
  const promptTokens = results[0]?.promptTokens ?? 0;
  const completionTokens = results.reduce((sum, result) => sum + result.completionTokens, 0);
  return { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: promptTokens + completionTokens };
}

export type ToolCallEvent = Extract<CompletionEvent, { type: 'toolCall' }>;

function toolCallPart({ id, name, arguments: args }: ToolCallEvent) {
  return { id, type: 'function', function: { name, arguments: args } };
}

/** OpenAI knows no `cancelled`; who cancelled is not there to read it. */
function finishReason(reason: FinishReason, called: boolean): 'stop' | 'length' | 'tool_calls' {
  if (called) return 'tool_calls';
  return reason === 'length' ? 'length' : 'stop';
}

function logprobsPart(entries: readonly ContentLogprob[] | undefined) {
  const plain = ({ token, logprob, bytes }: TokenLogprob) => ({ token, logprob, bytes });
  return entries === undefined
    ? null
    : { content: entries.map((entry) => ({ ...plain(entry), top_logprobs: entry.top.map(plain) })), refusal: null };
}

function completionId(task: Hex): string {
  return `chatcmpl-${task.slice(2, 34)}`;
}

export interface CompletionHead {
  /** Of several choices the one that was assigned first. */
  readonly task: Hex;
  readonly model: string;
  /** Unix seconds. */
  readonly created: number;
}

export interface ChunkWriter {
  role(choice: number): string;
  delta(choice: number, text: string, logprobs: readonly ContentLogprob[] | undefined): string;
  toolCall(choice: number, call: ToolCallEvent): string;
  /** Carries `finish_reason` and `cortensor`. */
  final(choice: number, result: CompletionResult): string;
  usage(results: readonly CompletionResult[]): string;
}

/** @param includeUsage then every other chunk carries `usage: null`, as OpenAI's do */
export function chunkWriter(head: CompletionHead, includeUsage: boolean): ChunkWriter {
  const base = { id: completionId(head.task), object: 'chat.completion.chunk', created: head.created, model: head.model };
  const start = JSON.stringify(base).slice(0, -1);
  const end = includeUsage ? ',"usage":null}' : '}';
  const called = new Set<number>();
  const choices = (index: number, delta: string, finish: string, logprobs = 'null'): string =>
    `"choices":[{"index":${index},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}]`;
  return {
    role: (choice) => `${start},${choices(choice, '{"role":"assistant","content":""}', 'null')}${end}`,
    delta: (choice, text, logprobs) =>
      `${start},${choices(choice, `{"content":${JSON.stringify(text)}}`, 'null', logprobs && JSON.stringify(logprobsPart(logprobs)))}${end}`,
    toolCall(choice, call) {
      called.add(choice);
      const delta = { tool_calls: [{ index: call.index, ...toolCallPart(call) }] };
      return `${start},${choices(choice, JSON.stringify(delta), 'null')}${end}`;
    },
    final: (choice, result) =>
      `${start},${choices(choice, '{}', `"${finishReason(result.finishReason, called.has(choice))}"`)},"cortensor":${toJson(cortensorPart(result))}${end}`,
    usage: (results) => `${start},"choices":[],"usage":${JSON.stringify(usage(results))}}`,
  };
}

/** What was streamed of one choice, put together. */
export interface WholeChoice {
  readonly text: string;
  readonly logprobs: readonly ContentLogprob[] | undefined;
  readonly calls: readonly ToolCallEvent[];
}

/** The whole answer of a request without `stream`; results as many as choices, in their order. */
export function completionBody(head: CompletionHead, choices: readonly WholeChoice[], results: readonly CompletionResult[]): string {
  const parts = results.map(cortensorPart);
  return toJson({
    id: completionId(head.task),
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: choices.map(({ text, logprobs, calls }, index) => ({
      index,
      message: {
        role: 'assistant',
        content: text === '' && calls.length > 0 ? null : text,
        refusal: null,
        ...(calls.length > 0 ? { tool_calls: calls.map(toolCallPart) } : {}),
      },
      logprobs: logprobsPart(logprobs),
      finish_reason: finishReason(results[index]?.finishReason ?? 'stop', calls.length > 0),
    })),
    usage: usage(results),
    cortensor: parts.length === 1 ? parts[0] : { cost: parts.reduce((sum, { cost }) => sum + cost, 0n), choices: parts },
  });
}
