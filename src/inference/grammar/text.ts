import { inferenceError } from '../errors.ts';
import { GRAMMAR_BYTES_MAX } from './limits.ts';

/** Any JSON object. */
export const JSON_OBJECT_GRAMMAR = '{"type":"json_object"}';

/** The text of the grammar that a JSON Schema stands for; keys stay in their order. @param schema what JSON.parse gave */
export function schemaGrammar(schema: unknown): string {
  return JSON.stringify({ type: 'json_schema', schema });
}

/**
 * The JSON Schema that a grammar's text asks for.
 *
 * @throws GRAMMAR_TOO_LARGE, GRAMMAR_INVALID when it is not in canonical form
 */
export function schemaOf(text: string): unknown {
  const bytes = Buffer.byteLength(text);
  if (bytes > GRAMMAR_BYTES_MAX) {
    const message = `the grammar has ${bytes} bytes, the bound is ${GRAMMAR_BYTES_MAX}`;
    throw inferenceError('GRAMMAR_TOO_LARGE', message, { bytes, bound: GRAMMAR_BYTES_MAX });
  }
  if (text === JSON_OBJECT_GRAMMAR) return { type: 'object' };
  let grammar: unknown;
  try {
    grammar = JSON.parse(text);
  } catch (error) {
    throw inferenceError('GRAMMAR_INVALID', 'the grammar is no JSON', {}, error);
  }
  const { type, schema } = (grammar ?? {}) as { readonly type?: unknown; readonly schema?: unknown };
  // Keys that are integers come first when JSON is read here: only texts that say the same order are taken.
  if (type === 'json_schema' && schema !== undefined && schemaGrammar(schema) === text) return schema;
  throw inferenceError(
    'GRAMMAR_INVALID',
    'the grammar is neither {"type":"json_object"} nor {"type":"json_schema","schema":…} in canonical form',
  );
}
