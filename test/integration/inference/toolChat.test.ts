import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ChatMessage, Tool } from '../../../src/inference/chat.ts';
import { openTokenizer, type Tokenizer } from '../../../src/inference/tokenizer.ts';
import { ToolStream } from '../../../src/inference/tools/stream.ts';
import { TextStream } from '../../../src/roles/router/textStream.ts';
import { writeTinyModel } from './tinyModel.ts';

/** Small templates of the forms that the families have. */
const TEMPLATES = {
  hermes:
    '{% if tools %}<|im_start|>system\n{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}Answer in <tool_call></tool_call>.<|im_end|>\n{% endif %}' +
    '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>\n{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}' +
    '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}',
  mistral:
    '{% if tools %}[AVAILABLE_TOOLS]{{ tools | tojson }}{% endif %}{% for m in messages %}{% if m.tool_calls %}[TOOL_CALLS]' +
    '[{% for c in m.tool_calls %}{{ {"name": c.function.name, "arguments": c.function.arguments, "id": c.id} | tojson }}{% endfor %}]' +
    '{% elif m.tool_call_id %}[{{ m.tool_call_id }}]{{ m.content }}{% else %}{{ m.content }}{% endif %}<|im_end|>{% endfor %}',
};
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
    const text = new TextStream(tokenizer, [], format.marks);
    const tools = new ToolStream(format, ['weather']);
    let streamed = '';
    for (const id of ids) streamed += tools.push(text.push(Uint32Array.of(id)));
    assert.equal(streamed, 'One moment.');
    assert.deepEqual(tools.end(text.end()), { text: '', calls: [{ name: 'weather', arguments: { city: 'Río' } }] });
    assert.ok(!tokenizer.decode(ids).includes('[TOOL_CALLS]'));
  });
});
