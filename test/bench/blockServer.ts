/**
 * A node that shares the models of a store (`blockServer.ts <folder> <first address of another one, or nothing>`) on a free port of 127.0.0.1, and
 * tells its address to its parent. A process of its own, as other nodes are.
 */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { peerKeyOf } from '../../src/crypto/identity.ts';
import { Shelf } from '../../src/inference/store/shelf.ts';
import { startBlockServer } from '../../src/node/blockServer.ts';
import { openNetwork } from '../../src/protocols/engine/openNetwork.ts';
import { systemClock } from '../../src/util/clock.ts';

const [, , dir = '', bootstrap] = process.argv;
const BYTES_PER_SECOND = 10_000_000_000;
const NOWHERE = `0x${'00'.repeat(20)}` as const;
const log = pino({ level: 'silent' });

const network = await openNetwork(
  {
    key: peerKeyOf(randomBytes(32)),
    contracts: { chainId: 31_337, nodeRegistry: NOWHERE, sessionManager: NOWHERE, settlement: NOWHERE },
    clock: systemClock,
    log,
    isRegistered: () => true,
  },
  { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: bootstrap ? [bootstrap] : [], privateAddresses: true, colocationWhitelist: ['127.0.0.1'] },
);
const shelf = new Shelf(dir, systemClock);
await startBlockServer({ network, shelf, clock: systemClock, log }, { bytesPerSecond: BYTES_PER_SECOND });
process.send?.(network.addresses[0]);
process.once('disconnect', () => process.exit(0));
