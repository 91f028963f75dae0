/**
 * Sends the transactions of one account, one nonce after another. The intent and the signed bytes are in the journal before
 * they leave the machine, so that after a crash or an outage every transaction can be sent again without a second effect.
 */
import type { Logger } from 'pino';
import { keccak256, type LocalAccount, type TransactionReceipt } from 'viem';
import type { Address, Hex } from '../types/index.ts';
import type { Clock } from '../util/clock.ts';
import { isCoded } from '../util/errors.ts';
import { chainError } from './errors.ts';
import type { TxJournal, TxSent } from './journal.ts';
import { isTransport, type RpcClient, toChainError } from './rpc.ts';

export interface TxRequest {
  /** Verb, for the journal and for errors. */
  readonly kind: string;
  readonly to: Address;
  readonly data: Hex;
}

export interface SenderOptions {
  readonly client: RpcClient;
  readonly chainId: number;
  readonly account: LocalAccount;
  readonly journal: TxJournal;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often a receipt is asked for. */
  readonly pollMs?: number;
  /** Longest wait from sending to being mined. */
  readonly receiptTimeoutMs?: number;
}

export interface Sender {
  readonly account: Address;
  /**
   * Sends and waits until it is mined. Calls are submitted in order; their receipts are waited for side by side.
   *
   * @throws CHAIN_REVERTED, CHAIN_TX_REFUSED, CHAIN_TX_TIMEOUT, CHAIN_TX_REPLACED, CHAIN_UNREACHABLE, CHAIN_QUEUE_FULL, CHAIN_CLOSED
   */
  send(request: TxRequest): Promise<TransactionReceipt>;
  /** Brings the journal's open intents to an end: mined, sent again, or never sent. Runs before the first `send`. */
  reconcile(): Promise<void>;
  /** Refuses new work; what waits for receipts ends with CHAIN_CLOSED and is reconciled at the next start. */
  close(): void;
}

/** Transactions submitted or waiting to be. */
export const SENDER_QUEUE_MAX = 64;
export const RECEIPT_TIMEOUT_MS = 120_000;
/** Times `pollMs` between two sends of the same bytes, for endpoints that lost them. */
const RESEND_POLLS = 10;
/**
 * Gas above the estimate, which is not paid for unless it is needed: state may move until the block, and in another second than that of the
 * last change a snapshot of weights is a new entry in up to five lists (about 22,000 each) instead of a change of the last one.
 */
const GAS_MARGIN_PERCENT = 30n;
const GAS_MARGIN = 150_000n;

export function createSender(options: SenderOptions): Sender {
  const { client, account, journal, clock, log, chainId } = options;
  const pollMs = options.pollMs ?? 500;
  const receiptTimeoutMs = options.receiptTimeoutMs ?? RECEIPT_TIMEOUT_MS;
  const stop = new AbortController();
  let tail: Promise<unknown> = Promise.resolve();
  let queued = 0;
  /** Nonces handed out whose transactions are not known to be mined: the endpoint's own count may lag behind them. */
  const inFlight = new Set<number>();

  async function nextNonce(): Promise<number> {
    const known = await client.getTransactionCount({ address: account.address, blockTag: 'pending' });
    return Math.max(known, ...[...inFlight].map((nonce) => nonce + 1));
  }

  async function sign(request: TxRequest): Promise<TxSent> {
    const call = { account: account.address, to: request.to, data: request.data };
    const [estimate, fees, nonce] = await Promise.all([
      client.estimateGas({ ...call, blockTag: 'pending' }),
      client.estimateFeesPerGas(),
      nextNonce(),
    ]);
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId,
      nonce,
      to: request.to,
      data: request.data,
      gas: (estimate * (100n + GAS_MARGIN_PERCENT)) / 100n + GAS_MARGIN,
      maxFeePerGas: fees.maxFeePerGas * 2n,
      maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
    });
    return { hash: keccak256(raw), nonce, raw };
  }

  /** Hands the bytes over. An outage is no answer: they may have arrived. @throws CHAIN_TX_REFUSED */
  async function broadcast(what: string, sent: TxSent): Promise<void> {
    try {
      await client.sendRawTransaction({ serializedTransaction: sent.raw });
    } catch (refusal) {
      if (isTransport(refusal) || (await mayBeKnown(sent.hash))) return;
      throw toChainError(what, refusal);
    }
  }

  /** Whether the endpoint refused the bytes because it has them already, or cannot tell. */
  async function mayBeKnown(hash: Hex): Promise<boolean> {
    try {
      await client.getTransaction({ hash });
      return true;
    } catch (error) {
      return isTransport(error);
    }
  }

  async function receiptOf(hash: Hex): Promise<TransactionReceipt | undefined> {
    try {
      return await client.getTransactionReceipt({ hash });
    } catch (error) {
      if (error instanceof Error && error.name === 'TransactionReceiptNotFoundError') return undefined;
      throw error;
    }
  }

  async function mined(what: string, sent: TxSent): Promise<TransactionReceipt> {
    const deadline = clock.monotonic() + receiptTimeoutMs;
    for (let polls = 1; ; polls++) {
      try {
        // The count is read first: a receipt that is missing after it is missing for good.
        const used = await client.getTransactionCount({ address: account.address, blockTag: 'latest' });
        const receipt = await receiptOf(sent.hash);
        if (receipt !== undefined) return receipt;
        if (used > sent.nonce) throw chainError('CHAIN_TX_REPLACED', `${what}: nonce ${sent.nonce} was used by another transaction`);
        if (polls % RESEND_POLLS === 0) await broadcast(what, sent);
      } catch (error) {
        if (!isTransport(error)) throw error;
      }
      if (clock.monotonic() >= deadline) {
        throw chainError('CHAIN_TX_TIMEOUT', `${what}: not mined after ${receiptTimeoutMs} ms`, { hash: sent.hash });
      }
      await clock.sleep(pollMs, stop.signal).catch(() => Promise.reject(chainError('CHAIN_CLOSED', `${what}: the client was closed`)));
    }
  }

  /** Waits for the outcome of sent bytes and journals it. What is not known to have ended stays open in the journal. */
  async function finish(what: string, id: string, request: TxRequest, sent: TxSent): Promise<TransactionReceipt> {
    try {
      const receipt = await mined(what, sent);
      const status = receipt.status;
      await journal.done(id, { status, hash: sent.hash, blockNumber: Number(receipt.blockNumber) });
      if (status === 'success') return receipt;
      throw await revertOf(what, request, receipt);
    } catch (error) {
      if (isCoded(error, 'CHAIN_TX_REPLACED')) await journal.done(id, { status: 'replaced', hash: sent.hash });
      throw toChainError(what, error);
    } finally {
      inFlight.delete(sent.nonce);
    }
  }

  /** A receipt has no reason: the same call on the state before it usually tells. */
  async function revertOf(what: string, request: TxRequest, receipt: TransactionReceipt): Promise<Error> {
    try {
      await client.call({ account: account.address, to: request.to, data: request.data, blockNumber: receipt.blockNumber });
    } catch (error) {
      return toChainError(what, error);
    }
    return chainError('CHAIN_REVERTED', `${what}: reverted in block ${receipt.blockNumber}`, { what, error: 'unknown' });
  }

  async function submit(request: TxRequest): Promise<() => Promise<TransactionReceipt>> {
    const { kind: what } = request;
    if (stop.signal.aborted) throw chainError('CHAIN_CLOSED', `${what}: the client was closed`);
    const id = await journal.begin({ kind: what, chainId, from: account.address, to: request.to, data: request.data });
    let sent: TxSent | undefined;
    try {
      sent = await sign(request);
      await journal.sent(id, sent);
      inFlight.add(sent.nonce);
      await broadcast(what, sent);
    } catch (error) {
      if (sent !== undefined) inFlight.delete(sent.nonce);
      await journal.done(id, { status: 'refused' });
      throw toChainError(what, error);
    }
    const out = sent;
    log.debug({ kind: what, hash: out.hash, nonce: out.nonce }, 'transaction sent');
    return () => finish(what, id, request, out);
  }

  /** Sends open bytes again, in their order. The returned waits end when they are mined; nothing is thrown. */
  async function resend(): Promise<Promise<void>[]> {
    const waits: Promise<void>[] = [];
    for (const { id, intent, sent } of await journal.pending()) {
      if (intent.chainId !== chainId || intent.from.toLowerCase() !== account.address.toLowerCase()) continue;
      if (sent === undefined) {
        await journal.done(id, { status: 'refused' });
        continue;
      }
      inFlight.add(sent.nonce);
      // A refusal says only that the nonce is used up: `finish` finds out by whom.
      await broadcast(intent.kind, sent).catch(() => {});
      waits.push(
        finish(intent.kind, id, intent, sent).then(
          () => {},
          (error: unknown) => warn(intent.kind, sent.hash, error),
        ),
      );
    }
    return waits;
  }

  function warn(kind: string, hash: Hex, error: unknown): void {
    log.warn({ kind, hash, code: toChainError(kind, error).code }, 'transaction of an earlier run did not succeed');
  }

  return {
    account: account.address.toLowerCase() as Address,
    async send(request) {
      if (queued >= SENDER_QUEUE_MAX) throw chainError('CHAIN_QUEUE_FULL', `${queued} of ${SENDER_QUEUE_MAX} transactions wait`);
      queued++;
      try {
        const submitted = tail.then(() => submit(request));
        tail = submitted.catch(() => {});
        return await (await submitted)();
      } finally {
        queued--;
      }
    },
    async reconcile() {
      const resent = tail.then(resend);
      tail = resent.catch(() => {});
      await Promise.all(await resent);
    },
    close: () => stop.abort(),
  };
}
