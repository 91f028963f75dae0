import assert from 'node:assert/strict';
import { createWalletClient, http } from 'viem';
import type { Chain } from '../../../src/chain/client.ts';
import { settlementAbi } from '../../../src/chain/generated/Settlement.ts';
import { type BilledTask, debitsHash, type PayoutTree, payoutTree, taskTree, ZERO_HASH } from '../../../src/chain/merkle.ts';
import type { EpochRoot, VoucherDebit } from '../../../src/chain/settlement.ts';
import type { ChainWriter } from '../../../src/chain/writer.ts';
import { signStatement, structHash, type Voucher } from '../../../src/crypto/eip712.ts';
import { startAnswerer } from '../../../src/settlement/answerer.ts';
import { SETTLEMENT_MIGRATIONS, SettlementBook } from '../../../src/settlement/book.ts';
import { openDatabase } from '../../../src/storage/database.ts';
import { billOf, type Hex, type Role, type SessionId, type TaskId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { resultOf, taskId } from '../../unit/roles/fixtures.ts';
import { account, COR, log, lower, MODEL, peerId, type Stage, stage, ZERO_WORD } from './support.ts';

describe('one epoch on a real chain', function () {
  this.timeout(60_000);
  const [owner, client, router, miner, oracle] = [account(0), account(1), account(2), account(3), account(4)];
  const guards = [account(5), account(6), account(7)];
  let s: Stage;
  let chain: Chain;
  let ownerWriter: ChainWriter;
  let clientWriter: ChainWriter;
  let oracleWriter: ChainWriter;
  let session: SessionId;

  before(async () => {
    s = await stage();
    chain = await s.chain();
    ownerWriter = await s.writer(owner);
    clientWriter = await s.writer(client);
    oracleWriter = await s.writer(oracle);
  });
  after(() => s.close());

  async function sign(epoch: EpochRoot, debits: readonly VoucherDebit[]) {
    const hash = debitsHash(debits.map((debit) => ({ session: debit.voucher.session, cumulativeDebit: debit.cumulativeDebit })));
    return Promise.all(guards.map((guard) => signStatement('Attestation', s.deployment, { ...epoch, debitsHash: hash }, guard)));
  }

  async function voucher(cumulativeAmount: bigint, nonce: number) {
    const promise: Voucher = { session, payee: s.deployment.settlement, cumulativeAmount, nonce, streamRoot: ZERO_WORD };
    return { voucher: promise, signature: await signStatement('Voucher', s.deployment, promise, router) };
  }

  const billed = (n: number, cost: bigint): BilledTask => ({ task: `0x${`0${n}`.repeat(32)}` as TaskId, receipt: ZERO_WORD, cost });

  function epochOf(epoch: number, base: Hex, tree: PayoutTree, bills: readonly BilledTask[]): EpochRoot {
    const tasks = taskTree(bills);
    return {
      epoch,
      base,
      root: tree.root,
      total: tree.total,
      payouts: tree.count,
      tasksRoot: tasks.root,
      tasksTotal: tasks.total,
      tasks: tasks.count,
    };
  }

  it('registers three guards, a miner, a router and an oracle', async () => {
    const all: [typeof miner, Role][] = [
      [router, 'router'],
      [miner, 'miner'],
      [oracle, 'oracle'],
      ...guards.map((g): [typeof miner, Role] => [g, 'guard']),
    ];
    for (const [i, [operator, role]] of all.entries()) {
      await ownerWriter.stakeAndRegister({
        details: { peerId: peerId(i), roles: [role], encryptionKey: ZERO_WORD },
        operator,
        stake: 10n * COR,
      });
    }
    await chain.sync();
    assert.equal(chain.registry.size, 6);
    assert.equal(chain.registry.active('guard').length, 3);
    const node = chain.registry.get(miner.address);
    assert.deepEqual(node, {
      operator: lower(miner.address),
      owner: lower(owner.address),
      roles: ['miner'],
      roleBits: 2,
      peerId: peerId(1),
      encryptionKey: ZERO_WORD,
      endpoints: ZERO_WORD,
      level: 0,
      stake: 10n * COR,
      active: true,
    });
    assert.deepEqual(chain.registry.byPeerId(peerId(1)), [node]);
  });

  it('opens a session that the view knows in full', async () => {
    await ownerWriter.transfer(client.address, 1_000n * COR);
    const expiresAt = chain.head().timestamp + 3_600_000;
    ({ session } = await clientWriter.openSession({
      model: MODEL,
      deposit: 100n * COR,
      priceMax: { prompt: COR, completion: 2n * COR },
      expiresAt,
      spender: router.address,
      name: 'första',
    }));
    const entry = await chain.sessions.refresh(session);
    assert.deepEqual(entry, {
      id: session,
      client: lower(client.address),
      model: MODEL,
      spender: lower(router.address),
      allowance: 100n * COR,
      spenderDebited: 0n,
      priceMax: { prompt: COR, completion: 2n * COR },
      expiresAt,
      deposit: 100n * COR,
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
      name: 'första',
      metadata: ZERO_WORD,
    });
    assert.deepEqual(chain.sessions.get(session), entry);
  });

  it('settles, pays after the challenge window to the wei, and settles again without effect', async () => {
    const spent = 10n * COR + 7n;
    const tree = payoutTree([
      { account: owner.address, cumulative: 9n * COR },
      { account: miner.address, cumulative: spent - 9n * COR },
    ]);
    const epoch = epochOf(1, ZERO_HASH, tree, [billed(1, spent)]);
    const debits = [{ ...(await voucher(50n * COR, 1)), cumulativeDebit: spent }];
    const signatures = await sign(epoch, debits);
    // The guards' weights are read in a past second.
    await s.node.increaseTime({ seconds: 2 });
    await s.node.mine({ blocks: 1 });

    const result = await oracleWriter.settle({ epoch, debits, signatures });
    assert.equal(result.already, false);
    assert.deepEqual(await oracleWriter.settle({ epoch, debits, signatures }), { already: true });

    await chain.sync();
    assert.equal(chain.settlement.latest()?.root, tree.root);
    assert.equal(chain.settlement.funded, spent);
    assert.equal(chain.sessions.get(session)?.settled, spent);
    assert.equal(chain.settlement.active(chain.head().timestamp), undefined);
    assert.equal(await chain.balanceOf(s.deployment.settlement), spent);

    const owed = tree.claimOf(miner.address);
    assert.ok(owed);
    await assert.rejects(
      oracleWriter.claim({ epoch: 1, account: miner.address, ...owed }),
      (error) => isCoded(error, 'CHAIN_REVERTED') && error.data.error === 'NotActive',
    );
    await s.node.increaseTime({ seconds: 61 });
    await s.node.mine({ blocks: 1 });
    await oracleWriter.claim({ epoch: 1, account: miner.address, ...owed });
    assert.equal(await oracleWriter.claim({ epoch: 1, account: miner.address, ...owed }), undefined);
    assert.equal(await chain.balanceOf(miner.address), spent - 9n * COR);
    assert.equal(await chain.balanceOf(s.deployment.settlement), 9n * COR);
    await chain.sync();
    assert.equal(chain.settlement.active(chain.head().timestamp)?.epoch, 1);
    assert.equal(chain.settlement.totalClaimed, owed.cumulative);
  });

  it('WrongBase for an epoch that was signed before the one it should build on was posted', async () => {
    const tree = payoutTree([{ account: miner.address, cumulative: 11n * COR }]);
    const debits = [{ ...(await voucher(50n * COR, 2)), cumulativeDebit: 11n * COR }];
    for (const base of [ZERO_HASH, tree.root]) {
      const epoch = epochOf(2, base, tree, [billed(2, COR - 7n)]);
      await assert.rejects(
        oracleWriter.settle({ epoch, debits, signatures: await sign(epoch, debits) }),
        (error) => isCoded(error, 'CHAIN_REVERTED') && error.data.error === 'WrongBase',
      );
    }
  });

  it('QuorumNotReached with two of three equal guards', async () => {
    const base = chain.settlement.latest()?.root ?? ZERO_HASH;
    const tree = payoutTree([{ account: miner.address, cumulative: 11n * COR }]);
    const epoch = epochOf(2, base, tree, [billed(2, COR - 7n)]);
    const debits = [{ ...(await voucher(50n * COR, 2)), cumulativeDebit: 11n * COR }];
    const signatures = (await sign(epoch, debits)).slice(0, 2);
    await assert.rejects(
      oracleWriter.settle({ epoch, debits, signatures }),
      (error) => isCoded(error, 'CHAIN_REVERTED') && error.data.error === 'QuorumNotReached',
    );
  });

  it('an epoch that fell is gone from the view, and the next one takes from nobody what it took', async () => {
    const good = chain.settlement.latest();
    assert.equal(good?.epoch, 1);
    const base = good?.root ?? ZERO_HASH;
    // Of the miner's payouts one wei is gone.
    const bad = payoutTree([
      { account: owner.address, cumulative: 10n * COR + 1n },
      { account: miner.address, cumulative: COR + 6n },
    ]);
    const cost = COR;
    const debits = [{ ...(await voucher(50n * COR, 3)), cumulativeDebit: 10n * COR + 7n + cost }];
    const epoch = epochOf(3, base, bad, [billed(3, cost)]);
    await oracleWriter.settle({ epoch, debits, signatures: await sign(epoch, debits) });
    await chain.sync();
    assert.equal(chain.settlement.latest()?.epoch, 3);
    assert.deepEqual(await chain.settlement.charged([session]), new Map());

    const before = payoutTree([
      { account: owner.address, cumulative: 9n * COR },
      { account: miner.address, cumulative: COR + 7n },
    ]);
    const proofOf = (tree: PayoutTree) => {
      const owed = tree.claimOf(miner.address);
      assert.ok(owed);
      return { account: miner.address, cumulative: owed.cumulative, index: owed.index, proof: owed.proof };
    };
    const wallet = createWalletClient({ account: owner, transport: http(s.anvil.rpcUrl) });
    await wallet.writeContract({
      address: s.deployment.settlement,
      abi: settlementAbi,
      functionName: 'voidDecreased',
      args: [3n, proofOf(bad), proofOf(before)],
      chain: null,
    });
    await s.node.mine({ blocks: 1 });
    await chain.sync();
    assert.equal(chain.settlement.latest()?.epoch, 1);
    assert.deepEqual(chain.settlement.voided(), [3]);
    assert.deepEqual(
      chain.settlement.after(0).map((entry) => entry.epoch),
      [1],
    );
    assert.deepEqual(await chain.settlement.newest(), { posted: 3, standing: 1 });
    assert.equal(await chain.settlement.posted(3), undefined);
    assert.deepEqual(await chain.settlement.charged([session]), new Map([[session, 10n * COR + 7n]]));

    const next = payoutTree([
      { account: owner.address, cumulative: 10n * COR },
      { account: miner.address, cumulative: COR + 7n },
    ]);
    const again = epochOf(4, base, next, [billed(3, cost)]);
    await oracleWriter.settle({ epoch: again, debits, signatures: await sign(again, debits) });
    await chain.sync();
    assert.equal(chain.settlement.latest()?.epoch, 4);
    assert.equal(chain.settlement.funded, 11n * COR + 7n);
    assert.deepEqual(await chain.settlement.charged([session]), new Map([[session, 11n * COR + 7n]]));
    assert.deepEqual(await chain.settlement.split(4), { router: 500n, guards: 300n, oracle: 100n, treasury: 100n });
  });

  it('whoever shows the leaves that were asked for gets the bonds', async () => {
    const base = chain.settlement.latest()?.root ?? ZERO_HASH;
    const leaves = [
      { account: lower(owner.address), cumulative: 11n * COR },
      { account: lower(miner.address), cumulative: COR + 7n },
    ];
    const tree = payoutTree(leaves);
    const results = [1, 2].map((n) =>
      resultOf({ task: taskId(n) }, {}, { promptPrice: 0n, completionPrice: COR / 2n, completionTokens: 1_000 }),
    );
    const bills = results.map(({ receipt: { receipt } }): BilledTask => {
      return { task: receipt.task, receipt: structHash('Receipt', receipt), cost: billOf(receipt) };
    });
    assert.equal(taskTree(bills).total, COR);
    const epoch = epochOf(5, base, tree, bills);
    const debits = [{ ...(await voucher(50n * COR, 4)), cumulativeDebit: 12n * COR + 7n }];
    await oracleWriter.settle({ epoch, debits, signatures: await sign(epoch, debits) });
    await chain.sync();
    const db = openDatabase(':memory:', SETTLEMENT_MIGRATIONS);
    const book = new SettlementBook(db);
    for (const result of results) book.add(result, [], 0);
    book.saveRoot(tree.root, { epoch: 5, payouts: tree.payouts, tasks: bills.map(({ task }) => task) });

    const answering = await s.chain({ account: oracle });
    const answerer = startAnswerer({ chain: answering, book, log });
    const before = await chain.balanceOf(oracle.address);
    await ownerWriter.approve(s.deployment.settlement, 1_000n * COR);
    const wallet = createWalletClient({ account: owner, transport: http(s.anvil.rpcUrl) });
    for (const [part, index] of [
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      await wallet.writeContract({
        address: s.deployment.settlement,
        abi: settlementAbi,
        functionName: 'challenge',
        args: [5n, part, index],
        chain: null,
      });
    }
    await chain.sync();
    assert.ok(chain.settlement.latest()?.held);
    while (answerer.answered < 3) await s.node.mine({ blocks: 1 });
    answerer.close();
    book.flush();
    db.close();
    await chain.sync();
    assert.equal(chain.settlement.latest()?.held, false);
    assert.deepEqual(await chain.settlement.challenges(5), []);
    assert.equal((await chain.balanceOf(oracle.address)) - before, 300n * COR);
  });

  it('gives the client everything unspent back after the thaw', async () => {
    await clientWriter.topUp(session, 5n * COR);
    await clientWriter.requestClose(session);
    await chain.sync();
    const closing = chain.sessions.get(session);
    assert.equal(closing?.deposit, 105n * COR);
    assert.ok(closing?.closesAt !== undefined);
    await assert.rejects(
      clientWriter.withdrawSession(session),
      (error) => isCoded(error, 'CHAIN_REVERTED') && error.data.error === 'StillThawing',
    );
    await s.node.increaseTime({ seconds: 101 });
    await s.node.mine({ blocks: 1 });
    await clientWriter.withdrawSession(session);
    assert.equal(await chain.balanceOf(client.address), 1_000n * COR - 12n * COR - 7n);
    await chain.sync();
    assert.equal(chain.sessions.get(session), undefined);
  });
});
