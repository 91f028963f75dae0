import assert from 'node:assert/strict';
import { pickThreads } from '../../../src/inference/threads.ts';

describe('threads of a forward pass', () => {
  it('are one for each core, less one for the node, and 16 at most', () => {
    assert.deepEqual(
      [1, 2, 4, 8, 64].map((processors) => pickThreads(processors, 1)),
      [1, 1, 3, 7, 16],
    );
    assert.deepEqual(
      [1, 2, 4, 16, 64].map((processors) => pickThreads(processors, 2)),
      [1, 1, 1, 7, 16],
    );
  });
});
