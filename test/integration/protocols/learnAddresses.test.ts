import assert from 'node:assert/strict';
import { peerKeyOf } from '../../../src/crypto/identity.ts';
import { networkIdOf } from '../../../src/crypto/ids.ts';
import { createHost, type Host } from '../../../src/protocols/engine/host.ts';
import { learnAddresses } from '../../../src/protocols/engine/learnAddresses.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { CONTRACTS } from './hosts.ts';

describe('protocols/learnAddresses', function () {
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

  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.stop()));
  });

  it('a peer that is known without an address is found by way of another, and can be dialled', async () => {
    const [asker, middle, sought] = [await start(1), await start(2), await start(3)];
    const { signal } = new AbortController();
    await asker.dial(middle.getMultiaddrs());
    await sought.dial(middle.getMultiaddrs());
    await asker.peerStore.patch(sought.peerId, { multiaddrs: [] });
    // Routing tables fill when peers are identified, a moment after they are connected.
    while ((await asker.peerStore.get(sought.peerId)).addresses.length === 0) {
      await learnAddresses(asker, sought.peerId, signal);
      await systemClock.sleep(20);
    }
    const { remotePeer } = await asker.dial(sought.peerId);
    assert.ok(remotePeer.equals(sought.peerId));
  });

  it('nothing is asked about a peer that has an address or is not known', async () => {
    const [asker, other, stranger] = [await start(1), await start(2), await start(3)];
    await asker.peerStore.merge(other.peerId, { multiaddrs: other.getMultiaddrs() });
    const asked: string[] = [];
    const host = {
      peerStore: asker.peerStore,
      peerRouting: Object.assign(Object.create(asker.peerRouting) as Host['peerRouting'], {
        findPeer: async (id: Host['peerId']) => {
          asked.push(id.toString());
          throw new Error('not found');
        },
      }),
    };
    for (const { peerId } of [other, stranger]) await learnAddresses(host, peerId, AbortSignal.timeout(10_000));
    assert.deepEqual(asked, []);
  });

  it('the signal’s reason ends the question, and not finding anything is no error', async () => {
    const [asker, stranger] = [await start(1), await start(2)];
    await asker.peerStore.merge(stranger.peerId, { multiaddrs: [] });
    await learnAddresses(asker, stranger.peerId, AbortSignal.timeout(10_000));
    await assert.rejects(learnAddresses(asker, stranger.peerId, AbortSignal.abort(new Error('enough'))), /enough/);
  });
});
