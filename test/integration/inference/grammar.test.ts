import assert from 'node:assert/strict';
import { createEngine, type Engine, type GenerateRequest, type ModelInfo } from '../../../src/inference/engine.ts';
import { JSON_OBJECT_GRAMMAR, schemaGrammar } from '../../../src/inference/grammar/index.ts';
import { DEFAULT_MODEL_DIR } from '../../../src/inference/models.ts';
import { CALIBRATION, gapMaxFor } from '../../../src/inference/profile.ts';
import { openTokenizer, type Tokenizer } from '../../../src/inference/tokenizer.ts';
import { GREEDY, type Hex, type Sampling } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { judgeReplay } from '../../../src/validation/replay.ts';
import { fits } from '../../unit/inference/grammar/reference.ts';
import { complete, NEVER } from './run.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    city: { type: 'string', maxLength: 24 },
    country: { enum: ['Japan', 'France', 'Kenya'] },
    people: { type: 'integer', minimum: 0, maximum: 40_000_000 },
    known_for: { type: 'array', items: { type: 'string', maxLength: 16 }, minItems: 1, maxItems: 3 },
    river: { anyOf: [{ type: 'string', maxLength: 16 }, { type: 'null' }] },
  },
  required: ['city', 'country', 'people', 'known_for', 'river'],
  additionalProperties: false,
};
const SEEDS = 50;

describe('constrained output of the default model', function () {
  this.timeout(120_000);
  let engine: Engine;
  let info: ModelInfo;
  let tokenizer: Tokenizer;

  before(async () => {
    engine = createEngine({ slots: 8 });
    info = await engine.load(DEFAULT_MODEL_DIR);
    tokenizer = await openTokenizer(DEFAULT_MODEL_DIR);
  });
  after(() => engine.close());

  const request = (sampling: Partial<Sampling>, maxTokens = 200): GenerateRequest => ({
    model: info.id,
    promptIds: tokenizer.encodeChat([{ role: 'user', content: 'Tell me about Tokyo.' }]),
    sampling: { ...GREEDY, ...sampling },
    maxTokens,
    stop: [],
  });
  const seeded = (seed: number, grammar = schemaGrammar(SCHEMA)): Partial<Sampling> => ({
    temperatureMilli: 1_000,
    seed: `0x${seed.toString(16).padStart(64, '0')}` as Hex,
    grammar,
  });

  it(`fits the schema with ${SEEDS} seeds at temperature 1, and ends by itself`, async () => {
    const answers = await Promise.all(Array.from({ length: SEEDS }, (_, seed) => complete(engine, request(seeded(seed)))));
    for (const { ids, end } of answers) {
      const text = tokenizer.decode(ids);
      assert.equal(end.finishReason, 'stop', text);
      assert.ok(tokenizer.eosIds.has(ids.at(-1) as number));
      assert.ok(fits(JSON.parse(text), SCHEMA), text);
    }
    assert.ok(new Set(answers.map(({ ids }) => ids.join())).size > SEEDS / 2);
  });

  it('gives the same bits alone and beside requests without a grammar', async () => {
    const requests = [seeded(1), { temperatureMilli: 1_000 }, seeded(2), {}, seeded(3, JSON_OBJECT_GRAMMAR)].map((s) => request(s, 40));
    const together = await Promise.all(requests.map((r) => complete(engine, r)));
    for (const [i, r] of requests.entries()) assert.deepEqual(together[i], await complete(engine, r));
  });

  for (const [name, change] of Object.entries<Partial<Sampling>>({
    'temperature 1': {},
    greedy: { temperatureMilli: 0 },
    'top-p, top-k, min-p, penalties': { topPPpm: 900_000, topK: 20, minPPpm: 10_000, presenceMilli: 500, repetitionMilli: 1_200 },
  })) {
    it(`verifies its own output: ${name}`, async () => {
      const r = request({ ...seeded(7), ...change });
      const { ids } = await complete(engine, r);
      const result = await engine.verify({ ...r, outputIds: Uint32Array.from(ids) }, NEVER);
      assert.deepEqual([...result.chosen], ids);
      assert.ok(result.gap.every((gap) => gap === 0));
    });
  }

  it('TOKEN_NOT_CHOSEN for an answer that was made without the grammar', async () => {
    const free = request({ temperatureMilli: 1_000, seed: `0x${'11'.repeat(32)}` }, 20);
    const { ids, sketches, end } = await complete(engine, free);
    const sampling = { ...free.sampling, grammar: schemaGrammar(SCHEMA) };
    const replay = await engine.verify({ ...free, sampling, outputIds: Uint32Array.from(ids) }, NEVER);
    assert.equal(replay.gap[0], Number.POSITIVE_INFINITY);
    const claimed = { outputIds: Uint32Array.from(ids), sketches, finishReason: end.finishReason, maxTokens: 20 };
    const tolerance = { gap: gapMaxFor(CALIBRATION.fp32, sampling), sketchError: CALIBRATION.fp32.sketchErrorMax };
    assert.deepEqual(judgeReplay(claimed, replay, tolerance, tokenizer.eosIds, false), {
      verdict: 'INVALID',
      fault: 'TOKEN_NOT_CHOSEN',
      position: 0,
    });
  });

  it('ends with length when maxTokens cuts the value off', async () => {
    const { end, ids } = await complete(engine, request(seeded(5), 6));
    assert.deepEqual([end.finishReason, ids.length], ['length', 6]);
  });

  for (const [code, grammar] of [
    ['GRAMMAR_UNSUPPORTED', schemaGrammar({ not: {} })],
    ['GRAMMAR_INVALID', schemaGrammar({ type: 'text' })],
    ['GRAMMAR_INVALID', '{}'],
  ] as const) {
    it(`${code} before the first token, for a miner and for a guard`, async () => {
      const r = request({ grammar });
      await assert.rejects(complete(engine, r), (error) => isCoded(error, code));
      await assert.rejects(engine.verify({ ...r, outputIds: Uint32Array.of(5) }, NEVER), (error) => isCoded(error, code));
    });
  }
});
