import type { ToolFormat } from '../../inference/tools/format.ts';
import { heldCallsGrammar } from '../../inference/tools/held.ts';
import type { CompletionRequest } from './service.ts';

/**
 * The request with the grammar of the calls that its tools and their choice ask for: in place of another grammar where a call is forced, else with
 * it as the other way to answer.
 *
 * @param format in which the model writes calls
 * @throws GRAMMAR_UNSUPPORTED, GRAMMAR_INVALID
 */
export function withHeldCalls(request: CompletionRequest, format: ToolFormat | undefined): CompletionRequest {
  const { toolChoice: choice, tools = [], parallelToolCalls: parallel = true, grammar: answer } = request;
  const grammar = heldCallsGrammar(format, { tools, choice, parallel, answer });
  return grammar === undefined ? request : { ...request, grammar };
}
