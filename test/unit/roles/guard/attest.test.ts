import assert from 'node:assert/strict';
import { payoutTree, ZERO_HASH } from '../../../../src/chain/merkle.ts';
import { recoverStatement } from '../../../../src/crypto/eip712.ts';
import { voteCommit } from '../../../../src/crypto/ids.ts';
import type { AttestProposal, AttestReply } from '../../../../src/protocols/attest/messages.ts';
import { attest } from '../../../../src/roles/guard/attest.ts';
import type { GuardComponents } from '../../../../src/roles/guard/index.ts';
import { BILLABLE_MS } from '../../../../src/settlement/billable.ts';
import { SETTLEMENT_MIGRATIONS, SettlementBook } from '../../../../src/settlement/book.ts';
import { draftEpoch, type EpochDraft, type EpochInput } from '../../../../src/settlement/epoch.ts';
import { openDatabase } from '../../../../src/storage/database.ts';
import { type Address, VERDICT_CODE, type Verdict } from '../../../../src/types/index.ts';
import { manualClock } from '../../../../src/util/clock.ts';
import { TaskVerdicts } from '../../../../src/validation/taskVerdicts.ts';
import {
  address,
  CONTRACTS,
  FakeChannel,
  guards,
  lower,
  NOW,
  oracle,
  resultOf,
  sessionId,
  sessionOf,
  TREASURY,
  taskId,
  word,
} from '../fixtures.ts';

const EPOCH_MS = 60_000;
const SPLIT = { router: 500n, guards: 300n, oracle: 100n, treasury: 100n };
const EPOCH = Math.floor(NOW / EPOCH_MS);
const GUARDS = guards.slice(0, 3).map(({ address: operator }) => lower(operator));
const me = guards[0] as (typeof guards)[number];
const ownerOf = (operator: Address): Address => address(Number(BigInt(operator) % 1_000n) + 0x1000);
const signal = new AbortController().signal;

/** A guard that has seen two tasks of two sessions and all votes on them, and the oracle's proposal over them. */
function setUp(votes: readonly Verdict[] = ['VALID', 'VALID', 'VALID']) {
  const clock = manualClock(NOW);
  const db = openDatabase(':memory:', SETTLEMENT_MIGRATIONS);
  const book = new SettlementBook(db);
  const verdicts = new TaskVerdicts(100);
  const results = [1, 2].map((n) => resultOf({ task: taskId(n), session: sessionId(n) }));
  for (const result of results) {
    const { task } = result.receipt.receipt;
    book.add(result, GUARDS, NOW);
    verdicts.open(task, GUARDS);
    const cast = votes.map((verdict, i) => ({
      task,
      round: 0,
      voter: GUARDS[i] as Address,
      verdict,
      evidenceHash: word(1),
      salt: word(2),
    }));
    for (const vote of cast) verdicts.commit({ ...vote, commit: voteCommit({ ...vote, verdict: VERDICT_CODE[vote.verdict] }) });
    for (const vote of cast) verdicts.reveal(vote);
  }
  const sessions = new Map(results.map(({ receipt }) => [receipt.receipt.session, sessionOf({ id: receipt.receipt.session })]));
  const chainState = {
    latest: undefined as { epoch: number; root: `0x${string}` } | undefined,
    newest: 0,
    standing: undefined as number | undefined,
    oracleActive: true,
  };
  const components = {
    network: { nodes: { byPeer: (peer: string) => (peer === 'oracle-peer' ? { record: { operator: oracle.address } } : undefined) } },
    chain: {
      sync: async () => {},
      registry: {
        isActive: () => chainState.oracleActive,
        get: (operator: Address) => ({ owner: ownerOf(lower(operator)) }),
        active: () => [],
      },
      sessions: { get: (id: ReturnType<typeof sessionId>) => sessions.get(id) },
      settlement: {
        latest: () => chainState.latest,
        newest: async () => ({ posted: chainState.newest, standing: chainState.standing ?? chainState.newest }),
        split: async () => SPLIT,
        charged: async () => new Map(),
        params: { treasury: TREASURY, epochMs: EPOCH_MS },
      },
    },
    verdicts,
    book,
    account: me,
    contracts: CONTRACTS,
    clock,
  } as unknown as GuardComponents;
  const input: EpochInput = {
    epoch: EPOCH,
    base: { root: ZERO_HASH, payouts: [] },
    tasks: results.map((result) => ({ result, guards: GUARDS })),
    voucher: (session) => results.find(({ receipt }) => receipt.receipt.session === session)?.voucher,
    session: (id) => sessions.get(id),
    ownerOf: (operator) => ownerOf(lower(operator)),
    oracle: lower(oracle.address),
    treasury: TREASURY,
    charged: new Map(),
    split: SPLIT,
  };
  const draft = draftEpoch(input);
  assert.ok(draft !== undefined);
  const proposal = proposalOf(draft);
  const propose = async (change: Partial<AttestProposal> = {}, peer = 'oracle-peer') => {
    const channel = new FakeChannel<AttestReply, AttestProposal>([{ ...proposal, ...change }]);
    const refusal = await attest(channel, peer, components, signal);
    return { refusal, reply: channel.sent[0] };
  };
  const first = proposal.tasks[0] as AttestProposal['tasks'][number];
  const second = proposal.tasks[1] as AttestProposal['tasks'][number];
  return { propose, proposal, draft, input, book, chainState, clock, first, second };
}

function proposalOf({ root, billed, payouts, debits }: EpochDraft): AttestProposal {
  return {
    epoch: root.epoch,
    root: root.root,
    total: root.total,
    tasksRoot: root.tasksRoot,
    snapshotBlock: undefined,
    tasks: billed.map(({ result, guards: paid, cost }) => ({ task: result.receipt.receipt.task, cost, guards: [...paid] })),
    payouts: [...payouts],
    debits: debits.map(({ voucher, signature, cumulativeDebit }) => ({ voucher: { voucher, signature }, cumulativeDebit })),
  };
}

const rule = (number: string) => ({ code: 'ATTEST_REFUSED', data: { rule: number } });
async function refusedTasks({ refusal, reply }: Awaited<ReturnType<ReturnType<typeof setUp>['propose']>>, number: string) {
  assert.equal(refusal?.data.rule, number);
  assert.equal(reply?.kind, 'refused');
  return reply?.kind === 'refused' ? reply.tasks : [];
}

describe('guard/attest', () => {
  it('signs what it computes to the same bytes, after the leaves are kept', async () => {
    const { propose, draft, book } = setUp();
    const { refusal, reply } = await propose();
    assert.equal(refusal, undefined);
    assert.ok(reply?.kind === 'signed');
    const statement = { ...draft.root, debitsHash: draft.debitsHash };
    assert.equal(recoverStatement('Attestation', CONTRACTS, statement, reply.signature), lower(me.address));
    assert.deepEqual(book.root(draft.root.root)?.tasks, [taskId(1), taskId(2)]);
  });

  it('signs the newest root on chain as the base, so that no epoch can land on another one', async () => {
    const { propose, draft, input, book, chainState } = setUp();
    assert.equal(draft.root.base, ZERO_HASH);
    const settled = payoutTree([{ account: address(0x999), cumulative: 1_000n }]);
    book.saveRoot(settled.root, { epoch: 1, payouts: settled.payouts, tasks: [] });
    chainState.latest = { epoch: 1, root: settled.root };
    chainState.newest = 1;
    await assert.rejects(propose(), rule('3.7'));
    const next = draftEpoch({ ...input, base: settled });
    assert.ok(next !== undefined);
    const { reply } = await propose(proposalOf(next));
    assert.ok(reply?.kind === 'signed');
    const statement = { ...next.root, base: settled.root, debitsHash: next.debitsHash };
    assert.equal(recoverStatement('Attestation', CONTRACTS, statement, reply.signature), lower(me.address));
  });

  it('3.1 GUARD_PROPOSER_REFUSED for a stranger and for an oracle without stake', async () => {
    const { propose, chainState } = setUp();
    await assert.rejects(propose({}, 'another-peer'), { code: 'GUARD_PROPOSER_REFUSED' });
    chainState.oracleActive = false;
    await assert.rejects(propose(), { code: 'GUARD_PROPOSER_REFUSED' });
  });

  it('3.2 refuses an epoch that is not new, of the future, or on top of one that is not confirmed', async () => {
    const { propose, chainState } = setUp();
    await assert.rejects(propose({ epoch: EPOCH + 2 }), rule('3.2'));
    await assert.rejects(propose({ epoch: Number.MAX_SAFE_INTEGER }), rule('3.2'));
    chainState.newest = EPOCH - 1;
    await assert.rejects(propose(), rule('3.2'));
    chainState.latest = { epoch: EPOCH, root: word(1) };
    chainState.newest = EPOCH;
    await assert.rejects(propose(), rule('3.2'));
  });

  it('3.2 refuses a second root for an epoch that it signed', async () => {
    const { propose, book } = setUp();
    await propose();
    await propose();
    book.saveRoot(word(9), { epoch: EPOCH, payouts: [], tasks: [] });
    await assert.rejects(propose({ root: word(10) }), rule('3.2'));
  });

  it('3.3 names a task that was billed before, and refuses one that stands there twice', async () => {
    const { propose, book, first, second } = setUp();
    await assert.rejects(propose({ tasks: [first, first, second] }), rule('3.7'));
    book.saveRoot(word(5), { epoch: 1, payouts: [], tasks: [taskId(2)] });
    book.settled({ root: word(5), epoch: 1 });
    assert.deepEqual(await refusedTasks(await propose(), '3.3'), [taskId(2)]);
  });

  it('3.4 names a task whose result it did not see, and one whose time is over', async () => {
    const { propose, proposal, first, clock } = setUp();
    const unseen = { ...first, task: taskId(77) };
    assert.deepEqual(await refusedTasks(await propose({ tasks: [...proposal.tasks, unseen] }), '3.4'), [taskId(77)]);
    clock.advance(60_000 + BILLABLE_MS);
    assert.deepEqual(await refusedTasks(await propose(), '3.4'), [taskId(1), taskId(2)]);
  });

  it('3.5 names tasks that are not VALID by its own count', async () => {
    for (const votes of [
      ['VALID', 'VALID'],
      ['VALID', 'VALID', 'INVALID'],
      ['INVALID', 'INVALID', 'INVALID'],
    ] as const) {
      assert.deepEqual(await refusedTasks(await setUp(votes).propose(), '3.5'), [taskId(1), taskId(2)]);
    }
  });

  it('3.6 names a task whose paid guards did not vote VALID, are too few, or stand there twice', async () => {
    const { propose, first, second } = setUp();
    const [a, b, c] = GUARDS as [Address, Address, Address];
    for (const paid of [[], [a], [a, b], [a, a, b, c], [a, b, lower(oracle.address)]]) {
      assert.deepEqual(await refusedTasks(await propose({ tasks: [first, { ...second, guards: paid }] }), '3.6'), [taskId(2)]);
    }
  });

  it('3.7 names a task that its session cannot pay', async () => {
    const { propose, proposal } = setUp();
    const [debit] = proposal.debits;
    assert.deepEqual(await refusedTasks(await propose({ debits: debit === undefined ? [] : [debit] }), '3.7'), [taskId(2)]);
  });

  it('3.7 refuses another cost, root, total, tasks root or debit than it computes', async () => {
    const { propose, proposal, first, second } = setUp();
    const raised = proposal.debits.map((debit) => ({ ...debit, cumulativeDebit: debit.cumulativeDebit + 1n }));
    const twice = [...proposal.debits, ...proposal.debits];
    const changes: Partial<AttestProposal>[] = [
      { tasks: [{ ...first, cost: first.cost + 1n }, second] },
      { root: word(1) },
      { total: proposal.total + 1n },
      { tasksRoot: word(1) },
      { debits: raised },
      { debits: twice },
    ];
    for (const change of changes) await assert.rejects(propose(change), rule('3.7'));
  });
});
