import { callOf, type ParsedCall, parseJson, type ToolFormat } from './format.ts';

const MARK = '[TOOL_CALLS]';

/** Mistral: `[TOOL_CALLS]` and a list of `{"name": …, "arguments": {…}}`, to the end of the answer. */
export const mistral: ToolFormat = {
  name: 'mistral',
  marks: [MARK],
  tokens: [MARK],
  bare: false,
  parse(text) {
    if (!text.startsWith(MARK)) return undefined;
    const list = parseJson(text.slice(MARK.length));
    if (!Array.isArray(list) || list.length === 0) return undefined;
    const calls = list.map((value) => callOf(value, 'arguments'));
    return calls.includes(undefined) ? undefined : { calls: calls as ParsedCall[], text: '' };
  },
};
