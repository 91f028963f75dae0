import assert from 'node:assert/strict';
import { join } from 'node:path';
import OpenAI from 'openai';
import { pino } from 'pino';
import { type DevnetNetwork, startNetwork } from '../../src/devnet/network.ts';
import { planNodes } from '../../src/devnet/plan.ts';
import { CALLS_MAX } from '../../src/inference/grammar/calls.ts';
import { openTokenizer } from '../../src/inference/tokenizer.ts';
import type { TaskId } from '../../src/types/index.ts';
import { writeTinyModel } from '../integration/inference/tinyModel.ts';
import { MODELS, TOOLS } from '../integration/inference/toolModels.ts';
import { fits } from '../unit/inference/grammar/reference.ts';
import { makeHome, PATIENCE_MS, until } from './support.ts';

type Request = Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>;
type Call = { readonly name: string; readonly arguments: string };

const tools = TOOLS.map(({ name, parameters }) => ({
  type: 'function' as const,
  function: { name, ...(parameters && { parameters: { ...parameters } }) },
}));
const strict = tools.map(({ type, function: of }) => ({ type, function: { ...of, strict: true } }));
const messages = [{ role: 'user' as const, content: 'How is it in Rome?' }];
const forms = Object.entries(MODELS).flatMap(([name, { opening, ...model }]) => (opening === undefined ? [] : [{ name, opening, model }]));

describe('calls of tools by models with random weights', function () {
  this.timeout(3 * PATIENCE_MS);
  let place: Awaited<ReturnType<typeof makeHome>>;
  let network: DevnetNetwork;
  const folders = new Map<string, Awaited<ReturnType<typeof writeTinyModel>>>();

  before(async () => {
    place = await makeHome();
    for (const { name, model } of forms)
      folders.set(name, await writeTinyModel({ seed: name.replaceAll(' ', '-'), ...model, config: { max_position_embeddings: 4_096 } }));
    const modelDirs = [...folders.values()].map(({ dir }) => dir);
    const plans = planNodes(false)
      .filter(({ name }) => name !== 'miner-2' && name !== 'miner-3')
      .map((plan) => {
        const models = plan.role === 'oracle' ? {} : { [`${plan.role}.modelDirs`]: modelDirs };
        return { ...plan, settings: { ...plan.settings, ...models, 'router.completionTokensMax': 3_000 } };
      });
    network = await startNetwork({
      ...{ dir: join(place.home, 'net'), badMiner: false, plans, restPort: 0, logLevel: 'info', log: pino({ level: 'silent' }) },
      signal: new AbortController().signal,
      progress: () => {},
      onLost: (name) => assert.fail(`${name} ended`),
    });
  });
  after(async () => {
    await network?.stop();
    for (const folder of folders.values()) await folder.remove();
    await place.remove();
  });

  /** Every call is one of a tool, with arguments that fit. */
  function check(calls: readonly Call[]): void {
    for (const { name, arguments: text } of calls) {
      const schema = TOOLS.find((tool) => tool.name === name)?.parameters ?? { type: 'object', additionalProperties: false };
      assert.ok(TOOLS.some((tool) => tool.name === name) && fits(JSON.parse(text), schema), `${name} ${text}`);
    }
  }

  for (const { name, opening } of forms) {
    describe(name, () => {
      let api: OpenAI;
      let model: string;
      /** The token that opens a call before all others, then the end of the answer. */
      let eager: Record<string, number>;
      /** Neither of them ever, nor the first letter of a call that is spelled. */
      let wordy: Record<string, number>;

      before(async () => {
        const tokenizer = await openTokenizer(folders.get(name)?.dir ?? '');
        const [open, ends] = [tokenizer.encode(opening)[0] as number, [...tokenizer.eosIds]];
        eager = { [open]: 40, [ends[0] as number]: 20 };
        wordy = Object.fromEntries([open, tokenizer.encode(opening.charAt(0))[0] as number, ...ends].map((token) => [token, -100]));
        model = `tiny-${name.replaceAll(' ', '-')}`;
        const { apiKey } = await network.router.call('session_create', { model, deposit: (10n ** 19n).toString() });
        api = new OpenAI({ baseURL: `${network.router.ready.endpoints.rest}/v1`, apiKey, maxRetries: 0 });
      });

      async function whole(request: Request) {
        const answer = await api.chat.completions.create({ model, messages, temperature: 1, max_tokens: 200, ...request, stream: false });
        return answer as typeof answer & { cortensor: { task: TaskId; choices?: { task: TaskId }[] } };
      }

      /** The same by server-sent events, put together as clients do. */
      async function streamed(request: Request) {
        const calls: Call[] = [];
        let content = '';
        let finish: string | null = null;
        for await (const chunk of await api.chat.completions.create({
          ...{ model, messages, temperature: 1, max_tokens: 200 },
          ...request,
          stream: true,
        })) {
          const [choice] = chunk.choices;
          content += choice?.delta.content ?? '';
          finish = choice?.finish_reason ?? finish;
          for (const { index, function: part } of choice?.delta.tool_calls ?? []) {
            const { name: called, arguments: args } = calls[index] ?? { name: '', arguments: '' };
            calls[index] = { name: called + (part?.name ?? ''), arguments: args + (part?.arguments ?? '') };
          }
        }
        return { calls, content, finish };
      }

      const callsOf = ({ message }: OpenAI.ChatCompletion.Choice): Call[] =>
        (message.tool_calls ?? []).map((call) => (call.type === 'function' ? call.function : assert.fail(call.type)));

      async function valid(task: TaskId): Promise<void> {
        const { verdicts } = await until('the verdicts', async () => {
          const seen = await network.router.call('task_show', { task });
          return seen.verdicts.length === 3 && seen;
        });
        assert.deepEqual(new Set(verdicts.map(({ verdict }) => verdict)), new Set(['VALID']));
      }

      it('required: each of n choices is a call, and the guards find them VALID', async () => {
        const { choices, cortensor } = await whole({ tools, tool_choice: 'required', parallel_tool_calls: false, n: 2, seed: 1 });
        for (const choice of choices) {
          assert.equal(choice.finish_reason, 'tool_calls');
          assert.equal(callsOf(choice).length, 1);
          check(callsOf(choice));
        }
        assert.equal(choices.length, 2);
        for (const { task } of cortensor.choices ?? assert.fail('no choices')) await valid(task);
      });

      it('a named function: it and no other, streamed', async () => {
        const tool_choice = { type: 'function' as const, function: { name: 'weather' } };
        const { calls, content, finish } = await streamed({ tools, tool_choice, seed: 2 });
        assert.deepEqual([calls.map((call) => call.name), content, finish], [['weather'], '', 'tool_calls']);
        check(calls);
      });

      it('strict and auto: text where the model writes text, and the guards find it VALID', async () => {
        const { choices, cortensor } = await whole({ tools: strict, logit_bias: wordy, seed: 3, max_tokens: 60 });
        assert.equal(choices[0]?.finish_reason, 'length');
        assert.notEqual(choices[0]?.message.content, '');
        assert.equal(choices[0]?.message.tool_calls, undefined);
        await valid(cortensor.task);
      });

      it('strict and auto: where the model begins a call its arguments fit, whole, streamed and in n choices alike', async () => {
        const request = { tools: strict, tool_choice: 'auto' as const, parallel_tool_calls: false, logit_bias: eager, seed: 4 };
        const { choices, cortensor } = await whole({ ...request, n: 3 });
        for (const choice of choices) {
          assert.equal(choice.finish_reason, 'tool_calls');
          assert.equal(callsOf(choice).length, 1);
          check(callsOf(choice));
        }
        const { calls, finish } = await streamed(request);
        assert.deepEqual([calls, finish], [callsOf(choices[0] ?? assert.fail('no choice')), 'tool_calls']);
        for (const { task } of cortensor.choices ?? assert.fail('no choices')) await valid(task);
      });

      it('strict, auto and response_format: JSON that fits, or a call; GRAMMAR_UNSUPPORTED where the two look alike', async () => {
        const schema = { type: 'object', properties: { sunny: { type: 'boolean' } }, required: ['sunny'], additionalProperties: false };
        const response_format = { type: 'json_schema' as const, json_schema: { name: 'sky', schema } };
        const request = { tools: strict, parallel_tool_calls: false, response_format, seed: 6 };
        if (opening === '{') return void (await assert.rejects(whole(request), { status: 400, code: 'GRAMMAR_UNSUPPORTED' }));
        const said = await whole({ ...request, logit_bias: wordy });
        assert.ok(fits(JSON.parse(said.choices[0]?.message.content ?? ''), schema));
        const called = await whole({ ...request, logit_bias: eager });
        assert.equal(callsOf(called.choices[0] ?? assert.fail('no choice')).length, 1);
        check(callsOf(called.choices[0] ?? assert.fail('no choice')));
        for (const { cortensor } of [said, called]) await valid(cortensor.task);
      });

      it('strict and auto: several calls up to the bound, and a stop string within a call leaves no call', async () => {
        const request = { tools: strict, logit_bias: eager, seed: 5 };
        const { choices, cortensor } = await whole({ ...request, max_tokens: 3_000 });
        const calls = callsOf(choices[0] ?? assert.fail('no choice'));
        check(calls);
        assert.ok(opening === '<tool_call>' ? calls.length === CALLS_MAX : calls.length >= 1);
        await valid(cortensor.task);
        const cut = await streamed({ ...request, stop: '"name"' });
        assert.deepEqual([cut.calls, cut.finish], [[], 'stop']);
      });
    });
  }
});
