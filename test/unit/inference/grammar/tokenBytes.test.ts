import assert from 'node:assert/strict';
import { Grammars } from '../../../../src/inference/grammar/index.ts';
import { tokenBytes } from '../../../../src/inference/grammar/tokenBytes.ts';
import { requireSpelling } from '../../../../src/inference/grammar/vocabulary.ts';
import { DEFAULT_MODEL_DIR } from '../../../../src/inference/models.ts';
import { openTokenizer } from '../../../../src/inference/tokenizer.ts';
import { isCoded } from '../../../../src/util/errors.ts';
import { TOKENS } from './support.ts';

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('latin1');
const LLAMA_DECODER = {
  type: 'Sequence',
  decoders: [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    { type: 'Strip', content: ' ', start: 1, stop: 0 },
  ],
};

const addedTokens = (special: Record<number, string>, plain: Record<number, string> = {}) =>
  new Map(
    [special, plain].flatMap((of, i) => Object.entries(of).map(([id, content]) => [Number(id), { content, special: i === 0 }] as const)),
  );

describe('bytes of tokens', () => {
  it('are those of the byte-level alphabet; added tokens have bytes of their own, also where the vocabulary has them not', () => {
    const vocab = new Map(Object.entries({ 'a"': 0, Ġb: 1, Ċ: 2, ðŁĺ: 3, '<|end|>': 4, 'Ã©': 6 }));
    const added = addedTokens({ 4: '<|end|>', 7: '<tool_call>' }, { 8: '<think>' });
    const bytes = tokenBytes({ vocab, added, decoder: { type: 'ByteLevel' } });
    const own = ['\xf8', '\xfc<think>'];
    assert.deepEqual(bytes.map(text), ['a"', ' b', '\n', '\xf0\x9f\x98', '\xfc', undefined, '\xc3\xa9', ...own]);
  });

  it('come from byte tokens and marks for spaces', () => {
    const vocab = new Map(Object.entries({ '<0x0A>': 0, '▁a▁': 1, é: 2, '<s>': 3, '': 4 }));
    const bytes = tokenBytes({ vocab, added: addedTokens({ 3: '<s>' }), decoder: LLAMA_DECODER });
    assert.deepEqual(bytes.map(text), ['\n', ' a ', '\xc3\xa9', '\xfc', undefined]);
  });

  it('of the default model give the text that its tokenizer decodes', async () => {
    const tokenizer = await openTokenizer(DEFAULT_MODEL_DIR);
    const bytes = tokenBytes(tokenizer.tokens());
    const sentence = 'A tiny “model” — naïve 😀 {"a": [1, 2]}\n';
    const ids = [...tokenizer.encode(sentence)];
    assert.equal(Buffer.concat(ids.map((id) => bytes[id] as Uint8Array)).toString(), sentence);
    for (const end of tokenizer.eosIds) assert.equal(text(bytes[end]), '\xfc');
    assert.doesNotThrow(() => new Grammars(tokenizer).check('{"type":"json_object"}'));
  });

  it('GRAMMAR_UNSUPPORTED for other decoders, for vocabularies without every byte, and without an end token', () => {
    const unsupported = (error: unknown): boolean => isCoded(error, 'GRAMMAR_UNSUPPORTED');
    for (const decoder of [null, { type: 'WordPiece' }, { type: 'Sequence', decoders: [{ type: 'Fuse' }] }]) {
      assert.throws(() => tokenBytes({ vocab: new Map(), added: new Map(), decoder }), unsupported);
    }
    requireSpelling(TOKENS, new Set([TOKENS.length]));
    assert.throws(() => requireSpelling(TOKENS, new Set()), unsupported);
    assert.throws(() => requireSpelling(TOKENS, new Set([0x7b])), unsupported);
  });
});
