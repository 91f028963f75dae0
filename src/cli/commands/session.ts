import type { MethodParams, MethodResult } from '../../api/rpc/methods.ts';
import { formatCor, parseCor, parseDuration } from '../cor.ts';
import type { GlobalOptions } from '../globals.ts';
import type { Io } from '../io.ts';
import { withNode } from '../node.ts';
import { fields, table } from '../output.ts';

export interface SessionCreateOptions extends GlobalOptions {
  readonly model?: string;
  readonly deposit: string;
  readonly spender?: string;
  readonly allowance?: string;
  readonly promptPriceMax?: string;
  readonly completionPriceMax?: string;
  readonly expires?: string;
  readonly name?: string;
}

type Session = MethodResult<'session_show'>;

/** Opening and closing wait for confirmations on chain. */
const CHAIN_TIMEOUT_MS = 180_000;

export function termsOf(options: SessionCreateOptions): MethodParams<'session_create'> {
  const { model, spender, name } = options;
  const amount = (text: string | undefined, what: string): string | undefined =>
    text === undefined ? undefined : parseCor(text, what).toString();
  return {
    deposit: parseCor(options.deposit, '--deposit').toString(),
    model,
    spender,
    name,
    allowance: amount(options.allowance, '--allowance'),
    promptPriceMax: amount(options.promptPriceMax, '--prompt-price-max'),
    completionPriceMax: amount(options.completionPriceMax, '--completion-price-max'),
    expiresInSeconds: options.expires === undefined ? undefined : parseDuration(options.expires, '--expires'),
  };
}

export async function sessionCreate(options: SessionCreateOptions, io: Io): Promise<void> {
  const terms = termsOf(options);
  const created = await withNode(options, io, (client) => client.call('session_create', terms, { timeoutMs: CHAIN_TIMEOUT_MS }));
  if (options.json) {
    io.out(`${JSON.stringify(created)}\n`);
    return;
  }
  io.out(sessionText(created.session));
  io.out(
    fields([
      ['transaction', created.tx],
      ['block', created.block],
      ['API key', created.apiKey],
      ['base URL', created.baseUrl],
    ]),
  );
}

export async function sessionShow(id: string, options: GlobalOptions, io: Io): Promise<void> {
  const session = await withNode(options, io, (client) => client.call('session_show', { session: id }));
  io.out(options.json ? `${JSON.stringify(session)}\n` : sessionText(session));
}

export async function sessionClose(id: string, options: GlobalOptions, io: Io): Promise<void> {
  const closed = await withNode(options, io, (client) => client.call('session_close', { session: id }, { timeoutMs: CHAIN_TIMEOUT_MS }));
  if (options.json) {
    io.out(`${JSON.stringify(closed)}\n`);
    return;
  }
  const { refundableAt } = closed;
  io.out(
    fields([
      ['session', closed.id],
      ['state', closed.state],
      ['refund', `${formatCor(closed.refund)} COR`],
      ['refundable', refundableAt === undefined ? undefined : new Date(refundableAt * 1000).toISOString()],
      ['transaction', closed.tx],
      ['block', closed.block],
    ]),
  );
}

export async function sessionList(options: GlobalOptions, io: Io): Promise<void> {
  const sessions = await withNode(options, io, (client) => client.call('session_list', {}));
  if (options.json) {
    io.out(`${JSON.stringify(sessions)}\n`);
    return;
  }
  if (sessions.length === 0) {
    io.out('no sessions\n');
    return;
  }
  const rows = sessions.map((one) => [
    one.id,
    one.state,
    one.modelName ?? one.model,
    formatCor(one.deposit),
    formatCor(one.spent),
    expiry(one),
  ]);
  io.out(table(['session', 'state', 'model', 'deposit COR', 'spent COR', 'expires'], rows));
}

export async function sessionApiKey(id: string, options: GlobalOptions & { readonly expires?: string }, io: Io): Promise<void> {
  const expiresInSeconds = options.expires === undefined ? undefined : parseDuration(options.expires, '--expires');
  const key = await withNode(options, io, (client) => client.call('session_apiKey', { session: id, expiresInSeconds }));
  io.out(options.json ? `${JSON.stringify(key)}\n` : `${key.apiKey}\n`);
}

function expiry(session: Session): string {
  return new Date(session.expiresAt * 1000).toISOString();
}

function sessionText(session: Session): string {
  return fields([
    ['session', session.id],
    ['name', session.name],
    ['state', session.state],
    ['model', session.modelName ?? session.model],
    ['client', session.client],
    ['spender', session.spender],
    ['deposit', `${formatCor(session.deposit)} COR`],
    ['allowance', `${formatCor(session.allowance)} COR`],
    ['spent', `${formatCor(session.spent)} COR`],
    ['promised', `${formatCor(session.promised)} COR`],
    [
      'price bounds',
      `${formatCor(session.promptPriceMax)} / ${formatCor(session.completionPriceMax)} COR per 1,000 prompt / completion tokens`,
    ],
    ['expires', expiry(session)],
  ]);
}
