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

/** An answer that is one call of one of the tools, or, where `parallel` is true and the form has several, up to {@link CALLS_MAX}. */
export interface Calls {
  readonly form: CallForm;
  readonly parallel: boolean;
  readonly tools: readonly { readonly name: string; readonly parameters: unknown }[];
}

/**
 * The automaton of calls whose arguments fit the tools' schemas.
 *
 * @throws GRAMMAR_INVALID, GRAMMAR_UNSUPPORTED naming keyword and path, GRAMMAR_TOO_LARGE
 */
export function compileCalls({ form, parallel, tools }: Calls): Program {
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
  return builder.finish(FORMS[form](builder, call, parallel ? CALLS_MAX : 1));
}

/** The node where an answer begins. */
type Form = (builder: ProgramBuilder, call: (key: string, next: number) => number, max: number) => number;

const FORMS: Readonly<Record<CallForm, Form>> = {
  hermes: (builder, call, max) =>
    repeated(builder, max, RETURN, lineBreak, (next) => {
      const end = lineBreak(builder, mark(builder, '</tool_call>', next));
      return mark(builder, '<tool_call>', lineBreak(builder, call('arguments', end)));
    }),
  llama: (_, call) => call('parameters', RETURN),
  mistral: (builder, call, max) => {
    const list = repeated(builder, max, builder.text(']', RETURN), comma, (next) => call('arguments', next));
    return mark(builder, '[TOOL_CALLS]', space(builder, builder.text('[', list)));
  },
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
