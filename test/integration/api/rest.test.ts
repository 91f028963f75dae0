import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { APIError, OpenAI } from 'openai';
import { pino } from 'pino';
import { type RestServer, type RestServerOptions, startRestServer } from '../../../src/api/rest/server.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { bytes32, type FakeRouter, fakeRouter } from './fakeNode.ts';

const log = pino({ level: 'silent' });

interface ErrorReply {
  readonly status: number;
  readonly error: { readonly code: string; readonly param: string | null; readonly type: string; readonly message: string };
}

describe('api/rest over real HTTP', () => {
  let router: FakeRouter;
  let server: RestServer;
  let client: OpenAI;
  const metrics = createMetrics();

  const start = (change: Partial<RestServerOptions> = {}) =>
    startRestServer({
      host: '127.0.0.1',
      port: 0,
      allowedHosts: ['localhost', '127.0.0.1'],
      allowedOrigins: ['https://trusted.example'],
      bodyBytesMax: 65_536,
      connectionsMax: 64,
      router,
      readiness: () => ({ ready: false, problems: ['chain is behind'] }),
      version: '1.2.3',
      log,
      metrics,
      ...change,
    });

  beforeEach(async () => {
    router = fakeRouter();
    server = await start();
    client = new OpenAI({ apiKey: 'cor-test', baseURL: `${server.url}/v1`, maxRetries: 0 });
  });
  afterEach(() => server.close(0));

  const ask = (content: string) => ({ model: 'tiny', messages: [{ role: 'user' as const, content }] });

  async function post(body: unknown, headers: Record<string, string> = {}): Promise<ErrorReply> {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer cor-test', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, ...((await response.json()) as Omit<ErrorReply, 'status'>) };
  }

  /** fetch does not let a test choose Host. */
  async function withHeaders(path: string, headers: Record<string, string>, method = 'GET', url = server.url) {
    const call = httpRequest(`${url}${path}`, { headers, method });
    call.end();
    const [response] = await once(call, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode as number, headers: response.headers as Record<string, string>, text };
  }

  describe('with the official client', () => {
    it('lists models and finds one', async () => {
      const models = [];
      for await (const model of client.models.list()) models.push(model.id);
      assert.deepEqual(models, ['tiny', 'lonely']);
      assert.equal((await client.models.retrieve('tiny')).owned_by, 'cortensor');
      await assert.rejects(
        client.models.retrieve('none'),
        (error) => error instanceof APIError && error.status === 404 && error.code === 'MODEL_NOT_SERVED',
      );
    });

    it('answers whole, with usage and receipt', async () => {
      const answer = await client.chat.completions.create({ ...ask('words a b'), max_tokens: 5, temperature: 0, stop: 'x', user: 'u' });
      assert.equal(answer.choices[0]?.message.content, 'a b ');
      assert.equal(answer.choices[0]?.finish_reason, 'stop');
      assert.deepEqual(answer.usage, { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 });
      const { cortensor } = answer as unknown as { cortensor: { cost: string; task: string; receipt: { signature: string } } };
      assert.equal(cortensor.cost, '123456789012345678901');
      assert.equal(cortensor.task, bytes32('01'));
      assert.ok(cortensor.receipt.signature.startsWith('0x'));
      const [request] = router.requests;
      assert.equal(request?.apiKey, 'cor-test');
      assert.equal(request?.maxTokens, 5);
      assert.deepEqual(request?.stop, ['x']);
    });

    it('streams role, deltas, finish_reason and, when asked, usage', async () => {
      const stream = await client.chat.completions.create({ ...ask('words a b'), stream: true, stream_options: { include_usage: true } });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      assert.equal(chunks[0]?.choices[0]?.delta.role, 'assistant');
      assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), 'a b ');
      assert.deepEqual(
        chunks.map((chunk) => chunk.choices[0]?.finish_reason ?? null),
        [null, null, null, 'stop', null],
      );
      assert.deepEqual(
        chunks.map((chunk) => chunk.usage?.total_tokens ?? null),
        [null, null, null, null, 9],
      );
      const { cortensor } = chunks[3] as unknown as { cortensor: { miner: string } };
      assert.ok(cortensor.miner.startsWith('0xaa'));
    });

    it('gives log-probabilities when asked, whole and streamed', async () => {
      const wish = { ...ask('words a b'), logprobs: true, top_logprobs: 1 };
      const entry = { token: 'a ', logprob: -0.5, bytes: [0x61, 0x20] };
      const whole = await client.chat.completions.create(wish);
      assert.deepEqual(whole.choices[0]?.logprobs?.content?.[0], { ...entry, top_logprobs: [entry] });
      assert.equal(whole.choices[0]?.logprobs?.content?.length, 2);
      const streamed = [];
      for await (const chunk of await client.chat.completions.create({ ...wish, stream: true }))
        streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []));
      assert.deepEqual(streamed, whole.choices[0]?.logprobs?.content);
      const plain = await client.chat.completions.create(ask('words a b'));
      assert.equal(plain.choices[0]?.logprobs, null);
    });

    it('gives n choices, whole and streamed, with a bill for each', async () => {
      const wish = { ...ask('words a b'), n: 2, logprobs: true };
      const whole = await client.chat.completions.create(wish);
      assert.deepEqual(
        whole.choices.map(({ index, message, logprobs }) => [index, message.content, logprobs?.content?.length]),
        [
          [0, 'a0 b0 ', 2],
          [1, 'a1 b1 ', 2],
        ],
      );
      assert.deepEqual(whole.usage, { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 });
      const { cortensor } = whole as unknown as { cortensor: { cost: string; choices: { cost: string; receipt: unknown }[] } };
      assert.equal(BigInt(cortensor.cost), 2n * BigInt(cortensor.choices[1]?.cost ?? 0));

      const texts = ['', ''];
      const ends: (string | null)[] = [];
      const bills: unknown[] = [];
      for await (const chunk of await client.chat.completions.create({ ...wish, stream: true })) {
        for (const { index, delta, finish_reason } of chunk.choices) {
          texts[index] += delta.content ?? '';
          if (finish_reason !== null) ends[index] = finish_reason;
        }
        if ('cortensor' in chunk) bills.push(chunk.cortensor);
      }
      assert.deepEqual(
        [texts, ends],
        [
          ['a0 b0 ', 'a1 b1 '],
          ['stop', 'stop'],
        ],
      );
      assert.deepEqual(bills, cortensor.choices);
    });

    it('gives calls of tools, whole and streamed, and takes them and their results back', async () => {
      const tools = [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }];
      const whole = await client.chat.completions.create({ ...ask('tool f'), tools });
      const call = { id: 'call0', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
      assert.equal(whole.choices[0]?.finish_reason, 'tool_calls');
      assert.deepEqual(whole.choices[0]?.message, { role: 'assistant', content: null, refusal: null, tool_calls: [call] });
      assert.deepEqual(router.requests[0]?.tools, [{ name: 'f', description: undefined, parameters: { type: 'object' } }]);

      const deltas = [];
      let finish: string | null = null;
      for await (const { choices } of await client.chat.completions.create({ ...ask('tool f f'), tools, stream: true })) {
        deltas.push(...(choices[0]?.delta.tool_calls ?? []));
        finish = choices[0]?.finish_reason ?? finish;
      }
      assert.deepEqual(deltas, [
        { index: 0, ...call },
        { index: 1, ...call, id: 'call1' },
      ]);
      assert.equal(finish, 'tool_calls');

      const answer = whole.choices[0]?.message as OpenAI.ChatCompletionMessage;
      const result = { role: 'tool' as const, tool_call_id: 'call0', content: '7' };
      await client.chat.completions.create({ model: 'tiny', messages: [{ role: 'user', content: 'x' }, answer, result], tools });
      assert.deepEqual(router.requests[2]?.messages.slice(1), [
        { role: 'assistant', content: '', toolCalls: [{ id: 'call0', name: 'f', arguments: { a: 1 } }] },
        { role: 'tool', content: '7', toolCallId: 'call0' },
      ]);
    });

    it('hands the call that is forced to the router', async () => {
      const tools = [{ type: 'function' as const, function: { name: 'f', strict: true, parameters: { type: 'object' } } }];
      const before = router.requests.length;
      await client.chat.completions.create({ ...ask('tool f'), tools, tool_choice: 'required', parallel_tool_calls: false });
      await client.chat.completions.create({ ...ask('tool f'), tools, tool_choice: { type: 'function', function: { name: 'f' } } });
      const [any, named] = router.requests.slice(before);
      assert.deepEqual([any?.toolChoice, any?.parallelToolCalls, named?.toolChoice], ['required', false, { name: 'f' }]);
    });

    it('UNSUPPORTED_FIELD for tools when the model’s template has none', async () => {
      const tools = [{ type: 'function' as const, function: { name: 'f' } }];
      await assert.rejects(client.chat.completions.create({ ...ask('words'), model: 'lonely', tools }), (error) => {
        assert.ok(error instanceof APIError);
        assert.deepEqual([error.status, error.code, error.param], [400, 'UNSUPPORTED_FIELD', 'tools']);
        return true;
      });
    });

    it('joins text parts and takes developer for system', async () => {
      await client.chat.completions.create({
        model: 'tiny',
        messages: [
          { role: 'developer', content: 'be brief' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'words ' },
              { type: 'text', text: 'a' },
            ],
          },
        ],
      });
      assert.deepEqual(router.requests[0]?.messages, [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'words a' },
      ]);
    });

    it('cancels the work when the client stops reading the stream', async () => {
      const stream = await client.chat.completions.create({ ...ask('hang a'), stream: true });
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
      assert.ok(isCoded(await router.cancelled, 'CANCELLED'));
    });

    it('cancels the work when the client gives up on a whole answer', async () => {
      const abort = new AbortController();
      const answer = client.chat.completions.create(ask('hang'), { signal: abort.signal });
      answer.catch(() => {});
      while (router.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
      abort.abort();
      await assert.rejects(answer);
      assert.ok(isCoded(await router.cancelled, 'CANCELLED'));
    });

    it('an error before the first event keeps its status, code and type', async () => {
      await assert.rejects(client.chat.completions.create({ ...ask('empty'), stream: true }), (error) => {
        assert.ok(error instanceof APIError);
        assert.deepEqual([error.status, error.code, error.type], [402, 'SESSION_EMPTY', 'insufficient_quota']);
        return true;
      });
    });

    it('an error in the middle of a stream arrives as an event with its code', async () => {
      const stream = await client.chat.completions.create({ ...ask('break a'), stream: true });
      let text = '';
      await assert.rejects(
        async () => {
          for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
        },
        (error) => error instanceof APIError && error.code === 'NO_MINER',
      );
      assert.equal(text, 'a ');
    });

    it('UNSUPPORTED_FIELD with param', async () => {
      await assert.rejects(client.chat.completions.create({ ...ask('words'), verbosity: 'low' }), (error) => {
        assert.ok(error instanceof APIError);
        assert.deepEqual([error.status, error.code, error.param], [400, 'UNSUPPORTED_FIELD', 'verbosity']);
        return true;
      });
    });
  });

  describe('the stream on the wire', () => {
    it('is events that end with [DONE], one JSON object each', async () => {
      const response = await fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer k', origin: 'https://trusted.example' },
        body: JSON.stringify({ ...ask('words a "b"\n'), stream: true }),
      });
      assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
      assert.equal(response.headers.get('access-control-allow-origin'), 'https://trusted.example');
      const events = (await response.text()).split('\n\n').filter((event) => event !== '');
      assert.equal(events.pop(), 'data: [DONE]');
      for (const event of events) JSON.parse(event.slice('data: '.length));
    });

    it('holds the router back while the client does not read', async () => {
      const socket = connect(server.port, '127.0.0.1');
      const body = JSON.stringify({ ...ask('flood 100000'), stream: true });
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      await once(socket, 'readable');
      socket.destroy();
      const { sent } = (await router.cancelled) as { sent: number };
      assert.ok(sent < 1_000, `${sent} deltas of 16 KiB were taken from the router`);
    });
  });

  describe('bad input', () => {
    it('API_KEY_MISSING before the body is read', async () => {
      const { status, error } = await post('{', { authorization: '' });
      assert.deepEqual([status, error.code, error.type], [401, 'API_KEY_MISSING', 'authentication_error']);
    });

    it('INVALID_JSON', async () => {
      for (const body of ['{', '', '{"__proto__": {}}']) {
        const { status, error } = await post(body);
        assert.deepEqual([status, error.code], [400, 'INVALID_JSON'], body);
      }
    });

    it('BODY_TOO_LARGE', async () => {
      const { status, error } = await post(ask('x'.repeat(70_000)));
      assert.deepEqual([status, error.code], [413, 'BODY_TOO_LARGE']);
    });

    it('UNSUPPORTED_MEDIA_TYPE', async () => {
      const { status, error } = await post('{}', { 'content-type': 'text/plain' });
      assert.deepEqual([status, error.code], [415, 'UNSUPPORTED_MEDIA_TYPE']);
    });

    it('HOST_NOT_ALLOWED for a rebound name', async () => {
      const { status, text } = await withHeaders('/v1/models', { host: 'evil.example:4411' });
      assert.equal(status, 403);
      assert.equal(JSON.parse(text).error.code, 'HOST_NOT_ALLOWED');
    });

    it('ORIGIN_NOT_ALLOWED for other sites, CORS headers for allowed ones', async () => {
      assert.equal((await withHeaders('/v1/models', { origin: 'https://evil.example' })).status, 403);
      assert.equal((await withHeaders('/v1/models', { origin: 'null' })).status, 403);
      const allowed = await withHeaders('/v1/chat/completions', { origin: 'https://trusted.example' }, 'OPTIONS');
      assert.equal(allowed.status, 204);
      assert.equal(allowed.headers['access-control-allow-origin'], 'https://trusted.example');
    });

    it('ROUTE_NOT_FOUND and METHOD_NOT_ALLOWED in OpenAI’s form', async () => {
      assert.equal(JSON.parse((await withHeaders('/v2', {})).text).error.code, 'ROUTE_NOT_FOUND');
      const wrong = await withHeaders('/v1/chat/completions', {});
      assert.equal(wrong.status, 405);
      assert.equal(wrong.headers.allow, 'POST');
    });

    it('ROLE_NOT_ENABLED on a node that is no router', async () => {
      const bare = await start({ router: undefined });
      const { status, text } = await withHeaders('/v1/models', {}, 'GET', bare.url);
      assert.equal(status, 404);
      assert.equal(JSON.parse(text).error.code, 'ROLE_NOT_ENABLED');
      await bare.close(0);
    });
  });

  describe('binding', () => {
    it('REST_PUBLIC_BIND without a token', async () => {
      await assert.rejects(start({ host: '0.0.0.0' }), (error) => isCoded(error, 'REST_PUBLIC_BIND'));
    });

    it('ACCESS_TOKEN_INVALID on a public server, except on probes', async () => {
      const open = await start({ host: '0.0.0.0', accessToken: 'sesame' });
      const url = `http://127.0.0.1:${open.port}`;
      assert.equal((await withHeaders('/v1/models', {}, 'GET', url)).status, 401);
      assert.equal((await withHeaders('/v1/models', { 'x-cortensor-token': 'sesam' }, 'GET', url)).status, 401);
      assert.equal((await withHeaders('/v1/models', { 'x-cortensor-token': 'sesame' }, 'GET', url)).status, 200);
      assert.equal((await withHeaders('/health', {}, 'GET', url)).status, 200);
      await open.close(0);
    });

    it('REST_PORT_IN_USE', async () => {
      await assert.rejects(start({ port: server.port }), (error) => isCoded(error, 'REST_PORT_IN_USE'));
    });
  });

  it('health, readiness, metrics and the OpenAPI document', async () => {
    assert.deepEqual(JSON.parse((await withHeaders('/health', {})).text), { status: 'ok', version: '1.2.3' });
    const ready = await withHeaders('/ready', {});
    assert.equal(ready.status, 503);
    assert.deepEqual(JSON.parse(ready.text).problems, ['chain is behind']);
    assert.match((await withHeaders('/metrics', {})).text, /cortensord_http_requests_total\{route="\/ready",status="503"\} 1/);
    const document = JSON.parse((await withHeaders('/openapi.json', {})).text);
    assert.equal(document.openapi, '3.1.0');
    assert.ok(document.paths['/v1/chat/completions'].post.requestBody);
  });

  it('closing cancels what still runs after the grace', async () => {
    const stream = await client.chat.completions.create({ ...ask('hang a'), stream: true });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    reading.catch(() => {});
    await server.close(0);
    assert.ok(isCoded(await router.cancelled, 'STOPPING'));
    await assert.rejects(reading);
    server = await start();
  });
});
