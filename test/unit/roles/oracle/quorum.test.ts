import assert from 'node:assert/strict';
import { type Attestation, signStatement } from '../../../../src/crypto/eip712.ts';
import type { AttestProposal, AttestReply } from '../../../../src/protocols/attest/messages.ts';
import { batchOf } from '../../../../src/roles/oracle/batch.ts';
import { leaderOf } from '../../../../src/roles/oracle/oracle.ts';
import { collectSignatures } from '../../../../src/roles/oracle/quorum.ts';
import { address, CONTRACTS, FakeChannel, guards, lower, resultOf, sessionId, taskId, word } from '../fixtures.ts';

const STATEMENT: Attestation = {
  epoch: 7,
  root: word(1),
  base: word(4),
  total: 5n,
  payouts: 2,
  tasksRoot: word(2),
  tasksTotal: 3n,
  tasks: 1,
  debitsHash: word(3),
};
const PROPOSAL: AttestProposal = { ...STATEMENT, snapshotBlock: undefined, tasks: [], payouts: [], debits: [] };
type Answer = 'signs' | 'copies' | 'other' | 'otherBase' | 'silent' | 'away' | 'error' | 'refuses';

async function collect(answers: readonly Answer[], stakes: readonly bigint[] = answers.map(() => 10n)) {
  const peers = guards.map(({ address: operator }) => lower(operator));
  const reply = async (i: number): Promise<AttestReply[]> => {
    const by = guards[answers[i] === 'copies' ? 0 : i] as (typeof guards)[number];
    const change = answers[i] === 'other' ? { total: 6n } : answers[i] === 'otherBase' ? { base: word(5) } : {};
    const statement = { ...STATEMENT, ...change };
    if (answers[i] === 'error') return [{ kind: 'error', code: 'ATTEST_REFUSED', message: 'other root', retryable: true }];
    if (answers[i] === 'refuses') return [{ kind: 'refused', tasks: [taskId(i)], reason: 'not seen' }];
    return [{ kind: 'signed', signature: await signStatement('Attestation', CONTRACTS, statement, by) }];
  };
  const network = {
    nodes: {
      byOperator: (operator: string) => (answers[peers.indexOf(lower(operator))] === 'away' ? undefined : { record: { peerId: operator } }),
    },
    open: async (_: unknown, peerId: string) => {
      const at = peers.indexOf(lower(peerId));
      return answers[at] === 'silent' ? new FakeChannel([], false) : new FakeChannel(await reply(at));
    },
  };
  const registry = { active: () => answers.map((_, i) => ({ operator: peers[i], stake: stakes[i] })) };
  const components = { network, registry, contracts: CONTRACTS } as unknown as Parameters<typeof collectSignatures>[2];
  return collectSignatures(PROPOSAL, STATEMENT, components, 20, new AbortController().signal);
}

describe('oracle/quorum', () => {
  it('is reached by more than two thirds of the stake, not by two thirds', async () => {
    assert.equal((await collect(['signs', 'signs', 'signs'])).reached, true);
    assert.equal((await collect(['signs', 'signs', 'away'])).reached, false);
    assert.equal((await collect(['signs', 'signs', 'signs', 'away'])).reached, true);
    assert.equal((await collect(['signs', 'away', 'away'], [21n, 5n, 5n])).reached, true);
    assert.equal((await collect(['signs', 'signs', 'away'], [5n, 5n, 21n])).reached, false);
    assert.equal((await collect([])).reached, false);
  });

  it('a guard counts once: a copy of the signature of another is worth nothing', async () => {
    const { reached, signatures, missing } = await collect(['signs', 'copies', 'copies']);
    assert.deepEqual([reached, signatures.length, missing.length], [false, 1, 2]);
  });

  it('a signature over something else, silence, absence and errors count as missing, each with its reason', async () => {
    const { signatures, missing } = await collect(['other', 'silent', 'away', 'error']);
    assert.equal(signatures.length, 0);
    const said = missing.map((text) => text.slice(44));
    assert.match(said[0] ?? '', /something else/);
    assert.match(said[1] ?? '', /took longer/);
    assert.match(said[2] ?? '', /not reachable/);
    assert.match(said[3] ?? '', /ATTEST_REFUSED: other root/);
  });

  it('a guard that builds on another root does not count', async () => {
    const { reached, missing } = await collect(['signs', 'signs', 'otherBase']);
    assert.equal(reached, false);
    assert.match(missing[0] ?? '', /something else/);
  });

  it('gathers the tasks that guards would not attest', async () => {
    const { refused, reached } = await collect(['signs', 'refuses', 'refuses', 'signs']);
    assert.deepEqual([reached, [...refused]], [false, [taskId(1), taskId(2)]]);
  });
});

describe('oracle/leaderOf', () => {
  it('oracles lead in turn; without oracles nobody does', () => {
    const oracles = [1, 2, 3].map(address);
    assert.deepEqual(
      [3, 4, 5, 6].map((epoch) => leaderOf(epoch, oracles)),
      [address(1), address(2), address(3), address(1)],
    );
    assert.equal(leaderOf(1, []), undefined);
  });
});

describe('oracle/batchOf', () => {
  const task = (n: number, session: number, paid = 3) => ({
    result: resultOf({ task: taskId(n), session: sessionId(session) }),
    guards: Array.from({ length: paid }, (_, i) => address(i)),
  });

  it('keeps the order and the bound on tasks', () => {
    const tasks = [1, 2, 3].map((n) => task(n, 1));
    assert.deepEqual(batchOf(tasks, 2), tasks.slice(0, 2));
    assert.deepEqual(batchOf(tasks, 100), tasks);
  });

  it('holds no more sessions than one transaction can debit, and no more bytes than a proposal', () => {
    const sessions = Array.from({ length: 300 }, (_, n) => task(n, n));
    const batch = batchOf([...sessions, task(301, 0)], 10_000);
    assert.equal(batch.length, 257);
    const wide = Array.from({ length: 1_000 }, (_, n) => task(n, 1, 64));
    assert.ok(batchOf(wide, 10_000).length < 512);
  });
});
