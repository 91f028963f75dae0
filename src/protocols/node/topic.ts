import { bitsToRoles, ROLES } from '../../types/index.ts';
import { defineTopic } from '../define.ts';
import { isSignedBy } from '../rights.ts';
import { ACCEPT, ignore, type Judgement, type RuleContext, reject, type Sender } from '../validate.ts';
import { type NodeAnnouncement, NodeAnnouncementMessage } from './messages.ts';

/** A record may be valid for this long at most, counted from when it arrives. */
export const RECORD_LIFETIME_MAX_MS = 7 * 24 * 3_600_000;
/** Heartbeats of one peer closer together than this are dropped. */
export const HEARTBEAT_INTERVAL_MIN_MS = 100;

/** Topic `node`: docs/protocols/node.md §3. */
export const nodeTopic = defineTopic<NodeAnnouncement>({
  name: 'node',
  version: 1,
  message: NodeAnnouncementMessage,
  envelopeBytesMax: 16 * 1024,
  speakers: ROLES,
  scoreWeight: 0.5,
  freshnessMs: 30_000,
  rule,
});

function rule({ record: signed, capacity }: NodeAnnouncement, sender: Sender, context: RuleContext): Judgement {
  const { record, signature } = signed;
  // [REJECT] node.md §3.1: the record is that of the peer which signed the envelope
  if (record.peerId !== sender.peerId) return reject('RECORD_PEER_MISMATCH');
  const roles = bitsToRoles(record.roles);
  // [REJECT] node.md §3.2: it states at least one known role
  if (roles.length === 0) return reject('RECORD_NO_ROLE');
  // [REJECT] node.md §3.3: each model stands once
  if (new Set(capacity.models.map((model) => model.id)).size !== capacity.models.length) return reject('CAPACITY_DUPLICATE_MODEL');
  // [IGNORE] node.md §3.4: the record is in force, and not for longer than a week from now
  if (record.expiresAt <= context.now) return ignore('RECORD_EXPIRED');
  if (record.expiresAt > context.now + RECORD_LIFETIME_MAX_MS) return ignore('RECORD_LIFETIME');
  const known = context.nodes.byPeer(record.peerId);
  if (known !== undefined) {
    // [IGNORE] node.md §3.5: sequences never go back
    if (record.sequence < known.record.sequence) return ignore('RECORD_STALE');
    const renewed = record.sequence > known.record.sequence;
    // [IGNORE] node.md §3.6: under one record, measurements move forward, and not faster than the limit
    if (!renewed && capacity.sentAt < known.capacity.sentAt + HEARTBEAT_INTERVAL_MIN_MS) return ignore('HEARTBEAT_TOO_OFTEN');
    // [IGNORE] node.md §3.7: one sequence, one record
    if (!renewed && !context.nodes.knows(signed)) return ignore('RECORD_CONFLICT');
  }
  // [REJECT] node.md §3.8: the operator signed the record
  if (!context.nodes.knows(signed) && !isSignedBy('NodeRecord', context.contracts, record, signature, record.operator)) {
    return reject('RECORD_SIGNATURE');
  }
  // [IGNORE] node.md §3.9: the registry knows the operator in each role
  if (roles.some((role) => context.isRegistered(record.operator, role) !== true)) return ignore('NOT_REGISTERED');
  return ACCEPT;
}
