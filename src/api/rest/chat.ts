import type { FastifyReply, FastifyRequest } from 'fastify';
import { routerError } from '../../roles/router/errors.ts';
import type { CompletionEvent, CompletionResult, ContentLogprob, RouterService } from '../../roles/router/service.ts';
import { utilError } from '../../util/errors.ts';
import { parseChatRequest } from './chatRequest.ts';
import { type CompletionHead, chunkWriter, completionBody } from './completion.ts';
import type { RestContext } from './context.ts';
import { errorBody, restError } from './errorBody.ts';
import { EventStream } from './sse.ts';

type Events = AsyncGenerator<CompletionEvent, CompletionResult, void>;

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
      await relay(context, reply, events, head, includeUsage, controller.signal);
      return reply;
    }
    const { text, logprobs, result } = await collect(events, completion.topLogprobs !== undefined);
    return reply
      .header('x-request-id', head.task)
      .type('application/json; charset=utf-8')
      .send(completionBody(head, text, logprobs, result));
  } finally {
    untrack();
    // A no-op after a normal end; otherwise it lets the router release the miner.
    void events.return(undefined as never).catch(() => {});
  }
}

interface WholeAnswer {
  readonly text: string;
  readonly logprobs: readonly ContentLogprob[] | undefined;
  readonly result: CompletionResult;
}

async function collect(events: Events, withLogprobs: boolean): Promise<WholeAnswer> {
  let text = '';
  const logprobs: ContentLogprob[] = [];
  for (let next = await events.next(); ; next = await events.next()) {
    if (next.done) return { text, logprobs: withLogprobs ? logprobs : undefined, result: next.value };
    if (next.value.type !== 'delta') continue;
    text += next.value.text;
    logprobs.push(...(next.value.logprobs ?? []));
  }
}

async function relay(
  context: RestContext,
  reply: FastifyReply,
  events: Events,
  head: CompletionHead,
  includeUsage: boolean,
  signal: AbortSignal,
): Promise<void> {
  reply.hijack();
  const headers = { ...corsHeaders(reply), 'x-request-id': head.task };
  const out = new EventStream(reply.raw, signal, headers);
  const chunk = chunkWriter(head, includeUsage);
  try {
    await out.write(chunk.role());
    for (let next = await events.next(); ; next = await events.next()) {
      if (next.done) {
        out.write(chunk.final(next.value));
        if (includeUsage) out.write(chunk.usage(next.value));
        out.write('[DONE]');
        break;
      }
      if (next.value.type !== 'delta') continue;
      const wait = out.write(chunk.delta(next.value.text, next.value.logprobs));
      if (wait) await wait;
    }
  } catch (error) {
    const coded = restError(error);
    context.onError(coded);
    if (!reply.raw.destroyed) out.write(JSON.stringify(errorBody(coded)))?.catch(() => {});
  }
  out.end();
}

/** Headers set by the access hook do not leave by themselves on a hijacked reply. */
function corsHeaders(reply: FastifyReply): Record<string, string> {
  const headers = Object.entries(reply.getHeaders()).filter(([name]) => name.startsWith('access-control-') || name === 'vary');
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}
