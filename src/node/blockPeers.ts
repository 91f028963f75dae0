import { storeError } from '../inference/store/errors.ts';
import type { BlockLine, BlockPeers, BlockRequest } from '../inference/store/swarm/ports.ts';
import type { BlocksDown, BlocksUp } from '../protocols/blocks/messages.ts';
import { blocksStream } from '../protocols/blocks/stream.ts';
import type { Channel } from '../protocols/channel.ts';
import type { NetworkClient } from '../protocols/engine/openClient.ts';
import type { Hex } from '../types/index.ts';
import { withDeadline } from '../util/deadline.ts';
import { isCoded } from '../util/errors.ts';

/** One search of the DHT. */
const FIND_MS = 15_000;
/** Connected peers that are asked without a record of the DHT: young and small networks have none yet. */
const NEAR_MAX = 8;

/** Other nodes of the network as the store asks them for blocks. */
export function blockPeers(client: NetworkClient): BlockPeers {
  return {
    async find(root, onPeer, signal) {
      for (const peerId of client.peerIds().slice(0, NEAR_MAX)) onPeer(peerId);
      await withDeadline('a search of the DHT', FIND_MS, signal, async (inner) => {
        for await (const peerId of client.findProviders(root, inner)) onPeer(peerId);
      });
    },
    async open(peerId, signal) {
      try {
        return lineOf(await client.open(blocksStream, peerId, signal));
      } catch (error) {
        throw failure(error, signal);
      }
    },
  };
}

function lineOf(channel: Channel<BlocksUp, BlocksDown>): BlockLine {
  return {
    async send(request, signal) {
      await channel.send(wireForm(request), signal).catch((error: unknown) => {
        throw failure(error, signal);
      });
    },
    async next(signal) {
      const frame = await channel.next(signal).catch((error: unknown) => {
        throw failure(error, signal);
      });
      if (frame?.kind === 'block') return frame.data;
      if (frame === undefined) throw storeError('STORE_DOWNLOAD_FAILED', 'the peer ended the stream');
      if (frame.code === 'STORE_BLOCK_MISSING') throw storeError('STORE_BLOCK_MISSING', 'the peer does not share it');
      throw storeError('STORE_DOWNLOAD_FAILED', `the peer answers ${frame.code.replace(/[^A-Z_]/g, '')}`);
    },
    close: () => channel.reset(),
  };
}

const hex = (digest: string): Hex => `0x${digest}`;

const wireForm = (request: BlockRequest): BlocksUp =>
  request.kind === 'nodes' ? { kind: 'nodes', digests: request.digests.map(hex) } : { ...request, file: hex(request.file) };

/** Bytes that are no frame are as wrong as a block with another hash; anything else may go better later. */
function failure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const message = error instanceof Error ? error.message : String(error);
  if (isCoded(error, 'WIRE_MALFORMED') || isCoded(error, 'WIRE_TOO_LARGE')) return storeError('STORE_BLOCK_WRONG', message, {}, error);
  return storeError('STORE_DOWNLOAD_FAILED', message, {}, error);
}
