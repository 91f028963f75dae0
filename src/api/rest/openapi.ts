import { z } from 'zod';
import { routerError } from '../../roles/router/errors.ts';
import type { ErrorDefinition } from '../../util/errors.ts';
import { apiError } from '../errors.ts';
import type { Route } from './routes.ts';

type Json = Record<string, unknown>;

function schemaOf(type: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' }) as Json;
  return schema;
}

const definitions: Readonly<Record<string, ErrorDefinition>> = { ...routerError.definitions, ...apiError.definitions };

const errorRef = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };

function errorResponses(codes: readonly string[]): Json {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const definition = definitions[code];
    if (!definition) throw new RangeError(`no error code ${code}`);
    byStatus.set(definition.http, [...(byStatus.get(definition.http) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].sort(([a], [b]) => a - b).map(([status, list]) => [status, { description: list.join(', '), content: errorRef }]),
  );
}

function operation(route: Route): Json {
  const names = [...route.url.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const { type, schema, description } = route.response;
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.url.replace(/[^A-Za-z]+(.?)/g, (_, next: string) => next.toUpperCase())}`,
    ...(names.length > 0 ? { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) } : {}),
    ...(route.body ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } } } : {}),
    ...(route.auth === 'apiKey' ? { security: [{ apiKey: [] }] } : {}),
    responses: {
      200: { description, content: { [type]: schema ? { schema: schemaOf(schema, 'output') } : {} } },
      ...errorResponses([
        'HOST_NOT_ALLOWED',
        'ORIGIN_NOT_ALLOWED',
        ...(route.auth === 'none' ? [] : ['ACCESS_TOKEN_INVALID']),
        ...(route.errors ?? []),
      ]),
      default: { description: 'A coded error (docs/errors.md).', content: errorRef },
    },
  };
}

/** OpenAPI 3.1 of `routes`, as GET /openapi.json answers and docs/openapi.json keeps. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  const text = { type: 'string' };
  return {
    openapi: '3.1.0',
    info: {
      title: 'cortensord REST',
      version,
      description: 'OpenAI-compatible API of a cortensord router.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:4411' }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'Key of a session: `cortensord session create` prints one.' },
      },
      schemas: {
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['message', 'type', 'param', 'code', 'remedy'],
              properties: { message: text, type: text, param: { type: ['string', 'null'] }, code: text, remedy: text },
            },
          },
        },
      },
    },
  };
}
