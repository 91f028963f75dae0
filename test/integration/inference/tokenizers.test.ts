import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { IncrementalDetokenizer } from '../../../src/inference/detokenizer.ts';
import { openHfTokenizer } from '../../../src/inference/tokenizers/open.ts';
import { corpus } from '../../fixtures/tokenizers/corpus.ts';

const ROOT = path.join(import.meta.dirname, '../../fixtures/tokenizers');
const KINDS = readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const HARD = 'a👨‍👩‍👧‍👦👍🏽🇯🇵❤️東京𠀀한국어 ไทย क्षि e\u0301 𝔘 ﷽\u{10ffff} z';

interface Expected {
  readonly ids: string;
  readonly text: string;
  readonly count: number;
  readonly documents: string;
  readonly sample: readonly (readonly number[])[];
}

describe('tokenizers of each kind, against the Rust library', function () {
  this.timeout(60_000);
  const texts = corpus();
  for (const kind of KINDS) {
    describe(kind, () => {
      const json = <T>(name: string): T => JSON.parse(readFileSync(path.join(ROOT, kind, name), 'utf8')) as T;
      const hf = openHfTokenizer(json('tokenizer.json'), {});
      const expected = json<Expected>('expected.json');
      const encode = (text: string): number[] => hf.encode(text, { add_special_tokens: false }).ids;
      const decode = (ids: readonly number[]): string =>
        ids.length === 0 ? '' : hf.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });

      it('gives the same ids and the same text for a multilingual corpus of 1 MiB', () => {
        const [idsHash, textHash] = [createHash('sha256'), createHash('sha256')];
        let count = 0;
        for (const [i, text] of texts.entries()) {
          const ids = encode(text);
          const packed = Buffer.from(Uint32Array.from(ids).buffer);
          const decoded = decode(ids);
          if (i < expected.sample.length) assert.deepEqual(ids, expected.sample[i]);
          const digest = createHash('sha256').update(packed).update(decoded).digest('hex').slice(0, 8);
          assert.equal(digest, expected.documents.slice(8 * i, 8 * i + 8), `document ${i}`);
          idsHash.update(packed);
          textHash.update(decoded);
          count += ids.length;
        }
        const found = { ids: idsHash.digest('hex'), text: textHash.digest('hex'), count };
        const { ids, text, count: wanted } = expected;
        assert.deepEqual(found, { ids, text, count: wanted });
      });

      it('streams text token by token without splitting a character', () => {
        for (const text of [HARD, ...texts.slice(0, 40)]) {
          const ids = encode(text);
          const detokenizer = new IncrementalDetokenizer(decode);
          const pieces = [...ids.map((id) => detokenizer.push(id)), detokenizer.end()];
          assert.equal(pieces.join(''), decode(ids));
          assert.ok(pieces.every((piece) => piece.isWellFormed()));
          if (!decode(ids).includes('\ufffd')) assert.ok(pieces.every((piece) => !piece.includes('\ufffd')));
        }
      });
    });
  }
});
