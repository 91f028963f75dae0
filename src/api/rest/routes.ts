import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { routerError } from '../../roles/router/errors.ts';
import type { RoutableModel, RouterService } from '../../roles/router/service.ts';
import { apiError } from '../errors.ts';
import { toWire } from '../json.ts';
import { chatCompletions } from './chat.ts';
import { chatRequestSchema } from './chatRequest.ts';
import type { RestContext } from './context.ts';
import { openApiDocument } from './openapi.ts';

/** One route: the server and docs/openapi.json come from it. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** In fastify's form, e.g. `/v1/models/:model`. */
  readonly url: string;
  readonly summary: string;
  readonly auth: 'none' | 'token' | 'apiKey';
  readonly body?: z.ZodType;
  readonly response: { readonly type: string; readonly schema?: z.ZodType; readonly description: string };
  /** Error codes that the route answers with, besides those of every route. */
  readonly errors?: readonly string[];
  handle(context: RestContext, request: FastifyRequest, reply: FastifyReply): unknown;
}

function routerOf(context: RestContext): RouterService {
  if (!context.router) throw apiError('ROLE_NOT_ENABLED', 'this node is not a router');
  return context.router;
}

const model = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.number(),
  owned_by: z.string(),
  cortensor: z.object({
    modelId: z.string(),
    contextTokens: z.number(),
    miners: z.number(),
    tools: z.boolean(),
    price: z.object({ prompt: z.string(), completion: z.string() }).optional(),
  }),
});

function modelBody({ id, modelId, contextTokens, miners, tools, price }: RoutableModel): unknown {
  return { id, object: 'model', created: 0, owned_by: 'cortensor', cortensor: toWire({ modelId, contextTokens, miners, tools, price }) };
}

const usage = z.object({ prompt_tokens: z.number(), completion_tokens: z.number(), total_tokens: z.number() });
const tokenLogprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.number()) });
const bill = z.object({
  task: z.string(),
  miner: z.string(),
  cost: z.string(),
  receipt: z.object({ receipt: z.unknown(), signature: z.string() }),
});
const completion = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.number(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.number(),
      message: z.object({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        refusal: z.null(),
        tool_calls: z
          .array(z.object({ id: z.string(), type: z.literal('function'), function: z.object({ name: z.string(), arguments: z.string() }) }))
          .optional(),
      }),
      logprobs: z.object({ content: z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob) })), refusal: z.null() }).nullable(),
      finish_reason: z.enum(['stop', 'length', 'tool_calls']),
    }),
  ),
  usage,
  cortensor: z.union([
    bill.describe('Task, miner, cost in COR wei and the signed receipt.'),
    z.object({ cost: z.string(), choices: z.array(bill) }).describe('With n > 1: the whole cost in COR wei, and the bill of each choice.'),
  ]),
});

const json = 'application/json';

/** THE list of routes. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    url: '/v1/models',
    summary: 'Models that can be used.',
    auth: 'token',
    response: { type: json, schema: z.object({ object: z.literal('list'), data: z.array(model) }), description: 'Models.' },
    errors: ['ROLE_NOT_ENABLED'],
    handle: (context) => ({ object: 'list', data: routerOf(context).models().map(modelBody) }),
  },
  {
    method: 'GET',
    url: '/v1/models/:model',
    summary: 'One model, by name or id.',
    auth: 'token',
    response: { type: json, schema: model, description: 'The model.' },
    errors: ['ROLE_NOT_ENABLED', 'MODEL_NOT_SERVED'],
    handle(context, request) {
      const { model: wanted } = request.params as { model: string };
      const found = routerOf(context)
        .models()
        .find(({ id, modelId }) => id === wanted || modelId === wanted.toLowerCase());
      if (!found) throw routerError('MODEL_NOT_SERVED', `there is no model ${JSON.stringify(wanted.slice(0, 128))}`, { param: 'model' });
      return modelBody(found);
    },
  },
  {
    method: 'POST',
    url: '/v1/chat/completions',
    summary: 'Answers a conversation; with `stream`, as server-sent events that end with `data: [DONE]`.',
    auth: 'apiKey',
    body: chatRequestSchema,
    response: { type: json, schema: completion, description: 'The answer, or a text/event-stream of chat.completion.chunk objects.' },
    errors: [
      'API_KEY_MISSING',
      'INVALID_JSON',
      'INVALID_REQUEST',
      'UNSUPPORTED_FIELD',
      'BODY_TOO_LARGE',
      'UNSUPPORTED_MEDIA_TYPE',
      'ROLE_NOT_ENABLED',
    ],
    handle: (context, request, reply) => chatCompletions(context, routerOf(context), request, reply),
  },
  {
    method: 'GET',
    url: '/health',
    summary: 'The process answers.',
    auth: 'none',
    response: { type: json, schema: z.object({ status: z.literal('ok'), version: z.string() }), description: 'Alive.' },
    handle: ({ version }) => ({ status: 'ok', version }),
  },
  {
    method: 'GET',
    url: '/ready',
    summary: '200 once every role takes work, 503 before and while something is broken.',
    auth: 'none',
    response: { type: json, schema: z.object({ ready: z.boolean(), problems: z.array(z.string()) }), description: 'Readiness.' },
    async handle({ readiness }, _request, reply) {
      const { ready, problems } = await readiness();
      return reply.code(ready ? 200 : 503).send({ ready, problems });
    },
  },
  {
    method: 'GET',
    url: '/metrics',
    summary: 'Prometheus metrics (docs/metrics.md).',
    auth: 'token',
    response: { type: 'text/plain', description: 'Prometheus text exposition.' },
    handle: async ({ metrics }, _request, reply) => reply.type(metrics?.contentType ?? 'text/plain').send((await metrics?.text()) ?? ''),
  },
  {
    method: 'GET',
    url: '/openapi.json',
    summary: 'This API as an OpenAPI document.',
    auth: 'none',
    response: { type: json, description: 'OpenAPI 3.1.' },
    handle: ({ version }) => openApiDocument(ROUTES, version),
  },
];
