import assert from 'node:assert/strict';
import fc from 'fast-check';
import { detectToolFormat } from '../../../src/inference/tools/detect.ts';
import type { ParsedCall, ToolFormat } from '../../../src/inference/tools/format.ts';
import { heldCallsGrammar } from '../../../src/inference/tools/held.ts';
import { hermes } from '../../../src/inference/tools/hermes.ts';
import { llama } from '../../../src/inference/tools/llama.ts';
import { mistral } from '../../../src/inference/tools/mistral.ts';
import { ToolStream } from '../../../src/inference/tools/stream.ts';
import { isCoded } from '../../../src/util/errors.ts';

/** How a model of the family writes calls. */
const WRITE: Readonly<Record<string, (calls: readonly ParsedCall[]) => string>> = {
  hermes: (calls) => calls.map((call) => `<tool_call>\n${JSON.stringify(call)}\n</tool_call>`).join('\n'),
  llama: (calls) => calls.map(({ name, arguments: args }) => JSON.stringify({ name, parameters: args })).join('; '),
  mistral: (calls) => `[TOOL_CALLS]${JSON.stringify(calls)}`,
};
const FORMATS: readonly ToolFormat[] = [hermes, llama, mistral];

const argsArbitrary = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.oneof(fc.stringMatching(/^[^<;]{0,12}$/), fc.integer(), fc.boolean()),
  {
    noNullPrototype: true,
  },
);
const callsArbitrary = fc.array(
  fc.record({ name: fc.constantFrom('weather', 'time'), arguments: argsArbitrary }, { noNullPrototype: true }),
  {
    minLength: 1,
    maxLength: 3,
  },
);

function stream(format: ToolFormat, pieces: Iterable<string>) {
  const tools = new ToolStream(format, ['weather', 'time']);
  let streamed = '';
  for (const piece of pieces) streamed += tools.push(piece);
  return { streamed, ...tools.end() };
}

describe('tools', () => {
  for (const format of FORMATS) {
    const write = WRITE[format.name] as (calls: readonly ParsedCall[]) => string;

    it(`${format.name}: what is written is read, in pieces of any size`, () => {
      fc.assert(
        fc.property(callsArbitrary, fc.integer({ min: 1, max: 9 }), (calls, size) => {
          const pieces = write(calls).match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [];
          assert.deepEqual(stream(format, pieces), { streamed: '', text: '', calls });
        }),
      );
    });

    it(`${format.name}: text without a call comes out as it went in`, () => {
      const piece = fc.constantFrom('<tool_call>', '</tool', '{', '}', '[TOOL_', 'CALLS]', '<|python_tag|>', '"name"', 'x', ' ', '<');
      fc.assert(
        fc.property(fc.array(piece), (pieces) => {
          const { streamed, text, calls } = stream(format, pieces);
          assert.deepEqual([streamed + text, calls], [pieces.join(''), []]);
        }),
      );
    });

    it(`${format.name}: a call of a tool that was not given is text`, () => {
      const text = write([{ name: 'format_disk', arguments: {} }]);
      assert.deepEqual(stream(format, [text]), { streamed: '', text, calls: [] });
    });
  }

  it('ordinary text before a call streams at once', () => {
    const tools = new ToolStream(hermes, ['time']);
    assert.equal(tools.push('Let me look. <tool'), 'Let me look. ');
    assert.equal(tools.push('_call>{"name": "time", "arguments": {}}'), '');
    assert.deepEqual(tools.end(), { text: '', calls: [{ name: 'time', arguments: {} }] });
    const tagged = new ToolStream(llama, ['time']);
    assert.equal(tagged.push('Well: <|python_tag|>{"name": "time", "parameters": {}}'), 'Well: ');
    assert.equal(tagged.end().calls.length, 1);
  });

  it('text that has a brace later is no bare call', () => {
    assert.deepEqual(stream(llama, ['so ', '{"name": "time", "parameters": {}}']).calls, []);
  });

  it('arguments may be JSON inside a string; other kinds are no call', () => {
    assert.deepEqual(mistral.parse('[TOOL_CALLS][{"name": "time", "arguments": "{\\"a\\": 1}"}]')?.calls, [
      { name: 'time', arguments: { a: 1 } },
    ]);
    for (const args of ['[]', '5', '"x"', 'null']) {
      const parsed = mistral.parse(`[TOOL_CALLS][{"name": "time", "arguments": ${args}}]`);
      assert.deepEqual(parsed?.calls ?? [], args === 'null' ? [{ name: 'time', arguments: {} }] : []);
    }
  });

  it('hermes: arguments may spell the end of a call; what stands between object and end makes it text', () => {
    const call = '{"name": "time", "arguments": {"zone": "a </tool_call> \\" } b"}}';
    const two = `<tool_call>\n${call}\n</tool_call>\n<tool_call>${call}`;
    assert.deepEqual(hermes.parse(two)?.calls, Array(2).fill({ name: 'time', arguments: { zone: 'a </tool_call> " } b' } }));
    for (const wrong of [`<tool_call>${call} x</tool_call>`, '<tool_call>{"name": "time"', '<tool_call>["time"]</tool_call>'])
      assert.equal(hermes.parse(wrong), undefined);
  });

  it('of several calls only so many come out as were asked for', () => {
    const calls = ['Rome', 'Oslo'].map((city) => ({ name: 'weather', arguments: { city } }));
    for (const format of FORMATS) {
      const tools = new ToolStream(format, ['weather'], 1);
      tools.push(WRITE[format.name]?.(calls) ?? '');
      assert.deepEqual(tools.end(), { text: '', calls: calls.slice(0, 1) });
    }
  });

  it('a forced call is held by a grammar in the form of the model', () => {
    const tools = [{ name: 'time' }, { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }];
    const none = { name: 'time', parameters: { type: 'object', additionalProperties: false } };
    const all = { type: 'tool_calls', form: 'mistral', parallel: true, tools: [none, tools[1]] };
    assert.equal(heldCallsGrammar(mistral, { tools, choice: 'required', parallel: true }), JSON.stringify(all));
    const one = { type: 'tool_calls', form: 'llama', parallel: false, tools: [tools[1]] };
    assert.equal(heldCallsGrammar(llama, { tools, choice: { name: 'weather' }, parallel: true }), JSON.stringify(one));
    assert.throws(
      () => heldCallsGrammar(undefined, { tools, choice: 'required', parallel: true }),
      (error) => isCoded(error, 'GRAMMAR_UNSUPPORTED'),
    );
    assert.throws(
      () => heldCallsGrammar(hermes, { tools, choice: { name: 'other' }, parallel: true }),
      (error) => isCoded(error, 'GRAMMAR_INVALID'),
    );
  });

  it('the template shows the format', () => {
    assert.equal(detectToolFormat('{% if tools %}<tool_call>{% endif %}'), hermes);
    assert.equal(detectToolFormat('{% if tools %}[AVAILABLE_TOOLS]{% endif %}[TOOL_CALLS]'), mistral);
    assert.equal(detectToolFormat('{% if tools is not none %}{"name": x, "parameters": y}{% endif %}'), llama);
    assert.equal(detectToolFormat('{% if tools %}{% endif %}[TOOL_CALLS]{{ name }}[ARGS]'), undefined);
    for (const none of ['{{ messages }}', '<tool_call>', '{{ tools }}', undefined]) assert.equal(detectToolFormat(none), undefined);
  });
});
