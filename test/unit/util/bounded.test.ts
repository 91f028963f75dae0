import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BoundedMap } from '../../../src/util/boundedMap.ts';
import { BoundedQueue } from '../../../src/util/boundedQueue.ts';

describe('util/boundedQueue', () => {
  it('refuses what is above its bound and gives the rest in order', async () => {
    const queue = new BoundedQueue<number>(2);
    assert.deepEqual(
      [1, 2, 3].map((n) => queue.tryPush(n)),
      [true, true, false],
    );
    queue.close();
    assert.equal(queue.tryPush(4), false);
    const taken: number[] = [];
    for await (const item of queue) taken.push(item);
    assert.deepEqual(taken, [1, 2]);
  });

  it('wakes a consumer that waits, and ends with the error it was closed with', async () => {
    const queue = new BoundedQueue<string>(4);
    const seen: string[] = [];
    const consumer = (async () => {
      for await (const item of queue) {
        seen.push(item);
        if (item === 'a') queue.tryPush('b');
        if (item === 'b') queue.close(new Error('over'));
      }
    })();
    queue.tryPush('a');
    await assert.rejects(consumer, /over/);
    assert.deepEqual(seen, ['a', 'b']);
  });

  it('takes nothing more once its consumer has left', async () => {
    const queue = new BoundedQueue<number>(4);
    queue.tryPush(1);
    for await (const _ of queue) break;
    assert.equal(queue.tryPush(2), false);
    assert.equal(queue.depth, 0);
  });
});

describe('util/boundedMap', () => {
  it('never holds more than its bound and drops the oldest key first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat(20), { maxLength: 60 }), (bound, keys) => {
        const map = new BoundedMap<number, number>(bound);
        let order: number[] = [];
        for (const key of keys) {
          map.set(key, key);
          if (!order.includes(key)) order = [...order, key].slice(-bound);
        }
        assert.deepEqual([...map.keys()], order);
        assert.ok(map.size <= bound);
      }),
    );
  });

  it('ensure makes a value once', () => {
    const map = new BoundedMap<string, object>(2);
    assert.equal(
      map.ensure('a', () => ({})),
      map.ensure('a', () => ({})),
    );
  });
});
