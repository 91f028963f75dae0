import { join } from 'node:path';
import { pino } from 'pino';
import { openSession, type Session } from '../../src/devnet/demo.ts';
import { type DevnetNetwork, startNetwork } from '../../src/devnet/network.ts';
import { planNodes } from '../../src/devnet/plan.ts';
import { createEngine, type Engine, type ModelInfo } from '../../src/inference/engine.ts';
import { DEFAULT_MODEL_DIR } from '../../src/inference/models.ts';
import { openTokenizer, type Tokenizer } from '../../src/inference/tokenizer.ts';
import { GREEDY, type ModelId } from '../../src/types/index.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { summarise } from './metric.ts';
import { pause } from './pause.ts';
import { askStreamed, type Streamed } from './sse.ts';
import { percentile } from './stats.ts';

/** The engine of the one miner, and of this process. */
const ENGINE = { slots: 4, queueMax: 16, paceMsPerToken: 10 };
const MINER = Object.fromEntries(Object.entries(ENGINE).map(([key, value]) => [`miner.${key}`, value]));
const MESSAGES = [{ role: 'user' as const, content: 'Tell me a story about a little dog.' }];
const WARMUP_PAIRS = 12;
const TTFT_PAIRS = 50;
const TTFT_TOKENS = 4;
const DECODE_PAIRS = 16;
const DECODE_TOKENS = 64;
/** Votes of the task before are cast by then; the reveal, gossip and settlement of earlier ones stay in the measurement. */
const PAUSE_MS = 250;

interface Rig {
  readonly network: DevnetNetwork;
  readonly session: Session;
  readonly engine: Engine;
  readonly model: ModelInfo;
  readonly tokenizer: Tokenizer;
}

interface Pair {
  readonly direct: Streamed;
  readonly routed: Streamed;
}

export const overhead: Benchmark = {
  name: 'overhead',
  summary: 'what REST → router → miner adds to the engine: time to first token and decode speed',
  method:
    'A whole devnet of real processes with one miner (router, three guards and the oracle at work) against the same engine in the process of ' +
    'the benchmark: same model, settings (10 ms a token) and prompt, greedy, in pairs whose order is drawn; differences and ratios are taken ' +
    'within a pair. The time to first token runs from sending the HTTP request (kept-alive connection) to the first text, or from calling ' +
    'the engine with the prompt’s token ids to its first token.',
  async run(context) {
    const rig = await setUp(context);
    try {
      await measurePairs(rig, WARMUP_PAIRS, DECODE_TOKENS / 4, context);
      context.say(`warm after ${WARMUP_PAIRS} pairs`);
      const first = await measurePairs(rig, TTFT_PAIRS, TTFT_TOKENS, context);
      const long = await measurePairs(rig, DECODE_PAIRS, DECODE_TOKENS, context);
      const added = first.map(({ routed, direct }) => routed.ttftMs - direct.ttftMs);
      const ratios = long.map(({ routed, direct }) => speed(routed) / speed(direct));
      const { random } = context;
      return [
        summarise('ttft_added_p50_ms', 'ms', 'lower', added, random, { limit: 15, aim: 8 }),
        summarise('ttft_added_p90_ms', 'ms', 'lower', added, random, {}, (values) => percentile(values, 0.9)),
        summarise(
          'ttft_direct_p50_ms',
          'ms',
          'lower',
          first.map(({ direct }) => direct.ttftMs),
          random,
        ),
        summarise(
          'ttft_routed_p50_ms',
          'ms',
          'lower',
          first.map(({ routed }) => routed.ttftMs),
          random,
        ),
        summarise('decode_ratio', 'routed / direct', 'higher', ratios, random, { limit: 0.97 }),
        summarise(
          'decode_direct_tokens_per_s',
          'tok/s',
          'higher',
          long.map(({ direct }) => speed(direct)),
          random,
        ),
        summarise(
          'decode_routed_tokens_per_s',
          'tok/s',
          'higher',
          long.map(({ routed }) => speed(routed)),
          random,
        ),
      ];
    } finally {
      await rig.engine.close();
      await rig.network.stop();
    }
  },
};

const speed = ({ tokens, decodeMs }: Streamed): number => ((tokens - 1) * 1000) / decodeMs;

async function setUp({ dir, signal, say }: BenchContext): Promise<Rig> {
  const plans = planNodes(false)
    .filter(({ role, name }) => role !== 'miner' || name === 'miner-1')
    .map((plan) => (plan.role === 'miner' ? { ...plan, settings: { ...plan.settings, ...MINER } } : plan));
  const log = pino({ level: 'silent' });
  const lost = (name: string): void => say(`${name} ended`);
  const network = await startNetwork({
    plans,
    dir: join(dir, 'net'),
    badMiner: false,
    restPort: 0,
    logLevel: 'warn',
    log,
    signal,
    progress: say,
    onLost: lost,
  });
  const engine = createEngine(ENGINE);
  try {
    const [model, tokenizer] = await Promise.all([engine.load(DEFAULT_MODEL_DIR), openTokenizer(DEFAULT_MODEL_DIR)]);
    const session = await openSession(network, model.id as ModelId, false);
    return { network, session, engine, model, tokenizer };
  } catch (error) {
    await engine.close();
    await network.stop();
    throw error;
  }
}

/** Asks both, in an order that is drawn for each pair. @throws when their answers differ: then the engines are not the same */
async function measurePairs(rig: Rig, count: number, maxTokens: number, { random, signal }: BenchContext): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) {
    const turns = { direct: () => direct(rig, maxTokens, signal), routed: () => routed(rig, maxTokens, signal) };
    const order = random() < 0.5 ? (['direct', 'routed'] as const) : (['routed', 'direct'] as const);
    const pair: Partial<Record<keyof Pair, Streamed>> = {};
    for (const turn of order) {
      await pause(PAUSE_MS, signal);
      pair[turn] = await turns[turn]();
    }
    const complete = pair as Pair;
    if (complete.direct.text !== complete.routed.text) throw new Error('the network and the engine gave different answers');
    pairs.push(complete);
  }
  return pairs;
}

function routed({ network, session, model }: Rig, maxTokens: number, signal: AbortSignal): Promise<Streamed> {
  const body = { model: model.name, messages: MESSAGES, temperature: 0, max_tokens: maxTokens };
  return askStreamed(network.router.ready.endpoints.rest as string, session.apiKey, body, signal);
}

async function direct({ engine, model, tokenizer }: Rig, maxTokens: number, signal: AbortSignal): Promise<Streamed> {
  const promptIds = tokenizer.encodeChat(MESSAGES);
  const ids: number[] = [];
  let firstAt: number | undefined;
  let lastAt = 0;
  const startedAt = performance.now();
  for await (const { tokenId } of engine.generate({ model: model.id, promptIds, sampling: GREEDY, maxTokens, stop: [] }, signal)) {
    lastAt = performance.now();
    firstAt ??= lastAt;
    ids.push(tokenId);
  }
  if (firstAt === undefined) throw new Error('the engine gave no token');
  return { ttftMs: firstAt - startedAt, decodeMs: lastAt - firstAt, tokens: ids.length, text: tokenizer.decode(ids) };
}
