import { callOf, type ParsedCall, parseJson, type ToolFormat } from './format.ts';

const TAG = '<|python_tag|>';

/** Llama 3.x: the answer is `{"name": …, "parameters": {…}}`, or several with `;` between, with or without the tag before. */
export const llama: ToolFormat = {
  name: 'llama',
  marks: [TAG],
  tokens: [TAG],
  bare: true,
  parse(text) {
    const body = text.startsWith(TAG) ? text.slice(TAG.length) : text;
    const whole = parseJson(body);
    const values = whole === undefined ? body.split(/;\s*(?=\{)/).map(parseJson) : [whole];
    const calls = values.map((value) => callOf(value, 'parameters'));
    return calls.includes(undefined) ? undefined : { calls: calls as ParsedCall[], text: '' };
  },
};
