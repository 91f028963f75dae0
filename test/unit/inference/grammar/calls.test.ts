import assert from 'node:assert/strict';
import { CALL_TOOLS_MAX, CALLS_MAX, type Calls } from '../../../../src/inference/grammar/calls.ts';
import { checkGrammar, Grammar } from '../../../../src/inference/grammar/grammar.ts';
import { MARK_BYTES_FROM, MARKS } from '../../../../src/inference/grammar/marks.ts';
import { callsGrammar } from '../../../../src/inference/grammar/text.ts';
import { type TokenSet, Vocabulary } from '../../../../src/inference/grammar/vocabulary.ts';
import type { ToolFormat } from '../../../../src/inference/tools/format.ts';
import { hermes } from '../../../../src/inference/tools/hermes.ts';
import { llama } from '../../../../src/inference/tools/llama.ts';
import { mistral } from '../../../../src/inference/tools/mistral.ts';
import { isCoded } from '../../../../src/util/errors.ts';
import { seededRandom } from '../../../bench/random.ts';
import { fits } from './reference.ts';
import { TOKENS } from './support.ts';

const WEATHER = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 30 }, days: { $ref: '#/$defs/days' } },
  required: ['city'],
  additionalProperties: false,
  $defs: { days: { type: 'integer', minimum: 1, maximum: 14 } },
};
/** Names definitions as the other does, and means others. */
const TIME = { properties: { zone: { $ref: '#/$defs/days' } }, additionalProperties: false, $defs: { days: { enum: ['UTC', 'CET'] } } };
const TOOLS = [
  { name: 'weather', parameters: WEATHER },
  { name: 'time', parameters: TIME },
];
const FORMATS: readonly ToolFormat[] = [hermes, llama, mistral];

/** All bytes that text may have, some pieces, and the marks as tokens of their own. */
const MARK_TOKENS = Object.entries(MARKS).map(([text, byte], i) => ({ id: TOKENS.length + i, text, byte }));
const SPELLED = [
  ...TOKENS.map((bytes) => (bytes.every((byte) => byte < MARK_BYTES_FROM) ? bytes : undefined)),
  ...MARK_TOKENS.map(({ byte }) => Uint8Array.of(byte)),
];
const END = SPELLED.length;
const VOCABULARY = new Vocabulary(SPELLED, new Set([END]));

const grammarOf = (calls: Partial<Calls>): Grammar =>
  new Grammar(callsGrammar({ form: 'hermes', parallel: false, tools: TOOLS, ...calls }), SPELLED, VOCABULARY);
const has = (set: TokenSet | undefined, token: number): boolean => (((set?.[token >>> 5] ?? 0) >>> (token & 31)) & 1) === 1;
const textOf = (token: number): Buffer => Buffer.from(MARK_TOKENS.find(({ id }) => id === token)?.text ?? (SPELLED[token] as Uint8Array));

/** Whether a text may be the whole answer; with `tokens`, marks are the model's tokens. */
function accepts(grammar: Grammar, text: string, tokens: boolean): boolean {
  const matcher = grammar.matcher();
  const marks = tokens ? MARK_TOKENS.map(({ text }) => text) : [];
  const pieces = text.split(new RegExp(`(${['$^', ...marks].map((mark) => mark.replace(/[[\]]/g, '\\$&')).join('|')})`));
  for (const piece of pieces) {
    const id = MARK_TOKENS.find(({ text: mark }) => marks.includes(mark) && mark === piece)?.id;
    for (const token of id === undefined ? Buffer.from(piece) : [id]) {
      if (!has(matcher.allowed(), token)) return false;
      matcher.push(token);
    }
  }
  return has(matcher.allowed(), END);
}

/** A random walk to the end token, which takes what closes when it has gone on for long. */
function walk(grammar: Grammar, draw: () => number): string {
  const matcher = grammar.matcher();
  const out: Buffer[] = [];
  const closing = [END, ...MARK_TOKENS.filter(({ text }) => text === '</tool_call>').map(({ id }) => id), ...Buffer.from('"}]')];
  for (let steps = 0; steps < 2_000; steps++) {
    const set = matcher.allowed();
    const allowed = Array.from({ length: END + 1 }, (_, i) => i).filter((i) => has(set, i));
    assert.ok(allowed.length > 0, `a dead end after ${Buffer.concat(out)}`);
    const drawn = allowed[Math.floor(draw() * allowed.length)] as number;
    const token = steps > 80 ? (closing.find((id) => allowed.includes(id)) ?? drawn) : drawn;
    if (token === END) return Buffer.concat(out).toString('utf8');
    out.push(textOf(token));
    matcher.push(token);
  }
  throw new Error(`no end after ${Buffer.concat(out).subarray(0, 200)}`);
}

describe('grammar of tool calls', () => {
  for (const format of FORMATS) {
    for (const parallel of [false, true]) {
      it(`${format.name}: any walk gives calls with arguments that fit, ${parallel ? 'up to the bound' : 'one'}`, () => {
        const grammar = grammarOf({ form: format.name, parallel });
        const random = seededRandom(7);
        const counts = new Set<number>();
        for (let i = 0; i < 60; i++) {
          const text = walk(grammar, random);
          const parsed = format.parse(text);
          assert.ok(parsed !== undefined && parsed.text === '', text);
          for (const { name, arguments: args } of parsed.calls) {
            const parameters = TOOLS.find((tool) => tool.name === name)?.parameters;
            assert.ok(parameters !== undefined && fits(args, { type: 'object', ...parameters }), text);
          }
          counts.add(parsed.calls.length);
        }
        assert.ok(
          [...counts].every((count) => count <= (parallel ? CALLS_MAX : 1)),
          String([...counts]),
        );
        assert.equal(counts.size > 1, parallel && format !== llama);
      });
    }
  }

  const call = (name: string, args: string, key = 'arguments'): string => `{"name": "${name}", "${key}": ${args}}`;
  const right = call('weather', '{"city": "a </tool_call> [TOOL_CALLS]", "days": 3}');

  it('takes what the families write, with marks as tokens or as text', () => {
    const several = { parallel: true };
    for (const tokens of [false, true]) {
      assert.ok(accepts(grammarOf({}), `<tool_call>\n${call('time', '{"zone":"CET"}')}\n</tool_call>`, tokens));
      const two = `<tool_call>${call('time', '{}')}</tool_call>\n<tool_call>\n${call('weather', '{"city":""}')}\n</tool_call>`;
      assert.ok(accepts(grammarOf(several), two, tokens));
      assert.ok(!accepts(grammarOf({}), two, tokens));
      assert.ok(accepts(grammarOf({ form: 'mistral' }), `[TOOL_CALLS] [${call('time', '{}')}]`, tokens));
      assert.ok(accepts(grammarOf({ form: 'mistral', ...several }), `[TOOL_CALLS][${call('time', '{}')}, ${call('time', '{}')}]`, tokens));
      assert.ok(accepts(grammarOf({ form: 'llama' }), call('time', '{}', 'parameters'), tokens));
    }
    assert.ok(accepts(grammarOf({}), `<tool_call>${right}</tool_call>`, false));
    assert.deepEqual(hermes.parse(`<tool_call>${right}</tool_call>`)?.calls.length, 1);
  });

  it('refuses text around calls, other tools, arguments that do not fit, and a mark inside of a string', () => {
    const grammar = grammarOf({});
    for (const text of [
      'Hello',
      `Hello <tool_call>${call('time', '{}')}</tool_call>`,
      `<tool_call>${call('time', '{}')}`,
      `<tool_call>${call('time', '{}')}</tool_call> `,
      `<tool_call>${call('format_disk', '{}')}</tool_call>`,
      `<tool_call>${call('time', '"x"')}</tool_call>`,
      `<tool_call>${call('time', '{"zone":3}')}</tool_call>`,
      `<tool_call>${call('weather', '{}')}</tool_call>`,
      `<tool_call>${call('weather', '{"city":"a","days":15}')}</tool_call>`,
    ])
      assert.ok(!accepts(grammar, text, false), text);
    assert.ok(!accepts(grammar, `<tool_call>${right}</tool_call>`, true));
    const full = Array.from({ length: CALLS_MAX + 1 }, () => call('time', '{}'));
    const list = (calls: readonly string[]): string => `[TOOL_CALLS][${calls.join(',')}]`;
    const many = grammarOf({ form: 'mistral', parallel: true });
    assert.ok(accepts(many, list(full.slice(1)), false));
    assert.ok(!accepts(many, list(full), false));
  });

  const refuses = (code: string, tools: unknown, extra: object = {}): void =>
    assert.throws(
      () => checkGrammar(JSON.stringify({ type: 'tool_calls', form: 'hermes', parallel: true, tools, ...extra })),
      (error) => isCoded(error, code as 'GRAMMAR_INVALID'),
      JSON.stringify(tools),
    );
  const tool = (parameters: unknown, name: unknown = 'f'): unknown[] => [{ name, parameters }];

  it('GRAMMAR_INVALID for what is no list of tools, for names and for arguments that are no objects', () => {
    for (const tools of [[], {}, [null], [5], tool({ type: 'string' }), tool(true), tool({}, 'two words'), tool({}, 5), tool({}, '"')])
      refuses('GRAMMAR_INVALID', tools);
    refuses('GRAMMAR_INVALID', Array(CALL_TOOLS_MAX + 1).fill(tool({})[0]));
    refuses('GRAMMAR_INVALID', [{ parameters: {}, name: 'f' }]);
    refuses('GRAMMAR_INVALID', tool({}), { more: 1 });
    assert.throws(
      () => checkGrammar('{"type":"tool_calls","form":"other","parallel":true,"tools":[{"name":"f","parameters":{}}]}'),
      (error) => isCoded(error, 'GRAMMAR_INVALID'),
    );
  });

  it('GRAMMAR_UNSUPPORTED names what is not held, and where', () => {
    refuses('GRAMMAR_UNSUPPORTED', tool({ $ref: '#/$defs/a', $defs: { a: { type: 'object' } } }));
    assert.throws(
      () =>
        checkGrammar(
          callsGrammar({
            form: 'llama',
            parallel: false,
            tools: [TOOLS[0] as never, { name: 'g', parameters: { properties: { a: { not: {} } } } }],
          }),
        ),
      (error) => isCoded(error, 'GRAMMAR_UNSUPPORTED') && error.data.path === '/tools/1/parameters/properties/a',
    );
  });
});
