import { freeText } from './freeText.ts';
import { isObject, type Schema, typesOf, WHOLE } from './keywords.ts';
import { colon, comma, space } from './literals.ts';
import { MARKS, type Mark } from './marks.ts';
import { type Program, type ProgramBuilder, RETURN } from './program.ts';
import { SchemaParts, schemaValue } from './schema.ts';
import { invalid, unsupported } from './unsupported.ts';

/** How models of one family write calls (docs/inference.md#tools). */
export const CALL_FORMS = ['hermes', 'llama', 'mistral'] as const;
export type CallForm = (typeof CALL_FORMS)[number];
/** Tools that one grammar offers, and calls that one answer makes, at most. */
export const CALL_TOOLS_MAX = 128;
export const CALLS_MAX = 16;
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** An answer that is calls, or one that may be or have calls. */
export const CALL_TYPES = ['tool_calls', 'optional_tool_calls'] as const;

/** An answer with one call of one of the tools, or, where `parallel` is true and the form has several, up to {@link CALLS_MAX}. */
export interface Calls {
  readonly type: (typeof CALL_TYPES)[number];
  readonly form: CallForm;
  readonly parallel: boolean;
  readonly tools: readonly { readonly name: string; readonly parameters: unknown }[];
  /** Where calls are optional, the schema of an answer without one; absent: free text, with calls in it. */
  readonly answer?: unknown;
}

/**
 * The automaton of calls whose arguments fit the tools' schemas.
 *
 * @throws GRAMMAR_INVALID, GRAMMAR_UNSUPPORTED naming keyword and path, GRAMMAR_TOO_LARGE
 */
export function compileCalls({ type, form, parallel, tools, answer }: Calls): Program {
  if (tools.length === 0 || tools.length > CALL_TOOLS_MAX) throw invalid('/tools', `is a list of 1 to ${CALL_TOOLS_MAX} tools`);
  const parts = new SchemaParts();
  const { builder } = parts;
  const call = (key: string, next: number): number => {
    const end = builder.text('}', next);
    const named = tools.map(({ name, parameters }, i) => {
      const path = `/tools/${i}`;
      if (typeof name !== 'string' || !NAME.test(name)) throw invalid(`${path}/name`, 'is no name of a tool');
      const args = schemaValue(parts, argumentsOf(parameters, `${path}/parameters`), `${path}/parameters`, end);
      return builder.text(`"${name}"`, comma(builder, builder.text(`"${key}"`, colon(builder, args))));
    });
    return builder.text('{"name"', colon(builder, builder.any(...named)));
  };
  const max = parallel ? CALLS_MAX : 1;
  if (answer === undefined) return builder.finish((type === 'tool_calls' ? FORCED : OPTIONAL)[form](builder, call, max));
  if (type === 'tool_calls') throw invalid('/answer', 'is for calls that are optional');
  // A bare call is JSON as well.
  if (form === 'llama') throw unsupported('/answer', 'JSON beside calls in the form llama');
  return builder.finish(builder.any(schemaValue(parts, answer, '/answer', RETURN), FORCED[form](builder, call, max)));
}

/** The node where a call begins. */
type Call = (key: string, next: number) => number;
/** The node where an answer begins. */
type Form = (builder: ProgramBuilder, call: Call, max: number) => number;

const FORCED: Readonly<Record<CallForm, Form>> = {
  hermes: (builder, call, max) =>
    repeated(builder, max, RETURN, lineBreak, (next) => mark(builder, '<tool_call>', hermesCall(builder, call, next))),
  llama: (_, call) => call('parameters', RETURN),
  mistral: (builder, call, max) => mark(builder, '[TOOL_CALLS]', mistralCalls(builder, call, max)),
};

/** Text is free up to the mark of a call. */
const OPTIONAL: Readonly<Record<CallForm, Form>> = {
  hermes: (builder, call, max) =>
    builder.loop((self) => {
      const one = builder.add({ kind: 'count', max, cap: max, next: hermesCall(builder, call, self) });
      return { kind: 'any', of: [freeText(builder, { mark: '<tool_call>', end: RETURN, call: one })] };
    }),
  llama: (builder, call) => {
    const one = call('parameters', RETURN);
    return freeText(builder, { mark: '<|python_tag|>', end: RETURN, call: one, bare: one });
  },
  mistral: (builder, call, max) => freeText(builder, { mark: '[TOOL_CALLS]', end: RETURN, call: mistralCalls(builder, call, max) }),
};

/** After its mark. */
const hermesCall = (builder: ProgramBuilder, call: Call, next: number): number =>
  lineBreak(builder, call('arguments', lineBreak(builder, mark(builder, '</tool_call>', next))));

/** After their mark, to the answer's end. */
const mistralCalls: Form = (builder, call, max) => {
  const list = repeated(builder, max, builder.text(']', RETURN), comma, (next) => call('arguments', next));
  return space(builder, builder.text('[', list));
};

/** One to `max` of something, with something between. */
function repeated(
  builder: ProgramBuilder,
  max: number,
  end: number,
  between: (builder: ProgramBuilder, next: number) => number,
  one: (next: number) => number,
): number {
  return builder.loop((self) => {
    const more = max > 1 ? [builder.add({ kind: 'count', max: max - 1, cap: max - 1, next: between(builder, self) })] : [];
    return { kind: 'any', of: [one(builder.any(end, ...more))] };
  });
}

/** The model's own token, or its text where it has none. */
const mark = (builder: ProgramBuilder, text: Mark, next: number): number =>
  builder.any(builder.byte(MARKS[text], next), builder.text(text, next));

const lineBreak = (builder: ProgramBuilder, next: number): number => builder.any(builder.text('\n', next), next);

/** The schema where it takes objects only. */
function argumentsOf(parameters: unknown, path: string): Schema {
  if (!isObject(parameters)) throw invalid(path, 'parameters are a schema of objects');
  const whole = WHOLE.find((key) => Object.hasOwn(parameters, key));
  if (whole !== undefined) throw unsupported(path, `${whole} at the top of parameters`);
  if (!typesOf(parameters, path).includes('object')) throw invalid(path, 'arguments are an object');
  return { ...parameters, type: 'object' };
}
