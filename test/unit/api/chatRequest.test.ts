import assert from 'node:assert/strict';
import type { OpenAI } from 'openai';
import { type chatRequestSchema, parseChatRequest } from '../../../src/api/rest/chatRequest.ts';
import { CodedError } from '../../../src/util/errors.ts';

/** Fields of the official client's request type that the schema does not name: must be none, or this file does not compile. */
type Unnamed = Exclude<keyof OpenAI.ChatCompletionCreateParamsNonStreaming, keyof typeof chatRequestSchema.shape>;
const unnamed: [Unnamed] extends [never] ? true : Unnamed = true;
assert.ok(unnamed);

const base = { model: 'tiny', messages: [{ role: 'user', content: 'hi' }] };

const call = (args: string): object => ({ id: 'a', type: 'function', function: { name: 'f', arguments: args } });

function refused(change: Record<string, unknown>): [string, unknown] {
  try {
    parseChatRequest({ ...base, ...change }, 'k');
  } catch (error) {
    assert.ok(error instanceof CodedError);
    return [error.code, error.data.param];
  }
  return ['accepted', undefined];
}

describe('api/rest/chatRequest', () => {
  const unsupported: Record<string, unknown> = {
    store: true,
    service_tier: 'priority',
    functions: [{}],
    function_call: { name: 'x' },
    modalities: ['text', 'audio'],
    audio: { voice: 'x' },
    prediction: { type: 'content' },
    reasoning_effort: 'high',
    verbosity: 'low',
    web_search_options: {},
    moderation: {},
    not_a_field: 1,
  };
  for (const [field, value] of Object.entries(unsupported)) {
    it(`UNSUPPORTED_FIELD: ${field} ${JSON.stringify(value)}`, () =>
      assert.deepEqual(refused({ [field]: value }), ['UNSUPPORTED_FIELD', field]));
  }

  const harmless: Record<string, unknown> = {
    n: 8,
    store: false,
    service_tier: 'auto',
    frequency_penalty: -2,
    presence_penalty: 0.5,
    repetition_penalty: 1.1,
    min_p: 0.05,
    logit_bias: { 5: -100 },
    logprobs: true,
    top_logprobs: 0,
    response_format: { type: 'text' },
    tool_choice: 'none',
    parallel_tool_calls: false,
    tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
    modalities: ['text'],
    user: 'me',
    metadata: { a: 'b' },
    safety_identifier: 'x',
    prompt_cache_key: 'x',
    stream_options: null,
    temperature: null,
    seed: null,
  };
  for (const [field, value] of Object.entries(harmless)) {
    it(`accepts ${field} ${JSON.stringify(value)}`, () => assert.deepEqual(refused({ [field]: value }), ['accepted', undefined]));
  }

  const invalid: [Record<string, unknown>, string][] = [
    [{ model: 5 }, 'model'],
    [{ presence_penalty: 2.1 }, 'presence_penalty'],
    [{ repetition_penalty: 0 }, 'repetition_penalty'],
    [{ min_p: -0.1 }, 'min_p'],
    [{ n: 0 }, 'n'],
    [{ n: 9 }, 'n'],
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
    [{ logit_bias: { x: 1 } }, 'logit_bias.x'],
    [{ logit_bias: { 5: 101 } }, 'logit_bias.5'],
    [{ messages: [] }, 'messages'],
    [{ tools: [{ type: 'function', function: { name: 'two words' } }] }, 'tools[0].function.name'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'user', content: 'x', tool_call_id: 'a' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'assistant', tool_calls: [{}] }] }, 'messages[0].tool_calls[0].id'],
    [{ messages: [{ role: 'user', content: 'x', tool_calls: [call('{}')] }] }, 'messages[0].tool_calls'],
    [{ messages: [{ role: 'assistant', tool_calls: [call('[]')] }] }, 'messages[0].tool_calls[0].function.arguments'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [{ temperature: 3 }, 'temperature'],
    [{ top_p: 0 }, 'top_p'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    [{ seed: 'x' }, 'seed'],
    [{ stream: 'yes' }, 'stream'],
    [{ stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
  ];
  for (const [change, param] of invalid) {
    it(`INVALID_REQUEST: ${JSON.stringify(change)}`, () => assert.deepEqual(refused(change), ['INVALID_REQUEST', param]));
  }

  it('UNSUPPORTED_FIELD for parts that are no text, functions in messages, and unknown fields in messages', () => {
    const image = { role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] };
    assert.deepEqual(refused({ messages: [image] }), ['UNSUPPORTED_FIELD', 'messages[0].content[0].type']);
    assert.deepEqual(refused({ messages: [{ role: 'function', content: 'x' }] }), ['UNSUPPORTED_FIELD', 'messages[0].role']);
    assert.deepEqual(refused({ messages: [{ role: 'user', content: 'x', weight: 1 }] }), ['UNSUPPORTED_FIELD', 'messages[0].weight']);
  });

  it('response_format becomes the grammar of the answer; what a schema cannot hold is refused by keyword and path', () => {
    const grammar = (format: unknown) => parseChatRequest({ ...base, response_format: format }, 'k').completion.grammar;
    const json = (schema: unknown) => ({ type: 'json_schema', json_schema: { name: 'x', schema, strict: true } });
    assert.equal(grammar({ type: 'json_object' }), '{"type":"json_object"}');
    assert.equal(grammar(json({ type: 'object', required: [] })), '{"type":"json_schema","schema":{"type":"object","required":[]}}');
    assert.equal(grammar({ type: 'text' }), undefined);
    assert.equal(grammar(null), undefined);
    const at = 'response_format.json_schema.schema';
    assert.deepEqual(refused({ response_format: json({ properties: { a: { not: {} } } }) }), ['UNSUPPORTED_FIELD', at]);
    assert.throws(() => grammar(json({ properties: { a: { not: {} } } })), /\/properties\/a: the keyword not/);
    assert.deepEqual(refused({ response_format: json({ type: 'text' }) }), ['INVALID_REQUEST', at]);
    assert.deepEqual(refused({ response_format: json({ const: 'x'.repeat(70_000) }) }), ['INVALID_REQUEST', at]);
    assert.equal(refused({ response_format: { type: 'grammar' } })[0], 'INVALID_REQUEST');
    assert.equal(refused({ response_format: { type: 'json_schema' } })[0], 'INVALID_REQUEST');
  });

  describe('tool_choice', () => {
    const tool = (name: string, parameters?: unknown, strict?: boolean) => ({ type: 'function', function: { name, parameters, strict } });
    const tools = [tool('f'), tool('g', { type: 'object', properties: { a: { type: 'integer' } } }, true)];
    const named = (name: string) => ({ type: 'function', function: { name } });
    const parsed = (change: object) => parseChatRequest({ ...base, ...change }, 'k').completion;

    it('forces a call of any tool or of a named one, and says whether there may be several', () => {
      assert.equal(parsed({ tools, tool_choice: 'required' }).toolChoice, 'required');
      assert.deepEqual(parsed({ tools, tool_choice: named('g'), parallel_tool_calls: false }).toolChoice, { name: 'g' });
      assert.equal(parsed({ tools: tools.slice(0, 1), parallel_tool_calls: false }).parallelToolCalls, false);
      for (const choice of ['auto', 'none', null, undefined])
        assert.equal(parsed({ tools: tools.slice(0, 1), tool_choice: choice }).toolChoice, undefined);
    });

    it('needs tools, and a name that is one of theirs', () => {
      assert.deepEqual(refused({ tool_choice: 'required' }), ['INVALID_REQUEST', 'tool_choice']);
      assert.deepEqual(refused({ tools, tool_choice: named('h') }), ['INVALID_REQUEST', 'tool_choice']);
      assert.equal(refused({ tools, tool_choice: 'any' })[0], 'INVALID_REQUEST');
      assert.equal(refused({ tools, tool_choice: { type: 'allowed_tools', allowed_tools: {} } })[0], 'UNSUPPORTED_FIELD');
    });

    it('names the schema that cannot be held', () => {
      const bad = [...tools, tool('h', { properties: { a: { not: {} } } })];
      const at = 'tools[2].function.parameters';
      assert.deepEqual(refused({ tools: bad, tool_choice: 'required' }), ['UNSUPPORTED_FIELD', at]);
      assert.deepEqual(refused({ tools: bad, tool_choice: named('h') }), ['UNSUPPORTED_FIELD', at]);
      assert.deepEqual(refused({ tools: bad, tool_choice: named('g') }), ['accepted', undefined]);
      const wrong = [tool('h', { type: 'string' })];
      assert.deepEqual(refused({ tools: wrong, tool_choice: 'required' }), ['INVALID_REQUEST', 'tools[0].function.parameters']);
      const large = Array.from({ length: 8 }, (_, i) => tool(`f${i}`, { description: 'x'.repeat(9_000) }));
      assert.deepEqual(refused({ tools: large, tool_choice: 'required' }), ['INVALID_REQUEST', 'tools']);
    });

    it('leaves strict to the router where the model is free to call, and asks of those schemas only that they can be held', () => {
      assert.deepEqual(
        parsed({ tools }).tools?.map(({ name, strict }) => [name, strict]),
        [
          ['f', undefined],
          ['g', true],
        ],
      );
      const odd = tool('h', { properties: { a: { not: {} } } });
      const at = 'tools[2].function.parameters';
      for (const tool_choice of ['auto', undefined]) {
        assert.deepEqual(refused({ tools: [...tools, odd], tool_choice }), ['accepted', undefined]);
        const strict = { ...odd, function: { ...odd.function, strict: true } };
        assert.deepEqual(refused({ tools: [...tools, strict], tool_choice }), ['UNSUPPORTED_FIELD', at]);
        assert.deepEqual(refused({ tools: [strict], tool_choice: 'none' }), ['accepted', undefined]);
        const response_format = { type: 'json_object' };
        assert.deepEqual(refused({ tools, tool_choice, response_format }), ['accepted', undefined]);
      }
    });
  });

  it('INVALID_REQUEST for a body that is no object', () => {
    for (const body of [null, [], 'x', 5]) assert.throws(() => parseChatRequest(body, 'k'), { code: 'INVALID_REQUEST' });
  });

  it('asks for log-probabilities only with logprobs', () => {
    const wish = (change: object): number | undefined => parseChatRequest({ ...base, ...change }, 'k').completion.topLogprobs;
    assert.deepEqual([wish({}), wish({ logprobs: false, top_logprobs: 0 })], [undefined, undefined]);
    assert.deepEqual([wish({ logprobs: true }), wish({ logprobs: true, top_logprobs: 20 })], [0, 20]);
  });

  it('prefers max_completion_tokens over max_tokens', () => {
    assert.equal(parseChatRequest({ ...base, max_tokens: 3, max_completion_tokens: 4 }, 'k').completion.maxTokens, 4);
  });
});
