import { z } from 'zod';
import { checkGrammar } from '../../inference/grammar/index.ts';
import { forcedCallsGrammar } from '../../inference/tools/forced.ts';
import type { CompletionRequest, RoutableModel, Tool, ToolChoice } from '../../roles/router/service.ts';
import { toCoded } from '../../util/errors.ts';
import { apiError } from '../errors.ts';
import { maybe, oneRefusal } from './fields.ts';

/** In a request, and calls in a message. */
export const TOOLS_MAX = 128;
export const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -');
export const functionType = z.string().refine((type) => type === 'function', oneRefusal('is not supported: only functions'));

export const tool = z
  .strictObject({
    type: functionType,
    function: z.strictObject({
      name: toolName,
      description: maybe(z.string().max(16_384)),
      parameters: maybe(z.record(z.string(), z.unknown())).describe('JSON Schema of the arguments.'),
      strict: maybe(z.boolean()).describe('The schema is held where `tool_choice` forces a call, and only there true is taken.'),
    }),
  })
  .transform(({ function: { name, description, parameters, strict } }) => ({ tool: { name, description, parameters }, strict }));

const namedChoice = z
  .strictObject({ type: functionType, function: z.strictObject({ name: toolName }) })
  .transform(({ function: { name } }) => ({ name }));
export const toolChoice = z.union([z.enum(['none', 'auto', 'required']), namedChoice], {
  error: 'must be none, auto, required or a function',
});

/**
 * The call that must be made, if one must.
 *
 * @throws INVALID_REQUEST, UNSUPPORTED_FIELD
 */
export function forcedChoice(
  tools: readonly z.output<typeof tool>[],
  choice: z.output<typeof toolChoice> | undefined,
): ToolChoice | undefined {
  if (choice === undefined || choice === 'auto' || choice === 'none') {
    const at = tools.findIndex(({ strict }) => strict === true);
    if (at === -1) return undefined;
    const param = `tools[${at}].function.strict`;
    throw apiError('UNSUPPORTED_FIELD', `${param}: is not supported: only a tool_choice that forces a call holds the schema`, { param });
  }
  const wrong = (why: string): Error => apiError('INVALID_REQUEST', `tool_choice: ${why}`, { param: 'tool_choice' });
  if (tools.length === 0) throw wrong('needs tools');
  if (choice !== 'required' && !tools.some(({ tool }) => tool.name === choice.name)) throw wrong(`${choice.name} is none of the tools`);
  const offered = tools.map(({ tool }) => tool);
  checkForced(offered, choice, 'tools', () => {
    for (const [i, tool] of offered.entries()) {
      if (choice === 'required' || choice.name === tool.name) checkForced([tool], 'required', `tools[${i}].function.parameters`);
    }
  });
  return choice;
}

/** Forms write calls differently and arguments alike: any form tells whether the schemas can be held. @param closer throws a better error */
function checkForced(tools: readonly Tool[], choice: ToolChoice, param: string, closer?: () => void): void {
  try {
    checkGrammar(forcedCallsGrammar({ name: 'hermes' }, { tools, choice, parallel: true }));
  } catch (error) {
    closer?.();
    const { code, message } = toCoded(error);
    throw apiError(code === 'GRAMMAR_UNSUPPORTED' ? 'UNSUPPORTED_FIELD' : 'INVALID_REQUEST', `${param}: ${message}`, { param }, error);
  }
}

/** @throws UNSUPPORTED_FIELD when the conversation has tools and the model none */
export function checkTools({ messages, tools, model }: CompletionRequest, models: () => readonly RoutableModel[]): void {
  const at = messages.findIndex(({ role, toolCalls }) => role === 'tool' || toolCalls !== undefined);
  if (tools === undefined && at === -1) return;
  const known = models().find(({ id, modelId }) => id === model || modelId === model);
  if (known === undefined || known.tools) return;
  const param = tools === undefined ? `messages[${at}]` : 'tools';
  const why = `the chat template of ${known.id} has no form of tool calls that is known here`;
  throw apiError('UNSUPPORTED_FIELD', `${param}: is not supported: ${why}`, { param });
}
