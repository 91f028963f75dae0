/**
 * libp2p peer ids of Ed25519 keys without libp2p: identity multihash over the protobuf public key
 * (https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md), 38 bytes, base58btc as text.
 */
import { base58btc } from 'multiformats/bases/base58';
import { cryptoError } from './errors.ts';

const PREFIX = Buffer.from('002408011220', 'hex');
const KEY_BYTES = 32;
/** Text of an Ed25519 peer id: `12D3KooW` and 44 more characters. */
const TEXT_CHARS_MAX = 64;

/** Multihash bytes of a peer id in text. @throws PEER_ID_MALFORMED when it is no Ed25519 peer id. */
export function peerIdToBytes(peerId: string): Uint8Array {
  const bytes = peerId.length <= TEXT_CHARS_MAX ? tryDecode(peerId) : undefined;
  if (bytes === undefined || !isEd25519PeerId(bytes)) {
    throw cryptoError('PEER_ID_MALFORMED', 'a peer id here is that of an Ed25519 key, in base58btc (12D3KooW…)');
  }
  return bytes;
}

/** True for the 38 bytes of an Ed25519 peer id. */
export function isEd25519PeerId(bytes: Uint8Array): boolean {
  return bytes.length === PREFIX.length + KEY_BYTES && PREFIX.equals(bytes.subarray(0, PREFIX.length));
}

export function peerIdFromBytes(bytes: Uint8Array): string {
  return base58btc.baseEncode(bytes);
}

/** Peer id of a raw Ed25519 public key (32 bytes). */
export function peerIdOfKey(publicKey: Uint8Array): string {
  return base58btc.baseEncode(Buffer.concat([PREFIX, publicKey]));
}

/** Raw Ed25519 public key (32 bytes) inside a peer id. */
export function keyOfPeerId(peerId: string): Uint8Array {
  return peerIdToBytes(peerId).subarray(PREFIX.length);
}

function tryDecode(text: string): Uint8Array | undefined {
  try {
    return base58btc.baseDecode(text);
  } catch {
    return undefined;
  }
}
