import type { Logger } from 'pino';
import { parseContentId } from '../inference/store/content/cid.ts';
import type { Shelf } from '../inference/store/shelf.ts';
import type { BlockRequest } from '../inference/store/swarm/ports.ts';
import { BLOCK_LEAVES_MAX, type BlocksUp } from '../protocols/blocks/messages.ts';
import { blocksStream } from '../protocols/blocks/stream.ts';
import { protocolError } from '../protocols/errors.ts';
import type { Network } from '../protocols/network.ts';
import type { Hex } from '../types/index.ts';
import type { Clock } from '../util/clock.ts';
import { toCoded } from '../util/errors.ts';
import { Throttle } from '../util/throttle.ts';

/** The store is read again so often: models come and go by the command line. */
const REFRESH_MS = 30_000;

export interface BlockServerComponents {
  readonly network: Network;
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Serves blocks of the models that the store shares, and tells the DHT which. Returns how to stop. */
export async function startBlockServer(
  { network, shelf, clock, log }: BlockServerComponents,
  { bytesPerSecond }: { readonly bytesPerSecond: number },
): Promise<() => Promise<void>> {
  const throttle = new Throttle(clock, bytesPerSecond);
  const stop = new AbortController();
  const provided = new Set<string>();

  const unhandle = await network.handle(blocksStream, async (channel) => {
    for await (const up of channel.receive) {
      for await (const data of shelf.read(requestOf(up))) {
        await throttle.take(data.length, channel.signal);
        await channel.send({ kind: 'block', data: [data] });
      }
    }
  });

  async function tellDht(): Promise<void> {
    const roots = new Set(shelf.roots);
    for (const root of provided) {
      if (roots.has(root)) continue;
      network.unprovide(parseContentId(root));
      provided.delete(root);
    }
    for (const root of roots) {
      if (provided.has(root)) continue;
      await network.provide(parseContentId(root), stop.signal);
      provided.add(root);
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await shelf.refresh();
        await tellDht();
      } catch (error) {
        if (!stop.signal.aborted) log.debug({ code: toCoded(error).code }, 'what is shared is not told to the DHT yet');
      }
      await clock.sleep(REFRESH_MS, stop.signal).catch(() => {});
    }
  }

  const running = run();
  return async () => {
    stop.abort();
    await unhandle();
    await running;
  };
}

const bare = (digest: Hex): string => digest.slice(2);

/** @throws WIRE_VALUE */
function requestOf(up: BlocksUp): BlockRequest {
  if (up.kind === 'nodes') return { kind: 'nodes', digests: up.digests.map(bare) };
  if (up.count < 1 || up.count > BLOCK_LEAVES_MAX) throw protocolError('WIRE_VALUE', `${up.count} leaves, not 1 to ${BLOCK_LEAVES_MAX}`);
  return { kind: 'leaves', file: bare(up.file), first: up.first, count: up.count };
}
