import type OpenAI from 'openai';
import type { MethodResult } from '../api/rpc/methods.ts';
import { connectRpc } from '../chain/rpc.ts';
import { balanceOf } from '../chain/token.ts';
import { createApiKey, openClient, type SignedReceipt } from '../sdk/index.ts';
import type { Address, Hex, ModelId, SessionId, TaskId, Verdict, Wei } from '../types/index.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import { withDeadline } from '../util/deadline.ts';
import { isCoded } from '../util/errors.ts';
import { devnetError } from './errors.ts';
import type { DevnetNetwork } from './network.ts';
import { BARGAIN_PRICE_MAX, DEPOSIT, PRICE_MAX } from './plan.ts';

export interface Session {
  readonly id: SessionId;
  readonly apiKey: string;
  readonly tx: Hex;
  readonly block: number;
}

export interface Answer {
  readonly text: string;
  readonly model: string;
  readonly task: TaskId;
  readonly miner: Address;
  readonly minerName: string;
  readonly tokens: { readonly prompt: number; readonly completion: number };
  readonly cost: Wei;
  readonly receipt: SignedReceipt;
  readonly ttftMs: number;
  readonly totalMs: number;
}

export interface GuardVerdict {
  readonly guard: string;
  readonly operator: Address;
  readonly verdict: Verdict;
}

export interface Settlement {
  readonly tx: Hex;
  readonly block: number;
  readonly epoch: number;
}

/** COR of the accounts of a devnet, wei. */
export type Balances = Readonly<Record<string, Wei>>;

const HOUR_MS = 3_600_000;
const WAIT_MS = 90_000;
const POLL_MS = 100;

/** The part of the last chunk that OpenAI clients do not know. */
interface CortensorPart {
  readonly task: TaskId;
  readonly miner: Address;
  readonly cost: string;
  readonly receipt: SignedReceipt;
}

/** Locks the deposit on chain and makes a key for the router's API. */
export async function openSession({ genesis, router, client }: DevnetNetwork, model: ModelId, bargain: boolean): Promise<Session> {
  const sdk = await openClient({ rpcUrl: genesis.anvil.rpcUrl, deployment: genesis.deployment, account: client });
  try {
    const spender = router.identity.operator.address;
    const expiresAt = Date.now() + 24 * HOUR_MS;
    const opened = await sdk.openSession({
      model,
      deposit: DEPOSIT,
      priceMax: bargain ? BARGAIN_PRICE_MAX : PRICE_MAX,
      expiresAt,
      spender,
      name: 'devnet',
    });
    const apiKey = await createApiKey(genesis.deployment, { session: opened.session, router: spender, expiresAt }, client);
    await confirmed(router, opened.session);
    return { id: opened.session, apiKey, tx: opened.hash, block: opened.blockNumber };
  } finally {
    sdk.close();
  }
}

/** Until the router sees the session at its confirmation depth. */
async function confirmed(router: DevnetNetwork['router'], session: SessionId, clock: Clock = systemClock): Promise<void> {
  await withDeadline('the confirmation of the deposit', WAIT_MS, undefined, async (signal) => {
    for (;;) {
      try {
        return await router.call('session_show', { session });
      } catch (error) {
        if (!isCoded(error, 'SESSION_UNKNOWN')) throw error;
        await clock.sleep(POLL_MS, signal);
      }
    }
  });
}

/** Asks as anybody would: the official OpenAI client in streaming mode. @throws DEVNET_NO_ANSWER */
export async function ask(
  network: DevnetNetwork,
  session: Session,
  prompt: string,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const { APIError } = await import('openai');
  try {
    return await stream(network, session, prompt, onText, signal);
  } catch (error) {
    if (error instanceof APIError) throw devnetError('DEVNET_NO_ANSWER', `${error.code ?? 'no code'}: ${error.message}`, {}, error);
    throw error;
  }
}

async function stream(
  network: DevnetNetwork,
  session: Session,
  prompt: string,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const openai = await import('openai');
  const api: OpenAI = new openai.default({ baseURL: `${network.router.ready.endpoints.rest}/v1`, apiKey: session.apiKey, maxRetries: 0 });
  const model = (await api.models.list({ signal })).data[0]?.id ?? '';
  const startedAt = performance.now();
  let ttftMs: number | undefined;
  let text = '';
  let part: CortensorPart | undefined;
  let usage: OpenAI.CompletionUsage | undefined;
  const chunks = await api.chat.completions.create(
    { model, messages: [{ role: 'user', content: prompt }], stream: true, stream_options: { include_usage: true } },
    { signal },
  );
  for await (const chunk of chunks) {
    const delta = chunk.choices[0]?.delta.content ?? '';
    if (delta !== '') {
      ttftMs ??= performance.now() - startedAt;
      text += delta;
      onText(delta);
    }
    part = (chunk as { cortensor?: CortensorPart }).cortensor ?? part;
    usage = chunk.usage ?? usage;
  }
  if (part === undefined || usage === undefined) throw devnetError('DEVNET_NO_ANSWER', 'the stream ended without a receipt');
  return {
    text,
    model,
    task: part.task,
    miner: part.miner,
    minerName: nameOf(network, part.miner),
    tokens: { prompt: usage.prompt_tokens, completion: usage.completion_tokens },
    cost: BigInt(part.cost),
    receipt: part.receipt,
    ttftMs: Math.round(ttftMs ?? performance.now() - startedAt),
    totalMs: Math.round(performance.now() - startedAt),
  };
}

/** Until a quorum of guards has revealed. @throws DEVNET_NO_SETTLEMENT */
export async function verdictsOf(network: DevnetNetwork, task: TaskId, signal: AbortSignal): Promise<GuardVerdict[]> {
  const info = await taskWhen(network, task, 'the verdict', signal, ({ verdict }) => verdict !== undefined);
  return info.verdicts.map(({ guard, verdict }) => ({ guard: nameOf(network, guard as Address), operator: guard as Address, verdict }));
}

/** Until the epoch that bills the task is on chain. @throws DEVNET_NO_SETTLEMENT */
export async function settlementOf(network: DevnetNetwork, task: TaskId, signal: AbortSignal): Promise<Settlement> {
  const { settlement } = await taskWhen(network, task, 'the settlement', signal, (info) => info.settlement !== undefined);
  return settlement as Settlement;
}

async function taskWhen(
  network: DevnetNetwork,
  task: TaskId,
  what: string,
  signal: AbortSignal,
  done: (info: MethodResult<'task_show'>) => boolean,
  clock: Clock = systemClock,
): Promise<MethodResult<'task_show'>> {
  try {
    return await withDeadline(what, WAIT_MS, signal, async (inner) => {
      for (;;) {
        const info = await network.router.call('task_show', { task });
        if (done(info)) return info;
        await clock.sleep(POLL_MS, inner);
      }
    });
  } catch (error) {
    if (isCoded(error, 'TIMEOUT'))
      throw devnetError('DEVNET_NO_SETTLEMENT', `${what} of task ${task} did not come within ${WAIT_MS} ms`, { task }, error);
    throw error;
  }
}

/** Until each of these nodes holds more than it did: all claims have been paid out. @throws DEVNET_NO_SETTLEMENT */
export async function paidOut(
  network: DevnetNetwork,
  names: readonly string[],
  before: Balances,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  let unpaid = names;
  try {
    await withDeadline('the payout', WAIT_MS, signal, async (inner) => {
      for (;;) {
        const now = await balances(network);
        unpaid = names.filter((name) => (now[name] ?? 0n) <= (before[name] ?? 0n));
        if (unpaid.length === 0) return;
        await clock.sleep(POLL_MS, inner);
      }
    });
  } catch (error) {
    if (isCoded(error, 'TIMEOUT'))
      throw devnetError('DEVNET_NO_SETTLEMENT', `${unpaid.join(', ')} did not get paid within ${WAIT_MS} ms`, {}, error);
    throw error;
  }
}

/** By node name (its owner's account), and the client's. */
export async function balances({ genesis, nodes, client }: DevnetNetwork): Promise<Balances> {
  const rpc = connectRpc(genesis.anvil.rpcUrl);
  const accounts = [
    { name: 'client', address: client.address },
    ...nodes.map(({ plan }) => ({ name: plan.name, address: plan.owner.address })),
  ];
  const amounts = await Promise.all(accounts.map(({ address }) => balanceOf(rpc, genesis.deployment, address)));
  return Object.fromEntries(
    accounts.map(({ name }, i) => [name, amounts[i] as Wei]).sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
  );
}

function nameOf({ nodes }: DevnetNetwork, operator: Address): string {
  return nodes.find(({ identity }) => identity.operator.address.toLowerCase() === operator.toLowerCase())?.plan.name ?? operator;
}
