import { inferenceError } from '../errors.ts';
import { CALL_FORMS, CALL_TYPES, type CallForm, type Calls } from './calls.ts';
import { GRAMMAR_BYTES_MAX } from './limits.ts';

/** Any JSON object. */
export const JSON_OBJECT_GRAMMAR = '{"type":"json_object"}';

/** The text of the grammar that a JSON Schema stands for; keys stay in their order. @param schema what JSON.parse gave */
export function schemaGrammar(schema: unknown): string {
  return JSON.stringify({ type: 'json_schema', schema });
}

/** The text of the grammar of calls; schemas keep the order of their keys. */
export function callsGrammar({ type, form, parallel, tools, answer }: Calls): string {
  return JSON.stringify({ type, form, parallel, tools: tools.map(({ name, parameters }) => ({ name, parameters })), answer });
}

/** The schema of a grammar that has no calls. @throws as {@link parseGrammar}, GRAMMAR_INVALID when it has */
export function grammarSchema(text: string): unknown {
  const grammar = parseGrammar(text);
  if ('schema' in grammar) return grammar.schema;
  throw inferenceError('GRAMMAR_INVALID', 'the grammar has calls, and only a schema is wanted');
}

/** What a grammar's text asks for. */
export type ParsedGrammar = { readonly schema: unknown } | { readonly calls: Calls };

/** @throws GRAMMAR_TOO_LARGE, GRAMMAR_INVALID when it is not in canonical form */
export function parseGrammar(text: string): ParsedGrammar {
  const bytes = Buffer.byteLength(text);
  if (bytes > GRAMMAR_BYTES_MAX) {
    const message = `the grammar has ${bytes} bytes, the bound is ${GRAMMAR_BYTES_MAX}`;
    throw inferenceError('GRAMMAR_TOO_LARGE', message, { bytes, bound: GRAMMAR_BYTES_MAX });
  }
  if (text === JSON_OBJECT_GRAMMAR) return { schema: { type: 'object' } };
  let grammar: unknown;
  try {
    grammar = JSON.parse(text);
  } catch (error) {
    throw inferenceError('GRAMMAR_INVALID', 'the grammar is no JSON', {}, error);
  }
  const { type, schema } = (grammar ?? {}) as { readonly type?: unknown; readonly schema?: unknown };
  // Keys that are integers come first when JSON is read here: only texts that say the same order are taken.
  if (type === 'json_schema' && schema !== undefined && schemaGrammar(schema) === text) return { schema };
  if (isCalls(grammar) && callsGrammar(grammar) === text) return { calls: grammar };
  throw inferenceError(
    'GRAMMAR_INVALID',
    'the grammar is neither {"type":"json_object"}, {"type":"json_schema","schema":…} nor {"type":"tool_calls" or "optional_tool_calls","form":…,"parallel":…,"tools":…} in canonical form',
  );
}

function isCalls(grammar: unknown): grammar is Calls {
  const { type, form, parallel, tools } = (grammar ?? {}) as Record<string, unknown>;
  return (
    CALL_TYPES.includes(type as Calls['type']) &&
    CALL_FORMS.includes(form as CallForm) &&
    typeof parallel === 'boolean' &&
    Array.isArray(tools) &&
    tools.every((tool) => typeof tool === 'object' && tool !== null)
  );
}
