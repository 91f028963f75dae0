import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { createEngine } from '../../../src/inference/engine.ts';
import { REST_MS } from '../../../src/inference/worker/restarts.ts';
import { WATCH_MS } from '../../../src/inference/worker/watchdog.ts';
import { GREEDY, type ModelId } from '../../../src/types/index.ts';
import { manualClock } from '../../../src/util/clock.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { complete, NEVER } from './run.ts';
import { writeTinyModel } from './tinyModel.ts';

/** A stopped process is to its parent what one is whose native call does not return: it is there, and says nothing. */
describe('an engine process that stalls', function () {
  this.timeout(60_000);
  let dir: string;
  let remove: () => Promise<void>;
  let clock: ReturnType<typeof manualClock>;
  let engine: ReturnType<typeof createEngine>;
  before(async () => {
    ({ dir, remove } = await writeTinyModel());
  });
  after(() => remove());
  beforeEach(() => {
    clock = manualClock();
    engine = createEngine({ clock, paceMsPerToken: 1 });
  });
  afterEach(() => engine.close());

  const request = (model: ModelId) => ({ model, promptIds: Uint32Array.of(1, 50, 60), sampling: GREEDY, maxTokens: 200, stop: [] });
  const isStall = (error: unknown): boolean => isCoded(error, 'ENGINE_STALLED') || assert.fail(error as Error);

  function stop(): void {
    process.kill(engine.status.pid as number, 'SIGSTOP');
  }

  /** Lets the watch look until the process is given up. */
  async function untilLost(): Promise<void> {
    for (const { lost } = engine.status; engine.status.lost === lost; await turn()) clock.advance(WATCH_MS);
  }

  it('ENGINE_STALLED for every call of it, and the next call starts a new one', async () => {
    const { id } = await engine.load(dir);
    const expected = await complete(engine, { ...request(id), maxTokens: 3 });
    const stream = engine.generate(request(id), NEVER);
    await stream.next();
    stop();
    const calls = [
      (async () => {
        for (;;) if ((await stream.next()).done) return;
      })(),
      engine.verify({ ...request(id), outputIds: Uint32Array.of(7) }, NEVER),
    ].map((call) => assert.rejects(call, isStall));
    await untilLost();
    await Promise.all(calls);
    assert.equal(engine.status.pid, undefined);
    assert.match(engine.status.warning ?? '', /lost once, last at .* ENGINE_STALLED: .* 2 calls were under way\. Retry/);
    assert.deepEqual(await complete(engine, { ...request(id), maxTokens: 3 }), expected);
  });

  it('is noticed also when nobody waits for its calls any more', async () => {
    const { id } = await engine.load(dir);
    const leaving = new AbortController();
    const stream = engine.generate(request(id), leaving.signal);
    await stream.next();
    stop();
    const ended = complete(engine, request(id), leaving.signal);
    leaving.abort();
    assert.equal((await ended).end.finishReason, 'cancelled');
    for (;;) if ((await stream.next()).done) break;
    await untilLost();
    assert.equal(engine.status.active, 0);
  });

  it('owes nothing after cancelled calls that it has answered', async () => {
    const { id } = await engine.load(dir);
    for (const tokens of [0, 1, 3]) {
      const leaving = new AbortController();
      const stream = engine.generate(request(id), leaving.signal);
      for (let i = 0; i < tokens; i++) await stream.next();
      leaving.abort();
      while (!(await stream.next()).done);
    }
    // Handled after the cancels: their answers are here before this one's.
    await complete(engine, { ...request(id), maxTokens: 20 });
    stop();
    for (let i = 0; i < 1_000; i++) {
      clock.advance(WATCH_MS);
      await turn();
    }
    assert.equal(engine.status.lost, 0);
    process.kill(engine.status.pid as number, 'SIGCONT');
  });

  it('is not started again and again: after three in a row calls fail at once for a minute', async () => {
    const { id } = await engine.load(dir);
    for (let i = 0; i < 3; i++) {
      await engine.load(dir);
      stop();
      const failed = assert.rejects(complete(engine, request(id)), isStall);
      await untilLost();
      await failed;
    }
    await assert.rejects(complete(engine, request(id)), isStall);
    assert.equal(engine.status.pid, undefined);
    clock.advance(REST_MS);
    await complete(engine, { ...request(id), maxTokens: 3 });
  });
});
