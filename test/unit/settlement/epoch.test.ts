import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionEntry } from '../../../src/chain/sessionView.ts';
import { draftEpoch, type EpochInput, type VerifiedTask } from '../../../src/settlement/epoch.ts';
import { type Address, billOf, type ModelId, type SessionId } from '../../../src/types/index.ts';
import {
  address,
  guards,
  lower,
  miner,
  oracle,
  resultOf,
  router,
  sessionId,
  sessionOf,
  TREASURY,
  taskId,
  word,
} from '../roles/fixtures.ts';

const OPERATORS = [router, miner, oracle, ...guards].map(({ address: operator }) => lower(operator));
const ownerOf = (operator: Address): Address | undefined => {
  const at = OPERATORS.indexOf(lower(operator));
  return at < 0 ? undefined : address(0x100 + at);
};
const GUARDS = guards.slice(0, 3).map(({ address: operator }) => lower(operator));
const task = (n: number, session = 1, change: Parameters<typeof resultOf>[0] = {}): VerifiedTask => ({
  result: resultOf({ task: taskId(n), session: sessionId(session), ...change }),
  guards: GUARDS,
});
const COST = billOf(task(1).result.receipt.receipt);

function input(
  tasks: readonly VerifiedTask[],
  sessions: readonly SessionEntry[] = [sessionOf()],
  change: Partial<EpochInput> = {},
): EpochInput {
  const known = new Map(sessions.map((session) => [session.id, session]));
  return {
    epoch: 7,
    base: { root: word(0xba5e), payouts: [{ account: address(0x999), cumulative: 1_000n }] },
    tasks,
    voucher: (session) => resultOf({ session }, { cumulativeAmount: 10n ** 30n }).voucher,
    session: (id: SessionId) => known.get(id),
    ownerOf,
    oracle: oracle.address,
    treasury: TREASURY,
    charged: new Map(),
    split: { router: 500n, guards: 300n, oracle: 100n, treasury: 100n },
    ...change,
  };
}
const billedIds = (draft: ReturnType<typeof draftEpoch>) => draft?.billed.map(({ result }) => result.receipt.receipt.task) ?? [];

describe('settlement/epoch', () => {
  const sessionArb = fc.record({
    deposit: fc.bigInt({ min: 0n, max: 100n }),
    debitedElsewhere: fc.bigInt({ min: 0n, max: 20n }),
    settled: fc.bigInt({ min: 0n, max: 20n }),
    allowance: fc.bigInt({ min: 0n, max: 100n }),
    voucher: fc.bigInt({ min: 0n, max: 100n }),
  });
  const world = fc.record({
    sessions: fc.array(sessionArb, { minLength: 1, maxLength: 4 }),
    tasks: fc.array(
      fc.record({
        n: fc.integer({ min: 1, max: 12 }),
        session: fc.integer({ min: 0, max: 4 }),
        price: fc.bigInt({ min: 0n, max: 2_000n }),
      }),
      { maxLength: 20 },
    ),
  });
  const build = ({ sessions, tasks }: typeof world extends fc.Arbitrary<infer T> ? T : never): EpochInput => {
    const entries = sessions.map(({ deposit, debitedElsewhere, settled, allowance }, i) =>
      sessionOf({
        id: sessionId(i),
        deposit: deposit + debitedElsewhere + settled,
        debited: debitedElsewhere + settled,
        settled,
        allowance: allowance + settled,
        spenderDebited: settled,
      }),
    );
    // A task belongs to one session for good: its id is a hash over it.
    const verified = tasks.map(({ n, session, price }) =>
      task(n * 8 + session, session, { completionPrice: price, promptPrice: price / 2n }),
    );
    return input(verified, entries, {
      voucher: (id) => {
        const at = entries.findIndex((entry) => entry.id === id);
        return resultOf({ session: id }, { cumulativeAmount: sessions[at]?.voucher ?? 0n }).voucher;
      },
    });
  };

  it('payouts grow by what is billed, debits are settled plus costs, and none passes its voucher, deposit or allowance', () => {
    fc.assert(
      fc.property(world, (w) => {
        const given = build(w);
        const draft = draftEpoch(given);
        if (draft === undefined) return;
        const billedSum = draft.billed.reduce((sum, { cost }) => sum + cost, 0n);
        assert.equal(draft.root.base, given.base.root);
        assert.equal(draft.root.total, 1_000n + billedSum);
        assert.equal(draft.root.tasksTotal, billedSum);
        assert.equal(draft.root.tasks, draft.billed.length);
        assert.equal(draft.root.payouts, draft.payouts.length);
        assert.equal(
          draft.payouts.reduce((sum, { cumulative }) => sum + cumulative, 0n),
          draft.root.total,
        );
        assert.equal(new Set(billedIds(draft)).size, draft.billed.length);
        for (const { voucher, cumulativeDebit } of draft.debits) {
          const session = given.session(voucher.session) as SessionEntry;
          const costs: bigint = draft.billed
            .filter(({ result }) => result.receipt.receipt.session === session.id)
            .reduce((sum, { cost }) => sum + cost, 0n);
          assert.ok(costs > 0n);
          assert.equal(cumulativeDebit, session.settled + costs);
          assert.ok(cumulativeDebit <= voucher.cumulativeAmount);
          assert.ok(costs <= session.deposit - session.debited);
          assert.ok(costs <= session.allowance - session.spenderDebited);
        }
      }),
    );
  });

  it('the order of tasks does not matter, and doubles are billed once', () => {
    fc.assert(
      fc.property(
        world.chain((w) =>
          fc.tuple(fc.constant(w), fc.shuffledSubarray(w.tasks, { minLength: w.tasks.length, maxLength: w.tasks.length })),
        ),
        ([w, shuffled]) => {
          const unique = (tasks: typeof w.tasks) => {
            const price = new Map<string, bigint>();
            for (const t of w.tasks) if (!price.has(`${t.n}:${t.session}`)) price.set(`${t.n}:${t.session}`, t.price);
            return tasks.map((t) => ({ ...t, price: price.get(`${t.n}:${t.session}`) as bigint }));
          };
          const [a, b] = [
            draftEpoch(build({ ...w, tasks: unique(w.tasks) })),
            draftEpoch(build({ ...w, tasks: [...unique(shuffled), ...unique(shuffled)] })),
          ];
          assert.deepEqual([a?.root, a?.debitsHash, billedIds(a)], [b?.root, b?.debitsHash, billedIds(b)]);
        },
      ),
    );
  });

  it('nothing to bill gives no epoch', () => assert.equal(draftEpoch(input([])), undefined));

  const leftOut: readonly [string, EpochInput][] = [
    ['of a session that is not known', input([task(1, 9)])],
    ['of a closed session', input([task(1)], [sessionOf({ closed: true })])],
    ['whose router is not the spender of the session', input([task(1)], [sessionOf({ spender: lower(miner.address) })])],
    ['of a session without a spender', input([task(1)], [sessionOf({ spender: undefined })])],
    ['of another model', input([task(1)], [sessionOf({ model: word(9) as ModelId })])],
    ['above the prompt price of the session', input([task(1)], [sessionOf({ priceMax: { prompt: 999n, completion: 2_000n } })])],
    ['above the completion price of the session', input([task(1)], [sessionOf({ priceMax: { prompt: 1_000n, completion: 1_999n } })])],
    ['without a voucher', input([task(1)], undefined, { voucher: () => undefined })],
    [
      'above its voucher',
      input([task(1)], undefined, { voucher: (session) => resultOf({ session }, { cumulativeAmount: COST - 1n }).voucher }),
    ],
    ['above the deposit', input([task(1)], [sessionOf({ deposit: COST - 1n })])],
    ['above the allowance, which would revert the whole epoch', input([task(1)], [sessionOf({ allowance: COST - 1n })])],
    ['that cost nothing', input([task(1, 1, { promptPrice: 0n, completionPrice: 0n })])],
    [
      'of a miner that left the registry',
      input([task(1)], undefined, { ownerOf: (o) => (o === lower(miner.address) ? undefined : ownerOf(o)) }),
    ],
    ['of a guard that left the registry', input([task(1)], undefined, { ownerOf: (o) => (o === GUARDS[1] ? undefined : ownerOf(o)) })],
    ['without a guard', input([{ ...task(1), guards: [] }])],
  ];
  for (const [why, given] of leftOut) {
    it(`leaves out a task ${why}`, () => assert.equal(draftEpoch(given), undefined));
  }

  it('counts on from what the session owes, not from what an epoch that fell took', () => {
    const session = sessionOf({ deposit: 10n * COST, debited: 3n * COST, settled: 3n * COST, spenderDebited: 3n * COST });
    const draft = draftEpoch(input([task(1)], [session], { charged: new Map([[session.id, COST]]) }));
    assert.equal(draft?.debits[0]?.cumulativeDebit, 2n * COST);
    assert.equal(draftEpoch(input([task(1)], [session]))?.debits[0]?.cumulativeDebit, 4n * COST);
  });

  it('asks for the voucher of the spender, not of whoever signed one', () => {
    const asked: Address[] = [];
    const good = input([task(1)], undefined, {
      voucher: (session, spender) => {
        asked.push(spender);
        return resultOf({ session }).voucher;
      },
    });
    assert.equal(draftEpoch(good)?.billed.length, 1);
    assert.deepEqual(asked, [lower(router.address)]);
  });
});
