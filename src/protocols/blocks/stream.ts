import { defineStream } from '../define.ts';
import { type BlocksDown, BlocksDownMessage, type BlocksUp, BlocksUpMessage } from './messages.ts';

/** `/cortensor/blocks/1`: docs/protocols/blocks.md. */
export const blocksStream = defineStream<BlocksUp, BlocksDown>({
  name: 'blocks',
  protocol: '/cortensor/blocks/1',
  up: BlocksUpMessage,
  down: BlocksDownMessage,
  inboundStreamsMax: 32,
  inboundStreamsPerPeerMax: 4,
  requestTimeoutMs: 3_600_000,
  idleTimeoutMs: 30_000,
  errorFrame: (error) => ({ kind: 'error', ...error }),
});
