import assert from 'node:assert/strict';
import { CALLS_MAX } from '../../../../src/inference/grammar/calls.ts';
import { WHITE_SPACE } from '../../../../src/inference/grammar/freeText.ts';
import type { Grammar } from '../../../../src/inference/grammar/index.ts';
import type { ToolFormat } from '../../../../src/inference/tools/format.ts';
import { ToolStream } from '../../../../src/inference/tools/stream.ts';
import { isCoded } from '../../../../src/util/errors.ts';
import { seededRandom } from '../../../bench/random.ts';
import { accepts, FORMATS, grammarOf, NEAR_MARKS, TOOLS, walk } from './callSupport.ts';
import { fits } from './reference.ts';

const free = (form: ToolFormat['name'], parallel = true): Grammar => grammarOf({ type: 'optional_tool_calls', form, parallel });
const schemaOf = (name: string): unknown => ({ type: 'object', ...TOOLS.find((tool) => tool.name === name)?.parameters });

/** What a client gets of an answer that comes in pieces. */
function read(format: ToolFormat, text: string, size: number) {
  const stream = new ToolStream(
    format,
    TOOLS.map(({ name }) => name),
  );
  let streamed = '';
  for (const piece of text.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? []) streamed += stream.push(piece);
  const end = stream.end();
  return { streamed, calls: end.calls, text: streamed + end.text };
}

describe('grammar of optional tool calls', () => {
  for (const [name, format] of Object.entries(FORMATS)) {
    for (const parallel of [true, false]) {
      it(`${name}: any walk gives text, and calls with arguments that fit wherever a mark is spelled${parallel ? '' : ', one at most'}`, () => {
        const grammar = free(format.name, parallel);
        const random = seededRandom(11);
        const counts = new Set<number>();
        for (let i = 0; i < 250; i++) {
          const answer = walk(grammar, random, NEAR_MARKS);
          const begins = format.marks.some((mark) => answer.includes(mark)) || (format.bare && answer.trimStart().startsWith('{'));
          const { calls, text, streamed } = read(format, answer, 1 + (i % 7));
          assert.equal(calls.length > 0, begins, answer);
          if (!begins) assert.deepEqual([text, streamed.length > answer.length - 14], [answer, true]);
          for (const call of calls) assert.ok(fits(call.arguments, schemaOf(call.name)), answer);
          counts.add(Math.min(calls.length, 2));
        }
        assert.deepEqual([...counts].sort(), parallel && name !== 'llama' ? [0, 1, 2] : [0, 1]);
      });
    }
  }

  const time = (args: string, key = 'arguments'): string => `{"name": "time", "${key}": ${args}}`;
  const hermesCall = (args: string): string => `<tool_call>\n${time(args)}\n</tool_call>`;

  it('hermes: text may stand before, between and after calls, as many as are allowed', () => {
    for (const tokens of [false, true]) {
      const ok = (text: string, parallel = true): boolean => accepts(free('hermes', parallel), text, tokens);
      assert.ok(ok('') && ok('Grüße 😀\n<tool <<tool_call </tool') && ok('{"name": "time"}'));
      assert.ok(ok(`Let me look: <${hermesCall('{}')} and ${hermesCall('{"zone":"CET"}')}\nDone.`));
      assert.ok(ok(`${hermesCall('{}')} done`, false) && !ok(`${hermesCall('{}')}${hermesCall('{}')}`, false));
      assert.ok(ok(hermesCall('{}').repeat(CALLS_MAX)) && !ok(hermesCall('{}').repeat(CALLS_MAX + 1)));
      for (const args of ['{"zone":"EST"}', '{"zone":3}', '{"other":1}', '[]']) assert.ok(!ok(`So: ${hermesCall(args)}`), args);
      assert.ok(!ok('Write <tool_call> before a call.') && !ok(`<tool_call>${time('{}')}`));
    }
  });

  it('mistral: the list of calls ends the answer', () => {
    for (const tokens of [false, true]) {
      const ok = (text: string, parallel = true): boolean => accepts(free('mistral', parallel), text, tokens);
      const [one, two] = [`[TOOL_CALLS] [${time('{}')}]`, `[TOOL_CALLS][${time('{}')}, ${time('{"zone":"UTC"}')}]`];
      assert.ok(ok('[TOOL_[TOOL_CALLS') && ok(`One moment. [${one}`) && ok(two) && ok(one, false));
      assert.ok(!ok(two, false) && !ok(`${one} x`) && !ok(`[TOOL_CALLS] [${time('{"zone":1}')}]`) && !ok('[TOOL_CALLS][]'));
    }
  });

  it('llama: an answer that begins with a brace is a call, and so is what follows the tag', () => {
    for (const tokens of [false, true]) {
      const ok = (text: string): boolean => accepts(free('llama'), text, tokens);
      const call = time('{"zone":"CET"}', 'parameters');
      assert.ok(ok(call) && ok(`\n \u3000${call}`) && ok(`Well: <|python_tag|>${call}`) && ok(`so ${call}`) && ok('é {}'));
      assert.ok(!ok('{}') && !ok('\u2003{"a": 1}') && !ok(time('{"zone":1}', 'parameters')) && !ok(`${call} x`));
      assert.ok(!ok('<|python_tag|>print(1)') && !ok(`Well: <|python_tag|>${time('{"zone":1}', 'parameters')}`));
    }
  });

  it('with a schema for the answer: a value that fits, or calls and nothing else', () => {
    const answer = { type: 'object', properties: { say: { type: 'string' } }, required: ['say'], additionalProperties: false };
    const either = (form: ToolFormat['name'], parallel = true): Grammar =>
      grammarOf({ type: 'optional_tool_calls', form, parallel, answer });
    for (const format of [FORMATS.hermes, FORMATS.mistral]) {
      const random = seededRandom(5);
      let called = 0;
      for (let i = 0; i < 100; i++) {
        const text = walk(either(format.name), random, NEAR_MARKS);
        const end = read(format, text, 5);
        called += Number(end.calls.length > 0);
        for (const call of end.calls) assert.ok(fits(call.arguments, schemaOf(call.name)), text);
        if (end.calls.length === 0) assert.ok(end.text === text && fits(JSON.parse(text), answer), text);
        else assert.equal(end.text, '', text);
      }
      assert.ok(called > 0 && called < 100);
    }
    const said = '{"say":"<tool_call>{} [TOOL_CALLS][]"}';
    assert.ok(accepts(either('hermes'), said, false) && !accepts(either('hermes'), `Hm. ${said}`, false));
    assert.deepEqual([read(FORMATS.hermes, said, 3).text, read(FORMATS.mistral, said, 3).text], [said, said]);
    assert.throws(
      () => either('llama'),
      (error) => isCoded(error, 'GRAMMAR_UNSUPPORTED') && error.data.path === '/answer',
    );
    assert.throws(
      () => grammarOf({ answer }),
      (error) => isCoded(error, 'GRAMMAR_INVALID'),
    );
  });

  it('white space before a brace is what ECMAScript says', () => {
    const spaces = Array.from({ length: 0x1_0000 }, (_, point) => point).filter((point) => /\s/.test(String.fromCharCode(point)));
    assert.deepEqual(
      spaces,
      WHITE_SPACE.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)),
    );
  });
});
