import assert from 'node:assert/strict';
import type { Matcher } from '../../../../src/inference/grammar/index.ts';
import { LogitAdjustment } from '../../../../src/inference/sampling/adjustment.ts';
import { GREEDY, type Sampling } from '../../../../src/types/index.ts';

const LOGITS = Float32Array.of(2, -2, 0.5, 1);

function adjust(change: Partial<Sampling>, prompt: number[], answer: number[], logits = LOGITS): number[] {
  const adjustment = new LogitAdjustment({ ...GREEDY, ...change }, Uint32Array.from(prompt));
  for (const token of answer) adjustment.push(token);
  return [...adjustment.apply(logits)];
}

describe('logit adjustment', () => {
  it('leaves what the grammar allows, after penalties and biases, and follows the answer', () => {
    const pushed: number[] = [];
    const matcher = { push: (token: number) => pushed.push(token), allowed: () => Uint32Array.of(pushed.length === 0 ? 0b0101 : 0b1000) };
    const sampling = { ...GREEDY, logitBias: [{ token: 2, biasMilli: 1_000 }] };
    const adjustment = new LogitAdjustment(sampling, new Uint32Array(), matcher as unknown as Matcher);
    assert.deepEqual([...adjustment.apply(LOGITS)], [2, -Infinity, 1.5, -Infinity]);
    adjustment.push(2);
    assert.deepEqual([...adjustment.apply(LOGITS)], [-Infinity, -Infinity, -Infinity, 1]);
    assert.deepEqual(pushed, [2]);
  });

  it('passes the logits on as they are when nothing is asked for', () => {
    assert.equal(new LogitAdjustment(GREEDY, Uint32Array.of(0)).apply(LOGITS), LOGITS);
  });

  it('leaves the given logits alone', () => {
    const before = [...LOGITS];
    adjust({ presenceMilli: 1_000 }, [], [0]);
    assert.deepEqual([...LOGITS], before);
  });

  it('presence counts once, frequency each time, and only what the answer has', () => {
    assert.deepEqual(adjust({ presenceMilli: 500 }, [3], [0, 0, 2]), [1.5, -2, 0, 1]);
    assert.deepEqual(adjust({ frequencyMilli: 500 }, [3], [0, 0, 2]), [1, -2, 0, 1]);
    assert.deepEqual(adjust({ presenceMilli: -250, frequencyMilli: -250 }, [], [1, 1]), [2, -1.25, 0.5, 1]);
  });

  it('repetition divides positive and multiplies negative logits, of the prompt too', () => {
    assert.deepEqual(adjust({ repetitionMilli: 2_000 }, [1], [0]), [1, -4, 0.5, 1]);
    assert.deepEqual(adjust({ repetitionMilli: 500 }, [0, 1], []), [4, -1, 0.5, 1]);
  });

  it('adds biases after penalties', () => {
    const logitBias = [{ token: 0, biasMilli: 1_000 }];
    assert.deepEqual(adjust({ repetitionMilli: 2_000, presenceMilli: 500, logitBias }, [], [0]), [1.5, -2, 0.5, 1]);
  });

  it('stays finite', () => {
    const logitBias = [{ token: 0, biasMilli: 100_000 }];
    const [least, greatest] = adjust({ repetitionMilli: 10_000, logitBias }, [0], [], Float32Array.of(-3.4e38, 1));
    assert.ok(Number.isFinite(least) && (least as number) < -3e38);
    assert.equal(greatest, 1);
  });
});
