import assert from 'node:assert/strict';
import type { PeerId, Stream } from '@libp2p/interface';
import { pino } from 'pino';
import { peerKeyOf } from '../../../src/crypto/identity.ts';
import { networkIdOf } from '../../../src/crypto/ids.ts';
import { Dialler } from '../../../src/protocols/engine/dialler.ts';
import { createHost, type Host, routingTableSize } from '../../../src/protocols/engine/host.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { CONTRACTS, until } from './hosts.ts';

describe('protocols/dialler', function () {
  this.timeout(60_000);
  const hosts: Host[] = [];
  const start = async (n: number): Promise<Host> => {
    const host = await createHost(
      { key: peerKeyOf(Buffer.alloc(32, n)) },
      {
        networkId: networkIdOf(CONTRACTS.chainId, CONTRACTS.nodeRegistry),
        listen: ['/ip4/127.0.0.1/tcp/0'],
        bootstrap: [],
        privateAddresses: true,
        colocationWhitelist: ['127.0.0.1'],
      },
    );
    await host.start();
    hosts.push(host);
    return host;
  };
  const gossipStream = (host: Host): Stream | undefined =>
    host
      .getConnections()
      .flatMap(({ streams }) => streams)
      .find(({ direction, protocol, status }) => direction === 'outbound' && protocol.startsWith('/meshsub/') && status === 'open');

  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.stop()));
  });

  it('a peer whose gossip stream broke, or never opened, is spoken to again', async () => {
    const [deaf, other] = [await start(1), await start(2)];
    const dialler = new Dialler({ host: deaf, clock: systemClock, log: pino({ level: 'silent' }) }, []);
    dialler.start();
    try {
      await deaf.dial(other.getMultiaddrs());
      await until(() => gossipStream(deaf) !== undefined);
      gossipStream(deaf)?.abort(new Error('broken'));
      await until(() => gossipStream(deaf) === undefined);
      await until(() => gossipStream(deaf) !== undefined);
    } finally {
      dialler.stop();
    }
  });

  it('a connected peer that the routing table missed comes into it', async () => {
    const [poor, other] = [await start(1), await start(2)];
    await poor.dial(other.getMultiaddrs());
    await until(() => routingTableSize(poor) === 1);
    const { routingTable } = poor.services.dht as unknown as { routingTable: { remove(peer: PeerId): Promise<void> } };
    await routingTable.remove(other.peerId);
    assert.equal(routingTableSize(poor), 0);
    const dialler = new Dialler({ host: poor, clock: systemClock, log: pino({ level: 'silent' }) }, []);
    dialler.start();
    try {
      await until(() => routingTableSize(poor) === 1);
    } finally {
      dialler.stop();
    }
  });
});
