import assert from 'node:assert/strict';
import path from 'node:path';
import { createEngine, type Engine, type GenerateRequest, type ModelInfo } from '../../../src/inference/engine.ts';
import { DEFAULT_MODEL_DIR } from '../../../src/inference/models.ts';
import { CALIBRATION } from '../../../src/inference/profile.ts';
import { sketchError } from '../../../src/inference/sketch.ts';
import { openTokenizer, type Tokenizer } from '../../../src/inference/tokenizer.ts';
import { GREEDY, type Hex, type Sampling } from '../../../src/types/index.ts';
import { complete, NEVER } from './run.ts';

const FIXTURES = path.join(import.meta.dirname, '../../fixtures/parity');
const QUESTIONS = [
  'Repeat: one two three four five six seven eight nine ten.',
  'The cat sat on the mat. The cat sat on the mat. The cat sat on the',
  'What is the capital of Japan? What is the capital of Japan?',
  'const a = 1; const b = 2; const c = 3; const d = 4; const e = 5;',
  'Tell me a story about a fox and a dog.',
  '7 plus 8 is 15. 7 plus 9 is 16. 7 plus 10 is',
];
const SAMPLINGS: Readonly<Record<string, Sampling>> = {
  greedy: GREEDY,
  'temperature 0.8': { ...GREEDY, temperatureMilli: 800, seed: `0x${'3c'.repeat(32)}` as Hex },
  'penalties and a nucleus': { ...GREEDY, temperatureMilli: 700, topPPpm: 900_000, repetitionMilli: 1_100, presenceMilli: 200 },
};

describe('speculation', function () {
  this.timeout(120_000);
  const engines: Engine[] = [];
  let guessing: Engine;
  let plain: Engine;
  before(() => {
    guessing = createEngine({ slots: 4, speculation: 'on' });
    plain = createEngine({ slots: 4, speculation: 'off' });
    engines.push(guessing, plain);
  });
  after(() => Promise.all(engines.map((engine) => engine.close())));

  for (const dir of [DEFAULT_MODEL_DIR, ...['smollm', 'qwen2', 'qwen3'].map((name) => path.join(FIXTURES, name))]) {
    describe(path.basename(dir), () => {
      let info: ModelInfo;
      let tokenizer: Tokenizer;
      before(async () => {
        [info] = await Promise.all([guessing.load(dir), plain.load(dir)]);
        tokenizer = await openTokenizer(dir);
      });
      const requests = (sampling: Sampling, change: Partial<GenerateRequest> = {}): GenerateRequest[] =>
        QUESTIONS.map((text) => ({
          model: info.id,
          promptIds: tokenizer.encode(text),
          sampling,
          maxTokens: 120,
          stop: [],
          ...change,
        }));

      for (const [title, sampling] of Object.entries(SAMPLINGS)) {
        it(`emits the tokens that come without it: ${title}`, async () => {
          for (const request of requests(sampling)) {
            const [with_, without] = [await complete(guessing, request), await complete(plain, request)];
            assert.deepEqual(with_.ids, without.ids);
            assert.deepEqual(with_.end, without.end);
            const worst = Math.max(...with_.sketches.map((sketch, i) => sketchError(sketch, without.sketches[i] as Uint8Array)));
            assert.ok(worst <= CALIBRATION[info.profile].sketchErrorMax / 10, `${worst}`);
          }
        });
      }

      it('gives requests at once bit by bit what each gets alone', async () => {
        const all = requests(GREEDY, { maxTokens: 60 });
        const together = await Promise.all(all.map((request) => complete(guessing, request)));
        for (const [i, request] of all.entries()) assert.deepEqual(together[i], await complete(guessing, request));
      });

      it('ends where a stop string, a length or a cancellation ends it', async () => {
        for (const request of requests(GREEDY)) {
          const { ids } = await complete(plain, request);
          const whole = tokenizer.decode(Uint32Array.from(ids));
          const stops = [whole.slice(10, 14), whole.slice(-6)].filter((text) => text.length > 1 && !text.includes('�'));
          for (const change of [{ maxTokens: 7 }, { maxTokens: 29 }, ...stops.map((text) => ({ stop: [text] }))]) {
            const changed = { ...request, ...change };
            const [with_, without] = [await complete(guessing, changed), await complete(plain, changed)];
            assert.deepEqual([with_.ids, with_.end], [without.ids, without.end]);
          }
        }
        const [request] = requests(GREEDY) as [GenerateRequest];
        for await (const token of guessing.generate(request, NEVER)) if (token.index === 20) break;
        assert.equal(guessing.status.active, 0);
      });

      it('is verified as its declared sampling', async () => {
        const { sketchErrorMax, gapMax } = CALIBRATION[info.profile];
        for (const request of requests(GREEDY)) {
          const { ids, sketches } = await complete(guessing, request);
          const result = await guessing.verify({ ...request, outputIds: Uint32Array.from(ids) }, NEVER);
          assert.ok(sketches.every((sketch, i) => sketchError(sketch, result.sketches[i] as Uint8Array) <= sketchErrorMax));
          assert.ok(result.gap.every((gap) => gap <= gapMax));
        }
      });
    });
  }
});
