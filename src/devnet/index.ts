import { pino } from 'pino';
import type { ModelId } from '../types/index.ts';
import { utilError } from '../util/errors.ts';
import {
  type Answer,
  ask,
  type Balances,
  balances,
  type GuardVerdict,
  openSession,
  paidOut,
  type Session,
  type Settlement,
  settlementOf,
  verdictsOf,
} from './demo.ts';
import { devnetError } from './errors.ts';
import { type DevnetNetwork, startNetwork } from './network.ts';
import { present } from './present.ts';

export interface DevnetOptions {
  /** Run one prompt to its settlement, print, take everything down. */
  readonly once: boolean;
  /** One JSON object instead of text. */
  readonly json: boolean;
  /** Start a miner that tampers with its tokens, and ask it. */
  readonly badMiner: boolean;
  readonly prompt: string | undefined;
  /** REST port of the router; 0 picks. */
  readonly restPort: number;
  /** Where the nodes' data dirs and devnet.json go. */
  readonly dir: string;
  readonly logLevel: string;
  /** Aborts on Ctrl-C and SIGTERM: take everything down, then return. */
  readonly signal: AbortSignal;
  out(text: string): void;
  err(text: string): void;
}

/** What one prompt through the whole network came to. */
export interface DevnetReport {
  readonly session: Session;
  readonly answer: Answer;
  readonly verdicts: readonly GuardVerdict[];
  /** Absent when the guards found the answer INVALID: then nobody is paid. */
  readonly settlement: Settlement | undefined;
  readonly before: Balances;
  readonly after: Balances;
  readonly upMs: number;
  readonly totalMs: number;
}

const PROMPT = 'What is the capital of Japan?';

/**
 * A whole private network on this machine: chain, contracts, nodes as processes of their own, and one paid prompt from
 * deposit to payout. Stays up until the signal aborts, unless `once`.
 *
 * @throws DEVNET_* codes and those of the part that failed; everything is down by then
 */
export async function runDevnet(options: DevnetOptions): Promise<void> {
  const startedAt = performance.now();
  const say = options.json ? options.err : options.out;
  const show = present(say);
  const log = pino({ level: 'silent' });
  let network: DevnetNetwork | undefined;
  try {
    network = await startNetwork({
      dir: options.dir,
      badMiner: options.badMiner,
      restPort: options.restPort,
      logLevel: options.logLevel,
      log,
      signal: options.signal,
      progress: show.progress,
      onLost: (name) => options.err(`\n${name} ended; see its node.log in ${options.dir}\n`),
    });
    const upMs = Math.round(performance.now() - startedAt);
    const report = await demonstrate(network, options, show, { startedAt, upMs });
    if (options.json) options.out(`${JSON.stringify(toJson(network, report))}\n`);
    if (!options.once) {
      show.staysUp(network, report, options.dir);
      await untilAborted(options.signal);
    }
  } catch (error) {
    // Ctrl-C while it comes up or answers is a wish, not a failure, unless one run to its end was asked for.
    if (!options.signal.aborted) throw error;
    if (options.once) throw utilError('CANCELLED', 'the devnet was interrupted', {}, error);
  } finally {
    if (network !== undefined) {
      show.goingDown();
      await network.stop();
    }
  }
}

async function demonstrate(
  network: DevnetNetwork,
  options: DevnetOptions,
  show: ReturnType<typeof present>,
  timing: { startedAt: number; upMs: number },
): Promise<DevnetReport> {
  const { signal, badMiner } = options;
  const [model] = await network.router.call('model_list', {});
  if (model === undefined) throw devnetError('DEVNET_NOT_FORMED', 'the router serves no model');
  const before = await balances(network);
  const session = await openSession(network, model.modelId as ModelId, badMiner);
  show.session(session);
  const prompt = options.prompt ?? PROMPT;
  show.prompt(prompt);
  const answer = await ask(network, session, prompt, show.text, signal);
  show.receipt(answer);
  const verdicts = await verdictsOf(network, answer.task, signal);
  show.verdicts(verdicts);
  const valid = verdicts.every(({ verdict }) => verdict === 'VALID');
  const settlement = valid ? await settlementOf(network, answer.task, signal) : undefined;
  if (settlement !== undefined) {
    const earners = [answer.minerName, network.router.plan.name, 'oracle-1', ...verdicts.map(({ guard }) => guard)];
    await paidOut(network, earners, before, signal);
  }
  const after = await balances(network);
  show.settlement(settlement, before, after);
  return {
    session,
    answer,
    verdicts,
    settlement,
    before,
    after,
    upMs: timing.upMs,
    totalMs: Math.round(performance.now() - timing.startedAt),
  };
}

/** The one JSON object of `--json`. Wei as decimal strings, times in ms. */
function toJson({ router, genesis, nodes }: DevnetNetwork, report: DevnetReport): Record<string, unknown> {
  const { answer, verdicts, settlement, before, after } = report;
  const text = (all: Balances): Record<string, string> =>
    Object.fromEntries(Object.entries(all).map(([name, wei]) => [name, wei.toString()]));
  return {
    answer: answer.text,
    model: answer.model,
    miner: { name: answer.minerName, operator: answer.miner },
    tokens: answer.tokens,
    cost: answer.cost.toString(),
    receipt: answer.receipt,
    verdicts,
    settlement: settlement ?? null,
    balances: { before: text(before), after: text(after) },
    timings: { up_ms: report.upMs, ttft_ms: answer.ttftMs, total_ms: report.totalMs },
    endpoints: {
      rest: `${router.ready.endpoints.rest}/v1`,
      rpc: router.ready.endpoints.rpc,
      chain: genesis.anvil.rpcUrl,
      nodes: Object.fromEntries(nodes.map(({ plan, ready }) => [plan.name, ready.addresses[0]])),
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
