import { forcedCallsGrammar } from '../../inference/tools/forced.ts';
import type { ToolFormat } from '../../inference/tools/format.ts';
import type { CompletionRequest } from './service.ts';

/**
 * The request with the grammar of the call that it asks for, in place of another grammar.
 *
 * @param format in which the model writes calls
 * @throws GRAMMAR_UNSUPPORTED, GRAMMAR_INVALID
 */
export function withForcedCalls(request: CompletionRequest, format: ToolFormat | undefined): CompletionRequest {
  const { toolChoice: choice, tools = [], parallelToolCalls: parallel = true } = request;
  return choice === undefined ? request : { ...request, grammar: forcedCallsGrammar(format, { tools, choice, parallel }) };
}
