import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Session, StepInput, StepOutput } from '../../../src/inference/backend.ts';
import type { DecoderShape } from '../../../src/inference/graph/shape.ts';
import type { Job } from '../../../src/inference/jobs.ts';
import { Scheduler, type SchedulerInit } from '../../../src/inference/scheduler.ts';
import { manualClock, systemClock } from '../../../src/util/clock.ts';
import { isCoded } from '../../../src/util/errors.ts';

const VOCAB = 64;
const CONTEXT = 256;
/** Jobs are cancelled before their first step or after up to six. */
const CANCEL_STEPS = 7;

/**
 * A session whose "logits" are a hash over all tokens in the row: any row that is moved wrongly gives another answer. With a period, an answer
 * now and then repeats what stood that many tokens before.
 */
class HashSession implements Session {
  readonly shape = { vocab: VOCAB, hidden: 1 } as DecoderShape;
  readonly contextTokens = CONTEXT;
  readonly rows: number;
  readonly steps: StepInput[] = [];
  readonly #cache: Uint32Array[];
  readonly #period: number;
  failWith: Error | undefined;

  constructor(rows: number, period = 0) {
    this.rows = rows;
    this.#period = period;
    this.#cache = Array.from({ length: rows }, () => new Uint32Array(CONTEXT).fill(999));
  }

  async run(step: StepInput): Promise<StepOutput> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failWith !== undefined) throw this.failWith;
    const { first, count, length, ids, past, keep } = step;
    this.steps.push(step);
    const logits = new Float32Array(count * keep * VOCAB);
    for (let i = 0; i < count; i++) {
      const row = this.#cache[first + i] as Uint32Array;
      row.set(ids.subarray(i * length, (i + 1) * length), past[i]);
      for (let k = 0; k < keep; k++) {
        const tokens = (past[i] as number) + length - keep + k + 1;
        let hash = 7;
        for (let t = 0; t < tokens; t++) hash = (Math.imul(hash, 31) + (row[t] as number)) >>> 0;
        const repeats = this.#period > 0 && tokens >= this.#period && hash % 16 > 0;
        const token = repeats ? (row[tokens - this.#period] as number) : hash % VOCAB;
        logits[(i * keep + k) * VOCAB + token] = 1;
      }
    }
    return { logits, hidden: new Float32Array(count * keep) };
  }

  copyRow(from: number, to: number, tokens: number): void {
    const [source, target] = [this.#cache[from] as Uint32Array, this.#cache[to] as Uint32Array];
    target.fill(888);
    target.set(source.subarray(0, tokens));
  }

  async close(): Promise<void> {}
}

interface Run {
  readonly prompt: number[];
  readonly count: number;
  readonly scope?: string | undefined;
}

/** Feeds back what comes out `count` times. */
function recordingJob(call: number, { prompt, count, scope }: Run, out: number[], onDone: () => void): Job {
  return {
    call,
    tokens: Uint32Array.from(prompt),
    wantedFrom: prompt.length - 1,
    cacheScope: scope,
    accept({ logits }) {
      const token = logits.indexOf(1);
      out.push(token);
      if (out.length < count) return token;
      onDone();
      return undefined;
    },
  };
}

function schedulerOf(session: Session, change: Partial<SchedulerInit> = {}, onFailure: (job: Job, error: unknown) => void = () => {}) {
  return new Scheduler({
    session,
    slots: session.rows - 1 - (change.prefixRows ?? 0),
    prefixRows: 0,
    queueMax: 100,
    prefillChunkTokens: 8,
    paceMsPerToken: 0,
    speculates: false,
    clock: systemClock,
    onFailure,
    ...change,
  });
}

async function runAll(
  runs: readonly Run[],
  slots: number,
  cancel: ReadonlySet<number> = new Set(),
  change: { prefixRows?: number; speculates?: boolean; session?: HashSession } = {},
): Promise<number[][]> {
  const { prefixRows = 0, speculates = false, session = new HashSession(slots + 1 + prefixRows) } = change;
  const outs = runs.map((): number[] => []);
  const ends = runs.map(() => Promise.withResolvers<void>());
  // Every job ends once: by its last result, or as cancelled.
  const ended = runs.map(() => 0);
  const end = (call: number): void => {
    ended[call] = (ended[call] as number) + 1;
    ends[call]?.resolve();
  };
  let step = 0;
  const cancelDue = (): void => {
    for (const call of cancel) if (call % CANCEL_STEPS === step) scheduler.cancel(call);
  };
  const onStep = (): void => {
    step++;
    cancelDue();
  };
  const scheduler = schedulerOf(session, { prefixRows, speculates, onStep, onCancelled: ({ call }) => end(call) });
  for (const [call, run] of runs.entries()) scheduler.submit(recordingJob(call, run, outs[call] as number[], () => end(call)));
  cancelDue();
  await Promise.all(ends.map(({ promise }) => promise));
  await scheduler.close();
  assert.ok(ended.every((count) => count === 1));
  return outs;
}

// Few tokens, long repetitions: many prompts begin alike.
const promptArbitrary = fc.oneof(
  fc.array(fc.nat({ max: VOCAB - 1 }), { minLength: 1, maxLength: 40 }),
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.array(fc.nat({ max: 1 }), { minLength: 1, maxLength: 12 }))
    .map(([repeated, rest]) => [...new Array<number>(repeated).fill(5), ...rest]),
);
const runFields = { prompt: promptArbitrary, scope: fc.constantFrom(undefined, 'a', 'b') };
const runArbitrary = fc.record({ ...runFields, count: fc.integer({ min: 1, max: 20 }) });

describe('scheduler', () => {
  it('gives each job what it gets alone, whatever else runs and is cancelled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(runArbitrary, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.uniqueArray(fc.nat({ max: 11 }), { maxLength: 4 }),
        fc.nat({ max: 3 }),
        fc.boolean(),
        async (runs, slots, cancelled, prefixRows, speculates) => {
          const cancel = new Set(cancelled);
          const together = await runAll(runs, slots, cancel, { prefixRows, speculates });
          for (const [i, run] of runs.entries()) {
            const [alone] = await runAll([run], 1);
            if (cancel.has(i)) assert.deepEqual(together[i], alone?.slice(0, together[i]?.length));
            else assert.deepEqual(together[i], alone);
          }
        },
      ),
      { numRuns: 120 },
    );
  });

  it('gives the same with guesses as without, in fewer passes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ ...runFields, count: fc.integer({ min: 1, max: 120 }) }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 4, max: 12 }),
        async (runs, slots, period) => {
          const passes: number[] = [];
          const [plain, guessed] = await Promise.all(
            [false, true].map(async (speculates, i) => {
              const session = new HashSession(slots + 1, period);
              const outs = await runAll(runs, slots, new Set(), { speculates, session });
              passes[i] = session.steps.length;
              return outs;
            }),
          );
          assert.deepEqual(guessed, plain);
          if (slots === 1 && runs.some(({ count }) => count > 60)) assert.ok((passes[1] as number) < (passes[0] as number), passes.join());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('passes do not depend on what runs beside a request', async () => {
    const fed = async (beside: number): Promise<string> => {
      const session = new HashSession(6, 7);
      const scheduler = schedulerOf(session, { speculates: true });
      const prompt = [1, 2, 3, 4, 5, 6, 7, 8];
      const done = Promise.withResolvers<StepInput[]>();
      scheduler.submit(recordingJob(0, { prompt, count: 100 }, [], () => done.resolve([...session.steps])));
      for (let call = 1; call <= beside; call++) scheduler.submit(recordingJob(call, { prompt: [call], count: 100 }, [], () => {}));
      const steps = await done.promise;
      await scheduler.close();
      // The first request keeps row 0. A row computed in the batch's pass and again in its own counts as the latter.
      const passes = steps.filter(({ first }) => first === 0).map(({ past, length }) => [past[0] as number, length] as const);
      return passes.filter(([past], i) => passes[i + 1]?.[0] !== past).join(' ');
    };
    const alone = await fed(0);
    assert.ok(alone.split(' ').some((pass) => Number(pass.split(',')[1]) > 4));
    assert.equal(await fed(1), alone);
    assert.equal(await fed(4), alone);
  });

  it('ends in the middle of a guess where the job ends', async () => {
    for (let count = 1; count <= 40; count++) {
      const session = new HashSession(2, 4);
      const scheduler = schedulerOf(session, { speculates: true });
      const out: number[] = [];
      const done = Promise.withResolvers<void>();
      scheduler.submit(recordingJob(0, { prompt: [9, 8, 7, 6, 9, 8, 7, 6], count }, out, done.resolve));
      await done.promise;
      await scheduler.close();
      assert.equal(out.length, count);
    }
  });

  it('frees the row of a cancelled request that guesses', async () => {
    const session = new HashSession(2, 4);
    const scheduler = schedulerOf(session, { speculates: true });
    const out: number[] = [];
    scheduler.submit(recordingJob(0, { prompt: [9, 8, 7, 6, 9, 8, 7, 6], count: 200 }, out, () => {}));
    while (!session.steps.some(({ length, past }) => length > 1 && (past[0] as number) > 8))
      await new Promise((resolve) => setImmediate(resolve));
    scheduler.cancel(0);
    const [steps, given] = [session.steps.length, out.length];
    while (scheduler.active > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(session.steps.length <= steps + 1 && out.length <= given + 9);
  });

  it('decodes others between the chunks of a long prompt', async () => {
    const session = new HashSession(3);
    const scheduler = schedulerOf(session);
    const done = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    scheduler.submit(recordingJob(0, { prompt: [1], count: 30 }, [], done[0].resolve));
    scheduler.submit(recordingJob(1, { prompt: Array.from({ length: 80 }, (_, i) => i % VOCAB), count: 1 }, [], done[1].resolve));
    await Promise.all(done.map((d) => d.promise));
    const kinds = session.steps.slice(1, 20).map((step) => (step.length === 8 ? 'fill' : 'decode'));
    for (let i = 1; i < kinds.length; i++) assert.notEqual(kinds[i], kinds[i - 1], kinds.join());
  });

  it('feeds only what no earlier prompt of the scope began with, in whole chunks; the oldest prompt makes room', async () => {
    const session = new HashSession(4);
    const scheduler = schedulerOf(session, { prefixRows: 2 });
    const fed = async (scope: string | undefined, prompt: number[]): Promise<number[]> => {
      session.steps.length = 0;
      const done = Promise.withResolvers<void>();
      scheduler.submit(recordingJob(0, { prompt, count: 1, scope }, [], done.resolve));
      await done.promise;
      return session.steps.map(({ length }) => length);
    };
    const prompt = Array.from({ length: 20 }, (_, i) => i);
    assert.deepEqual(await fed('a', prompt), [8, 8, 4]);
    assert.deepEqual(await fed('a', prompt), [4]);
    assert.deepEqual(await fed('a', [...prompt.slice(0, 15), 60, 61, 62]), [8, 2]);
    assert.deepEqual(await fed('a', prompt.slice(0, 16)), [8], 'the last chunk has the results that are wanted');
    assert.deepEqual(await fed('b', prompt), [8, 8, 4], 'others do not learn what was asked');
    assert.deepEqual(await fed(undefined, prompt), [8, 8, 4]);
    assert.deepEqual(await fed('b', [...prompt, 20, 21, 22, 23, 24]), [8, 1], 'a longer prompt takes the place of its beginning');
    assert.deepEqual(await fed('a', prompt), [4], 'and of no other');
    assert.deepEqual(await fed('c', prompt), [8, 8, 4]);
    assert.deepEqual(await fed('a', prompt), [4]);
    assert.deepEqual(await fed('b', prompt), [8, 8, 4]);
  });

  it('tells of every step, also of those that give no token', async () => {
    let steps = 0;
    const session = new HashSession(2);
    const scheduler = schedulerOf(session, { onStep: () => steps++ });
    await new Promise<void>((resolve) => scheduler.submit(recordingJob(0, { prompt: new Array(40).fill(5), count: 1 }, [], resolve)));
    await scheduler.close();
    assert.ok(steps >= session.steps.length && session.steps.length === 5);
  });

  it('decodes all filled rows in one pass', async () => {
    const session = new HashSession(5);
    const scheduler = schedulerOf(session);
    await Promise.all(
      [0, 1, 2, 3].map((call) => {
        const done = Promise.withResolvers<void>();
        scheduler.submit(recordingJob(call, { prompt: [call], count: 10 }, [], done.resolve));
        return done.promise;
      }),
    );
    assert.ok(session.steps.some((step) => step.count === 4));
  });

  it('ENGINE_QUEUE_FULL when slots and queue are taken, and room again after a cancel', async () => {
    const scheduler = schedulerOf(new HashSession(2), { queueMax: 1 });
    const job = (call: number): Job => recordingJob(call, { prompt: [1], count: 200 }, [], () => {});
    scheduler.submit(job(1));
    scheduler.submit(job(2));
    assert.throws(
      () => scheduler.submit(job(3)),
      (error) => isCoded(error, 'ENGINE_QUEUE_FULL'),
    );
    scheduler.cancel(2);
    scheduler.submit(job(4));
    await scheduler.close();
    assert.deepEqual([scheduler.active, scheduler.queued], [0, 0]);
  });

  it('fails the jobs of a pass that throws, and runs later ones', async () => {
    const session = new HashSession(3);
    const failures: number[] = [];
    const failed = Promise.withResolvers<void>();
    const scheduler = schedulerOf(session, {}, (job) => {
      failures.push(job.call);
      failed.resolve();
    });
    session.failWith = new Error('broken');
    scheduler.submit(recordingJob(1, { prompt: [1], count: 3 }, [], () => {}));
    await failed.promise;
    session.failWith = undefined;
    const done = Promise.withResolvers<void>();
    const out: number[] = [];
    scheduler.submit(recordingJob(2, { prompt: [1], count: 3 }, out, done.resolve));
    await done.promise;
    assert.deepEqual(failures, [1]);
    assert.equal(out.length, 3);
  });

  it('paces decode steps by the clock', async () => {
    const clock = manualClock();
    const session = new HashSession(2);
    const scheduler = new Scheduler({
      session,
      slots: 1,
      prefixRows: 0,
      queueMax: 1,
      prefillChunkTokens: 8,
      paceMsPerToken: 50,
      speculates: true,
      clock,
      onFailure: () => {},
    });
    const out: number[] = [];
    const done = Promise.withResolvers<void>();
    scheduler.submit(recordingJob(1, { prompt: [1], count: 4 }, out, done.resolve));
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    await turns();
    assert.equal(out.length, 2);
    clock.advance(49);
    await turns();
    assert.equal(out.length, 2);
    clock.advance(1);
    await turns();
    assert.equal(out.length, 3);
    clock.advance(50);
    await done.promise;
  });
});
