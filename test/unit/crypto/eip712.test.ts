import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hashTypedData } from 'viem';
import { privateKeyToAccount, toAccount } from 'viem/accounts';
import {
  hashStatement,
  recoverSigner,
  recoverStatement,
  type SigningContracts,
  type StatementName,
  type Statements,
  signStatement,
  typedDataOf,
  verifyStatement,
} from '../../../src/crypto/eip712.ts';
import { peerIdOfKey } from '../../../src/crypto/peerId.ts';
import type { Hex, ModelId, SessionId, TaskId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';

const CONTRACTS: SigningContracts = {
  chainId: 31_337,
  nodeRegistry: `0x${'a1'.repeat(20)}`,
  sessionManager: `0x${'a2'.repeat(20)}`,
  settlement: `0x${'a3'.repeat(20)}`,
};
const account = privateKeyToAccount(`0x${'11'.repeat(32)}`);
const signer = account.address.toLowerCase() as Hex;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const bytesHex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`);
const h32 = bytesHex(32);
const task = h32.map((hex) => hex as TaskId);
const session = h32.map((hex) => hex as SessionId);
const model = h32.map((hex) => hex as ModelId);
const address = bytesHex(20);
const u32 = fc.nat({ max: 0xffff_ffff });
const u64 = fc.maxSafeNat();
const u128 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const u256 = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
const peerId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdOfKey);

const ANY: { readonly [N in StatementName]: fc.Arbitrary<Statements[N]> } = {
  NodeRecord: fc.record({ peerId, operator: address, owner: address, roles: u32, encryptionKey: h32, sequence: u64, expiresAt: u64 }),
  Assignment: fc.record({
    task,
    session,
    model,
    router: address,
    miner: address,
    promptCommit: h32,
    promptTokens: u32,
    maxTokens: u32,
    sampling: h32,
    promptPrice: u128,
    completionPrice: u128,
    deadline: u64,
  }),
  Receipt: fc.record({
    task,
    session,
    model,
    miner: address,
    promptTokens: u32,
    completionTokens: u32,
    promptCommit: h32,
    outputRoot: h32,
    sampling: h32,
    promptPrice: u128,
    completionPrice: u128,
    startedAt: u64,
    endedAt: u64,
    numericsProfile: h32,
  }),
  Voucher: fc.record({ session, payee: address, cumulativeAmount: u256, nonce: u64, streamRoot: h32 }),
  Vote: fc.record({ task, round: u32, verdict: fc.constantFrom(1, 2, 3), evidenceHash: h32, salt: h32 }),
  Attestation: fc.record({
    epoch: u64,
    root: h32,
    base: h32,
    total: u128,
    payouts: u32,
    tasksRoot: h32,
    tasksTotal: u128,
    tasks: u32,
    debitsHash: h32,
  }),
  ApiKey: fc.record({ session, router: address, expiresAt: u64 }),
};

const VOTE = {
  task: `0x${'01'.repeat(32)}` as TaskId,
  round: 0,
  verdict: 1,
  evidenceHash: `0x${'02'.repeat(32)}`,
  salt: `0x${'03'.repeat(32)}`,
} as const;

describe('crypto/eip712', () => {
  for (const name of Object.keys(ANY) as StatementName[]) {
    it(`${name} hashes as viem hashes it`, () => {
      fc.assert(
        fc.property(ANY[name] as fc.Arbitrary<Statements[typeof name]>, (message) => {
          assert.equal(hashStatement(name, CONTRACTS, message), hashTypedData(typedDataOf(name, CONTRACTS, message)));
        }),
        { numRuns: 50 },
      );
    });
  }

  it('a signature recovers to its signer, also from an account that signs typed data only', async () => {
    const wallet = toAccount({
      address: account.address,
      signMessage: account.signMessage,
      signTransaction: account.signTransaction,
      signTypedData: account.signTypedData,
    });
    const signature = await signStatement('Vote', CONTRACTS, VOTE, account);
    assert.equal(await signStatement('Vote', CONTRACTS, VOTE, wallet), signature);
    assert.equal(recoverStatement('Vote', CONTRACTS, VOTE, signature), signer);
    verifyStatement('Vote', CONTRACTS, VOTE, signature, account.address);
  });

  it('SIGNATURE_WRONG_SIGNER on another chain, contract, message or signer', async () => {
    const signature = await signStatement('Vote', CONTRACTS, VOTE, account);
    const refused = (error: unknown): boolean => isCoded(error, 'SIGNATURE_WRONG_SIGNER');
    assert.throws(() => verifyStatement('Vote', { ...CONTRACTS, chainId: 1 }, VOTE, signature, signer), refused);
    assert.throws(() => verifyStatement('Vote', { ...CONTRACTS, nodeRegistry: signer }, VOTE, signature, signer), refused);
    assert.throws(() => verifyStatement('Vote', CONTRACTS, { ...VOTE, verdict: 2 }, signature, signer), refused);
    assert.throws(() => verifyStatement('Vote', CONTRACTS, VOTE, signature, CONTRACTS.nodeRegistry), refused);
  });

  it('SIGNATURE_MALFORMED for a high s, compact form, other v, wrong length and no curve point', async () => {
    const signature = await signStatement('Vote', CONTRACTS, VOTE, account);
    const digest = hashStatement('Vote', CONTRACTS, VOTE);
    const s = BigInt(`0x${signature.slice(66, 130)}`);
    const twin = `${signature.slice(0, 66)}${(ORDER - s).toString(16).padStart(64, '0')}${signature.endsWith('1b') ? '1c' : '1b'}`;
    const forms = [twin, signature.slice(0, 130), `${signature.slice(0, 130)}00`, `${signature}00`, `0x${'00'.repeat(64)}1b`, '0x'];
    for (const form of forms)
      assert.throws(
        () => recoverSigner(digest, form as Hex),
        (error) => isCoded(error, 'SIGNATURE_MALFORMED'),
        form,
      );
  });
});
