/**
 * The keys of one node, in one directory:
 *
 *     peer.key             32-byte Ed25519 seed as hex: the libp2p identity
 *     encryption.key       32-byte X25519 scalar as hex: what payloads are sealed to
 *     operator.json        secp256k1 operator key, keystore v3 with scrypt
 */
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as Keystore from 'ox/Keystore';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import type { Hex } from '../types/index.ts';
import { type Ed25519Signer, ed25519Signer } from './ed25519.ts';
import { cryptoError } from './errors.ts';
import { readKeyFile, writeKeyFile } from './keyFile.ts';
import { peerIdOfKey } from './peerId.ts';

export const PEER_KEY_FILE = 'peer.key';
export const ENCRYPTION_KEY_FILE = 'encryption.key';
export const OPERATOR_KEY_FILE = 'operator.json';

/** scrypt cost of new keystores: 2^17 takes about a third of a second and 128 MiB. */
export const SCRYPT_N = 131_072;
const SCRYPT_N_MAX = 1 << 20;

export interface PeerKey extends Ed25519Signer {
  readonly peerId: string;
  /** 32 bytes; secret. */
  readonly seed: Uint8Array;
}

export interface EncryptionKey {
  /** X25519 public key, 32 bytes: NodeRecord.encryptionKey. */
  readonly publicKey: Hex;
  /** 32 bytes; secret. */
  readonly secret: Uint8Array;
}

export interface Identity {
  readonly peer: PeerKey;
  readonly encryption: EncryptionKey;
  readonly operator: PrivateKeyAccount;
}

export interface CreateOptions {
  /** Password of the operator's keystore. */
  readonly password: string;
  /** scrypt cost, a power of two. */
  readonly scryptN?: number;
  /** Takes over an operator key instead of making one. */
  readonly operatorKey?: Hex;
}

/** Makes a new identity. Nothing is overwritten. @throws KEY_FILE_EXISTS, KEY_FILE_PERMISSIONS */
export async function createIdentity(directory: string, options: CreateOptions): Promise<Identity> {
  const operatorKey = options.operatorKey ?? newOperatorKey();
  const keystore = await sealOperatorKey(operatorKey, options.password, options.scryptN);
  const seed = randomBytes(32);
  const secret = randomBytes(32);
  // The keystore goes first: it is the one that refuses an identity that is already there with something at stake.
  await writeKeyFile(join(directory, OPERATOR_KEY_FILE), `${JSON.stringify(keystore, null, 2)}\n`);
  await writeKeyFile(join(directory, PEER_KEY_FILE), `${seed.toString('hex')}\n`);
  await writeKeyFile(join(directory, ENCRYPTION_KEY_FILE), `${secret.toString('hex')}\n`);
  return { peer: peerKeyOf(seed), encryption: encryptionKeyOf(secret), operator: privateKeyToAccount(operatorKey) };
}

/** @throws KEY_FILE_MISSING, KEY_FILE_PERMISSIONS, KEYSTORE_WRONG_PASSWORD, KEYSTORE_MALFORMED */
export async function loadIdentity(directory: string, password: string): Promise<Identity> {
  return {
    peer: await loadPeerKey(directory),
    encryption: encryptionKeyOf(await readSecret(join(directory, ENCRYPTION_KEY_FILE))),
    operator: await loadOperator(directory, password),
  };
}

/** Only the libp2p key: needs no password. @throws KEY_FILE_MISSING, KEY_FILE_PERMISSIONS, KEYSTORE_MALFORMED */
export async function loadPeerKey(directory: string): Promise<PeerKey> {
  return peerKeyOf(await readSecret(join(directory, PEER_KEY_FILE)));
}

/** Only the operator key. @throws KEY_FILE_MISSING, KEY_FILE_PERMISSIONS, KEYSTORE_WRONG_PASSWORD, KEYSTORE_MALFORMED */
export async function loadOperator(directory: string, password: string): Promise<PrivateKeyAccount> {
  const path = join(directory, OPERATOR_KEY_FILE);
  return privateKeyToAccount(await openOperatorKey((await readKeyFile(path)).toString('utf8'), password, path));
}

export function peerKeyOf(seed: Uint8Array): PeerKey {
  const signer = ed25519Signer(seed);
  return { ...signer, peerId: peerIdOfKey(signer.publicKey), seed };
}

/** DER header of RFC 8410 for an X25519 private key. */
const X25519_PKCS8_HEADER = Buffer.from('302e020100300506032b656e04220420', 'hex');

export function encryptionKeyOf(secret: Uint8Array): EncryptionKey {
  const key = createPrivateKey({ key: Buffer.concat([X25519_PKCS8_HEADER, secret]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { publicKey: `0x${spki.subarray(-32).toString('hex')}`, secret };
}

function newOperatorKey(): Hex {
  for (;;) {
    const key: Hex = `0x${randomBytes(32).toString('hex')}`;
    try {
      privateKeyToAccount(key);
      return key;
    } catch {
      // 2^-128: not a scalar of the curve; draw again
    }
  }
}

/** Keystore v3 (https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/). */
export async function sealOperatorKey(key: Hex, password: string, scryptN: number = SCRYPT_N): Promise<Keystore.Keystore> {
  const [derived, parameters] = await Keystore.scryptAsync({ password, n: scryptN, r: 8, p: 1 });
  return Keystore.encrypt(key, derived, parameters);
}

/** @throws KEYSTORE_WRONG_PASSWORD, KEYSTORE_MALFORMED */
export async function openOperatorKey(json: string, password: string, path = 'keystore'): Promise<Hex> {
  const keystore = parseKeystore(json, path);
  const derived = await Keystore.toKeyAsync(keystore, { password });
  try {
    return Keystore.decrypt(keystore, derived);
  } catch (cause) {
    throw cryptoError('KEYSTORE_WRONG_PASSWORD', `${path} does not open with this password`, { path }, cause);
  }
}

function parseKeystore(json: string, path: string): Keystore.Keystore {
  const malformed = (why: string, cause?: unknown) => cryptoError('KEYSTORE_MALFORMED', `${path} ${why}`, { path }, cause);
  let value: Partial<Keystore.Keystore>;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw malformed('is not JSON', cause);
  }
  if (value?.version !== 3 || value.crypto?.cipher !== 'aes-128-ctr') throw malformed('is not a version 3 keystore with aes-128-ctr');
  const { crypto } = value;
  if (crypto.kdf === 'scrypt') {
    const { n, r, p } = crypto.kdfparams as { n: number; r: number; p: number };
    // A foreign file must not decide how much memory is spent: 128 · n · r bytes.
    if (!(n > 1 && n <= SCRYPT_N_MAX && r > 0 && r <= 8 && p > 0 && p <= 8)) throw malformed(`asks for scrypt with n ${n}, r ${r}, p ${p}`);
  } else if (crypto.kdf !== 'pbkdf2') throw malformed('names no key derivation that is known here');
  return value as Keystore.Keystore;
}

async function readSecret(path: string): Promise<Buffer> {
  const text = (await readKeyFile(path)).toString('utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(text)) throw cryptoError('KEYSTORE_MALFORMED', `${path} is not 32 bytes of hex`, { path });
  return Buffer.from(text, 'hex');
}
