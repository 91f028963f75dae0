import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { ed25519Verify } from '../../../src/crypto/ed25519.ts';
import {
  createIdentity,
  ENCRYPTION_KEY_FILE,
  loadIdentity,
  loadPeerKey,
  OPERATOR_KEY_FILE,
  PEER_KEY_FILE,
  peerKeyOf,
} from '../../../src/crypto/identity.ts';
import { keyOfPeerId, peerIdToBytes } from '../../../src/crypto/peerId.ts';
import { isCoded } from '../../../src/util/errors.ts';

const OPTIONS = { password: 'correct horse', scryptN: 1_024 };
const code = (expected: string) => (error: unknown) => isCoded(error, expected);

describe('crypto/identity', () => {
  let root: string;
  let directory: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'cortensord-test-'));
    directory = join(root, 'keys');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('comes back as it was made, from 0600 files in a 0700 directory', async () => {
    const made = await createIdentity(directory, OPTIONS);
    const loaded = await loadIdentity(directory, OPTIONS.password);
    assert.equal(loaded.peer.peerId, made.peer.peerId);
    assert.equal(loaded.operator.address, made.operator.address);
    assert.deepEqual(loaded.encryption, { ...made.encryption, secret: loaded.encryption.secret });
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
    for (const file of [PEER_KEY_FILE, ENCRYPTION_KEY_FILE, OPERATOR_KEY_FILE]) {
      assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600, file);
    }
    assert.ok(!(await readFile(join(directory, OPERATOR_KEY_FILE), 'utf8')).includes(Buffer.from(made.peer.seed).toString('hex')));
  });

  it('takes over an operator key', async () => {
    const operatorKey = `0x${'33'.repeat(32)}` as const;
    await createIdentity(directory, { ...OPTIONS, operatorKey });
    assert.equal((await loadIdentity(directory, OPTIONS.password)).operator.address, '0x5CbDd86a2FA8Dc4bDdd8a8f69dBa48572EeC07FB');
  });

  it('KEYSTORE_WRONG_PASSWORD', async () => {
    await createIdentity(directory, OPTIONS);
    await assert.rejects(loadIdentity(directory, 'wrong'), code('KEYSTORE_WRONG_PASSWORD'));
  });

  it('KEY_FILE_EXISTS when an identity is there', async () => {
    await createIdentity(directory, OPTIONS);
    await assert.rejects(createIdentity(directory, OPTIONS), code('KEY_FILE_EXISTS'));
  });

  it('KEY_FILE_MISSING when there is none', () => assert.rejects(loadPeerKey(directory), code('KEY_FILE_MISSING')));

  it('KEY_FILE_PERMISSIONS when others can read the file or the directory', async () => {
    await createIdentity(directory, OPTIONS);
    await chmod(join(directory, PEER_KEY_FILE), 0o640);
    await assert.rejects(loadPeerKey(directory), code('KEY_FILE_PERMISSIONS'));
    await chmod(join(directory, PEER_KEY_FILE), 0o600);
    await chmod(directory, 0o755);
    await assert.rejects(loadPeerKey(directory), code('KEY_FILE_PERMISSIONS'));
  });

  it('KEYSTORE_MALFORMED for other content, and for a scrypt cost that would eat the memory', async () => {
    await createIdentity(directory, OPTIONS);
    await writeFile(join(directory, PEER_KEY_FILE), 'not hex');
    await assert.rejects(loadPeerKey(directory), code('KEYSTORE_MALFORMED'));
    const path = join(directory, OPERATOR_KEY_FILE);
    const keystore = JSON.parse(await readFile(path, 'utf8'));
    keystore.crypto.kdfparams.n = 2 ** 30;
    await writeFile(path, JSON.stringify(keystore));
    await writeFile(join(directory, PEER_KEY_FILE), '11'.repeat(32));
    await assert.rejects(loadIdentity(directory, OPTIONS.password), code('KEYSTORE_MALFORMED'));
  });

  it('the peer id is the one that libp2p derives, and its key verifies what it signs', () => {
    const key = peerKeyOf(Buffer.alloc(32, 7));
    const libp2p = privateKeyFromRaw(Buffer.concat([key.seed, key.publicKey]));
    assert.equal(peerIdFromPrivateKey(libp2p).toString(), key.peerId);
    assert.deepEqual(Buffer.from(keyOfPeerId(key.peerId)), Buffer.from(key.publicKey));
    const message = Buffer.from('hello');
    const signature = key.sign(message);
    assert.ok(ed25519Verify(key.publicKey, message, signature));
    assert.ok(!ed25519Verify(key.publicKey, Buffer.from('hellO'), signature));
    assert.ok(!ed25519Verify(Buffer.alloc(32, 0xff), message, signature));
    assert.ok(!ed25519Verify(Buffer.alloc(5), message, signature));
  });

  it('PEER_ID_MALFORMED for other text', () => {
    for (const text of ['', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG', '0OIl', 'x'.repeat(10_000)]) {
      assert.throws(() => peerIdToBytes(text), code('PEER_ID_MALFORMED'));
    }
  });
});
