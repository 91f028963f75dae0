import { defineStream } from '../define.ts';
import { type PayoutsReply, PayoutsReplyMessage, type PayoutsRequest, PayoutsRequestMessage } from './messages.ts';

/** `/cortensor/payouts/1`: docs/protocols/payouts.md. */
export const payoutsStream = defineStream<PayoutsRequest, PayoutsReply>({
  name: 'payouts',
  protocol: '/cortensor/payouts/1',
  up: PayoutsRequestMessage,
  down: PayoutsReplyMessage,
  inboundStreamsMax: 64,
  inboundStreamsPerPeerMax: 4,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 15_000,
  errorFrame: (error) => ({ kind: 'error', ...error }),
});
