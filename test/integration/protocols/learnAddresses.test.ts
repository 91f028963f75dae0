import assert from 'node:assert/strict';
import { type Host, routingTableSize } from '../../../src/protocols/engine/host.ts';
import { learnAddresses } from '../../../src/protocols/engine/learnAddresses.ts';
import { BareHosts, until } from './hosts.ts';

describe('protocols/learnAddresses', function () {
  this.timeout(60_000);
  const hosts = new BareHosts();

  afterEach(() => hosts.stop());

  it('a peer that is known without an address is found by way of another, and can be dialled', async () => {
    const [asker, middle, sought] = [await hosts.start(1), await hosts.start(2), await hosts.start(3)];
    const { signal } = new AbortController();
    await asker.dial(middle.getMultiaddrs());
    await sought.dial(middle.getMultiaddrs());
    await asker.peerStore.patch(sought.peerId, { multiaddrs: [] });
    // Routing tables fill when peers are identified, a moment after they are connected.
    await until(() => routingTableSize(asker) === 1 && routingTableSize(middle) === 2);
    await learnAddresses(asker, sought.peerId, signal);
    const { remotePeer } = await asker.dial(sought.peerId);
    assert.ok(remotePeer.equals(sought.peerId));
  });

  it('nothing is asked about a peer that has an address or is not known', async () => {
    const [asker, other, stranger] = [await hosts.start(1), await hosts.start(2), await hosts.start(3)];
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
    const [asker, stranger] = [await hosts.start(1), await hosts.start(2)];
    await asker.peerStore.merge(stranger.peerId, { multiaddrs: [] });
    await learnAddresses(asker, stranger.peerId, AbortSignal.timeout(10_000));
    await assert.rejects(learnAddresses(asker, stranger.peerId, AbortSignal.abort(new Error('enough'))), /enough/);
  });
});
