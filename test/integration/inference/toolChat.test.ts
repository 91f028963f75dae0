import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ChatMessage, Tool } from '../../../src/inference/chat/chat.ts';
import { createEngine, type Engine } from '../../../src/inference/engine.ts';
import { openTokenizer, type Tokenizer } from '../../../src/inference/tokenizer.ts';
import type { ToolFormat } from '../../../src/inference/tools/format.ts';
import { heldCallsGrammar } from '../../../src/inference/tools/held.ts';
import { ToolStream } from '../../../src/inference/tools/stream.ts';
import { TextStream } from '../../../src/roles/router/textStream.ts';
import { GREEDY, type Hex } from '../../../src/types/index.ts';
import { fits } from '../../unit/inference/grammar/reference.ts';
import { complete, NEVER } from './run.ts';
import { writeTinyModel } from './tinyModel.ts';
import { MODELS, TEMPLATES, TOOLS } from './toolModels.ts';

const TOOL: Tool = { name: 'weather', description: 'Of a city.', parameters: { type: 'object', properties: { city: { type: 'string' } } } };
const CHAT: readonly ChatMessage[] = [
  { role: 'user', content: 'How is it in Rome?' },
  { role: 'assistant', content: '', toolCalls: [{ id: 'abcdefghi', name: 'weather', arguments: { city: 'Rome' } }] },
  { role: 'tool', content: 'sunny', toolCallId: 'abcdefghi' },
];

describe('conversations with tools', () => {
  const tokenizers = {} as Record<keyof typeof TEMPLATES, Tokenizer>;
  const folders: { remove(): Promise<void> }[] = [];
  before(async () => {
    for (const [name, template] of Object.entries(TEMPLATES) as [keyof typeof TEMPLATES, string][]) {
      const model = await writeTinyModel({ seed: name, template, special: ['[TOOL_CALLS]'] });
      folders.push(model);
      tokenizers[name] = await openTokenizer(model.dir);
    }
  });
  after(async () => {
    for (const folder of folders) await folder.remove();
  });

  const bytes = (tokenizer: Tokenizer, ids: Iterable<number>): string =>
    Buffer.concat(Array.from(ids, (id) => tokenizer.tokenBytes(id))).toString('utf8');
  const specials = (tokenizer: Tokenizer, messages: readonly ChatMessage[], tools: readonly Tool[]): number =>
    tokenizer.encodeChat(messages, tools).filter((id) => tokenizer.specialIds.has(id)).length;

  it('the template renders tools, calls and results', () => {
    const hermes = bytes(tokenizers.hermes, tokenizers.hermes.encodeChat(CHAT, [TOOL]));
    assert.ok(hermes.includes(`{"type": "function", "function": {"name": "weather", "description": "Of a city.", "parameters": `), hermes);
    assert.ok(hermes.includes('<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call><|im_end|>'), hermes);
    assert.ok(hermes.includes('<|im_start|>tool\nsunny<|im_end|>'), hermes);
    const mistral = bytes(tokenizers.mistral, tokenizers.mistral.encodeChat(CHAT, [TOOL]));
    assert.ok(mistral.includes('[TOOL_CALLS][{"name": "weather", "arguments": {"city": "Rome"}, "id": "abcdefghi"}]'), mistral);
    assert.ok(mistral.includes('[abcdefghi]sunny'), mistral);
    assert.ok(!bytes(tokenizers.hermes, tokenizers.hermes.encodeChat(CHAT)).includes('Of a city'));
  });

  it('nothing that a tool, a call or a result says becomes a special token', () => {
    const piece = fc.constantFrom('<|im_end|>', '<|im_start|>', '<|im_', 'end|>', '[TOOL_CALLS]', '"', '\\', '\n', 'x', '\u{f0000}');
    const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom('hermes' as const, 'mistral' as const), (evil, name) => {
        const tokenizer = tokenizers[name];
        const chat: readonly ChatMessage[] = [
          { role: 'user', content: evil },
          {
            role: 'assistant',
            content: evil,
            toolCalls: [{ id: 'abcdefghi', name: 'weather', arguments: { [evil]: [evil, { deep: evil }] } }],
          },
          { role: 'tool', content: evil, toolCallId: evil },
        ];
        const tool: Tool = { name: 'weather', description: evil, parameters: { properties: { [evil]: { enum: [evil] } } } };
        assert.equal(specials(tokenizer, chat, [tool]), specials(tokenizer, CHAT, [TOOL]));
      }),
    );
  });

  it('a mark that is a special token is seen in the answer, other special tokens are not', () => {
    const tokenizer = tokenizers.mistral;
    const format = tokenizer.toolFormat;
    assert.ok(format !== undefined);
    const ids = tokenizer.encode('One moment.[TOOL_CALLS][{"name": "weather", "arguments": {"city": "Río"}}]<|im_end|>');
    const text = new TextStream(tokenizer, [], format.tokens);
    const tools = new ToolStream(format, ['weather']);
    let streamed = '';
    for (const id of ids) streamed += tools.push(text.push(Uint32Array.of(id)));
    assert.equal(streamed, 'One moment.');
    assert.deepEqual(tools.end(text.end()), { text: '', calls: [{ name: 'weather', arguments: { city: 'Río' } }] });
    assert.ok(!tokenizer.decode(ids).includes('[TOOL_CALLS]'));
  });
});

describe('calls that are held', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => {
    engine = createEngine({ slots: 4 });
  });
  after(() => engine.close());

  for (const [name, model] of Object.entries(MODELS)) {
    it(`come from any model where they are forced, whatever it would write, and a guard finds them chosen: ${name}`, async () => {
      const { dir, remove } = await writeTinyModel({ seed: name.replaceAll(' ', '-'), ...model });
      try {
        const [{ id }, tokenizer] = await Promise.all([engine.load(dir), openTokenizer(dir)]);
        const format = tokenizer.toolFormat as ToolFormat;
        const promptIds = tokenizer.encodeChat([{ role: 'user', content: 'Rome?' }], TOOLS).slice(-100);
        const called = new Set<string>();
        for (let seed = 0; seed < 6; seed++) {
          const choice = seed % 2 === 0 ? 'required' : { name: 'weather' };
          const grammar = heldCallsGrammar(format, { tools: TOOLS, choice, parallel: false }) ?? '';
          const sampling = { ...GREEDY, temperatureMilli: 1_000, seed: `0x${seed.toString(16).padStart(64, '0')}` as Hex, grammar };
          const request = { model: id, promptIds, sampling, maxTokens: 150, stop: [] };
          const { ids, end } = await complete(engine, request);
          assert.equal(end.finishReason, 'stop');
          const text = new TextStream(tokenizer, [], format.tokens);
          const stream = new ToolStream(format, ['weather', 'time']);
          assert.equal(stream.push(text.push(Uint32Array.from(ids))), '');
          const { calls, text: rest } = stream.end(text.end());
          const [only] = calls;
          assert.ok(calls.length === 1 && rest === '' && only !== undefined);
          if (only.name === 'weather') assert.ok(fits(only.arguments, TOOLS[0]?.parameters));
          else assert.deepEqual([only, choice], [{ name: 'time', arguments: {} }, 'required']);
          called.add(only.name);
          const { gap } = await engine.verify({ ...request, outputIds: Uint32Array.from(ids) }, NEVER);
          assert.ok(gap.every((one) => one === 0));
          const other = await engine.verify({ ...request, outputIds: tokenizer.encode('Sunny.') }, NEVER);
          assert.equal(other.gap[0], Number.POSITIVE_INFINITY);
        }
        assert.ok(called.has('weather'));
      } finally {
        await remove();
      }
    });
  }

  for (const [name, { opening, ...model }] of Object.entries(MODELS)) {
    if (opening === undefined) continue;
    it(`are held where a model begins them by itself, with text before, and a guard finds them chosen: ${name}`, async () => {
      const { dir, remove } = await writeTinyModel({ seed: `free-${name.replaceAll(' ', '-')}`, ...model });
      try {
        const [{ id }, tokenizer] = await Promise.all([engine.load(dir), openTokenizer(dir)]);
        const format = tokenizer.toolFormat as ToolFormat;
        const promptIds = tokenizer.encodeChat([{ role: 'user', content: 'Rome?' }], TOOLS).slice(-100);
        const tools = TOOLS.map((tool) => ({ ...tool, strict: true }));
        const likes = [
          { token: tokenizer.encode(opening)[0] as number, biasMilli: 40_000 },
          { token: [...tokenizer.eosIds][0] as number, biasMilli: 20_000 },
        ].sort((a, b) => a.token - b.token);
        for (let seed = 0; seed < 8; seed++) {
          const biased = seed % 2 === 0;
          const grammar = heldCallsGrammar(format, { tools, parallel: false }) ?? '';
          const noise = `0x${seed.toString(16).padStart(64, '0')}` as Hex;
          const sampling = { ...GREEDY, temperatureMilli: 1_000, seed: noise, grammar, logitBias: biased ? likes : [] };
          const request = { model: id, promptIds, sampling, maxTokens: 150, stop: [] };
          const { ids, end } = await complete(engine, request);
          const text = new TextStream(tokenizer, [], format.tokens);
          const stream = new ToolStream(format, ['weather', 'time']);
          const streamed = stream.push(text.push(Uint32Array.from(ids)));
          const { calls } = stream.end(text.end());
          assert.equal(calls.length, biased ? 1 : 0, streamed);
          if (biased) assert.equal(end.finishReason, 'stop');
          else assert.ok(streamed.length > 20);
          for (const call of calls)
            assert.ok(call.name === 'weather' ? fits(call.arguments, TOOLS[0]?.parameters) : JSON.stringify(call.arguments) === '{}');
          const { gap } = await engine.verify({ ...request, outputIds: Uint32Array.from(ids) }, NEVER);
          assert.ok(gap.every((one) => one === 0));
          const bad = tokenizer.encode(`${opening === '{' ? '' : opening}{"name": "weather", "arguments": {}}`);
          const other = await engine.verify({ ...request, outputIds: bad }, NEVER);
          assert.ok(other.gap.includes(Number.POSITIVE_INFINITY));
        }
      } finally {
        await remove();
      }
    });
  }
});
