import { createHash, hash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { storeError } from '../errors.ts';
import { DIGEST_BYTES } from './leaf.ts';

export const RAW = 0x55;
export const DAG_PB = 0x70;
const SHA2_256 = 0x12;

export const sha256Of = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

export function sha256OfParts(parts: readonly Uint8Array[]): Uint8Array {
  const whole = createHash('sha256');
  for (const part of parts) whole.update(part);
  return whole.digest();
}

/** CIDv1 of a block by its SHA-256. */
export const cidOf = (codec: typeof RAW | typeof DAG_PB, digest: Uint8Array): CID =>
  CID.createV1(codec, Digest.create(SHA2_256, Uint8Array.from(digest)));

/** Lower-case hex of the digest that a CID carries: the key of a block, for no two blocks have one. */
export const digestHex = (cid: CID): string => Buffer.from(cid.multihash.digest).toString('hex');

/** Whether a CID is of the form that this store makes: version 1, raw or dag-pb, SHA-256. */
export function isOurs(cid: CID): boolean {
  const { code, digest } = cid.multihash;
  return cid.version === 1 && (cid.code === RAW || cid.code === DAG_PB) && code === SHA2_256 && digest.length === DIGEST_BYTES;
}

/** Whether a text looks like a CID at all, for one that is misspelt is no name of a repository. */
export function parseCid(text: string): CID | undefined {
  try {
    return CID.parse(text);
  } catch {
    return undefined;
  }
}

/** The content id of a model. @throws STORE_SOURCE_INVALID */
export function parseContentId(text: string): CID {
  const cid = parseCid(text);
  if (cid !== undefined && isOurs(cid) && cid.code === DAG_PB) return cid;
  throw storeError('STORE_SOURCE_INVALID', `${JSON.stringify(text.slice(0, 120))} is no content id of a model: CIDv1, dag-pb, SHA-256`);
}
