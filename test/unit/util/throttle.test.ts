import assert from 'node:assert/strict';
import { manualClock } from '../../../src/util/clock.ts';
import { Throttle } from '../../../src/util/throttle.ts';
import { YoungBuffers } from '../../../src/util/youngBuffers.ts';

describe('util/throttle', () => {
  const signal = new AbortController().signal;

  it('lets a burst through, then as much as its rate', async () => {
    const clock = manualClock(1_000);
    const throttle = new Throttle(clock, 1_000, 100);
    await throttle.take(100, signal);
    await throttle.take(50, signal);
    let went = false;
    const third = throttle.take(10, signal).then(() => {
      went = true;
    });
    clock.advance(49);
    await Promise.resolve();
    assert.equal(went, false);
    clock.advance(1);
    await third;
  });

  it('what was not used long ago is not saved up', async () => {
    const clock = manualClock();
    const throttle = new Throttle(clock, 1_000, 100);
    clock.advance(1_000_000);
    await throttle.take(101, signal);
    const waiting = throttle.take(1, signal);
    clock.advance(1);
    await waiting;
  });

  it('a wait ends with its signal', async () => {
    const stop = new AbortController();
    const throttle = new Throttle(manualClock(), 1, 0);
    await throttle.take(1_000, stop.signal);
    const waiting = throttle.take(1, stop.signal);
    stop.abort(new Error('left'));
    await assert.rejects(waiting, /left/);
  });
});

describe('util/youngBuffers', () => {
  it('collects once for so many bytes', () => {
    let collected = 0;
    const buffers = new YoungBuffers(() => {
      collected++;
    });
    for (let i = 0; i < 9; i++) buffers.passed(1 << 20);
    assert.equal(collected, 2);
  });

  it('V8 has the function that is asked for', () => {
    const buffers = new YoungBuffers();
    buffers.passed(1 << 30);
  });
});
