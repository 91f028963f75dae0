import assert from 'node:assert/strict';
import type { PeerId, Stream } from '@libp2p/interface';
import { pino } from 'pino';
import { Dialler } from '../../../src/protocols/engine/dialler.ts';
import { type Host, routingTableSize } from '../../../src/protocols/engine/host.ts';
import { type Clock, systemClock } from '../../../src/util/clock.ts';
import { BareHosts, until } from './hosts.ts';

describe('protocols/dialler', function () {
  this.timeout(60_000);
  const hosts = new BareHosts();
  const gossipStream = (host: Host): Stream | undefined =>
    host
      .getConnections()
      .flatMap(({ streams }) => streams)
      .find(({ direction, protocol, status }) => direction === 'outbound' && protocol.startsWith('/meshsub/') && status === 'open');

  afterEach(() => hosts.stop());

  it('a peer whose gossip stream broke, or never opened, is spoken to again', async () => {
    const [deaf, other] = [await hosts.start(1), await hosts.start(2)];
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
    const [poor, other] = [await hosts.start(1), await hosts.start(2)];
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

  it('one that answers no DHT queries is not asked again and again', async () => {
    const [poor, client] = [await hosts.start(1), await hosts.start(2, { dhtServer: false })];
    await poor.dial(client.getMultiaddrs());
    await until(() => gossipStream(poor) !== undefined);
    assert.equal(routingTableSize(poor), 0);
    let asked = 0;
    const { identify } = poor.services;
    const ask = identify.identify.bind(identify);
    identify.identify = (...args) => {
      asked++;
      return ask(...args);
    };
    let rounds = 0;
    const clock: Clock = {
      ...systemClock,
      now: () => systemClock.now() + 60_000,
      sleep: (_, signal) => {
        rounds++;
        return systemClock.sleep(1, signal);
      },
    };
    const dialler = new Dialler({ host: poor, clock, log: pino({ level: 'silent' }) }, []);
    dialler.start();
    try {
      await until(() => rounds > 5);
      assert.equal(asked, 0);
    } finally {
      dialler.stop();
    }
  });
});
