import assert from 'node:assert/strict';
import { inferenceError } from '../../../../src/inference/errors.ts';
import { ENDS_MAX, REST_MS, Restarts } from '../../../../src/inference/worker/restarts.ts';
import { manualClock } from '../../../../src/util/clock.ts';
import { isCoded } from '../../../../src/util/errors.ts';

describe('restarts of the engine process', () => {
  const error = inferenceError('ENGINE_STALLED', 'it made no progress');
  const rests = (restarts: Restarts): void =>
    assert.throws(
      () => restarts.check(),
      (thrown) => isCoded(thrown, 'ENGINE_STALLED'),
    );

  it('are not held up while calls end well between the losses', () => {
    const restarts = new Restarts(manualClock());
    for (let i = 0; i < 3 * ENDS_MAX; i++) {
      restarts.check();
      restarts.ended(error);
      restarts.answered();
    }
    restarts.check();
    assert.equal(restarts.lost, 3 * ENDS_MAX);
  });

  it('rest after losses in a row, then one process is tried before the next rest', () => {
    const clock = manualClock();
    const restarts = new Restarts(clock);
    for (let i = 0; i < ENDS_MAX; i++) {
      restarts.check();
      restarts.ended(error);
    }
    rests(restarts);
    clock.advance(REST_MS);
    restarts.check();
    restarts.ended(error);
    rests(restarts);
    clock.advance(REST_MS);
    restarts.check();
    restarts.answered();
    restarts.ended(error);
    restarts.check();
  });

  it('are told of with the last reason and its remedy', () => {
    const clock = manualClock(Date.UTC(2030, 0, 1));
    const restarts = new Restarts(clock);
    assert.equal(restarts.warning, undefined);
    restarts.ended(error);
    restarts.ended(error);
    assert.match(restarts.warning ?? '', /lost 2 times, last at 2030-01-01T00:00:00.000Z: ENGINE_STALLED: it made no progress. Retry/);
  });
});
