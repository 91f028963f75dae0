import { CID } from 'multiformats/cid';
import { isOurs } from '../content/cid.ts';

/** A CIDv1 of this store in bytes: version, codec, SHA-256, 32, digest. */
export const CID_BYTES = 36;
/** Of a header with one such root. */
export const HEADER_BYTES = 59;

/** CBOR of {"roots": [root], "version": 1}, before and after the CID's bytes (https://ipld.io/specs/transport/car/carv1/). */
const BEFORE = Buffer.concat([Buffer.from([0xa2, 0x65]), Buffer.from('roots'), Buffer.from([0x81, 0xd8, 0x2a, 0x58, 0x25, 0x00])]);
const AFTER = Buffer.concat([Buffer.from([0x67]), Buffer.from('version'), Buffer.from([0x01])]);

/** CARv1 with one root. */
export function carHeader(root: CID): Buffer {
  return Buffer.concat([Buffer.from([HEADER_BYTES - 1]), BEFORE, root.bytes, AFTER]);
}

/** The root; undefined for other versions, several roots, and roots of another kind. */
export function rootOf(header: Uint8Array): CID | undefined {
  const cid = Buffer.from(header).subarray(1 + BEFORE.length, 1 + BEFORE.length + CID_BYTES);
  try {
    const root = CID.decode(cid);
    return isOurs(root) && carHeader(root).equals(header) ? root : undefined;
  } catch {
    return undefined;
  }
}

/** What stands before a block. */
export function sectionHead(cid: CID, blockBytes: number): Buffer {
  return Buffer.concat([varint(CID_BYTES + blockBytes), cid.bytes]);
}

/** Length of a section and of the number that says it; undefined for one above 2^28, or cut. */
export function sectionLength(bytes: Uint8Array): { readonly headBytes: number; readonly bytes: number } | undefined {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[i];
    if (byte === undefined) return undefined;
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return { headBytes: i + 1, bytes: value };
  }
  return undefined;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
