import type { Tool } from '../chat/chat.ts';
import { inferenceError } from '../errors.ts';
import { callsGrammar } from '../grammar/index.ts';
import type { ToolFormat } from './format.ts';

/** Which call an answer must make: of any tool, or of the one that is named. */
export type ToolChoice = 'required' | { readonly name: string };

export interface ForcedCalls {
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice;
  /** Whether there may be several; a tool that is named is called once. */
  readonly parallel: boolean;
}

/** As OpenAI has it: a function that declares no parameters takes none. */
const NO_PARAMETERS = { type: 'object', additionalProperties: false };

/**
 * The grammar of an answer that calls tools with arguments that fit their schemas.
 *
 * @throws GRAMMAR_UNSUPPORTED when the model has no form of calls, GRAMMAR_INVALID when the tool that is named is none of them
 */
export function forcedCallsGrammar(format: Pick<ToolFormat, 'name'> | undefined, { tools, choice, parallel }: ForcedCalls): string {
  if (format === undefined) {
    throw inferenceError(
      'GRAMMAR_UNSUPPORTED',
      "a call cannot be forced: the model's chat template has no form of tool calls that is known here",
    );
  }
  const offered = choice === 'required' ? tools : tools.filter(({ name }) => name === choice.name);
  if (offered.length === 0) throw inferenceError('GRAMMAR_INVALID', 'a call is to be forced, and the tool is none of those given');
  return callsGrammar({
    form: format.name,
    parallel: parallel && choice === 'required',
    tools: offered.map(({ name, parameters = NO_PARAMETERS }) => ({ name, parameters })),
  });
}
