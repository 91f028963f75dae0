import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ClaimedOutput, judgeReplay, type Replay, sketchError } from '../../../src/validation/replay.ts';

const END = new Set([2]);
const TOLERANCE = { gap: 1e-3, sketchError: 1e-4 };

function sketch(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from({ length: 8 }, (_, i) => values[i] ?? 1).buffer);
}

function honest(ids: number[], overrides: Partial<ClaimedOutput> = {}): [ClaimedOutput, Replay] {
  const sketches = ids.map((id) => sketch(id, id + 1));
  return [
    { outputIds: Uint32Array.from(ids), sketches, finishReason: 'stop', maxTokens: 16, ...overrides },
    { chosen: Uint32Array.from(ids), gap: new Float32Array(ids.length), sketches: sketches.map((s) => s.slice()) },
  ];
}

const judge = ([claimed, replay]: [ClaimedOutput, Replay], endsAtStop = false) => judgeReplay(claimed, replay, TOLERANCE, END, endsAtStop);

describe('validation/replay', () => {
  it('VALID for any honest answer that ends by an end token', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 3, max: 2000 }), { maxLength: 15 }), (ids) => {
        assert.equal(judge(honest([...ids, 2])).verdict, 'VALID');
      }),
    );
  });

  it('TOKEN_NOT_CHOSEN for any single changed token, at its position', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 3, max: 2000 }), { minLength: 1, maxLength: 15 }), fc.nat(), (ids, at) => {
        const [claimed, replay] = honest([...ids, 2]);
        const position = at % ids.length;
        claimed.outputIds[position] = (ids[position] as number) + 1;
        replay.gap[position] = 0.5;
        assert.deepEqual(judge([claimed, replay]), { verdict: 'INVALID', fault: 'TOKEN_NOT_CHOSEN', position });
      }),
    );
  });

  it('VALID when two tokens tie within the rounding of the profile', () => {
    const [claimed, replay] = honest([5, 6, 2]);
    replay.chosen[1] = 9;
    replay.gap[1] = 5e-6;
    assert.equal(judge([claimed, replay]).verdict, 'VALID');
  });

  it('TOKEN_NOT_CHOSEN when the replay gives NaN', () => {
    const [claimed, replay] = honest([5, 6, 2]);
    replay.chosen[1] = 9;
    replay.gap[1] = Number.NaN;
    assert.equal(judge([claimed, replay]).fault, 'TOKEN_NOT_CHOSEN');
  });

  it('SKETCH_MISMATCH when the hidden states are those of another model', () => {
    const [claimed, replay] = honest([5, 6, 2]);
    assert.deepEqual(judge([{ ...claimed, sketches: claimed.sketches.map((_, i) => sketch(5 + i * 1.01)) }, replay]), {
      verdict: 'INVALID',
      fault: 'SKETCH_MISMATCH',
      position: 0,
    });
  });

  it('SKETCH_MISMATCH when sketches are missing or NaN', () => {
    const [claimed, replay] = honest([5, 2]);
    assert.equal(judge([{ ...claimed, sketches: [] }, replay]).fault, 'SKETCH_MISMATCH');
    assert.equal(judge([{ ...claimed, sketches: [sketch(Number.NaN), sketch()] }, replay]).fault, 'SKETCH_MISMATCH');
  });

  it('OUTPUT_EMPTY, OUTPUT_TOO_LONG, TOKENS_AFTER_END, ENDED_EARLY', () => {
    assert.equal(judge(honest([])).fault, 'OUTPUT_EMPTY');
    assert.equal(judge(honest([5, 6, 7], { maxTokens: 2 })).fault, 'OUTPUT_TOO_LONG');
    assert.deepEqual(judge(honest([5, 2, 7])), { verdict: 'INVALID', fault: 'TOKENS_AFTER_END', position: 2 });
    assert.equal(judge(honest([5, 6, 7])).fault, 'ENDED_EARLY');
  });

  it('VALID at the token limit, at a stop string and after a cancel', () => {
    assert.equal(judge(honest([5, 6], { maxTokens: 2, finishReason: 'length' })).verdict, 'VALID');
    assert.equal(judge(honest([5, 6]), true).verdict, 'VALID');
    assert.equal(judge(honest([5, 6], { finishReason: 'cancelled' })).verdict, 'VALID');
  });

  it('the sketch error is relative and symmetric in sign', () => {
    assert.equal(sketchError(sketch(2), sketch(2)), 0);
    assert.ok(Math.abs(sketchError(sketch(1.1), sketch(1)) - 0.1 / Math.sqrt(8)) < 1e-6);
    assert.ok(Number.isNaN(sketchError(new Uint8Array(3), new Uint8Array(3))));
  });
});
