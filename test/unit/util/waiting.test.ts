import assert from 'node:assert/strict';
import { manualClock, systemClock } from '../../../src/util/clock.ts';
import { withDeadline } from '../../../src/util/deadline.ts';
import { CodedError, defineErrors, isCoded, toCoded } from '../../../src/util/errors.ts';

const forever = (): Promise<never> => new Promise(() => {});

describe('util/deadline', () => {
  it('gives what the work gives', async () => {
    assert.equal(await withDeadline('a sum', 1_000, undefined, async () => 2), 2);
  });

  it('TIMEOUT names what was waited for, and the work is told', async () => {
    let told: unknown;
    const waiting = withDeadline('the other side', 1, undefined, (signal) => {
      signal.addEventListener('abort', () => {
        told = signal.reason;
      });
      return forever();
    });
    await assert.rejects(waiting, (error) => isCoded(error, 'TIMEOUT') && /the other side/.test(error.message));
    assert.ok(isCoded(told, 'TIMEOUT'));
  });

  it('ends with the parent’s reason and leaves no listener on it', async () => {
    const parent = new AbortController();
    let listeners = 0;
    const { signal } = parent;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    }) as typeof add;
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    }) as typeof remove;
    await withDeadline('a', 1_000, signal, async () => 1);
    const waiting = withDeadline('b', 60_000, signal, forever);
    parent.abort(new Error('left'));
    await assert.rejects(waiting, /left/);
    assert.equal(listeners, 0);
    await assert.rejects(
      withDeadline('c', 1, signal, async () => 1),
      /left/,
    );
  });
});

describe('util/clock', () => {
  it('a manual clock wakes sleepers when it is advanced past them', async () => {
    const clock = manualClock(100);
    let woken = false;
    const sleeping = clock.sleep(50).then(() => {
      woken = true;
    });
    clock.advance(49);
    await Promise.resolve();
    assert.equal(woken, false);
    clock.advance(1);
    await sleeping;
    assert.equal(clock.now(), 150);
  });

  it('sleep rejects with the signal’s reason, before and during', async () => {
    await assert.rejects(systemClock.sleep(60_000, AbortSignal.abort(new Error('no'))), /no/);
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(sleeping, /enough/);
  });
});

describe('util/errors', () => {
  const make = defineErrors('test', { BROKEN: { summary: 'It broke.', remedy: 'Mend it.', http: 500 } });

  it('a coded error carries code, message, remedy, data and cause', () => {
    const cause = new Error('why');
    const error = make('BROKEN', 'the vase broke', { pieces: 3 }, cause);
    assert.ok(error instanceof CodedError);
    assert.deepEqual(
      [error.code, error.message, error.remedy, error.data, error.cause],
      ['BROKEN', 'the vase broke', 'Mend it.', { pieces: 3 }, cause],
    );
  });

  it('toCoded keeps coded errors, names aborts and time-outs, and turns the rest into INTERNAL with the cause', () => {
    const coded = make('BROKEN', 'x');
    assert.equal(toCoded(coded), coded);
    assert.equal(toCoded(AbortSignal.abort().reason).code, 'CANCELLED');
    assert.equal(toCoded(new DOMException('late', 'TimeoutError')).code, 'TIMEOUT');
    const cause = new TypeError('defect');
    assert.equal(toCoded(cause).code, 'INTERNAL');
    assert.equal(toCoded(cause).cause, cause);
    assert.equal(toCoded('text').code, 'INTERNAL');
  });
});
