import { bytesToHex, encodeFunctionData, parseEventLogs, stringToHex } from 'viem';
import type { Address, Hex, ModelId, SessionId, TokenPrice, Wei } from '../types/index.ts';
import { resultOf, type TxResult, type WriteContext } from './context.ts';
import { chainError } from './errors.ts';
import { sessionManagerAbi } from './generated/SessionManager.ts';
import { SESSION_MODES, SESSION_PRIVACIES, type SessionMode, type SessionPrivacy } from './sessionView.ts';
import { ensureAllowance } from './token.ts';

/** What a session is opened with. Wei and unix ms; the contract keeps whole seconds. */
export interface OpenTerms {
  readonly model: ModelId;
  readonly deposit: Wei;
  readonly priceMax: TokenPrice;
  readonly expiresAt: number;
  /** Delegated signer of vouchers, usually the router's operator. */
  readonly spender?: Address;
  /** What vouchers of the spender may debit in total; the deposit when there is a spender and this is absent. */
  readonly allowance?: Wei;
  /** The rest has defaults: one node of the pool for each task, audited by three guards, clear. */
  readonly mode?: SessionMode;
  readonly nodesMin?: number;
  readonly nodesMax?: number;
  readonly redundancy?: number;
  readonly validators?: number;
  readonly tier?: number;
  readonly privacy?: SessionPrivacy;
  /** At most 32 bytes of UTF-8. */
  readonly name?: string;
  /** 32 bytes: digest of a document that describes the session. */
  readonly metadata?: Hex;
  /** 32 bytes that make sessions with equal terms two; random when absent. The same terms and salt open nothing twice. */
  readonly salt?: Hex;
}

const ZERO_ADDRESS: Address = `0x${'00'.repeat(20)}`;
const ZERO_WORD: Hex = `0x${'00'.repeat(32)}`;

export interface OpenedSession extends TxResult {
  readonly session: SessionId;
}

/** Opens a session of the sender; approves the token first when needed. Resolves when mined, not when confirmed. */
export async function openSession(context: WriteContext, terms: OpenTerms): Promise<OpenedSession> {
  const { sessionManager } = context.deployment;
  await ensureAllowance(context, sessionManager, terms.deposit);
  const args = [
    {
      model: terms.model,
      spender: terms.spender ?? ZERO_ADDRESS,
      allowance: terms.allowance ?? (terms.spender === undefined ? 0n : terms.deposit),
      promptPriceMax: terms.priceMax.prompt,
      completionPriceMax: terms.priceMax.completion,
      expiry: BigInt(Math.floor(terms.expiresAt / 1000)),
      deposit: terms.deposit,
      mode: SESSION_MODES.indexOf(terms.mode ?? 'ephemeral'),
      nodesMin: terms.nodesMin ?? 1,
      nodesMax: terms.nodesMax ?? 1,
      redundancy: terms.redundancy ?? 1,
      validators: terms.validators ?? 3,
      tier: terms.tier ?? 0,
      privacy: SESSION_PRIVACIES.indexOf(terms.privacy ?? 'clear'),
      name: stringToHex(terms.name ?? '', { size: 32 }),
      metadata: terms.metadata ?? ZERO_WORD,
      salt: terms.salt ?? bytesToHex(crypto.getRandomValues(new Uint8Array(32))),
    },
  ] as const;
  const data = encodeFunctionData({ abi: sessionManagerAbi, functionName: 'open', args });
  const receipt = await context.sender.send({ kind: 'openSession', to: sessionManager, data });
  const [opened] = parseEventLogs({ abi: sessionManagerAbi, eventName: 'SessionOpened', logs: receipt.logs });
  if (opened === undefined) {
    throw chainError('CHAIN_REVERTED', 'openSession: mined without SessionOpened', { error: 'no event' });
  }
  return { session: opened.args.session as SessionId, ...resultOf(receipt) };
}

/** Adds to an open session; anyone may. Approves the token first when needed. */
export async function topUp(context: WriteContext, session: SessionId, amount: Wei): Promise<TxResult> {
  const { sessionManager } = context.deployment;
  await ensureAllowance(context, sessionManager, amount);
  const data = encodeFunctionData({ abi: sessionManagerAbi, functionName: 'topUp', args: [session, amount] });
  return resultOf(await context.sender.send({ kind: 'topUp', to: sessionManager, data }));
}

/** Lets the session's spender sign for more. */
export async function raiseAllowance({ sender, deployment }: WriteContext, session: SessionId, allowance: Wei): Promise<TxResult> {
  const data = encodeFunctionData({ abi: sessionManagerAbi, functionName: 'raiseAllowance', args: [session, allowance] });
  return resultOf(await sender.send({ kind: 'raiseAllowance', to: deployment.sessionManager, data }));
}

/** Announces that the client leaves; `withdrawSession` ends it after the thaw. */
export async function requestClose({ sender, deployment }: WriteContext, session: SessionId): Promise<TxResult> {
  const data = encodeFunctionData({ abi: sessionManagerAbi, functionName: 'requestClose', args: [session] });
  return resultOf(await sender.send({ kind: 'requestClose', to: deployment.sessionManager, data }));
}

/** Takes the rest of a session after the thaw. */
export async function withdrawSession({ sender, deployment }: WriteContext, session: SessionId): Promise<TxResult> {
  const data = encodeFunctionData({ abi: sessionManagerAbi, functionName: 'withdraw', args: [session] });
  return resultOf(await sender.send({ kind: 'withdrawSession', to: deployment.sessionManager, data }));
}
