/**
 * What gossip carries: docs/protocols/overview.md §3. The signature is the last field, and covers every byte before it, fields
 * that this version does not know included. So nobody can make a second valid envelope out of one that was signed, and a
 * content-hash message id is enough against duplicates.
 */
import { createHash } from 'node:crypto';
import { type Ed25519Signer, ed25519Verify } from '../crypto/ed25519.ts';
import { peerIdOfKey } from '../crypto/peerId.ts';
import type { NetworkId } from '../types/index.ts';
import { message } from './codec/message.ts';
import { bytes, fixed, oneName, u32, u64 } from './codec/types.ts';
import { TOPIC_NAMES, type TopicDescriptor } from './define.ts';
import { hash32 } from './signed/messages.ts';
import { ignore, type Judgement, reject } from './validate.ts';

export const ENVELOPE_VERSION = 1;
/** Larger than any topic's cap; each topic enforces its own first. */
export const ENVELOPE_BYTES_MAX = 64 * 1024;
const SIGNATURE_FIELD = 15;
/** Tag, length and 64 bytes. */
const SIGNATURE_TAIL_BYTES = 66;
const SIGNATURE_TAIL_START = Buffer.from([SIGNATURE_FIELD * 8 + 2, 64]);
/** Keeps an envelope from being taken for anything else that the libp2p key signs. */
export const ENVELOPE_SIGN_PREFIX = 'cortensord/gossip/1:';
const PREFIX = Buffer.from(ENVELOPE_SIGN_PREFIX, 'utf8');

export const EnvelopeMessage = message('Envelope', ENVELOPE_BYTES_MAX, {
  version: [1, u32],
  networkId: [2, fixed<NetworkId>(32)],
  topic: [3, oneName('Topic', TOPIC_NAMES)],
  /** Unix ms. */
  sentAt: [4, u64],
  /** Raw Ed25519 key of the peer that signs. */
  publicKey: [5, hash32],
  /** The topic's message, encoded. */
  body: [6, bytes(ENVELOPE_BYTES_MAX)],
  signature: [SIGNATURE_FIELD, fixed(64)],
});

/** Encodes, wraps and signs a message. @throws WIRE_VALUE, WIRE_TOO_LARGE */
export function sealEnvelope<T>(
  topic: TopicDescriptor<T>,
  networkId: NetworkId,
  body: T,
  sentAt: number,
  signer: Ed25519Signer,
): Uint8Array {
  const sealed = EnvelopeMessage.encode({
    version: ENVELOPE_VERSION,
    networkId,
    topic: topic.name,
    sentAt,
    publicKey: `0x${Buffer.from(signer.publicKey).toString('hex')}`,
    body: topic.message.encode(body),
    signature: `0x${'00'.repeat(64)}`,
  });
  const signed = sealed.subarray(0, sealed.length - SIGNATURE_TAIL_BYTES);
  sealed.set(signer.sign(Buffer.concat([PREFIX, signed])), sealed.length - 64);
  return sealed;
}

export interface OpenedEnvelope<T> {
  readonly body: T;
  readonly peerId: string;
  readonly publicKey: Uint8Array;
  readonly sentAt: number;
}

/** Checks size, form, version, network, freshness and signature, in that order; then decodes the topic's message. */
export function openEnvelope<T>(
  topic: TopicDescriptor<T>,
  networkId: NetworkId,
  data: Uint8Array,
  now: number,
): OpenedEnvelope<T> | Judgement {
  // [REJECT] overview.md §4.1: the envelope is within its topic's cap
  if (data.length > topic.envelopeBytesMax) return reject('ENVELOPE_TOO_LARGE');
  // [REJECT] overview.md §4.2: it is an Envelope, and its last 66 bytes are the signature
  const envelope = attempt(() => EnvelopeMessage.decode(data));
  if (envelope === undefined || !endsWithSignature(data)) return reject('ENVELOPE_MALFORMED');
  // [IGNORE] overview.md §4.3: its version is known
  if (envelope.version !== ENVELOPE_VERSION) return ignore('ENVELOPE_VERSION');
  // [REJECT] overview.md §4.4: it is for this network and this topic
  if (envelope.networkId !== networkId) return reject('NETWORK_MISMATCH');
  if (envelope.topic !== topic.name) return reject('TOPIC_MISMATCH');
  // [IGNORE] overview.md §4.5: it is fresh
  if (Math.abs(envelope.sentAt - now) > topic.freshnessMs) return ignore('ENVELOPE_STALE');
  // [REJECT] overview.md §4.6: the named key signed everything before the signature
  const publicKey = Buffer.from(envelope.publicKey.slice(2), 'hex');
  const signed = Buffer.concat([PREFIX, data.subarray(0, data.length - SIGNATURE_TAIL_BYTES)]);
  if (!ed25519Verify(publicKey, signed, data.subarray(data.length - 64))) return reject('ENVELOPE_SIGNATURE');
  // [REJECT] overview.md §4.7: the body is the topic's message
  const body = attempt(() => topic.message.decode(envelope.body));
  if (body === undefined) return reject('BODY_MALFORMED');
  return { body, peerId: peerIdOfKey(publicKey), publicKey, sentAt: envelope.sentAt };
}

/** Message id: SHA-256 of the whole envelope. */
export function envelopeId(data: Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest();
}

function endsWithSignature(data: Uint8Array): boolean {
  const at = data.length - SIGNATURE_TAIL_BYTES;
  return at >= 0 && SIGNATURE_TAIL_START.equals(data.subarray(at, at + 2));
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
