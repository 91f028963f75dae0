import { callOf, objectEnd, type ParsedCall, parseJson, type ToolFormat } from './format.ts';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';

/** Hermes, Qwen: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, any number of them; the last may lack its end. */
export const hermes: ToolFormat = {
  name: 'hermes',
  marks: [OPEN],
  tokens: [OPEN, CLOSE],
  bare: false,
  parse(text) {
    const calls: ParsedCall[] = [];
    let rest = '';
    for (let at = 0; at < text.length; ) {
      const open = text.indexOf(OPEN, at);
      rest += text.slice(at, open === -1 ? undefined : open);
      if (open === -1) break;
      const begin = open + OPEN.length;
      const end = objectEnd(text, begin);
      const call = end === -1 ? undefined : callOf(parseJson(text.slice(begin, end)), 'arguments');
      const close = text.slice(end).trimStart();
      if (call === undefined || !(close === '' || close.startsWith(CLOSE))) return undefined;
      calls.push(call);
      at = close === '' ? text.length : text.indexOf(CLOSE, end) + CLOSE.length;
    }
    return calls.length === 0 ? undefined : { calls, text: rest.trim() };
  },
};
