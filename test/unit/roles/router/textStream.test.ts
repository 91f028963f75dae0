import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TextStream } from '../../../../src/roles/router/textStream.ts';

/** A tokenizer whose ids are code units. */
const tokenizer = { detokenizer: () => ({ push: (id: number) => String.fromCharCode(id), end: () => '' }) };
const ids = (text: string): Uint32Array => Uint32Array.from([...text].map((char) => char.charCodeAt(0)));
const feed = (chunks: readonly string[], stop: readonly string[]): string[] => {
  const stream = new TextStream(tokenizer, stop);
  return [...chunks.map((chunk) => stream.push(ids(chunk))), stream.end()];
};

describe('router/textStream', () => {
  it('without stop strings text comes out as it comes in', () => {
    assert.deepEqual(feed(['ab', 'c'], []), ['ab', 'c', '']);
  });

  it('a stop string that is spread over chunks never comes out, nor what follows it', () => {
    assert.deepEqual(feed(['a', 'E', 'N', 'D', 'tail'], ['END']), ['a', '', '', '', '', '']);
    assert.deepEqual(feed(['aEND b', 'c'], ['END']), ['a', '', '']);
  });

  it('what looked like the start of a stop string comes out when it was none', () => {
    assert.deepEqual(feed(['aEN', 'X'], ['END']), ['a', 'ENX', '']);
    assert.deepEqual(feed(['aEN'], ['END']), ['a', 'EN']);
  });

  it('the earliest of several stop strings ends the text', () => {
    assert.equal(feed(['one two three'], ['three', 'two']).join(''), 'one ');
  });

  it('what a detokenizer holds comes out at the end', () => {
    const held = { detokenizer: () => ({ push: () => '', end: () => '\ufffd' }) };
    const stream = new TextStream(held, []);
    assert.equal(stream.push(Uint32Array.of(1)), '');
    assert.equal(stream.end(), '\ufffd');
  });

  it('however text is cut into chunks, what comes out is the text before the first stop string', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), { maxLength: 3 });
    fc.assert(
      fc.property(text, stops, fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 40 }), (whole, stop, sizes) => {
        const chunks: string[] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          const size = sizes[i % Math.max(sizes.length, 1)] ?? 1;
          chunks.push(whole.slice(at, at + size));
          at += size;
        }
        // The stop string that is complete first ends the text; of two that end together the longer one.
        const found = stop.map((needle) => ({ at: whole.indexOf(needle), end: whole.indexOf(needle) + needle.length }));
        const [first] = found.filter(({ at }) => at >= 0).sort((a, b) => a.end - b.end || a.at - b.at);
        assert.equal(feed(chunks, stop).join(''), first === undefined ? whole : whole.slice(0, first.at));
      }),
      { numRuns: 2_000 },
    );
  });
});
