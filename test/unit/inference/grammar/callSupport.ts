import type { CALL_FORMS, Calls } from '../../../../src/inference/grammar/calls.ts';
import { Grammar } from '../../../../src/inference/grammar/grammar.ts';
import { ADDED_BYTE, MARK_BYTES_FROM, MARKS } from '../../../../src/inference/grammar/marks.ts';
import { callsGrammar } from '../../../../src/inference/grammar/text.ts';
import { type TokenSet, Vocabulary } from '../../../../src/inference/grammar/vocabulary.ts';
import type { ToolFormat } from '../../../../src/inference/tools/format.ts';
import { hermes } from '../../../../src/inference/tools/hermes.ts';
import { llama } from '../../../../src/inference/tools/llama.ts';
import { mistral } from '../../../../src/inference/tools/mistral.ts';
import { TOKENS } from './support.ts';

export const WEATHER = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 30 }, days: { $ref: '#/$defs/days' } },
  required: ['city'],
  additionalProperties: false,
  $defs: { days: { type: 'integer', minimum: 1, maximum: 14 } },
};
/** Names definitions as the other does, and means others. */
export const TIME = {
  properties: { zone: { $ref: '#/$defs/days' } },
  additionalProperties: false,
  $defs: { days: { enum: ['UTC', 'CET'] } },
};
export const TOOLS = [
  { name: 'weather', parameters: WEATHER },
  { name: 'time', parameters: TIME },
];
export const FORMATS: Readonly<Record<(typeof CALL_FORMS)[number], ToolFormat>> = { hermes, llama, mistral };

/** Marks as tokens of their own, and added tokens without a text and with one: what the answer's text has of them, and their bytes. */
const SPECIAL_TOKENS = [
  ...Object.entries(MARKS).map(([text, byte]) => ({ text, bytes: [byte] })),
  ...['', 'think>', '<tool', '_call>', 'x[TOOL_CALLS]', '{'].map((text) => ({ text, bytes: [ADDED_BYTE, ...Buffer.from(text)] })),
].map((token, i) => ({ ...token, id: TOKENS.length + i }));
export const MARK_TOKENS = SPECIAL_TOKENS.filter(({ bytes: [first] }) => first !== ADDED_BYTE);
/** All bytes that text may have, some pieces, and those. */
const SPELLED = [
  ...TOKENS.map((bytes) => (bytes.every((byte) => byte < MARK_BYTES_FROM) ? bytes : undefined)),
  ...SPECIAL_TOKENS.map(({ bytes }) => Uint8Array.from(bytes)),
];
export const END = SPELLED.length;
const VOCABULARY = new Vocabulary(SPELLED, new Set([END]));

export const grammarOf = (calls: Partial<Calls>): Grammar =>
  new Grammar(callsGrammar({ type: 'tool_calls', form: 'hermes', parallel: false, tools: TOOLS, ...calls }), SPELLED, VOCABULARY);
export const has = (set: TokenSet | undefined, token: number): boolean => (((set?.[token >>> 5] ?? 0) >>> (token & 31)) & 1) === 1;
const textOf = (token: number): Buffer =>
  Buffer.from(SPECIAL_TOKENS.find(({ id }) => id === token)?.text ?? (SPELLED[token] as Uint8Array));

/** Whether a text may be the whole answer; with `tokens`, marks are the model's tokens. */
export function accepts(grammar: Grammar, text: string, tokens: boolean): boolean {
  const matcher = grammar.matcher();
  const marks = tokens ? MARK_TOKENS.map(({ text }) => text) : [];
  const pieces = text.split(new RegExp(`(${['$^', ...marks].map((mark) => mark.replace(/[[\]|]/g, '\\$&')).join('|')})`));
  for (const piece of pieces) {
    const id = MARK_TOKENS.find(({ text: mark }) => marks.includes(mark) && mark === piece)?.id;
    for (const token of id === undefined ? Buffer.from(piece) : [id]) {
      if (!has(matcher.allowed(), token)) return false;
      matcher.push(token);
    }
  }
  return has(matcher.allowed(), END);
}

/**
 * A random walk to the end token, which takes what closes when it has gone on for long; gives the answer's text.
 *
 * @param draw in [0, 1)
 * @param liked tokens that are taken oftener than others
 */
export function walk(grammar: Grammar, draw: () => number, liked: readonly number[] = []): string {
  const matcher = grammar.matcher();
  const out: Buffer[] = [];
  const closing = [END, ...MARK_TOKENS.filter(({ text }) => text === '</tool_call>').map(({ id }) => id), ...Buffer.from('"}]')];
  for (let steps = 0; steps < 2_000; steps++) {
    const set = matcher.allowed();
    const all = Array.from({ length: END + 1 }, (_, i) => i).filter((i) => has(set, i));
    if (all.length === 0) throw new Error(`a dead end after ${Buffer.concat(out)}`);
    const better = liked.filter((id) => all.includes(id));
    const allowed = better.length > 0 && draw() < 0.6 ? better : all;
    const drawn = allowed[Math.floor(draw() * allowed.length)] as number;
    const token = steps > 80 ? (closing.find((id) => all.includes(id)) ?? drawn) : drawn;
    if (token === END) return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(out));
    out.push(textOf(token));
    matcher.push(token);
  }
  throw new Error(`no end after ${Buffer.concat(out).subarray(0, 200)}`);
}

/** Marks, added tokens, and the bytes that marks are spelled with. */
export const NEAR_MARKS: readonly number[] = [
  ...SPECIAL_TOKENS.map(({ id }) => id),
  ...new Set(Object.keys(MARKS).flatMap((mark) => [...Buffer.from(mark)])),
  ...Buffer.from(' \n{'),
];
