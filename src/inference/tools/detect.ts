import type { ToolFormat } from './format.ts';
import { hermes } from './hermes.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';

/** The format in which a chat template tells its model to call tools; undefined when it renders none, or asks for another format. */
export function detectToolFormat(template: unknown): ToolFormat | undefined {
  if (typeof template !== 'string' || !/\btools\b/.test(template)) return undefined;
  if (template.includes('<tool_call>')) return hermes;
  // Later Mistral models write the name outside of the JSON.
  if (template.includes('[TOOL_CALLS]')) return template.includes('[ARGS]') ? undefined : mistral;
  return template.includes('<|python_tag|>') || /"parameters":/.test(template) ? llama : undefined;
}
