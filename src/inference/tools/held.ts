import type { Tool } from '../chat/chat.ts';
import { inferenceError } from '../errors.ts';
import { callsGrammar, grammarSchema } from '../grammar/index.ts';
import type { ToolFormat } from './format.ts';

/** Which call an answer must make: of any tool, or of the one that is named. */
export type ToolChoice = 'required' | { readonly name: string };

export interface HeldCalls {
  readonly tools: readonly Tool[];
  /** Absent: the model calls what it likes, or nothing. */
  readonly choice?: ToolChoice | undefined;
  /** Whether there may be several; a tool that is named is called once. */
  readonly parallel: boolean;
  /** The grammar of an answer without a call, where none is forced; absent: free text. */
  readonly answer?: string | undefined;
}

/** As OpenAI has it: a function that declares no parameters takes none. */
const NO_PARAMETERS = { type: 'object', additionalProperties: false };
/** Of a tool that is not strict, beside one that is. */
const ANY_ARGUMENTS = { type: 'object' };

/**
 * The grammar of an answer whose calls have arguments that fit their schemas: all of them where a call must be made, else those of strict tools.
 * Undefined when the model is free to call and no tool is strict.
 *
 * @throws GRAMMAR_UNSUPPORTED when the model has no form of calls, GRAMMAR_INVALID when the tool that is named is none of them
 */
export function heldCallsGrammar(
  format: Pick<ToolFormat, 'name'> | undefined,
  { tools, choice, parallel, answer }: HeldCalls,
): string | undefined {
  if (choice === undefined && !tools.some(({ strict }) => strict)) return undefined;
  if (format === undefined) {
    throw inferenceError(
      'GRAMMAR_UNSUPPORTED',
      "calls cannot be held: the model's chat template has no form of tool calls that is known here",
    );
  }
  const named = typeof choice === 'object' ? choice.name : undefined;
  const offered = named === undefined ? tools : tools.filter(({ name }) => name === named);
  if (offered.length === 0) throw inferenceError('GRAMMAR_INVALID', 'a call is to be forced, and the tool is none of those given');
  return callsGrammar({
    type: choice === undefined ? 'optional_tool_calls' : 'tool_calls',
    form: format.name,
    parallel: parallel && named === undefined,
    tools: offered.map(({ name, parameters = NO_PARAMETERS, strict }) => ({
      name,
      parameters: choice === undefined && !strict ? ANY_ARGUMENTS : parameters,
    })),
    ...(choice === undefined && answer !== undefined ? { answer: grammarSchema(answer) } : {}),
  });
}
