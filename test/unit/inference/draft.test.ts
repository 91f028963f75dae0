import assert from 'node:assert/strict';
import { DRAFT_TOKENS_MAX, lookUp, PromptLookup } from '../../../src/inference/draft.ts';

const of = (text: string): Uint32Array => Uint32Array.from(text, (letter) => letter.charCodeAt(0));
const text = (tokens: Uint32Array): string => String.fromCharCode(...tokens);

describe('prompt lookup', () => {
  it('goes on as the text did where its end stood before', () => {
    assert.equal(text(lookUp(of('the red fox. A dog. the red '), 5)), 'fox. ');
  });

  it('takes the longest agreement, and of equal ones the latest', () => {
    assert.equal(text(lookUp(of('xabcd1 yabcd2 abc3 xabcd'), 1)), '1');
    assert.equal(text(lookUp(of('abc1 abc2 abc'), 1)), '2');
  });

  it('goes on with a cycle past the end', () => {
    assert.equal(text(lookUp(of('--abcabc'), 7)), 'abcabca');
  });

  it('says nothing about two tokens, or what stood nowhere', () => {
    assert.equal(lookUp(of('1ab2ab'), 4).length, 0);
    assert.equal(lookUp(of('abcdef'), 4).length, 0);
    assert.equal(lookUp(of(''), 4).length, 0);
  });

  it('guesses more after right guesses, up to a bound', () => {
    const lookup = new PromptLookup(of('abcdabcd'));
    const sizes: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { length } = lookup.propose(100);
      sizes.push(length);
      lookup.learn(length, length);
    }
    assert.deepEqual(sizes, [3, 6, DRAFT_TOKENS_MAX, DRAFT_TOKENS_MAX]);
    assert.equal(lookup.propose(2).length, 2);
    assert.equal(lookup.propose(0).length, 0);
  });

  it('guesses ever more rarely after wrong guesses, and again after a right one', () => {
    const lookup = new PromptLookup(of('abcdabcd'));
    let guesses = 0;
    for (let step = 0; step < 1_000; step++) {
      const { length } = lookup.propose(8);
      if (length === 0) continue;
      guesses++;
      lookup.learn(length, 0);
    }
    assert.ok(guesses < 25, `${guesses}`);
    while (lookup.propose(8).length === 0);
    lookup.learn(3, 2);
    assert.equal(lookup.propose(8).length, 3);
  });

  it('remembers the output', () => {
    const lookup = new PromptLookup(of(''));
    for (let i = 0; i < 1_000; i++) lookup.push(i);
    for (const token of [10, 11, 12]) lookup.push(token);
    assert.deepEqual([...lookup.propose(3)], [13, 14, 15]);
  });
});
