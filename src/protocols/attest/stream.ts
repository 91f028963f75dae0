import { defineStream } from '../define.ts';
import { type AttestProposal, AttestProposalMessage, type AttestReply, AttestReplyMessage } from './messages.ts';

/** `/cortensor/attest/1`: docs/protocols/attest.md. */
export const attestStream = defineStream<AttestProposal, AttestReply>({
  name: 'attest',
  protocol: '/cortensor/attest/1',
  up: AttestProposalMessage,
  down: AttestReplyMessage,
  inboundStreamsMax: 16,
  inboundStreamsPerPeerMax: 4,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  errorFrame: (error) => ({ kind: 'error', ...error }),
});
