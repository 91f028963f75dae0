import { defineStream } from '../define.ts';
import { type InferDown, InferDownMessage, type InferUp, InferUpMessage } from './messages.ts';

/** `/cortensor/infer/1`: docs/protocols/infer.md. */
export const inferStream = defineStream<InferUp, InferDown>({
  name: 'infer',
  protocol: '/cortensor/infer/1',
  up: InferUpMessage,
  down: InferDownMessage,
  inboundStreamsMax: 256,
  inboundStreamsPerPeerMax: 64,
  requestTimeoutMs: 3_600_000,
  idleTimeoutMs: 120_000,
  errorFrame: (error) => ({ kind: 'error', ...error }),
});
