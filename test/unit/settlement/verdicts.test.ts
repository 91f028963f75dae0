import assert from 'node:assert/strict';
import { voteCommit } from '../../../src/crypto/ids.ts';
import { resultTopic } from '../../../src/protocols/result/topic.ts';
import { BILLABLE_MS } from '../../../src/settlement/billable.ts';
import { SETTLEMENT_MIGRATIONS, SettlementBook } from '../../../src/settlement/book.ts';
import { committeeOf, followVerdicts } from '../../../src/settlement/index.ts';
import { openDatabase } from '../../../src/storage/database.ts';
import { type Address, VERDICT_CODE, type Verdict } from '../../../src/types/index.ts';
import { manualClock } from '../../../src/util/clock.ts';
import { type Decision, TaskVerdicts } from '../../../src/validation/taskVerdicts.ts';
import type { Reveal } from '../../../src/validation/voteBook.ts';
import { address, guards, lower, miner, NOW, resultOf, router, taskId, word } from '../roles/fixtures.ts';

const TASK = taskId(1);
const GUARDS = guards.slice(0, 3).map(({ address: operator }) => lower(operator));
const [A, B, C] = GUARDS as [Address, Address, Address];
const reveal = (voter: Address, verdict: Verdict = 'VALID'): Reveal => ({
  task: TASK,
  round: 0,
  voter,
  verdict,
  evidenceHash: word(1),
  salt: word(2),
});
const commit = (vote: Reveal) => ({
  task: vote.task,
  round: vote.round,
  voter: vote.voter,
  commit: voteCommit({ ...vote, verdict: VERDICT_CODE[vote.verdict] }),
});

describe('validation/taskVerdicts', () => {
  it('decides once, by the committee that was named first, and counts votes that came before it', () => {
    const verdicts = new TaskVerdicts(10);
    const decisions: Decision[] = [];
    verdicts.onVerdict((decision) => decisions.push(decision));
    for (const voter of GUARDS) verdicts.commit(commit(reveal(voter)));
    for (const voter of [A, B]) verdicts.reveal(reveal(voter));
    assert.equal(verdicts.tally(TASK), 'OPEN');
    verdicts.open(
      TASK,
      guards.slice(0, 3).map(({ address: checksummed }) => checksummed),
    );
    verdicts.open(TASK, [A]);
    assert.equal(verdicts.tally(TASK), 'OPEN');
    assert.ok(verdicts.allCommitted(TASK));
    for (let i = 0; i < 2; i++) verdicts.reveal(reveal(C));
    assert.deepEqual(decisions, [{ task: TASK, verdict: 'VALID' }]);
    assert.deepEqual(verdicts.agreeing(TASK), [...GUARDS].sort());
  });

  it('tells of each vote once when it counts, also when its reveal overtook its commit', () => {
    const verdicts = new TaskVerdicts(10);
    const counted: Reveal[] = [];
    verdicts.onCounted((vote) => counted.push(vote));
    verdicts.reveal(reveal(A));
    assert.deepEqual(counted, []);
    verdicts.commit(commit(reveal(A)));
    verdicts.reveal(reveal(A));
    verdicts.commit(commit(reveal(B)));
    verdicts.reveal(reveal(B));
    verdicts.restore(reveal(C));
    assert.deepEqual(counted, [reveal(A), reveal(B)]);
  });

  it('one that opens its vote at once does not keep the others from voting; after a quorum has committed nobody may copy', () => {
    const verdicts = new TaskVerdicts(10);
    const four = [...GUARDS, lower((guards[3] as (typeof guards)[number]).address)] as [Address, Address, Address, Address];
    verdicts.open(TASK, four);
    verdicts.commit(commit(reveal(A, 'INVALID')));
    verdicts.reveal(reveal(A, 'INVALID'));
    assert.equal(verdicts.quorumCommitted(TASK), false);
    for (const voter of [B, C]) verdicts.commit(commit(reveal(voter)));
    assert.equal(verdicts.quorumCommitted(TASK), true);
    verdicts.commit(commit(reveal(four[3])));
    assert.equal(verdicts.allCommitted(TASK), false);
  });

  it('votes of later rounds are not taken', () => {
    const verdicts = new TaskVerdicts(10);
    verdicts.open(TASK, [A]);
    verdicts.commit({ ...commit(reveal(A)), round: 1 });
    verdicts.reveal({ ...reveal(A), round: 1 });
    assert.deepEqual(verdicts.revealed(TASK), []);
  });
});

describe('settlement/followVerdicts', () => {
  type Handler = (message: unknown) => void;
  async function start(db = openDatabase(':memory:', SETTLEMENT_MIGRATIONS)) {
    const handlers = new Map<unknown, Handler>();
    const book = new SettlementBook(db);
    const verdicts = new TaskVerdicts(100);
    const entries = guards.slice(0, 3).map(({ address: operator }, i) => ({ operator: lower(operator), owner: address(0x50 + i) }));
    const chain = {
      registry: { get: () => undefined, active: () => entries },
      settlement: { latest: () => undefined, after: () => [] },
      onBlock: () => () => {},
    };
    const network = {
      subscribe: (topic: { name: string }, handler: Handler) => {
        handlers.set(topic.name, handler);
        return () => handlers.delete(topic.name);
      },
      handle: async () => async () => {},
    };
    const stop = await followVerdicts({ network, chain, verdicts, book, clock: manualClock(NOW), log: {} } as never);
    const hear = (name: string, message: unknown): void => handlers.get(name)?.(message);
    return { db, book, verdicts, hear, stop };
  }

  it('every order of result, commits and reveals comes back after a crash as the same verdict', async () => {
    const result = resultOf({ task: TASK });
    type Step = (hear: (name: string, message: unknown) => void) => void;
    const steps: Record<string, Step> = {
      r: (hear) => hear(resultTopic.name, result),
      c: (hear) => {
        for (const voter of GUARDS) hear('vote', { kind: 'commit', ...commit(reveal(voter)) });
      },
      v: (hear) => {
        for (const voter of GUARDS) hear('vote', { kind: 'reveal', ...reveal(voter) });
      },
    };
    for (const order of ['rcv', 'rvc', 'crv', 'cvr', 'vrc', 'vcr']) {
      const { db, book, verdicts, hear, stop } = await start();
      for (const step of order) (steps[step] as Step)(hear);
      assert.equal(verdicts.tally(TASK), 'VALID', order);
      book.flush();
      await stop();
      const again = await start(db);
      assert.equal(again.verdicts.tally(TASK), 'VALID', `${order} after a restart`);
      assert.equal(again.book.storedReveals().length, 3, order);
      await again.stop();
    }
  });

  it('a result whose time to be billed is over is not taken', async () => {
    const { book, hear, stop } = await start();
    hear(resultTopic.name, resultOf({ task: TASK, deadline: NOW - BILLABLE_MS }));
    assert.deepEqual(book.open(), []);
    await stop();
  });

  it('no guard audits what its operator or its owner took part in', () => {
    const owner = address(0x77);
    const nodes = [
      { operator: A, owner: address(1) },
      { operator: B, owner },
      { operator: lower(router.address), owner: address(2) },
      { operator: C, owner: address(3) },
    ];
    const registry = {
      active: () => nodes,
      get: (operator: Address) => (lower(operator) === lower(miner.address) ? { owner } : { owner: address(2) }),
    };
    assert.deepEqual(committeeOf(resultOf(), registry as never), [A, C]);
  });
});
