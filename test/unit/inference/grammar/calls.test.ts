import assert from 'node:assert/strict';
import { CALL_TOOLS_MAX, CALLS_MAX } from '../../../../src/inference/grammar/calls.ts';
import { checkGrammar } from '../../../../src/inference/grammar/grammar.ts';
import { callsGrammar } from '../../../../src/inference/grammar/text.ts';
import { hermes } from '../../../../src/inference/tools/hermes.ts';
import { llama } from '../../../../src/inference/tools/llama.ts';
import { isCoded } from '../../../../src/util/errors.ts';
import { seededRandom } from '../../../bench/random.ts';
import { accepts, FORMATS, grammarOf, TOOLS, walk } from './callSupport.ts';
import { fits } from './reference.ts';

describe('grammar of tool calls', () => {
  for (const format of Object.values(FORMATS)) {
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
            type: 'tool_calls',
            form: 'llama',
            parallel: false,
            tools: [TOOLS[0] as never, { name: 'g', parameters: { properties: { a: { not: {} } } } }],
          }),
        ),
      (error) => isCoded(error, 'GRAMMAR_UNSUPPORTED') && error.data.path === '/tools/1/parameters/properties/a',
    );
  });
});
