import type { NodeService, NodeStatus, SessionInfo } from '../../../src/api/service.ts';
import { WORK_CONTRACTS } from '../../../src/chain/deployment.ts';
import type {
  CompletionEvent,
  CompletionRequest,
  CompletionResult,
  ContentLogprob,
  RouterService,
} from '../../../src/roles/router/service.ts';
import type { Address, ModelId, NetworkId, SessionId, TaskId } from '../../../src/types/index.ts';
import { defineErrors, utilError } from '../../../src/util/errors.ts';

export const fakeError = defineErrors('fake', {
  SESSION_EMPTY: { summary: 'No deposit left.', remedy: 'Top the session up.', http: 402 },
  NO_MINER: { summary: 'Nobody serves the model.', remedy: 'Try later.', http: 503, retryable: true },
});

export const bytes32 = (byte: string) => `0x${byte.repeat(32)}` as const;
export const miner = `0x${'aa'.repeat(20)}` as const;

export function fakeResult(completionTokens: number): CompletionResult {
  return {
    task: bytes32('01') as TaskId,
    miner,
    finishReason: 'stop',
    promptTokens: 7,
    completionTokens,
    cost: 123_456_789_012_345_678_901n,
    receipt: {
      receipt: {
        task: bytes32('01') as TaskId,
        session: bytes32('02') as SessionId,
        model: bytes32('03') as ModelId,
        miner,
        promptTokens: 7,
        completionTokens,
        promptCommit: bytes32('04'),
        outputRoot: bytes32('05'),
        sampling: bytes32('06'),
        promptPrice: 10n ** 15n,
        completionPrice: 2n * 10n ** 15n,
        startedAt: 1_700_000_000_000,
        endedAt: 1_700_000_000_100,
        numericsProfile: bytes32('07'),
      },
      signature: `0x${'08'.repeat(65)}`,
    },
  };
}

function logprobsOf(token: string, { topLogprobs }: CompletionRequest): readonly ContentLogprob[] | undefined {
  if (topLogprobs === undefined) return undefined;
  const entry = { token, logprob: -0.5, bytes: [...Buffer.from(token)] };
  return [{ ...entry, top: Array.from({ length: topLogprobs }, () => entry) }];
}

export interface FakeRouter extends RouterService {
  readonly requests: CompletionRequest[];
  /** Resolves with the reason when a running completion is cancelled. */
  readonly cancelled: Promise<unknown>;
}

/**
 * A router without a network. The last message's content steers it: `words a b c` streams words; `hang` streams one and waits
 * for the cancellation; `empty` fails before the first event; `break` fails after one delta; `flood N` streams N long deltas.
 */
export function fakeRouter(): FakeRouter {
  const requests: CompletionRequest[] = [];
  const cancelled = Promise.withResolvers<unknown>();
  return {
    requests,
    cancelled: cancelled.promise,
    models: () => [
      {
        id: 'tiny',
        modelId: bytes32('03') as ModelId,
        contextTokens: 512,
        miners: 2,
        tools: true,
        price: { prompt: 10n ** 15n, completion: 2n * 10n ** 15n },
      },
      { id: 'lonely', modelId: bytes32('09') as ModelId, contextTokens: 512, miners: 0, price: undefined, tools: false },
    ],
    async *complete(request, signal): AsyncGenerator<CompletionEvent, readonly CompletionResult[], void> {
      requests.push(request);
      const text = request.messages.at(-1)?.content ?? '';
      const [verb, ...rest] = text.split(' ');
      if (verb === 'empty') throw fakeError('SESSION_EMPTY', 'the session has 0 of 5 wei');
      if (verb === 'nobody') throw fakeError('NO_MINER', 'no live miner serves tiny');
      yield { type: 'assigned', task: bytes32('01') as TaskId, miner, promptTokens: 7 };
      if (request.choices !== undefined) {
        for (const word of rest)
          for (let choice = 0; choice < request.choices; choice++)
            yield { type: 'delta', choice, text: `${word}${choice} `, tokens: 1, logprobs: logprobsOf(word, request) };
        const results = Array.from({ length: request.choices }, () => fakeResult(rest.length));
        for (const [choice, result] of results.entries()) yield { type: 'ended', choice, result };
        return results;
      }
      if (verb === 'flood') {
        const delta = 'x'.repeat(16_384);
        let sent = 0;
        try {
          for (; sent < Number(rest[0]); sent++) {
            signal.throwIfAborted();
            yield { type: 'delta', text: delta, tokens: 1 };
          }
        } finally {
          cancelled.resolve({ sent });
        }
        return [fakeResult(Number(rest[0]))];
      }
      for (const word of verb === 'tool' ? [] : rest)
        yield { type: 'delta', text: `${word} `, tokens: 1, logprobs: logprobsOf(`${word} `, request) };
      if (verb === 'tool')
        for (const [index, name] of rest.entries()) yield { type: 'toolCall', index, id: `call${index}`, name, arguments: '{"a":1}' };
      if (verb === 'break') throw fakeError('NO_MINER', 'the miner died');
      if (verb === 'hang') {
        await new Promise((_, reject) => {
          const stop = (): void => {
            cancelled.resolve(signal.reason);
            reject(utilError('CANCELLED', 'cancelled'));
          };
          signal.addEventListener('abort', stop, { once: true });
          if (signal.aborted) stop();
        });
      }
      return [fakeResult(rest.length)];
    },
  };
}

export const fakeSession: SessionInfo = {
  id: bytes32('02') as SessionId,
  state: 'open',
  client: miner,
  spender: miner,
  model: bytes32('03') as ModelId,
  deposit: 10n ** 18n,
  allowance: 10n ** 18n,
  spent: 0n,
  promised: 0n,
  promptPriceMax: 10n ** 15n,
  completionPriceMax: 2n * 10n ** 15n,
  expiresAt: 2_000_000_000,
};

export const fakeStatus: NodeStatus = {
  version: '0.0.0-test',
  roles: ['router'],
  peerId: '12D3KooWFake',
  operator: miner,
  uptimeMs: 1234,
  ready: true,
  problems: [],
  chain: { chainId: 31337, head: 7, healthy: true, headAgeMs: 10 },
  net: { peers: 1, knownNodes: 3 },
  refusedModels: [],
  counters: { router: { tasksDone: 1 } },
  endpoints: { rest: 'http://127.0.0.1:1/v1', rpc: '/nowhere' },
};

export interface FakeNode extends NodeService {
  readonly router: FakeRouter;
  readonly calls: string[];
}

export function fakeNode(): FakeNode {
  const router = fakeRouter();
  const calls: string[] = [];
  return {
    router,
    calls,
    netInfo: () => ({ peerId: '12D3KooWFake', networkId: bytes32('0b') as NetworkId, addresses: [], peers: 1 }),
    netPeers: () => [{ peerId: '12D3KooWPeer', roles: ['miner'], operator: miner }],
    nodeStatus: () => fakeStatus,
    nodeStop: () => void calls.push('stop'),
    async sessionCreate(terms) {
      calls.push(`create ${terms.deposit}`);
      return {
        session: { ...fakeSession, deposit: terms.deposit },
        tx: bytes32('0c'),
        block: 8,
        apiKey: 'cor-fake',
        baseUrl: 'http://127.0.0.1:1/v1',
      };
    },
    sessionShow: async (session) => ({ ...fakeSession, id: session }),
    sessionClose: async (id) => ({ id, state: 'closed', tx: bytes32('0d'), block: 9, refund: 5n }),
    sessionList: async () => [fakeSession],
    sessionApiKey: async (session) => ({ apiKey: 'cor-fake', session, router: miner, expiresAt: 2_000_000_000 }),
    async *taskComplete(request, signal) {
      const asked = { ...request, apiKey: request.apiKey ?? 'cor-self', model: request.model ?? 'tiny' };
      return (yield* router.complete(asked, signal))[0] as CompletionResult;
    },
    async taskShow(): Promise<never> {
      throw new Error('a defect');
    },
    modelList: () => router.models().map((model) => ({ ...model, local: false })),
    chainDeployment: () => ({
      ...(Object.fromEntries(WORK_CONTRACTS.map((name) => [name, miner])) as Record<(typeof WORK_CONTRACTS)[number], Address>),
      chainId: 31337,
      governance: miner,
      block: 1,
    }),
    adminConfig: () => [{ key: 'log.level', value: 'info', origin: 'default' }],
    adminLogLevel: (level) => void calls.push(`level ${level}`),
  };
}
