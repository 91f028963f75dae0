import assert from 'node:assert/strict';
import { encodeFunctionData, keccak256 } from 'viem';
import { corTokenAbi } from '../../../src/chain/generated/CorToken.ts';
import { memoryJournal, type TxIntent, type TxJournal, type TxOutcome } from '../../../src/chain/journal.ts';
import { openWriter } from '../../../src/chain/writer.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { account, CHAIN_ID, COR, log, type Stage, stage } from './support.ts';

describe('sending transactions', function () {
  this.timeout(30_000);
  const [from, to] = [account(0), account(1)];
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
  });
  afterEach(() => s.close());

  function recording(): TxJournal & { readonly steps: string[]; readonly outcomes: TxOutcome[] } {
    const inner = memoryJournal();
    const steps: string[] = [];
    const outcomes: TxOutcome[] = [];
    return {
      steps,
      outcomes,
      pending: inner.pending,
      begin(intent) {
        steps.push(`begin ${intent.kind}`);
        return inner.begin(intent);
      },
      sent(id, sent) {
        steps.push('sent');
        return inner.sent(id, sent);
      },
      done(id, outcome) {
        steps.push(`done ${outcome.status}`);
        outcomes.push(outcome);
        return inner.done(id, outcome);
      },
    };
  }

  const openWith = (journal: TxJournal) =>
    openWriter({ rpcUrl: s.anvil.rpcUrl, deployment: s.deployment, account: from, log, journal, receiptPollMs: 5 });

  it('journals the intent, then the bytes, then the outcome', async () => {
    const journal = recording();
    const writer = await openWith(journal);
    const { hash } = await writer.transfer(to.address, 5n);
    assert.deepEqual(journal.steps, ['begin transfer', 'sent', 'done success']);
    assert.equal(journal.outcomes[0]?.hash, hash);
  });

  it('gives every transaction its own nonce when many are sent at once', async () => {
    const writer = await openWith(memoryJournal());
    await Promise.all(Array.from({ length: 20 }, () => writer.transfer(to.address, 1n)));
    const chain = await s.chain();
    assert.equal(await chain.balanceOf(to.address), 20n);
  });

  it('CHAIN_REVERTED names the custom error, sends nothing, and the next transaction goes through', async () => {
    const journal = recording();
    const writer = await openWith(journal);
    await assert.rejects(
      writer.unstake(to.address, 1n),
      (error) => isCoded(error, 'CHAIN_REVERTED') && error.data.error === 'InsufficientStake' && !/0x[0-9a-f]{100}/.test(error.message),
    );
    assert.deepEqual(journal.steps, ['begin unstake', 'done refused']);
    await writer.transfer(to.address, 1n);
  });

  it('CHAIN_QUEUE_FULL when too many wait', async () => {
    const writer = await openWith(memoryJournal());
    const results = await Promise.allSettled(Array.from({ length: 65 }, () => writer.transfer(to.address, 1n)));
    const refused = results.filter((result) => result.status === 'rejected');
    assert.equal(refused.length, 1);
    assert.ok(isCoded(refused[0]?.reason, 'CHAIN_QUEUE_FULL'));
  });

  it('CHAIN_TX_TIMEOUT leaves the transaction open in the journal, and reconciling ends it', async () => {
    const journal = recording();
    await s.node.setAutomine(false);
    const impatient = await openWriter({
      rpcUrl: s.anvil.rpcUrl,
      deployment: s.deployment,
      account: from,
      log,
      journal,
      receiptPollMs: 5,
      receiptTimeoutMs: 20,
    });
    await assert.rejects(impatient.transfer(to.address, 3n), (error) => isCoded(error, 'CHAIN_TX_TIMEOUT'));
    assert.equal((await journal.pending()).length, 1);
    await s.node.setAutomine(true);
    await s.node.mine({ blocks: 1 });
    const next = await openWith(journal);
    await next.reconcile();
    assert.equal(journal.outcomes[0]?.status, 'success');
    assert.equal(await (await s.chain()).balanceOf(to.address), 3n);
  });

  it('a crash before the bytes left is made good once, however often it is reconciled', async () => {
    const journal = recording();
    const data = encodeFunctionData({ abi: corTokenAbi, functionName: 'transfer', args: [to.address, COR] });
    const intent: TxIntent = { kind: 'transfer', chainId: CHAIN_ID, from: from.address, to: s.deployment.token, data };
    const raw = await from.signTransaction({
      type: 'eip1559',
      chainId: CHAIN_ID,
      nonce: 6,
      to: intent.to,
      data,
      gas: 200_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 1n,
    });
    for (let copy = 0; copy < 2; copy++) await journal.sent(await journal.begin(intent), { hash: keccak256(raw), nonce: 6, raw });
    await journal.begin(intent);

    await (await openWith(journal)).reconcile();
    assert.deepEqual(await journal.pending(), []);
    assert.equal(await (await s.chain()).balanceOf(to.address), COR);
    assert.deepEqual(journal.outcomes.map(({ status }) => status).sort(), ['refused', 'success', 'success']);
  });

  it("CHAIN_TX_REPLACED when another transaction took the nonce: the journal says 'replaced'", async () => {
    const journal = recording();
    const data = encodeFunctionData({ abi: corTokenAbi, functionName: 'transfer', args: [to.address, COR] });
    const intent: TxIntent = { kind: 'transfer', chainId: CHAIN_ID, from: from.address, to: s.deployment.token, data };
    const raw = await from.signTransaction({
      type: 'eip1559',
      chainId: CHAIN_ID,
      nonce: 0,
      to: intent.to,
      data,
      gas: 200_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 1n,
    });
    await journal.sent(await journal.begin(intent), { hash: keccak256(raw), nonce: 0, raw });
    await (await openWith(journal)).reconcile();
    assert.deepEqual(
      journal.outcomes.map(({ status }) => status),
      ['replaced'],
    );
  });
});
