/**
 * Stateless API keys. `cor-` and the base64url form (no padding) of 131 bytes:
 *
 *     version (1) ‖ session (32) ‖ router (20) ‖ expiresAt (8, big-endian unix ms) ‖ EIP-712 signature (65) ‖ checksum (4)
 *
 * The checksum (first bytes of keccak256 over what is before it) tells a mistyped key from a wrong one before any curve
 * arithmetic. The signer must be the session's client, which only the chain can say: see {@link signerOfApiKey}.
 */
import { keccak256, type LocalAccount } from 'viem';
import type { Address, Hex, SessionId } from '../types/index.ts';
import { type ApiKey, recoverStatement, type SigningContracts, signStatement } from './eip712.ts';
import { cryptoError } from './errors.ts';

export const API_KEY_PREFIX = 'cor-';
const VERSION = 1;
const SIGNED_END = 1 + 32 + 20 + 8;
const BODY_BYTES = SIGNED_END + 65;
const KEY_BYTES = BODY_BYTES + 4;
/** Characters of a key in text. */
export const API_KEY_CHARS = API_KEY_PREFIX.length + Math.ceil((KEY_BYTES * 4) / 3);

export interface SignedApiKey {
  readonly key: ApiKey;
  readonly signature: Hex;
}

export function encodeApiKey({ key, signature }: SignedApiKey): string {
  const bytes = Buffer.alloc(KEY_BYTES);
  bytes[0] = VERSION;
  bytes.write(key.session.slice(2), 1, 32, 'hex');
  bytes.write(key.router.slice(2), 33, 20, 'hex');
  bytes.writeBigUInt64BE(BigInt(key.expiresAt), 53);
  bytes.write(signature.slice(2), SIGNED_END, 65, 'hex');
  bytes.set(checksum(bytes), BODY_BYTES);
  return API_KEY_PREFIX + bytes.toString('base64url');
}

/** Reads a key's text; says nothing yet about who signed it. @throws API_KEY_MALFORMED */
export function parseApiKey(text: string): SignedApiKey {
  const malformed = (why: string) => cryptoError('API_KEY_MALFORMED', `an API key ${why}`);
  if (!text.startsWith(API_KEY_PREFIX)) throw malformed(`starts with ${API_KEY_PREFIX}`);
  if (text.length !== API_KEY_CHARS) throw malformed(`has ${API_KEY_CHARS} characters, this one has ${text.length}`);
  const body = text.slice(API_KEY_PREFIX.length);
  const bytes = Buffer.from(body, 'base64url');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64url') !== body) throw malformed('is base64url');
  if (bytes[0] !== VERSION) throw malformed(`of version ${bytes[0]} is not known here`);
  if (!bytes.subarray(BODY_BYTES).equals(checksum(bytes)))
    throw malformed('has a checksum, and this one does not match: it was mistyped or cut');
  const expiresAt = bytes.readBigUInt64BE(53);
  if (expiresAt > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('expires before the year 287396');
  const hex = (from: number, to: number): Hex => `0x${bytes.toString('hex', from, to)}`;
  return {
    key: { session: hex(1, 33) as SessionId, router: hex(33, 53), expiresAt: Number(expiresAt) },
    signature: hex(SIGNED_END, BODY_BYTES),
  };
}

/** Makes a key as the session's client. */
export async function createApiKey(contracts: SigningContracts, key: ApiKey, client: LocalAccount): Promise<string> {
  return encodeApiKey({ key, signature: await signStatement('ApiKey', contracts, key, client) });
}

/**
 * Checks expiry and router, then recovers the signer. The caller compares it with the session's client on chain.
 *
 * @throws API_KEY_EXPIRED, API_KEY_WRONG_ROUTER, SIGNATURE_MALFORMED
 */
export function signerOfApiKey(contracts: SigningContracts, signed: SignedApiKey, router: Address, nowMs: number): Address {
  const { key, signature } = signed;
  if (key.expiresAt <= nowMs) throw cryptoError('API_KEY_EXPIRED', `the API key expired at ${new Date(key.expiresAt).toISOString()}`);
  if (key.router.toLowerCase() !== router.toLowerCase()) {
    throw cryptoError('API_KEY_WRONG_ROUTER', `the API key is for router ${key.router}, this is ${router}`);
  }
  return recoverStatement('ApiKey', contracts, key, signature);
}

function checksum(bytes: Uint8Array): Uint8Array {
  return keccak256(bytes.subarray(0, BODY_BYTES), 'bytes').subarray(0, 4);
}
