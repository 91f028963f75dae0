import assert from 'node:assert/strict';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { type Receipt, type SigningContracts, signStatement } from '../../../src/crypto/eip712.ts';
import { verifyReceipt } from '../../../src/sdk/index.ts';
import type { Address, Hex, ModelId, SessionId, TaskId } from '../../../src/types/index.ts';

const word = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`;
const contracts: SigningContracts = {
  chainId: 31_337,
  nodeRegistry: `0x${'11'.repeat(20)}`,
  sessionManager: `0x${'22'.repeat(20)}`,
  settlement: `0x${'33'.repeat(20)}`,
};

describe('sdk/receipt', () => {
  const miner = privateKeyToAccount(generatePrivateKey());
  const receipt: Receipt = {
    task: word(1) as TaskId,
    session: word(2) as SessionId,
    model: word(3) as ModelId,
    miner: miner.address.toLowerCase() as Address,
    promptTokens: 1_001,
    completionTokens: 500,
    promptCommit: word(4),
    outputRoot: word(5),
    sampling: word(6),
    promptPrice: 1_000n,
    completionPrice: 3_000n,
    startedAt: 1,
    endedAt: 2,
    numericsProfile: word(7),
  };

  it('a miner’s receipt verifies and bills prices times counts, rounded up', async () => {
    const signature = await signStatement('Receipt', contracts, receipt, miner);
    assert.deepEqual(verifyReceipt(contracts, { receipt, signature }), { signed: true, cost: 1_001n + 1_500n });
  });

  it('takes a receipt as JSON gives it', async () => {
    const signature = await signStatement('Receipt', contracts, receipt, miner);
    const json = JSON.parse(JSON.stringify({ receipt, signature }, (_, value) => (typeof value === 'bigint' ? value.toString() : value)));
    assert.equal(verifyReceipt(contracts, json).signed, true);
  });

  it('any changed field, another chain or another signer does not verify', async () => {
    const signature = await signStatement('Receipt', contracts, receipt, miner);
    assert.equal(verifyReceipt(contracts, { receipt: { ...receipt, completionTokens: 501 }, signature }).signed, false);
    assert.equal(verifyReceipt({ ...contracts, chainId: 1 }, { receipt, signature }).signed, false);
    const other = await signStatement('Receipt', contracts, receipt, privateKeyToAccount(generatePrivateKey()));
    assert.equal(verifyReceipt(contracts, { receipt, signature: other }).signed, false);
    assert.equal(verifyReceipt(contracts, { receipt, signature: '0x00' }).signed, false);
  });
});
