import type { CompletionResult, ContentLogprob, TokenLogprob } from '../../roles/router/service.ts';
import type { FinishReason, Hex, Wei } from '../../types/index.ts';
import { toJson } from '../json.ts';

/* OpenAI's shapes, written as JSON text: the delta path is a template, since it runs once per token. */

/** Our addition to the last chunk and to whole answers: enough to check the bill offline. */
interface CortensorPart {
  readonly task: Hex;
  readonly miner: Hex;
  readonly cost: Wei;
  readonly receipt: CompletionResult['receipt'];
}

function cortensorPart(result: CompletionResult): CortensorPart {
  return { task: result.task, miner: result.miner, cost: result.cost, receipt: result.receipt };
}

function usage(result: CompletionResult) {
  const { promptTokens, completionTokens } = result;
  return { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: promptTokens + completionTokens };
}

/** OpenAI knows no `cancelled`; who cancelled is not there to read it. */
function finishReason(reason: FinishReason): 'stop' | 'length' {
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
  readonly task: Hex;
  readonly model: string;
  /** Unix seconds. */
  readonly created: number;
}

export interface ChunkWriter {
  role(): string;
  delta(text: string, logprobs: readonly ContentLogprob[] | undefined): string;
  /** Carries `finish_reason` and `cortensor`. */
  final(result: CompletionResult): string;
  usage(result: CompletionResult): string;
}

/** @param includeUsage then every other chunk carries `usage: null`, as OpenAI's do */
export function chunkWriter(head: CompletionHead, includeUsage: boolean): ChunkWriter {
  const base = { id: completionId(head.task), object: 'chat.completion.chunk', created: head.created, model: head.model };
  const start = JSON.stringify(base).slice(0, -1);
  const end = includeUsage ? ',"usage":null}' : '}';
  const choice = (delta: string, finish: string, logprobs = 'null'): string =>
    `[{"index":0,"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}]`;
  return {
    role: () => `${start},"choices":${choice('{"role":"assistant","content":""}', 'null')}${end}`,
    delta: (text, logprobs) =>
      `${start},"choices":${choice(`{"content":${JSON.stringify(text)}}`, 'null', logprobs && JSON.stringify(logprobsPart(logprobs)))}${end}`,
    final: (result) =>
      `${start},"choices":${choice('{}', `"${finishReason(result.finishReason)}"`)},"cortensor":${toJson(cortensorPart(result))}${end}`,
    usage: (result) => `${start},"choices":[],"usage":${JSON.stringify(usage(result))}}`,
  };
}

/** The whole answer of a request without `stream`. */
export function completionBody(
  head: CompletionHead,
  text: string,
  logprobs: readonly ContentLogprob[] | undefined,
  result: CompletionResult,
): string {
  return toJson({
    id: completionId(head.task),
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: logprobsPart(logprobs),
        finish_reason: finishReason(result.finishReason),
      },
    ],
    usage: usage(result),
    cortensor: cortensorPart(result),
  });
}
