import { callOf, type ParsedCall, parseJson, type ToolFormat } from './format.ts';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';

/** Hermes, Qwen: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, any number of them; the last may lack its end. */
export const hermes: ToolFormat = {
  name: 'hermes',
  marks: [OPEN],
  bare: false,
  parse(text) {
    const calls: ParsedCall[] = [];
    let rest = '';
    for (let at = 0; at < text.length; ) {
      const open = text.indexOf(OPEN, at);
      rest += text.slice(at, open === -1 ? undefined : open);
      if (open === -1) break;
      const close = text.indexOf(CLOSE, open);
      const call = callOf(parseJson(text.slice(open + OPEN.length, close === -1 ? undefined : close)), 'arguments');
      if (call === undefined) return undefined;
      calls.push(call);
      at = close === -1 ? text.length : close + CLOSE.length;
    }
    return calls.length === 0 ? undefined : { calls, text: rest.trim() };
  },
};
