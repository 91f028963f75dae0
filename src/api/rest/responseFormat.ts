import { z } from 'zod';
import { checkGrammar, JSON_OBJECT_GRAMMAR, schemaGrammar } from '../../inference/grammar/index.ts';
import { toCoded } from '../../util/errors.ts';

/** OpenAI's `response_format` → the grammar of the answer; undefined for plain text. */
export const responseFormat = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name: z.string().min(1).max(64),
          description: z.string().max(4_096).optional(),
          schema: z.union([z.record(z.string(), z.unknown()), z.boolean()]),
          strict: z.boolean().nullish().describe('The schema is held either way.'),
        }),
      }),
    ],
    { error: 'must have a type: text, json_object or json_schema' },
  )
  .transform((format, context): string | undefined => {
    if (format.type === 'text') return undefined;
    if (format.type === 'json_object') return JSON_OBJECT_GRAMMAR;
    const grammar = schemaGrammar(format.json_schema.schema);
    try {
      checkGrammar(grammar);
    } catch (error) {
      const { code, message } = toCoded(error);
      const params = { unsupported: code === 'GRAMMAR_UNSUPPORTED' };
      context.addIssue({ code: 'custom', path: ['json_schema', 'schema'], message, params });
    }
    return grammar;
  });
