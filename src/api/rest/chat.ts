import type { FastifyReply, FastifyRequest } from 'fastify';
import { routerError } from '../../roles/router/errors.ts';
import type { CompletionEvent, CompletionRequest, CompletionResult, ContentLogprob, RouterService } from '../../roles/router/service.ts';
import { utilError } from '../../util/errors.ts';
import { parseChatRequest } from './chatRequest.ts';
import { type ChunkWriter, type CompletionHead, chunkWriter, completionBody, type ToolCallEvent, type WholeChoice } from './completion.ts';
import type { RestContext } from './context.ts';
import { errorBody, restError } from './errorBody.ts';
import { EventStream } from './sse.ts';
import { checkTools } from './toolRequest.ts';

type Events = AsyncGenerator<CompletionEvent, readonly CompletionResult[], void>;

/** `Authorization: Bearer cor-…`. @throws API_KEY_MISSING */
export function bearer(header: string | undefined): string {
  const key = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  if (key === undefined) throw routerError('API_KEY_MISSING', 'the Authorization header carries no Bearer key');
  return key;
}

/** POST /v1/chat/completions. The client going away aborts the work; until the first event, errors keep their HTTP status. */
export async function chatCompletions(
  context: RestContext,
  router: RouterService,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { completion, stream, includeUsage } = parseChatRequest(request.body, bearer(request.headers.authorization));
  checkTools(completion, () => router.models());
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(utilError('CANCELLED', 'the client disconnected'));
  });
  const untrack = context.track(controller);
  const events = router.complete(completion, controller.signal);
  try {
    const first = await events.next();
    if (first.done || first.value.type !== 'assigned') throw utilError('INTERNAL', 'the router answered before it assigned');
    const head: CompletionHead = { task: first.value.task, model: completion.model, created: Math.floor(context.clock.now() / 1000) };
    if (stream) {
      await relay(context, reply, events, { head, includeUsage, choices: completion.choices ?? 1 }, controller.signal);
      return reply;
    }
    const { choices, results } = await collect(events, completion);
    return reply
      .header('x-request-id', head.task)
      .type('application/json; charset=utf-8')
      .send(completionBody(head, choices, results));
  } finally {
    untrack();
    // A no-op after a normal end; otherwise it lets the router release the miner.
    void events.return(undefined as never).catch(() => {});
  }
}

interface WholeAnswer {
  readonly choices: readonly WholeChoice[];
  readonly results: readonly CompletionResult[];
}

async function collect(events: Events, { choices: count = 1, topLogprobs }: CompletionRequest): Promise<WholeAnswer> {
  const choices = Array.from({ length: count }, () => ({ text: '', logprobs: [] as ContentLogprob[], calls: [] as ToolCallEvent[] }));
  for (let next = await events.next(); ; next = await events.next()) {
    if (next.done) {
      const whole = choices.map((choice) => ({ ...choice, logprobs: topLogprobs === undefined ? undefined : choice.logprobs }));
      return { choices: whole, results: next.value };
    }
    const event = next.value;
    const choice = choices[event.choice ?? 0];
    if (event.type === 'toolCall') choice?.calls.push(event);
    if (event.type !== 'delta' || choice === undefined) continue;
    choice.text += event.text;
    choice.logprobs.push(...(event.logprobs ?? []));
  }
}

interface Streaming {
  readonly head: CompletionHead;
  readonly includeUsage: boolean;
  readonly choices: number;
}

async function relay(
  context: RestContext,
  reply: FastifyReply,
  events: Events,
  { head, includeUsage, choices }: Streaming,
  signal: AbortSignal,
): Promise<void> {
  reply.hijack();
  const headers = { ...corsHeaders(reply), 'x-request-id': head.task };
  const out = new EventStream(reply.raw, signal, headers);
  const chunk = chunkWriter(head, includeUsage);
  try {
    for (let choice = 0; choice < choices; choice++) await out.write(chunk.role(choice));
    for (let next = await events.next(); ; next = await events.next()) {
      if (next.done) {
        if (choices === 1) for (const result of next.value) out.write(chunk.final(0, result));
        if (includeUsage) out.write(chunk.usage(next.value));
        out.write('[DONE]');
        break;
      }
      const event = next.value;
      if (event.type === 'assigned') continue;
      const wait = out.write(eventChunk(chunk, event));
      if (wait) await wait;
    }
  } catch (error) {
    const coded = restError(error);
    context.onError(coded);
    if (!reply.raw.destroyed) out.write(JSON.stringify(errorBody(coded)))?.catch(() => {});
  }
  out.end();
}

function eventChunk(chunk: ChunkWriter, event: Exclude<CompletionEvent, { type: 'assigned' }>): string {
  const { choice = 0 } = event;
  switch (event.type) {
    case 'delta':
      return chunk.delta(choice, event.text, event.logprobs);
    case 'toolCall':
      return chunk.toolCall(choice, event);
    case 'ended':
      return chunk.final(choice, event.result);
  }
}

/** Headers set by the access hook do not leave by themselves on a hijacked reply. */
function corsHeaders(reply: FastifyReply): Record<string, string> {
  const headers = Object.entries(reply.getHeaders()).filter(([name]) => name.startsWith('access-control-') || name === 'vary');
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}
