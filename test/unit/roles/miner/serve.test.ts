import assert from 'node:assert/strict';
import type { SessionEntry } from '../../../../src/chain/sessionView.ts';
import { type Assignment, signStatement } from '../../../../src/crypto/eip712.ts';
import { checkRequest } from '../../../../src/roles/miner/serve.ts';
import { billOf, GREEDY, type ModelId } from '../../../../src/types/index.ts';
import { assignmentOf, CONTRACTS, client, lower, MODEL, miner, NOW, PROMPT, router, SALT, sessionOf, word } from '../fixtures.ts';

const ASK = { prompt: 1_000n, completion: 2_000n };
const WORST = billOf({ ...assignmentOf(), completionTokens: 16 });

interface World {
  readonly session?: SessionEntry | undefined;
  readonly active?: boolean;
  readonly repeated?: boolean;
  readonly earned?: bigint;
  readonly signer?: typeof router;
  readonly promptIds?: Uint32Array;
  readonly temperatureMilli?: number;
}

async function check(change: Partial<Assignment> = {}, world: World = {}): Promise<void> {
  const assignment = assignmentOf(change);
  const session = 'session' in world ? world.session : sessionOf();
  const fake = {
    registry: {
      isActive: (operator: string, role: string) => (world.active ?? true) && role === 'router' && operator === lower(router.address),
    },
    sessions: { get: () => undefined, refresh: async () => session },
    ledger: { has: () => world.repeated ?? false, session: () => ({ cumulative: 0n, earned: world.earned ?? 0n }) },
    contracts: CONTRACTS,
    operator: miner.address,
    now: () => NOW,
  } as unknown as Parameters<typeof checkRequest>[3];
  const signature = await signStatement('Assignment', CONTRACTS, assignment, world.signer ?? router);
  await checkRequest(
    {
      kind: 'request',
      assignment: { assignment, signature },
      promptIds: world.promptIds ?? PROMPT,
      promptSalt: SALT,
      sampling: { ...GREEDY, temperatureMilli: world.temperatureMilli ?? 0 },
      stop: [],
    } as Parameters<typeof checkRequest>[0],
    ASK,
    (model) => (model === MODEL ? 64 : undefined),
    fake,
  );
}
const refusedBy = (rule: string) => ({ code: 'MINER_ASSIGNMENT_REFUSED', data: { rule } });

describe('miner/serve', () => {
  it('takes what obeys every rule', () => check());

  it('3.1 refuses what is for another miner', () => assert.rejects(check({ miner: lower(client.address) }), refusedBy('3.1')));

  it('3.2 refuses a price below the ask', async () => {
    await assert.rejects(check({ promptPrice: 999n }), refusedBy('3.2'));
    await assert.rejects(check({ completionPrice: 1_999n }), refusedBy('3.2'));
  });

  it('3.3 refuses a model that is not loaded, and an answer that its context cannot hold', async () => {
    await assert.rejects(check({ model: word(9) as ModelId }), refusedBy('3.3'));
    await assert.rejects(check({ maxTokens: 62 }), refusedBy('3.3'));
    await assert.rejects(check({ maxTokens: 0 }), refusedBy('3.3'));
    await check({ maxTokens: 61 });
  });

  it('3.4 refuses when the deadline is over', () => assert.rejects(check({ deadline: NOW }), refusedBy('3.4')));

  it('3.5 refuses another prompt count, prompt or sampling than committed', async () => {
    await assert.rejects(check({ promptTokens: 4 }), refusedBy('3.5'));
    await assert.rejects(check({}, { promptIds: Uint32Array.of(5, 6, 8) }), refusedBy('3.5'));
    await assert.rejects(check({}, { temperatureMilli: 1 }), refusedBy('3.5'));
  });

  it('3.6 refuses what the router did not sign', () => assert.rejects(check({}, { signer: client }), refusedBy('3.6')));

  it('3.7 refuses a router that is not registered and staked', () => assert.rejects(check({}, { active: false }), refusedBy('3.7')));

  it('3.8 MINER_TASK_REPEATED for a task that was taken', () =>
    assert.rejects(check({}, { repeated: true }), { code: 'MINER_TASK_REPEATED' }));

  it('3.9 MINER_SESSION_REFUSED unless the session is open and lets this router spend on this model at this price', async () => {
    const sessions = [
      undefined,
      sessionOf({ closed: true }),
      sessionOf({ closesAt: NOW + 1 }),
      sessionOf({ expiresAt: NOW }),
      sessionOf({ spender: undefined }),
      sessionOf({ spender: lower(client.address) }),
      sessionOf({ model: word(9) as ModelId }),
      sessionOf({ priceMax: { prompt: 999n, completion: 2_000n } }),
      sessionOf({ priceMax: { prompt: 1_000n, completion: 1_999n } }),
    ];
    for (const session of sessions) await assert.rejects(check({}, { session }), { code: 'MINER_SESSION_REFUSED' });
  });

  it('3.10 MINER_SESSION_REFUSED when deposit or allowance do not cover the worst case', async () => {
    await check({}, { session: sessionOf({ deposit: WORST }) });
    const sessions: World[] = [
      { session: sessionOf({ deposit: WORST - 1n }) },
      { session: sessionOf({ allowance: WORST - 1n }) },
      { session: sessionOf({ deposit: WORST + 9n, debited: 10n, settled: 10n }) },
      { session: sessionOf({ deposit: WORST + 9n, debited: 10n }) },
      { session: sessionOf({ deposit: WORST + 9n }), earned: 10n },
    ];
    for (const world of sessions) await assert.rejects(check({}, world), { code: 'MINER_SESSION_REFUSED' });
  });
});
