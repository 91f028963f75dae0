import assert from 'node:assert/strict';
import fc from 'fast-check';
import { budgetOf, type SessionEntry } from '../../../../src/chain/sessionView.ts';
import { createApiKey } from '../../../../src/crypto/apiKey.ts';
import type { ApiKey } from '../../../../src/crypto/eip712.ts';
import { type Admission, type AdmissionRequest, affordable, Gate, stateOf } from '../../../../src/roles/router/admission.ts';
import { openRouterLedger, ROUTER_MIGRATIONS } from '../../../../src/roles/router/ledger.ts';
import { openDatabase } from '../../../../src/storage/database.ts';
import { costOf, type ModelId } from '../../../../src/types/index.ts';
import { manualClock } from '../../../../src/util/clock.ts';
import {
  assignmentOf,
  CONTRACTS,
  client,
  lower,
  MODEL,
  miner,
  NOW,
  receiptOf,
  router,
  sessionId,
  sessionOf,
  taskId,
  word,
} from '../fixtures.ts';

const signal = new AbortController().signal;
const KEY: ApiKey = { session: sessionId(1), router: router.address, expiresAt: NOW + 3_600_000 };
const keyOf = (change: Partial<ApiKey> = {}, by = client): Promise<string> => createApiKey(CONTRACTS, { ...KEY, ...change }, by);

function setUp(session: SessionEntry | undefined = sessionOf()) {
  const clock = manualClock(NOW);
  const ledger = openRouterLedger(openDatabase(':memory:', ROUTER_MIGRATIONS));
  const sessions = { get: () => session, refresh: async () => session, ofClient: () => [], size: 1 };
  const gate = new Gate({ sessions, ledger, contracts: CONTRACTS, operator: router.address, clock });
  const admitAll = (apiKey: string, change: Partial<AdmissionRequest> = {}): Promise<readonly Admission[]> =>
    gate.admit({ apiKey, model: MODEL, promptTokens: 1_000, maxTokens: 1_000, maxTokensBound: 2_000, choices: 1, ...change }, signal);
  const admit = async (apiKey: string, change?: Partial<AdmissionRequest>): Promise<Admission> =>
    (await admitAll(apiKey, change))[0] as Admission;
  return { gate, ledger, clock, admit, admitAll };
}

describe('router/admission', () => {
  it('API_KEY_MISSING without a key', async () => {
    await assert.rejects(setUp().admit(''), { code: 'API_KEY_MISSING' });
  });

  it('API_KEY_REFUSED when malformed, expired, for another router, or not signed by the client of the session', async () => {
    const { admit } = setUp();
    const keys = ['cor-nonsense', await keyOf({ expiresAt: NOW }), await keyOf({ router: miner.address }), await keyOf({}, miner)];
    for (const key of keys) await assert.rejects(admit(key), { code: 'API_KEY_REFUSED' });
  });

  it('API_KEY_REFUSED once a key that was good has expired', async () => {
    const { admit, clock } = setUp();
    const key = await keyOf();
    (await admit(key)).release();
    clock.advance(3_600_000);
    await assert.rejects(admit(key), { code: 'API_KEY_REFUSED' });
  });

  it('SESSION_NOT_FOUND when the chain has none at the confirmation depth', async () => {
    const clock = manualClock(NOW);
    const ledger = openRouterLedger(openDatabase(':memory:', ROUTER_MIGRATIONS));
    const sessions = { get: () => undefined, refresh: async () => undefined, ofClient: () => [], size: 0 };
    const gate = new Gate({ sessions, ledger, contracts: CONTRACTS, operator: router.address, clock });
    const request = { apiKey: await keyOf(), model: MODEL, promptTokens: 1, maxTokens: 1, maxTokensBound: 1, choices: 1 };
    await assert.rejects(gate.admit(request, signal), { code: 'SESSION_NOT_FOUND' });
  });

  it('SESSION_NOT_OPEN when closed, closing, expired or about to expire', async () => {
    const key = await keyOf();
    for (const change of [{ closed: true }, { closesAt: NOW + 1 }, { expiresAt: NOW }, { expiresAt: NOW + 59_000 }]) {
      await assert.rejects(setUp(sessionOf(change)).admit(key), { code: 'SESSION_NOT_OPEN' });
    }
    assert.equal(stateOf(sessionOf(), NOW), 'open');
  });

  it('SESSION_WRONG_ROUTER when another or nobody may spend it; SESSION_WRONG_MODEL for another model', async () => {
    const key = await keyOf();
    for (const spender of [undefined, lower(miner.address)]) {
      await assert.rejects(setUp(sessionOf({ spender })).admit(key), { code: 'SESSION_WRONG_ROUTER' });
    }
    await assert.rejects(setUp().admit(key, { model: word(9) as ModelId }), { code: 'SESSION_WRONG_MODEL' });
  });

  it('DEPOSIT_TOO_LOW when promises, reservations and debits leave less than the worst case', async () => {
    const key = await keyOf();
    const worst = costOf(sessionOf().priceMax, 1_000, 1_000);
    for (const change of [
      { deposit: worst - 1n },
      { allowance: worst - 1n },
      { deposit: worst + 9n, debited: 10n },
      { allowance: worst + 9n, spenderDebited: 10n },
    ]) {
      await assert.rejects(setUp(sessionOf(change)).admit(key), { code: 'DEPOSIT_TOO_LOW' });
    }
    const { admit, ledger, gate } = setUp(sessionOf({ deposit: 2n * worst }));
    const first = await admit(key);
    assert.equal(first.reserved, worst);
    const receipt = receiptOf(assignmentOf());
    const task = { task: taskId(1), session: KEY.session, model: MODEL, miner: lower(miner.address), promptTokens: 3, completionTokens: 3 };
    ledger.book({ ...task, cost: 1n, receipt, signature: '0x' }, CONTRACTS.settlement, 0n, NOW);
    await assert.rejects(admit(key), { code: 'DEPOSIT_TOO_LOW' });
    first.release();
    first.release();
    assert.equal(gate.reserved(KEY.session), 0n);
    (await admit(key)).release();
  });

  it('several choices are admitted together or not at all, each with its own worst case', async () => {
    const key = await keyOf();
    const worst = costOf(sessionOf().priceMax, 1_000, 1_000);
    await assert.rejects(setUp(sessionOf({ deposit: 3n * worst - 1n })).admitAll(key, { choices: 3 }), { code: 'DEPOSIT_TOO_LOW' });
    const { gate, admit, admitAll } = setUp(sessionOf({ deposit: 3n * worst }));
    const three = await admitAll(key, { choices: 3 });
    assert.deepEqual(
      three.map(({ reserved }) => reserved),
      [worst, worst, worst],
    );
    await assert.rejects(admit(key), { code: 'DEPOSIT_TOO_LOW' });
    three[1]?.release();
    three[1]?.release();
    assert.equal(gate.reserved(KEY.session), 2n * worst);
    (await admit(key)).release();
  });

  it('without a wish several choices share what the deposit allows', async () => {
    const deposit = 4n * costOf(sessionOf().priceMax, 1_000, 300);
    const four = await setUp(sessionOf({ deposit })).admitAll(await keyOf(), { maxTokens: undefined, choices: 4 });
    assert.deepEqual(
      four.map(({ maxTokens }) => maxTokens),
      [300, 300, 300, 300],
    );
  });

  it('without a wish the answer is as long as the deposit and the bound allow', async () => {
    const key = await keyOf();
    assert.equal((await setUp().admit(key, { maxTokens: undefined })).maxTokens, 2_000);
    const deposit = costOf(sessionOf().priceMax, 1_000, 700);
    assert.equal((await setUp(sessionOf({ deposit })).admit(key, { maxTokens: undefined })).maxTokens, 700);
  });

  it('no interleaving of admits, ends and releases promises more than the budget', async () => {
    const key = await keyOf();
    const step = fc.record({
      kind: fc.constantFrom('admit', 'admit', 'drop', 'finish'),
      at: fc.nat(50),
      tokens: fc.integer({ min: 1, max: 400 }),
      choices: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.bigInt({ min: 0n, max: 5_000n }), async (steps, deposit) => {
        const session = sessionOf({ deposit });
        const { gate, ledger } = setUp(session);
        const held: Admission[] = [];
        const waiting: Promise<unknown>[] = [];
        let task = 0;
        for (const { kind, at, tokens, choices } of steps) {
          if (kind === 'admit') {
            const request = { apiKey: key, model: MODEL, promptTokens: tokens, maxTokens: tokens, maxTokensBound: 400, choices };
            const admitted = gate.admit(request, signal).then(
              (admissions) => held.push(...admissions),
              (error: { code: string }) => assert.equal(error.code, 'DEPOSIT_TOO_LOW'),
            );
            waiting.push(admitted);
            if (at % 2 === 0) await admitted;
          } else {
            const admission = held.splice(at % Math.max(held.length, 1), 1)[0];
            if (admission === undefined) continue;
            if (kind === 'finish') {
              const id = taskId(++task);
              const receipt = receiptOf(assignmentOf({ task: id }));
              const cost = admission.reserved - BigInt(at % 2);
              const done = {
                task: id,
                session: session.id,
                model: MODEL,
                miner: lower(miner.address),
                promptTokens: 1,
                completionTokens: 1,
              };
              ledger.book({ ...done, cost, receipt, signature: '0x' }, CONTRACTS.settlement, 0n, NOW);
            }
            admission.release();
          }
          assert.ok(ledger.promised(session.id, 0n) + gate.reserved(session.id) <= budgetOf(session));
        }
        await Promise.all(waiting);
        assert.ok(ledger.promised(session.id, 0n) + gate.reserved(session.id) <= budgetOf(session));
        for (const admission of held) admission.release();
        assert.equal(gate.reserved(session.id), 0n);
      }),
      { numRuns: 60 },
    );
  });

  it('affordable is the largest count that fits', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10_000n }),
        fc.bigInt({ min: 0n, max: 5_000n }),
        fc.integer({ min: 1, max: 4_096 }),
        (left, each, bound) => {
          const worst = (tokens: number): bigint => costOf({ prompt: 0n, completion: each }, 0, tokens);
          const most = affordable(left, worst, bound);
          assert.ok(most >= 0 && most <= bound && (most === 0 || worst(most) <= left));
          assert.ok(most === bound || worst(most + 1) > left);
        },
      ),
    );
    assert.equal(
      affordable(5n, () => 6n, 10),
      0,
    );
  });

  it('a client that is its own spender is bound by the deposit only', () => {
    assert.equal(budgetOf(sessionOf({ spender: lower(client.address), allowance: 0n, deposit: 9n })), 9n);
    assert.equal(budgetOf(sessionOf({ deposit: 100n, debited: 30n, settled: 20n, allowance: 80n, spenderDebited: 50n })), 50n);
  });
});
