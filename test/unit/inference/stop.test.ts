import assert from 'node:assert/strict';
import { cutAtStop, findStop, heldBack } from '../../../src/inference/stop.ts';

describe('stop strings', () => {
  it('cuts at the earliest match of any', () => {
    assert.deepEqual(cutAtStop('one END two STOP', ['STOP', 'END']), { text: 'one ', stopped: true });
    assert.deepEqual(cutAtStop('one two', ['STOP', '']), { text: 'one two', stopped: false });
    assert.equal(findStop('abab', ['ab'], 1), 2);
  });

  it('holds back what may still become a stop string', () => {
    assert.equal(heldBack('hello ST', ['STOP', 'TT']), 2);
    assert.equal(heldBack('hello', ['STOP']), 0);
    assert.equal(heldBack('###', ['####']), 3);
  });
});
