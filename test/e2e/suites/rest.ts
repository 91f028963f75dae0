import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import OpenAI from 'openai';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { parseDeployment } from '../../../src/chain/deployment.ts';
import { createApiKey, verifyReceipt } from '../../../src/sdk/index.ts';
import type { Address, SessionId, TaskId } from '../../../src/types/index.ts';
import { errorOf, events, post, restOf, sessionFor } from '../http.ts';
import { type Devnet, until } from '../support.ts';

const QUESTION = [{ role: 'user' as const, content: 'What is the capital of Italy?' }];
const STORY = [{ role: 'user' as const, content: 'Tell me a story about a dog.' }];

/** The OpenAI API of the router, by the official client and by hand. */
export function restSuite(net: () => Devnet): void {
  let api: OpenAI;
  let model: string;
  before(async () => {
    api = new OpenAI({ baseURL: net().rest, apiKey: net().apiKey, maxRetries: 0 });
    model = (await api.models.list()).data[0]?.id ?? '';
  });

  it('answers the openai client, streamed and not, with the same words and the same usage', async () => {
    const whole = await api.chat.completions.create({ model, messages: QUESTION });
    const text = whole.choices[0]?.message.content ?? '';
    assert.notEqual(text.trim(), '');
    assert.equal(whole.choices[0]?.finish_reason, 'stop');

    let streamed = '';
    let usage: OpenAI.CompletionUsage | null | undefined;
    const stream = await api.chat.completions.create({ model, messages: QUESTION, stream: true, stream_options: { include_usage: true } });
    for await (const chunk of stream) {
      streamed += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    assert.equal(streamed, text);
    assert.deepEqual(usage, whole.usage);
    assert.equal(usage?.total_tokens, (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  });

  it('streams server-sent events that end with the receipt, the usage and [DONE]', async () => {
    const response = await post(net(), { model, messages: QUESTION, stream: true, stream_options: { include_usage: true } });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    const all = await restOf(events(response));
    assert.equal(all.at(-1), '[DONE]');
    const chunks = all.slice(0, -1).map((data) => JSON.parse(data));
    assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '' });
    const [usage, final] = [chunks.at(-1), chunks.at(-2)];
    assert.deepEqual(usage.choices, []);
    assert.equal(final.choices[0].finish_reason, 'stop');
    const { receipt, signature } = final.cortensor.receipt;
    assert.equal(receipt.completionTokens, usage.usage.completion_tokens);
    assert.equal(receipt.promptTokens, usage.usage.prompt_tokens);
    const deployment = parseDeployment(JSON.parse(await readFile(join(net().dir, 'deployment.json'), 'utf8')));
    const parsed = { ...receipt, promptPrice: BigInt(receipt.promptPrice), completionPrice: BigInt(receipt.completionPrice) };
    const check = verifyReceipt(deployment, { receipt: parsed, signature });
    assert.deepEqual(check, { signed: true, cost: BigInt(final.cortensor.cost) });
    for (const chunk of chunks) {
      assert.equal(chunk.object, 'chat.completion.chunk');
      assert.equal(chunk.id, chunks[0].id);
    }
  });

  it('sampling with a seed gives the same text again, and another seed another text', async () => {
    const sample = async (seed: number): Promise<string> => {
      const answer = await api.chat.completions.create({ model, messages: STORY, temperature: 0.8, seed, max_tokens: 40 });
      return answer.choices[0]?.message.content ?? '';
    };
    const first = await sample(42);
    assert.notEqual(first, '');
    assert.equal(await sample(42), first);
    assert.notEqual(await sample(43), first);
  });

  it('logprobs: the bytes of the tokens are the answer, the greedy token is the most probable one, streamed as whole', async () => {
    const wish = { model, messages: QUESTION, logprobs: true, top_logprobs: 3 };
    const whole = await api.chat.completions.create(wish);
    const content = whole.choices[0]?.logprobs?.content ?? [];
    assert.equal(Buffer.from(content.flatMap(({ bytes }) => bytes ?? [])).toString(), whole.choices[0]?.message.content);
    for (const { token, logprob, top_logprobs: top } of content) {
      assert.ok(logprob <= 0);
      assert.equal(top.length, 3);
      assert.deepEqual([top[0]?.token, top[0]?.logprob], [token, logprob]);
    }
    const streamed = [];
    for await (const chunk of await api.chat.completions.create({ ...wish, stream: true }))
      streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []));
    assert.deepEqual(streamed, content);
  });

  it('n choices: own seeds and receipts, the first one that of a single answer, the session owes exactly their sum', async () => {
    const { id, apiKey } = await sessionFor(net(), '2');
    const wish = { model, messages: STORY, temperature: 0.8, seed: 42, max_tokens: 20 };
    const response = await post(net(), { ...wish, n: 3 }, apiKey);
    assert.equal(response.status, 200);
    const { choices, usage, cortensor } = (await response.json()) as OpenAI.ChatCompletion & {
      cortensor: { cost: string; choices: { task: string; cost: string; receipt: { receipt: { completionTokens: number } } }[] };
    };
    const texts = choices.map(({ message }) => message.content);
    const single = await api.chat.completions.create(wish);
    assert.equal(texts[0], single.choices[0]?.message.content);
    assert.equal(new Set(texts).size, 3);
    const receipts = cortensor.choices.map(({ receipt }) => receipt.receipt.completionTokens);
    assert.equal(usage?.prompt_tokens, single.usage?.prompt_tokens);
    assert.equal(
      usage?.completion_tokens,
      receipts.reduce((sum, tokens) => sum + tokens, 0),
    );
    assert.equal(new Set(cortensor.choices.map(({ task }) => task)).size, 3);
    const { promised, spent } = await net().call('router-1', 'session_show', { session: id });
    assert.equal(BigInt(promised) + BigInt(spent), BigInt(cortensor.cost));

    const streamed = ['', '', ''];
    for await (const chunk of await api.chat.completions.create({ ...wish, n: 3, stream: true }))
      for (const { index, delta } of chunk.choices) streamed[index] += delta.content ?? '';
    assert.deepEqual(streamed, texts);
  });

  it('max_tokens and stop end an answer', async () => {
    const short = await api.chat.completions.create({ model, messages: STORY, max_tokens: 5 });
    assert.equal(short.choices[0]?.finish_reason, 'length');
    assert.equal(short.usage?.completion_tokens, 5);
    const full = await api.chat.completions.create({ model, messages: STORY, max_tokens: 40 });
    const text = full.choices[0]?.message.content ?? '';
    const word = text.trim().split(/\s+/)[3] ?? '';
    const cut = await api.chat.completions.create({ model, messages: STORY, max_tokens: 40, stop: word });
    assert.equal(cut.choices[0]?.message.content, text.slice(0, text.indexOf(word)));
    assert.equal(cut.choices[0]?.finish_reason, 'stop');
  });

  it('eight completions at once on one session all succeed, and the session owes exactly their sum', async () => {
    const { id, apiKey } = await sessionFor(net(), '2');
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const content = `What is ${i} plus ${i}?`;
        const response = await post(net(), { model, messages: [{ role: 'user', content }], max_tokens: 24 }, apiKey);
        assert.equal(response.status, 200);
        return (await response.json()) as { cortensor: { cost: string; task: string } };
      }),
    );
    assert.equal(new Set(answers.map(({ cortensor }) => cortensor.task)).size, 8);
    const sum = answers.reduce((total, { cortensor }) => total + BigInt(cortensor.cost), 0n);
    const { promised, spent } = await net().call('router-1', 'session_show', { session: id });
    assert.equal(BigInt(promised) + BigInt(spent), sum);
  });

  it('response_format json_schema gives the openai client JSON that fits, and the guards find it VALID', async () => {
    const schema = {
      type: 'object',
      properties: {
        city: { type: 'string', maxLength: 20 },
        country: { enum: ['Italy', 'Spain'] },
        people: { type: 'integer', minimum: 1 },
      },
      required: ['city', 'country', 'people'],
      additionalProperties: false,
    };
    const answer = await api.chat.completions.create({
      model,
      messages: QUESTION,
      temperature: 1,
      response_format: { type: 'json_schema', json_schema: { name: 'city', schema, strict: true } },
    });
    const [choice] = answer.choices;
    assert.equal(choice?.finish_reason, 'stop');
    const { city, country, people } = JSON.parse(choice.message.content ?? '');
    assert.ok(typeof city === 'string' && ['Italy', 'Spain'].includes(country) && Number.isInteger(people) && people >= 1);
    const { task } = (answer as unknown as { cortensor: { task: TaskId } }).cortensor;
    const shown = await until('the verdicts', async () => {
      const seen = await net().call('router-1', 'task_show', { task });
      return seen.verdicts.length === 3 ? seen : undefined;
    });
    assert.deepEqual(
      shown.verdicts.map(({ verdict }) => verdict),
      ['VALID', 'VALID', 'VALID'],
    );
  });

  it('UNSUPPORTED_FIELD 400 names the keyword of a schema that would not be held', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'array', uniqueItems: true } } };
    const { status, error } = await errorOf(await post(net(), { model, messages: QUESTION, response_format: format }));
    assert.deepEqual([status, error.code, error.param], [400, 'UNSUPPORTED_FIELD', 'response_format.json_schema.schema']);
    assert.match(error.message, /uniqueItems/);
  });

  it('UNSUPPORTED_FIELD 400 names the field', async () => {
    for (const [field, value] of [
      ['tools', [{ type: 'function', function: { name: 'f' } }]],
      ['no_such_field', 1],
    ] as const) {
      const { status, error } = await errorOf(await post(net(), { model, messages: QUESTION, [field]: value }));
      assert.deepEqual([status, error.code, error.param, error.type], [400, 'UNSUPPORTED_FIELD', field, 'invalid_request_error']);
    }
  });

  it('INVALID_JSON and INVALID_REQUEST 400, BODY_TOO_LARGE 413', async () => {
    const broken = await errorOf(await post(net(), '{"model": '));
    assert.deepEqual([broken.status, broken.error.code], [400, 'INVALID_JSON']);
    const hot = await errorOf(await post(net(), { model, messages: QUESTION, temperature: 3 }));
    assert.deepEqual([hot.status, hot.error.code, hot.error.param], [400, 'INVALID_REQUEST', 'temperature']);
    const huge = await errorOf(await post(net(), { model, messages: [{ role: 'user', content: 'x'.repeat(1_100_000) }] }));
    assert.deepEqual([huge.status, huge.error.code], [413, 'BODY_TOO_LARGE']);
  });

  it('401 without a key, API_KEY_REFUSED 401 with a broken one', async () => {
    const missing = await errorOf(await post(net(), { model, messages: QUESTION }, ''));
    assert.deepEqual([missing.status, missing.error.code, missing.error.type], [401, 'API_KEY_MISSING', 'authentication_error']);
    const broken = await errorOf(await post(net(), { model, messages: QUESTION }, `${net().apiKey.slice(0, -4)}AAAA`));
    assert.deepEqual([broken.status, broken.error.code], [401, 'API_KEY_REFUSED']);
  });

  it('SESSION_NOT_FOUND 402 for a key of a session that nobody has opened', async () => {
    const deployment = parseDeployment(await net().call('router-1', 'chain_deployment', {}));
    const { operator } = await net().call('router-1', 'node_status', {});
    const session = `0x${'42'.repeat(32)}` as SessionId;
    const terms = { session, router: operator as Address, expiresAt: Date.now() + 3_600_000 };
    const apiKey = await createApiKey(deployment, terms, privateKeyToAccount(generatePrivateKey()));
    const { status, error } = await errorOf(await post(net(), { model, messages: QUESTION }, apiKey));
    assert.deepEqual([status, error.code], [402, 'SESSION_NOT_FOUND']);
  });

  it('MODEL_NOT_SERVED 404 for an unknown model', async () => {
    const { status, error } = await errorOf(await post(net(), { model: 'gpt-0', messages: QUESTION }));
    assert.deepEqual([status, error.code, error.type], [404, 'MODEL_NOT_SERVED', 'not_found_error']);
  });

  it('DEPOSIT_TOO_LOW 402 when the deposit does not cover the worst case', async () => {
    const { apiKey } = await sessionFor(net(), '0.000001');
    const { status, error } = await errorOf(await post(net(), { model, messages: QUESTION }, apiKey));
    assert.deepEqual([status, error.code, error.type], [402, 'DEPOSIT_TOO_LOW', 'insufficient_quota']);
  });

  it('PROMPT_EXCEEDS_CONTEXT 400 for a prompt that the model cannot hold', async () => {
    const messages = [{ role: 'user', content: 'word '.repeat(20_000) }];
    const { status, error } = await errorOf(await post(net(), { model, messages }));
    assert.deepEqual([status, error.code], [400, 'PROMPT_EXCEEDS_CONTEXT']);
  });

  it('/health, /ready and /metrics answer, ROUTE_NOT_FOUND 404 elsewhere', async () => {
    const base = net().rest.replace(/\/v1$/, '');
    assert.equal((await fetch(`${base}/health`)).status, 200);
    assert.deepEqual(await (await fetch(`${base}/ready`)).json(), { ready: true, problems: [] });
    assert.match(await (await fetch(`${base}/metrics`)).text(), /^cortensord_http_requests_total/m);
    const missing = await errorOf(await fetch(`${base}/v1/nothing`));
    assert.deepEqual([missing.status, missing.error.code], [404, 'ROUTE_NOT_FOUND']);
  });
}
