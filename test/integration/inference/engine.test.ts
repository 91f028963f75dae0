import assert from 'node:assert/strict';
import { createEngine, type Engine, type GenerateRequest, type ModelInfo } from '../../../src/inference/engine.ts';
import { CALIBRATION } from '../../../src/inference/profile.ts';
import { SKETCH_BYTES, sketchError } from '../../../src/inference/sketch.ts';
import { openTokenizer, type Tokenizer } from '../../../src/inference/tokenizer.ts';
import { GREEDY, type Hex, type Sampling } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { complete, NEVER } from './run.ts';
import { writeTinyModel } from './tinyModel.ts';

const WARM: Sampling = { ...GREEDY, temperatureMilli: 800, seed: `0x${'5a'.repeat(32)}` };
const NARROW: Sampling = { ...WARM, topPPpm: 900_000, topK: 40 };
const PUSHED: Sampling = {
  ...WARM,
  minPPpm: 10_000,
  presenceMilli: 500,
  frequencyMilli: -250,
  repetitionMilli: 1_300,
  logitBias: [{ token: 40, biasMilli: 2_500 }],
};
const SLOTS = 4;
const CHUNK = 16;

for (const backend of ['ortFfi', 'ortNode'] as const) {
  describe(`engine on ${backend}`, function () {
    this.timeout(60_000);
    let engine: Engine;
    let info: ModelInfo;
    let other: ModelInfo;
    let tokenizer: Tokenizer;
    const folders: { remove(): Promise<void> }[] = [];

    before(async () => {
      const [model, impostor] = [await writeTinyModel(), await writeTinyModel({ seed: 'impostor' })];
      folders.push(model, impostor);
      engine = createEngine({ backend, slots: SLOTS, queueMax: 8, prefillChunkTokens: CHUNK });
      info = await engine.load(model.dir);
      other = await engine.load(impostor.dir);
      tokenizer = await openTokenizer(model.dir);
    });
    after(async () => {
      await engine.close();
      for (const folder of folders) await folder.remove();
    });

    const request = (text: string, change: Partial<GenerateRequest> = {}): GenerateRequest => ({
      model: info.id,
      promptIds: tokenizer.encodeChat([{ role: 'user', content: text }]),
      sampling: WARM,
      maxTokens: 40,
      stop: [],
      ...change,
    });
    const seeded = (i: number): Sampling => ({ ...WARM, seed: `0x${(i + 1).toString(16).padStart(64, '0')}` as Hex });

    it('shows what was requested and what runs', () => {
      assert.deepEqual(engine.status.backend, { requested: backend, actual: backend });
      assert.match(engine.status.runtimeVersion ?? '', /^\d+\.\d+\.\d+$/);
      assert.deepEqual(
        engine.status.models.map((model) => model.id),
        [info.id, other.id],
      );
      assert.match(info.numericsProfile, /^0x[0-9a-f]{64}$/);
    });

    it('streams tokens with positions and sketches, up to maxTokens', async () => {
      const tokens = engine.generate(request('stream', { maxTokens: 5 }), NEVER);
      let index = 0;
      for (let next = await tokens.next(); ; next = await tokens.next()) {
        if (next.done) {
          const promptTokens = request('stream').promptIds.length;
          assert.deepEqual(next.value, { finishReason: 'length', promptTokens, cachedTokens: 0, completionTokens: 5 });
          break;
        }
        assert.equal(next.value.index, index++);
        assert.equal(next.value.sketch.length, SKETCH_BYTES);
      }
      assert.equal(index, 5);
    });

    it('gives 8 concurrent generations exactly what each gets alone', async () => {
      const requests = Array.from({ length: 8 }, (_, i) =>
        request('a long prompt '.repeat(i), { sampling: seeded(i), maxTokens: 10 + 5 * i }),
      );
      const together = await Promise.all(requests.map((r) => complete(engine, r)));
      for (const [i, r] of requests.entries()) assert.deepEqual(together[i], await complete(engine, r));
      assert.ok(new Set(together.map(({ ids }) => ids.join())).size > 1);
    });

    it('goes on from the beginning of an earlier prompt of its scope, and gives the same bits', async () => {
      const text = 'a conversation that both prompts begin with, and then '.repeat(2);
      const first = request(`${text}one thing`);
      const second = request(`${text}another one, said at some length`);
      const plain = await complete(engine, second);
      await complete(engine, { ...first, cacheScope: 'mine' });
      const stranger = await complete(engine, { ...second, cacheScope: 'yours' });
      const reused = await complete(engine, { ...second, cacheScope: 'mine' });
      const common = first.promptIds.findIndex((id, i) => id !== second.promptIds[i]);
      assert.ok(common > 64);
      assert.equal(plain.end.cachedTokens, 0);
      assert.equal(stranger.end.cachedTokens, 0);
      assert.equal(reused.end.cachedTokens, common - (common % CHUNK));
      assert.deepEqual({ ...reused, end: plain.end }, plain);
      assert.deepEqual({ ...stranger, end: plain.end }, plain);
      // The same prompt again: all whole chunks but that of the last token, whose results are wanted.
      const last = second.promptIds.length - 1;
      assert.equal((await complete(engine, { ...second, cacheScope: 'mine' })).end.cachedTokens, last - (last % CHUNK));
    });

    for (const [name, sampling] of Object.entries({
      greedy: GREEDY,
      'temperature 0.8': WARM,
      'temperature 0.8, top-p and top-k': NARROW,
      'penalties and biases': PUSHED,
    })) {
      it(`verifies its own output: ${name}`, async () => {
        const r = request('verify me, with more than one chunk of prompt', { sampling, maxTokens: 60 });
        const { ids, sketches } = await complete(engine, r);
        const result = await engine.verify({ ...r, outputIds: Uint32Array.from(ids) }, NEVER);
        assert.deepEqual([...result.chosen], ids);
        assert.ok(result.gap.every((gap) => gap === 0));
        if (sampling === GREEDY) assert.ok(result.rank.every((rank) => rank === 0));
        assert.ok(result.logprob.every((value) => value <= 0 && Number.isFinite(value)));
        const worst = Math.max(...sketches.map((sketch, i) => sketchError(sketch, result.sketches[i] as Uint8Array)));
        assert.ok(worst <= CALIBRATION.fp32.sketchErrorMax / 10, `sketch error ${worst}`);
      });
    }

    it('gives log-probabilities when asked, those of a replay, and the same tokens', async () => {
      const r = request('how likely is this?', { sampling: PUSHED, maxTokens: 30 });
      const { ids, logprobs } = await complete(engine, { ...r, topLogprobs: 5 });
      const plain = await complete(engine, r);
      assert.deepEqual([plain.ids, plain.logprobs], [ids, []]);
      assert.equal(logprobs.length, ids.length);
      const replay = await engine.verify({ ...r, outputIds: Uint32Array.from(ids) }, NEVER);
      for (const [i, { logprob, top }] of logprobs.entries()) {
        assert.ok(Math.abs(logprob - (replay.logprob[i] as number)) < 1e-4);
        assert.equal(top.length, 5);
        const own = top.find(({ tokenId }) => tokenId === ids[i]);
        assert.ok(own === undefined ? logprob <= (top[4]?.logprob ?? 0) : own.logprob === logprob);
        const rank = top.findIndex(({ tokenId }) => tokenId === ids[i]);
        assert.ok(rank === -1 ? (replay.rank[i] as number) >= 5 : replay.rank[i] === rank);
      }
    });

    it('finds a tampered token: another one was due', async () => {
      const r = request('tamper', { maxTokens: 20 });
      const { ids } = await complete(engine, r);
      const outputIds = Uint32Array.from(ids);
      outputIds[3] = ((outputIds[3] as number) + 1) % info.vocab;
      const result = await engine.verify({ ...r, outputIds }, NEVER);
      assert.deepEqual([...result.chosen.subarray(0, 4)], ids.slice(0, 4));
      assert.notEqual(result.chosen[3], outputIds[3]);
      assert.ok((result.gap[3] as number) > CALIBRATION.fp32.gapMax);
    });

    it('finds other weights: sketches are orders of magnitude off', async () => {
      const r = request('substitute', { maxTokens: 20 });
      const { ids, sketches } = await complete(engine, { ...r, model: other.id });
      const result = await engine.verify({ ...r, outputIds: Uint32Array.from(ids) }, NEVER);
      const least = Math.min(...sketches.map((sketch, i) => sketchError(sketch, result.sketches[i] as Uint8Array)));
      assert.ok(least > 100 * CALIBRATION.fp32.sketchErrorMax, `sketch error ${least}`);
    });

    it('verifies an empty output', async () => {
      const result = await engine.verify({ ...request('nothing'), outputIds: new Uint32Array() }, NEVER);
      assert.equal(result.chosen.length, 0);
    });

    it('ends with the token that completes a stop string', async () => {
      const r = request('stop', { sampling: seeded(77), maxTokens: 60 });
      const { ids } = await complete(engine, r);
      const text = tokenizer.decode(ids);
      const stop = text.slice(8, 11);
      const stopped = await complete(engine, { ...r, stop: [stop] });
      assert.equal(stopped.end.finishReason, 'stop');
      assert.deepEqual(stopped.ids, ids.slice(0, stopped.ids.length));
      assert.ok(tokenizer.decode(stopped.ids).includes(stop));
      assert.ok(!tokenizer.decode(stopped.ids.slice(0, -1)).includes(stop));
    });

    it('ends with length when the context is full', async () => {
      const promptIds = Uint32Array.from({ length: info.contextTokens - 3 }, (_, i) => 10 + (i % 100));
      const { ids, end } = await complete(engine, request('', { promptIds, maxTokens: 1000 }));
      assert.ok(end.finishReason === 'stop' || ids.length === 3);
    });

    it("ends with 'cancelled' on abort and frees the slot", async () => {
      const aborts = Array.from({ length: SLOTS }, () => new AbortController());
      const ends = aborts.map(async (abort, i) => {
        const tokens = engine.generate(request(`cancel ${i}`, { maxTokens: 200 }), abort.signal);
        await tokens.next();
        abort.abort();
        for (;;) {
          const next = await tokens.next();
          if (next.done) return next.value.finishReason;
        }
      });
      for (const reason of await Promise.all(ends)) assert.ok(reason === 'cancelled' || reason === 'stop');
      assert.deepEqual([engine.status.active, engine.status.queued], [0, 0]);
      const full = Array.from({ length: SLOTS + 8 }, (_, i) => complete(engine, request(`after ${i}`, { maxTokens: 3 })));
      assert.ok((await Promise.all(full)).every(({ end }) => end.finishReason !== 'cancelled'));
    });

    it('ends at once when the signal is aborted before', async () => {
      const { end } = await complete(engine, request('early'), AbortSignal.abort());
      assert.deepEqual([end.finishReason, end.completionTokens], ['cancelled', 0]);
      await assert.rejects(engine.verify({ ...request('early'), outputIds: Uint32Array.of(1) }, AbortSignal.abort()));
    });

    it('frees the slot when the consumer stops reading', async () => {
      for await (const token of engine.generate(request('leave', { maxTokens: 200 }), NEVER)) if (token.index === 2) break;
      assert.equal(engine.status.active, 0);
    });

    it('ENGINE_QUEUE_FULL beyond slots and queue, the others unharmed', async () => {
      const runs = await Promise.allSettled(
        Array.from({ length: 5 * SLOTS + 8 }, (_, i) => complete(engine, request(`full ${i}`, { maxTokens: 60 }))),
      );
      const rejected = runs.filter((run) => run.status === 'rejected');
      assert.ok(rejected.length > 0 && rejected.length <= 4 * SLOTS);
      assert.ok(rejected.every((run) => isCoded(run.reason, 'ENGINE_QUEUE_FULL')));
      assert.ok(runs.every((run) => run.status === 'rejected' || run.value.end.finishReason !== 'cancelled'));
    });

    it('PROMPT_TOO_LONG before any work', async () => {
      const promptIds = new Uint32Array(info.contextTokens).fill(5);
      await assert.rejects(complete(engine, request('', { promptIds })), (error) => isCoded(error, 'PROMPT_TOO_LONG'));
    });

    it('MODEL_NOT_FOUND for a model that is not loaded', async () => {
      const model = `0x${'00'.repeat(32)}` as typeof info.id;
      await assert.rejects(complete(engine, request('x', { model })), (error) => isCoded(error, 'MODEL_NOT_FOUND'));
    });
  });
}
