import { pino } from 'pino';
import { storeError } from '../inference/store/errors.ts';
import type { BlockPeers } from '../inference/store/swarm/ports.ts';
import { blockPeers } from '../node/blockPeers.ts';
import { openClient } from '../protocols/engine/openClient.ts';
import { systemClock } from '../util/clock.ts';
import { isCoded } from '../util/errors.ts';
import { type GlobalOptions, loadFor } from './globals.ts';
import type { Io } from './io.ts';
import { withNode } from './node.ts';
import { packageVersion } from './version.ts';

/** Addresses of a running node that are asked as well. */
const OWN_ADDRESSES_MAX = 8;

/**
 * Joins the network as a client of its own, through the addresses of the configuration and, when a node runs here, through that.
 *
 * @throws STORE_NO_PEERS when there is neither, PEER_UNREACHABLE
 */
export async function joinPeers(options: GlobalOptions, io: Io): Promise<{ readonly peers: BlockPeers } & AsyncDisposable> {
  const { config } = await loadFor(options, io);
  const bootstrap = [...config.network.bootstrap, ...(await ownAddresses(options, io))];
  if (bootstrap.length === 0) throw storeError('STORE_NO_PEERS', 'no node runs here, and network.bootstrap is empty');
  const client = await openClient(
    { clock: systemClock, log: pino({ level: 'silent' }) },
    { bootstrap, privateAddresses: config.network.allowPrivateAddresses, userAgent: `cortensord/${packageVersion()}` },
  );
  return { peers: blockPeers(client), [Symbol.asyncDispose]: () => client.close() };
}

async function ownAddresses(options: GlobalOptions, io: Io): Promise<string[]> {
  try {
    const { addresses } = await withNode(options, io, (node) => node.call('net_info', {}));
    return addresses.slice(0, OWN_ADDRESSES_MAX);
  } catch (error) {
    if (isCoded(error, 'NODE_NOT_RUNNING')) return [];
    throw error;
  }
}
