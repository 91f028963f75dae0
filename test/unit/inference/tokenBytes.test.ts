import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULT_MODEL_DIR } from '../../../src/inference/models.ts';
import { vocabularyBytes } from '../../../src/inference/tokenBytes.ts';
import { openTokenizer } from '../../../src/inference/tokenizer.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('bytes of tokens', () => {
  it('of a byte-level vocabulary join to the text, also where characters are split', async () => {
    const { encode, tokenBytes } = await openTokenizer(DEFAULT_MODEL_DIR);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (words) => {
        const ids = encode(words);
        assert.equal(Buffer.concat([...ids].map((id) => tokenBytes(id))).toString('utf8'), words);
      }),
    );
    const [first, ...rest] = [...encode('🐕')].map((id) => tokenBytes(id));
    assert.ok(rest.length > 0 && (first as Uint8Array)[0] === 0xf0);
  });

  it('of special tokens are their own text, of unknown ids none', async () => {
    const { tokenBytes, specialIds } = await openTokenizer(DEFAULT_MODEL_DIR);
    assert.deepEqual([...specialIds], [0, 1, 2]);
    assert.equal(text(tokenBytes(1)), '<|im_start|>');
    assert.equal(tokenBytes(1_000_000).length, 0);
  });

  it('of a vocabulary with byte tokens: the byte, and spaces for their mark', () => {
    const mark = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
    const bytes = vocabularyBytes({ type: 'Sequence', decoders: [mark, { type: 'ByteFallback' }, { type: 'Fuse' }] });
    assert.deepEqual([...bytes('<0xE2>')], [0xe2]);
    assert.equal(text(bytes('▁the▁dog')), ' the dog');
    assert.equal(text(bytes('é')), 'é');
  });

  it('of a vocabulary with a metaspace and no byte tokens', () => {
    const bytes = vocabularyBytes({ type: 'Metaspace', replacement: '_' });
    assert.equal(text(bytes('_<0xE2>')), ' <0xE2>');
    assert.equal(text(vocabularyBytes(null)('▁x')), '▁x');
  });
});
