import { z } from 'zod';
import { checkGrammar } from '../../inference/grammar/index.ts';
import { heldCallsGrammar } from '../../inference/tools/held.ts';
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
      strict: maybe(z.boolean()).describe('true: calls fit the schema. Where `tool_choice` forces a call they do in any case.'),
    }),
  })
  .transform(
    ({ function: { name, description, parameters, strict } }): Tool => ({
      name,
      description,
      parameters,
      ...(strict ? { strict } : {}),
    }),
  );

const namedChoice = z
  .strictObject({ type: functionType, function: z.strictObject({ name: toolName }) })
  .transform(({ function: { name } }) => ({ name }));
export const toolChoice = z.union([z.enum(['none', 'auto', 'required']), namedChoice], {
  error: 'must be none, auto, required or a function',
});

/**
 * The call that must be made, if one must.
 *
 * @throws INVALID_REQUEST, UNSUPPORTED_FIELD also for schemas of strict tools that cannot be held
 */
export function forcedChoice(tools: readonly Tool[], choice: z.output<typeof toolChoice> | undefined): ToolChoice | undefined {
  if (choice === 'none') return undefined;
  const forced = choice === 'auto' ? undefined : choice;
  const wrong = (why: string): Error => apiError('INVALID_REQUEST', `tool_choice: ${why}`, { param: 'tool_choice' });
  if (forced !== undefined && tools.length === 0) throw wrong('needs tools');
  const named = typeof forced === 'object' ? forced.name : undefined;
  if (named !== undefined && !tools.some(({ name }) => name === named)) throw wrong(`${named} is none of the tools`);
  checkHeld(tools, forced, 'tools', () => {
    for (const [i, tool] of tools.entries()) {
      const isHeld = forced === undefined ? tool.strict : named === undefined || named === tool.name;
      if (isHeld) checkHeld([tool], forced, `tools[${i}].function.parameters`);
    }
  });
  return forced;
}

/** Forms write calls differently and arguments alike: any form tells whether the schemas can be held. @param closer throws a better error */
function checkHeld(tools: readonly Tool[], choice: ToolChoice | undefined, param: string, closer?: () => void): void {
  try {
    const grammar = heldCallsGrammar({ name: 'hermes' }, { tools, choice, parallel: true });
    if (grammar !== undefined) checkGrammar(grammar);
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
