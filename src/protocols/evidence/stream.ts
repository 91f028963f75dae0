import { defineStream } from '../define.ts';
import { type EvidenceReply, EvidenceReplyMessage, type EvidenceRequest, EvidenceRequestMessage } from './messages.ts';

/** `/cortensor/evidence/1`: docs/protocols/evidence.md. */
export const evidenceStream = defineStream<EvidenceRequest, EvidenceReply>({
  name: 'evidence',
  protocol: '/cortensor/evidence/1',
  up: EvidenceRequestMessage,
  down: EvidenceReplyMessage,
  inboundStreamsMax: 32,
  inboundStreamsPerPeerMax: 8,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 20_000,
  errorFrame: (error) => ({ kind: 'error', ...error }),
});
