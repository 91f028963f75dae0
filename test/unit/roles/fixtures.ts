/** Statements of one task, signed by fixed keys, and fakes of what roles need. Everything can be changed field by field. */
import { privateKeyToAccount } from 'viem/accounts';
import type { SessionEntry } from '../../../src/chain/sessionView.ts';
import { type Assignment, type Receipt, type SigningContracts, signStatement, type Voucher } from '../../../src/crypto/eip712.ts';
import { promptCommit, samplingHash, streamRootOf } from '../../../src/crypto/ids.ts';
import { OutputTree } from '../../../src/crypto/merkle.ts';
import type { Channel } from '../../../src/protocols/channel.ts';
import type { TaskResult } from '../../../src/protocols/result/messages.ts';
import { type Address, billOf, GREEDY, type Hex, type ModelId, type SessionId, type TaskId } from '../../../src/types/index.ts';

export const CONTRACTS: SigningContracts = {
  chainId: 31_337,
  nodeRegistry: `0x${'a1'.repeat(20)}`,
  sessionManager: `0x${'a2'.repeat(20)}`,
  settlement: `0x${'a3'.repeat(20)}`,
};
export const word = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
export const taskId = (n: number): TaskId => word(n) as TaskId;
export const sessionId = (n: number): SessionId => word(0x5e55_0000 + n) as SessionId;
export const address = (n: number): Address => `0x${n.toString(16).padStart(40, '0')}`;
export const account = (n: number) => privateKeyToAccount(word(n + 1));
export const lower = (value: string): Address => value.toLowerCase() as Address;

export const router = account(1);
export const miner = account(2);
export const client = account(3);
export const oracle = account(4);
export const guards = [11, 12, 13, 14].map(account);
export const MODEL = word(0x30de1) as ModelId;
export const TREASURY = address(0x7ea);
export const NOW = 1_800_000_000_000;
export const PROMPT = Uint32Array.of(5, 6, 7);
export const SALT = word(0x5a17);
export const OUTPUT = Uint32Array.of(8, 9, 2);
export const SKETCHES = [...OUTPUT].map((id) => new Uint8Array(Float32Array.from({ length: 8 }, (_, i) => id + i).buffer));
export const treeOf = (ids: Iterable<number>, sketches: readonly Uint8Array[]): OutputTree => {
  const tree = new OutputTree();
  let i = 0;
  for (const id of ids) tree.push(id, sketches[i++] as Uint8Array);
  return tree;
};

export function assignmentOf(change: Partial<Assignment> = {}): Assignment {
  return {
    task: taskId(1),
    session: sessionId(1),
    model: MODEL,
    router: lower(router.address),
    miner: lower(miner.address),
    promptCommit: promptCommit(SALT, PROMPT),
    promptTokens: PROMPT.length,
    maxTokens: 16,
    sampling: samplingHash(GREEDY),
    promptPrice: 1_000n,
    completionPrice: 2_000n,
    deadline: NOW + 60_000,
    ...change,
  };
}

export function receiptOf(assignment: Assignment, change: Partial<Receipt> = {}): Receipt {
  const { task, session, model, miner: of, promptTokens, promptCommit: commit, sampling, promptPrice, completionPrice } = assignment;
  return {
    task,
    session,
    model,
    miner: of,
    promptTokens,
    completionTokens: OUTPUT.length,
    promptCommit: commit,
    outputRoot: treeOf(OUTPUT, SKETCHES).root(),
    sampling,
    promptPrice,
    completionPrice,
    startedAt: NOW - 1_000,
    endedAt: NOW,
    numericsProfile: word(0),
    ...change,
  };
}

/** A result without real signatures: for what trusts the topic's rule to have checked them. */
export function resultOf(
  change: Partial<Assignment> = {},
  voucher: Partial<Voucher> = {},
  receiptChange: Partial<Receipt> = {},
): TaskResult {
  const assignment = assignmentOf(change);
  const receipt = receiptOf(assignment, receiptChange);
  const signature: Hex = `0x${'11'.repeat(65)}`;
  return {
    assignment: { assignment, signature },
    receipt: { receipt, signature },
    voucher: {
      voucher: {
        session: assignment.session,
        payee: CONTRACTS.settlement,
        cumulativeAmount: billOf(receipt),
        nonce: 1,
        streamRoot: streamRootOf(receipt.task, receipt.outputRoot),
        ...voucher,
      },
      signature,
    },
  };
}

export async function signedReceipt(receipt: Receipt, by = miner) {
  return { receipt, signature: await signStatement('Receipt', CONTRACTS, receipt, by) };
}

export function sessionOf(change: Partial<SessionEntry> = {}): SessionEntry {
  return {
    id: sessionId(1),
    client: lower(client.address),
    model: MODEL,
    spender: lower(router.address),
    allowance: 1_000_000n,
    spenderDebited: 0n,
    priceMax: { prompt: 1_000n, completion: 2_000n },
    expiresAt: NOW + 86_400_000,
    deposit: 1_000_000n,
    debited: 0n,
    settled: 0n,
    closesAt: undefined,
    closed: false,
    mode: 'ephemeral',
    nodesMin: 1,
    nodesMax: 1,
    redundancy: 1,
    validators: 3,
    tier: 0,
    privacy: 'clear',
    name: '',
    metadata: '0x',
    ...change,
  };
}

/** One end of a stream in memory: gives what it was handed and keeps what was sent. */
export class FakeChannel<Out, In> implements Channel<Out, In> {
  readonly peerId = 'peer';
  readonly sent: Out[] = [];
  closed = false;
  readonly #gone = new AbortController();
  readonly #incoming: In[];
  readonly #ends: boolean;

  /** @param ends whether the peer closes after the last frame; else it stays silent */
  constructor(incoming: readonly In[], ends = true) {
    this.#incoming = [...incoming];
    this.#ends = ends;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  readonly receive: AsyncIterable<In> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = await this.next();
        return value === undefined ? { done: true as const, value: undefined } : { done: false as const, value };
      },
    }),
  };

  async send(message: Out): Promise<void> {
    this.sent.push(message);
  }

  async next(): Promise<In | undefined> {
    const frame = this.#incoming.shift();
    if (frame !== undefined || this.#ends) return frame;
    return new Promise(() => {});
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  reset(reason?: Error): void {
    this.#gone.abort(reason);
  }
}
