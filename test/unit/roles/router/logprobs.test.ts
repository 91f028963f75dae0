import assert from 'node:assert/strict';
import type { InferChunk } from '../../../../src/protocols/infer/messages.ts';
import { contentLogprobs, logprobsFault } from '../../../../src/roles/router/logprobs.ts';

const chunk = (emitted: number[], topIds: number[], top: number[], ids = [5, 6]): InferChunk => ({
  index: 0,
  tokenIds: Uint32Array.from(ids),
  sketches: new Uint8Array(32 * ids.length),
  logprobs: { emitted: Float32Array.from(emitted), topIds: Uint32Array.from(topIds), top: Float32Array.from(top) },
});
const GOOD = chunk([-1, -2], [5, 7, 7, 6], [-1, -1.5, -0.25, -2]);

/** Token 5 is the first two bytes of a character, 6 the rest. */
const VOCABULARY = {
  specialIds: new Set([2]),
  tokenBytes: (id: number) => Uint8Array.from({ 5: [0xf0, 0x9f], 6: [0x90, 0x95], 7: [0x61] }[id] ?? []),
};

describe('router/logprobs', () => {
  it('finds nothing wrong with what was asked for', () => {
    assert.equal(logprobsFault(GOOD, 2), undefined);
    assert.equal(logprobsFault(chunk([-1, 0], [], []), 0), undefined);
    assert.equal(logprobsFault({ ...GOOD, logprobs: undefined }, undefined), undefined);
  });

  const faults: readonly [string, InferChunk, number | undefined][] = [
    ['nobody asked', GOOD, undefined],
    ['they are missing', { ...GOOD, logprobs: undefined }, 2],
    ['one is missing', chunk([-1], [], []), 0],
    ['too many come', chunk([-1, -2, -3], [], []), 0],
    ['alternatives are missing', GOOD, 3],
    ['alternatives have no numbers', chunk([-1, -2], [5, 6], [-1]), 1],
    ['one is above 0', chunk([-1, 0.5], [], []), 0],
    ['one is no number', chunk([-1, Number.NaN], [], []), 0],
    ['an alternative is infinite', chunk([-1, -2], [5, 6], [-1, Number.NEGATIVE_INFINITY]), 1],
    ['alternatives rise', chunk([-1, -2], [5, 7, 7, 6], [-1, -1.5, -2, -0.25]), 2],
  ];
  for (const [why, frame, wanted] of faults) {
    it(`finds a fault when ${why}`, () => assert.equal(typeof logprobsFault(frame, wanted), 'string'));
  }

  it('gives bytes of tokens that are parts of a character', () => {
    const [first, second] = contentLogprobs(VOCABULARY, GOOD) ?? [];
    assert.deepEqual([first?.bytes, first?.token], [[0xf0, 0x9f], '\ufffd']);
    assert.deepEqual(first?.top, [
      { token: '\ufffd', bytes: [0xf0, 0x9f], logprob: -1 },
      { token: 'a', bytes: [0x61], logprob: -1.5 },
    ]);
    assert.equal(Buffer.from([...(first?.bytes ?? []), ...(second?.bytes ?? [])]).toString(), '🐕');
  });

  it('leaves special tokens out of the answer', () => {
    const entries = contentLogprobs(VOCABULARY, chunk([-1, -2], [], [], [7, 2]));
    assert.deepEqual(entries, [{ token: 'a', bytes: [0x61], logprob: -1, top: [] }]);
    assert.equal(contentLogprobs(VOCABULARY, { ...GOOD, logprobs: undefined }), undefined);
  });
});
