import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { STALL_BASE_MS, STALL_BYTES_PER_MS, STALL_FACTOR, WATCH_MS, Watchdog } from '../../../../src/inference/worker/watchdog.ts';
import { manualClock } from '../../../../src/util/clock.ts';

describe('watchdog of the engine process', () => {
  let clock: ReturnType<typeof manualClock>;
  let isBusy: boolean;
  let stalls: number[];
  let watchdog: Watchdog;
  beforeEach(() => {
    clock = manualClock();
    isBusy = true;
    stalls = [];
    watchdog = new Watchdog({ clock, isBusy: () => isBusy, onStall: (silentMs) => stalls.push(silentMs) });
  });
  afterEach(() => watchdog.close());

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += WATCH_MS) {
      clock.advance(WATCH_MS);
      await turn();
    }
  }

  it('tells once of a process with work that is silent for too long', async () => {
    await pass(STALL_BASE_MS);
    assert.deepEqual(stalls, []);
    await pass(10 * STALL_BASE_MS);
    assert.deepEqual(stalls, [STALL_BASE_MS + WATCH_MS]);
  });

  it('lets a process rest that owes nothing', async () => {
    isBusy = false;
    await pass(10 * STALL_BASE_MS);
    assert.deepEqual(stalls, []);
    isBusy = true;
    await pass(STALL_BASE_MS);
    assert.deepEqual(stalls, []);
  });

  it('counts from the last sign of life', async () => {
    for (let i = 0; i < 10; i++) {
      await pass(STALL_BASE_MS);
      watchdog.heard();
    }
    assert.deepEqual(stalls, []);
  });

  it('allows more for a larger model, and the largest counts', async () => {
    const bytes = STALL_BASE_MS * STALL_BYTES_PER_MS;
    watchdog.expect(bytes);
    watchdog.expect(1);
    await pass(2 * STALL_BASE_MS);
    assert.deepEqual(stalls, []);
    await pass(WATCH_MS);
    assert.deepEqual(stalls, [2 * STALL_BASE_MS + WATCH_MS]);
  });

  it('allows more after a long step that ended', async () => {
    await pass(STALL_BASE_MS);
    watchdog.heard();
    assert.equal(watchdog.allowedMs, STALL_FACTOR * STALL_BASE_MS);
    await pass(STALL_FACTOR * STALL_BASE_MS);
    assert.deepEqual(stalls, []);
  });

  it('does not count the time in which this process did not run', async () => {
    clock.advance(100 * STALL_BASE_MS);
    await turn();
    await pass(STALL_BASE_MS - 2 * WATCH_MS);
    assert.deepEqual(stalls, []);
    await pass(WATCH_MS);
    assert.equal(stalls.length, 1);
  });
});
