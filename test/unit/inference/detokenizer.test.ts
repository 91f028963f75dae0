import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IncrementalDetokenizer } from '../../../src/inference/detokenizer.ts';

/** One id is one byte of UTF-8; 256 and above are special tokens without text. */
const decode = (ids: readonly number[]): string => Buffer.from(ids.filter((id) => id < 256)).toString('utf8');

function pieces(ids: Iterable<number>): string[] {
  const detokenizer = new IncrementalDetokenizer(decode);
  return [...[...ids].map((id) => detokenizer.push(id)), detokenizer.end()];
}

describe('incremental detokenizer', () => {
  it('never splits a character and loses none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const parts = pieces(Buffer.from(text));
        assert.equal(parts.join(''), text);
        for (const part of parts) assert.ok(part.isWellFormed() && !part.includes('\ufffd'));
      }),
    );
  });

  it('gives nothing for special tokens', () => {
    assert.deepEqual(pieces([97, 300, 98]), ['a', '', 'b', '']);
  });

  it('gives U+FFFD at the end for an unfinished character', () => {
    assert.deepEqual(pieces([97, 0xf0, 0x9f]), ['a', '', '', '\ufffd']);
  });

  it('does not wait for ever on bytes that are no UTF-8', () => {
    assert.ok(
      pieces(Array.from({ length: 20 }, () => 0xff))
        .slice(0, 8)
        .join('').length > 0,
    );
  });
});
