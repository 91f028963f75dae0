import assert from 'node:assert/strict';
import { charsmapNormalizer } from '../../../src/inference/tokenizers/charsmap.ts';
import { joinBytes } from '../../../src/inference/tokenizers/decoders.ts';
import { normalizerOf } from '../../../src/inference/tokenizers/normalizers.ts';
import { openHfTokenizer } from '../../../src/inference/tokenizers/open.ts';
import { preTokenizerOf } from '../../../src/inference/tokenizers/preTokenizers.ts';
import { isCoded } from '../../../src/util/errors.ts';

const unsupported = (run: () => unknown): void => assert.throws(run, (error) => isCoded(error, 'MODEL_UNSUPPORTED'));

describe('parts of a tokenizer', () => {
  const cut = (behavior: string, invert = false): string[] =>
    preTokenizerOf({ type: 'Split', pattern: { String: '-' }, behavior, invert })('the-final--countdown', true);

  it('split in every way of the Rust library', () => {
    assert.deepEqual(cut('Removed'), ['the', 'final', 'countdown']);
    assert.deepEqual(cut('Isolated'), ['the', '-', 'final', '-', '-', 'countdown']);
    assert.deepEqual(cut('MergedWithPrevious'), ['the-', 'final-', '-', 'countdown']);
    assert.deepEqual(cut('MergedWithNext'), ['the', '-final', '-', '-countdown']);
    assert.deepEqual(cut('Contiguous'), ['the', '-', 'final', '--', 'countdown']);
    assert.deepEqual(cut('Removed', true), ['-', '-', '-']);
  });

  it('put a metaspace before the first piece only', () => {
    const first = preTokenizerOf({ type: 'Metaspace', replacement: '▁', prepend_scheme: 'first' });
    assert.deepEqual(
      [first('a b', true), first('a b', false)],
      [
        ['▁a', '▁b'],
        ['a', '▁b'],
      ],
    );
  });

  it('lower each letter by itself, and take `$` as text', () => {
    assert.equal(normalizerOf({ type: 'Lowercase' })('ΟΔΟΣ'), 'οδοσ');
    assert.equal(normalizerOf({ type: 'Replace', pattern: { String: 'a' }, content: '$&' })('bab'), 'b$&b');
  });

  it('join bytes to characters, keep a byte order mark, and give one U+FFFD for each stray byte', () => {
    assert.deepEqual(joinBytes(['<0xE6>', '<0x9D>', '<0xB1>', 'x', '<0xEF>', '<0xBB>', '<0xBF>']), ['東', 'x', '\ufeff']);
    assert.deepEqual(joinBytes(['<0xE6>', '<0x9D>', '<0x3']), ['\ufffd\ufffd', '<0x3']);
  });

  it('MODEL_INVALID for a damaged map of characters', () => {
    for (const map of ['', 'AAAA', 'CAAAAA=='])
      assert.throws(
        () => charsmapNormalizer(map),
        (error) => isCoded(error, 'MODEL_INVALID'),
      );
  });

  it('MODEL_UNSUPPORTED for what would be tokenised otherwise', () => {
    unsupported(() => preTokenizerOf({ type: 'UnicodeScripts' }));
    unsupported(() => preTokenizerOf({ type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' }));
    unsupported(() => cut('Sideways'));
    unsupported(() => normalizerOf({ type: 'Nmt' }));
    const model = { type: 'BPE', vocab: {}, merges: [] };
    unsupported(() => openHfTokenizer({ model: { type: 'WordLevel' } }, {}));
    unsupported(() => openHfTokenizer({ model: { type: 'Unigram', byte_fallback: true } }, {}));
    unsupported(() => openHfTokenizer({ model: { ...model, continuing_subword_prefix: '##' } }, {}));
    unsupported(() => openHfTokenizer({ model, added_tokens: [{ content: 'a', single_word: true }] }, {}));
  });
});
