import { createInterface } from 'node:readline/promises';
import type { RpcClient } from '../../api/rpc/client.ts';
import type { SubscriptionEvent } from '../../api/rpc/methods.ts';
import { isCoded, toCoded, utilError } from '../../util/errors.ts';
import { formatCor, parseCor } from '../cor.ts';
import { cliError } from '../errors.ts';
import type { ExitCode } from '../exit.ts';
import type { GlobalOptions } from '../globals.ts';
import type { Io } from '../io.ts';
import { withNode } from '../node.ts';
import { errorText } from '../output.ts';

const CHAIN_TIMEOUT_MS = 180_000;
const STDIN_BYTES_MAX = 1_000_000;
/** Turns kept for the REPL's conversation; older ones are forgotten. */
const TURNS_MAX = 64;

export interface ChatOptions extends GlobalOptions {
  readonly session?: string;
  readonly model?: string;
  readonly system?: string;
  readonly deposit: string;
  readonly maxTokens?: string;
  readonly temperature?: string;
}

type Result = Extract<SubscriptionEvent<'task'>, { type: 'end' }>['result'];
type Message = { role: 'system' | 'user' | 'assistant'; content: string };

/** One answer for the prompt or standard input, or a conversation on a terminal. */
export async function chat(prompt: string | undefined, options: ChatOptions, io: Io): Promise<ExitCode> {
  return withNode(options, io, async (client) => {
    const session = await sessionFor(client, options, io);
    const ask = (messages: Message[], signal: AbortSignal, onText: (text: string) => void): Promise<{ text: string; result: Result }> =>
      complete(client, { ...sampling(options), session, messages }, signal, onText);
    const system: Message[] = options.system === undefined ? [] : [{ role: 'system', content: options.system }];
    if (prompt === undefined && io.stdin.isTTY && io.stdout.isTTY && !options.json) return repl(system, ask, io);
    return oneShot([...system, { role: 'user', content: prompt ?? (await readStdin(io)) }], ask, options, io);
  });
}

type Ask = (messages: Message[], signal: AbortSignal, onText: (text: string) => void) => Promise<{ text: string; result: Result }>;

function sampling({ model, maxTokens, temperature }: ChatOptions): { model?: string; maxTokens?: number; temperature?: number } {
  const number = (text: string, flag: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) throw cliError('CLI_USAGE', `${flag} ${text} is not a number`);
    return value;
  };
  return {
    ...(model === undefined ? {} : { model }),
    ...(maxTokens === undefined ? {} : { maxTokens: number(maxTokens, '--max-tokens') }),
    ...(temperature === undefined ? {} : { temperature: number(temperature, '--temperature') }),
  };
}

/** The named session, else an open one with money left for the model, else a new one. */
async function sessionFor(client: RpcClient, options: ChatOptions, io: Io): Promise<string> {
  if (options.session !== undefined) return options.session;
  const sessions = await client.call('session_list', {});
  const nowS = Date.now() / 1000;
  const usable = sessions.find(
    ({ state, expiresAt, deposit, spent, promised, model, modelName }) =>
      state === 'open' &&
      expiresAt > nowS + 60 &&
      BigInt(deposit) > BigInt(spent) + BigInt(promised) &&
      (options.model === undefined || options.model === model || options.model === modelName),
  );
  if (usable) return usable.id;
  const deposit = parseCor(options.deposit, '--deposit').toString();
  io.err(`opening a session with ${formatCor(deposit)} COR …\n`);
  const created = await client.call('session_create', { deposit, model: options.model }, { timeoutMs: CHAIN_TIMEOUT_MS });
  return created.session.id;
}

async function complete(
  client: RpcClient,
  params: Parameters<typeof client.subscribe<'task'>>[1],
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<{ text: string; result: Result }> {
  let text = '';
  for await (const event of client.subscribe('task', params, { signal })) {
    if (event.type === 'delta') {
      text += event.text;
      onText(event.text);
    } else if (event.type === 'end') return { text, result: event.result };
  }
  throw utilError('INTERNAL', 'the stream of the task ended without its result');
}

async function oneShot(messages: Message[], ask: Ask, options: ChatOptions, io: Io): Promise<ExitCode> {
  const controller = interruptible();
  const { text, result } = await ask(messages, controller.signal, (delta) => options.json || io.out(delta));
  if (options.json) io.out(`${JSON.stringify({ answer: text, ...result })}\n`);
  else {
    io.out(text.endsWith('\n') ? '' : '\n');
    io.err(receiptLine(result));
  }
  controller.dispose();
  return 0;
}

async function repl(system: Message[], ask: Ask, io: Io): Promise<ExitCode> {
  const reader = createInterface({ input: io.stdin, output: io.stdout });
  let turns: Message[] = [];
  let running: AbortController | undefined;
  const ended = new AbortController();
  reader.on('SIGINT', () => (running ? running.abort(utilError('CANCELLED', 'interrupted')) : ended.abort()));
  reader.on('close', () => ended.abort());
  io.err('Ask; /reset forgets the conversation, /exit or Ctrl-D ends, Ctrl-C stops an answer.\n');
  try {
    for (;;) {
      const line = (await reader.question('> ', { signal: ended.signal }).catch(() => '/exit')).trim();
      if (line === '/exit') return 0;
      if (line === '/reset') turns = [];
      if (line === '' || line === '/reset') continue;
      const asked: Message[] = [...turns, { role: 'user', content: line }];
      running = new AbortController();
      try {
        const { text, result } = await ask([...system, ...asked], running.signal, io.out);
        turns = [...asked, { role: 'assistant' as const, content: text }].slice(-TURNS_MAX);
        io.err(`\n${receiptLine(result)}`);
      } catch (error) {
        if (isCoded(error, 'RPC_CONNECTION_LOST')) throw error;
        io.err(isCoded(error, 'CANCELLED') ? '\n(stopped)\n' : `\n${errorText(toCoded(error))}`);
      } finally {
        running = undefined;
      }
    }
  } finally {
    reader.close();
  }
}

function receiptLine(result: Result): string {
  const { task, miner, promptTokens, completionTokens, cost } = result;
  return `[task ${task.slice(0, 10)}… miner ${miner.slice(0, 10)}… ${promptTokens}+${completionTokens} tokens, ${formatCor(cost)} COR]\n`;
}

/** Ctrl-C cancels the work before it ends the command with 130. */
function interruptible(): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const stop = (): void => controller.abort(utilError('CANCELLED', 'interrupted'));
  process.once('SIGINT', stop);
  return { signal: controller.signal, dispose: () => void process.off('SIGINT', stop) };
}

async function readStdin(io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > STDIN_BYTES_MAX) throw cliError('CLI_USAGE', `the prompt on standard input is longer than ${STDIN_BYTES_MAX} bytes`);
    chunks.push(bytes);
  }
  const text = Buffer.concat(chunks).toString('utf8').trim();
  if (text === '') throw cliError('CLI_USAGE', 'the prompt is empty; give it as an argument or on standard input');
  return text;
}
