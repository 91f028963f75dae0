import assert from 'node:assert/strict';
import type { NodeRecord } from '../../../src/crypto/eip712.ts';
import { peerIdOfKey } from '../../../src/crypto/peerId.ts';
import type { Capacity, ModelOffer, NodeAnnouncement } from '../../../src/protocols/node/messages.ts';
import { type NodeChange, NodeTable } from '../../../src/protocols/node/table.ts';
import { type Address, type ModelId, ROLE_BIT } from '../../../src/types/index.ts';
import { manualClock } from '../../../src/util/clock.ts';

const MODEL = `0x${'6d'.repeat(32)}` as ModelId;
const OFFER: ModelOffer = { id: MODEL, promptPrice: 1n, completionPrice: 2n, tokensPerSecondMilli: 1_000, contextTokens: 128 };
const peer = (n: number): string => peerIdOfKey(Buffer.alloc(32, n));
const operator = (n: number): Address => `0x${Buffer.alloc(20, n).toString('hex')}`;

function announcement(n: number, record: Partial<NodeRecord> = {}, capacity: Partial<Capacity> = {}): NodeAnnouncement {
  return {
    record: {
      record: {
        peerId: peer(n),
        operator: operator(n),
        owner: operator(n),
        roles: ROLE_BIT.miner,
        encryptionKey: MODEL,
        sequence: 1,
        expiresAt: 1_000_000,
        ...record,
      },
      signature: `0x${'00'.repeat(65)}`,
    },
    capacity: { models: [OFFER], freeSlots: 1, queueDepth: 0, sentAt: 1, ...capacity },
  };
}

describe('protocols/node/table', () => {
  const clock = manualClock(1_000);
  let table: NodeTable;
  let changes: string[];
  beforeEach(() => {
    table = new NodeTable({ now: () => clock.now() }, { nodesMax: 3, lifetimeMs: 1_000 });
    changes = [];
    table.onChange(({ kind, entry }: NodeChange) => changes.push(`${kind} ${entry.record.peerId === peer(1) ? 1 : 'other'}`));
  });

  it('finds a node by peer, operator in any case, model and role', () => {
    assert.equal(table.accept(announcement(1)), 'joined');
    assert.equal(table.accept(announcement(2, { roles: ROLE_BIT.guard }, { models: [] })), 'joined');
    assert.equal(table.byPeer(peer(1))?.record.operator, operator(1));
    assert.equal(table.byOperator(operator(0xab & 0xff)), undefined);
    assert.equal(table.byOperator(operator(1).toUpperCase().replace('0X', '0x') as Address)?.record.peerId, peer(1));
    assert.deepEqual(
      table.byModel(MODEL).map(({ entry, offer }) => [entry.record.peerId, offer]),
      [[peer(1), OFFER]],
    );
    assert.deepEqual(
      table.byRole('guard').map((entry) => entry.record.peerId),
      [peer(2)],
    );
    assert.deepEqual(table.models(), [MODEL]);
  });

  it('takes newer measurements and records, and calls older ones stale', () => {
    table.accept(announcement(1, { sequence: 2 }, { sentAt: 5 }));
    assert.equal(table.accept(announcement(1, { sequence: 2 }, { sentAt: 5 })), 'stale');
    assert.equal(table.accept(announcement(1, { sequence: 1 }, { sentAt: 9 })), 'stale');
    assert.equal(table.accept(announcement(1, { sequence: 2, owner: operator(9) }, { sentAt: 9 })), 'stale');
    assert.equal(table.accept(announcement(1, { sequence: 2 }, { sentAt: 6, models: [] })), 'updated');
    assert.deepEqual(table.byModel(MODEL), []);
    assert.equal(table.accept(announcement(1, { sequence: 3 }, { sentAt: 1 })), 'updated');
    assert.deepEqual(changes, ['joined 1', 'updated 1', 'updated 1']);
  });

  it('a node leaves when it is silent for its lifetime', () => {
    table.accept(announcement(1));
    clock.advance(999);
    assert.ok(table.byPeer(peer(1)));
    clock.advance(1);
    assert.equal(table.byPeer(peer(1)), undefined);
    assert.equal(table.byOperator(operator(1)), undefined);
    assert.deepEqual(table.byModel(MODEL), []);
    assert.deepEqual(changes, ['joined 1', 'left 1']);
  });

  it('a node leaves when its record runs out', () => {
    table.accept(announcement(1, { expiresAt: clock.now() + 10 }));
    clock.advance(10);
    assert.equal(table.byOperator(operator(1)), undefined);
    assert.deepEqual(table.all(), []);
  });

  it('is bounded: a full table makes room only for the sake of one that is half silent', () => {
    for (const n of [1, 2, 3]) table.accept(announcement(n));
    assert.equal(table.accept(announcement(4)), 'full');
    clock.advance(600);
    table.accept(announcement(2, {}, { sentAt: 2 }));
    assert.equal(table.accept(announcement(4)), 'joined');
    assert.equal(table.size, 3);
    assert.equal(table.byPeer(peer(1)), undefined);
  });

  it('an operator that moves to another peer leaves the old one, and an old record does not bring it back', () => {
    table.accept(announcement(1));
    assert.equal(table.accept(announcement(2, { operator: operator(1), sequence: 2 })), 'joined');
    assert.equal(table.byPeer(peer(1)), undefined);
    assert.equal(table.byOperator(operator(1))?.record.peerId, peer(2));
    assert.equal(table.accept(announcement(1)), 'stale');
  });

  it('drop forgets a node at once', () => {
    table.accept(announcement(1));
    table.drop(peer(1));
    assert.equal(table.size, 0);
  });
});
