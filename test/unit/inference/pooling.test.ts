import assert from 'node:assert/strict';
import { pool, softmax } from '../../../src/inference/pooling.ts';

describe('inference/pooling', () => {
  const hidden = Float32Array.of(3, 4, 5, 0);

  it('the first token or the mean, as they are or of length 1', () => {
    assert.deepEqual([...pool(hidden, 2, { mode: 'cls', normalise: false })], [3, 4]);
    assert.deepEqual([...pool(hidden, 2, { mode: 'mean', normalise: false })], [4, 2]);
    assert.deepEqual([...pool(hidden, 2, { mode: 'cls', normalise: true })], [...Float32Array.of(0.6, 0.8)]);
  });

  it('a vector of zeros stays one', () => {
    assert.deepEqual([...pool(new Float32Array(4), 2, { mode: 'mean', normalise: true })], [0, 0]);
  });

  it('chances sum to 1 also for scores that overflow an exponential', () => {
    const chances = softmax(Float32Array.of(1_000, 1_000, -1_000));
    assert.deepEqual([...chances], [0.5, 0.5, 0]);
  });
});
