import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseJournal } from '../../../../src/inference/store/journal.ts';
import { parseManifest, type StoreManifest, totalBytes, writeManifest } from '../../../../src/inference/store/manifest.ts';
import { isCoded } from '../../../../src/util/errors.ts';

const hex = (digits: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });
const files = fc.uniqueArray(fc.record({ path: fc.stringMatching(/^[a-b][a-z0-9_]{0,8}\.json$/), size: fc.nat(), sha256: hex(64) }), {
  minLength: 1,
  maxLength: 5,
  selector: ({ path }) => path,
});
const source = fc.oneof(
  fc.record({
    kind: fc.constant('hub' as const),
    endpoint: fc.webUrl(),
    repo: fc.constant('a/b'),
    revision: fc.constant('main'),
    commit: hex(40),
  }),
  fc.record({ kind: fc.constant('url' as const), url: fc.webUrl() }),
  fc.record({ kind: fc.constant('local' as const), path: fc.string({ maxLength: 50 }) }),
);

describe('store/manifest', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(files, source, (anyFiles, from) => {
        // fast-check also makes objects without a prototype.
        const files = anyFiles.map((file) => ({ ...file }));
        const source = { ...from };
        const model: StoreManifest = {
          format: 1,
          name: 'm',
          source,
          files,
          total: totalBytes(files),
          pulledAt: '2026-01-02T03:04:05.678Z',
        };
        assert.deepEqual(parseManifest(writeManifest(model), 'm'), model);
      }),
    );
  });

  it('STORE_MANIFEST_INVALID for anything else, never another error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        assert.throws(
          () => parseManifest(text, 'm'),
          (error) => isCoded(error, 'STORE_MANIFEST_INVALID'),
        );
      }),
    );
    const good = { name: 'm', source: { kind: 'local' as const, path: '/x' }, pulledAt: '2026-01-02T03:04:05.678Z' };
    const file = { path: 'a', size: 1, sha256: '0'.repeat(64) };
    const write = (change: object): string => writeManifest({ ...good, files: [file], ...change } as never);
    assert.equal(parseManifest(write({}), 'm').total, 1);
    for (const change of [
      { name: 'n' },
      { files: [] },
      { files: [{ ...file, path: '../a' }] },
      { files: [file, { ...file, path: 'A' }] },
      { files: [{ ...file, sha256: 'xx' }] },
      { files: [{ ...file, size: -1 }] },
      { files: [{ ...file, more: 1 }] },
      { pulledAt: 'yesterday' },
    ])
      assert.throws(() => parseManifest(write(change), 'm'), { code: 'STORE_MANIFEST_INVALID' }, JSON.stringify(change));
    assert.throws(() => parseManifest(write({}).replace('"total": 1', '"total": 2'), 'm'), { code: 'STORE_MANIFEST_INVALID' });
  });
});

describe('store/journal', () => {
  const header = '{"format":1,"size":100,"chunkBytes":10,"bootedAtMs":1}\n';
  const read = (lines: string) => {
    const found = parseJournal(header + lines);
    return found && [found.chunks, found.synced];
  };

  it('counts whole lines up to the first that is not one', () => {
    assert.deepEqual(read('3\n1\n2'), [[1, 3], []]);
    assert.deepEqual(read('1\nx\n2\n'), [[1], []]);
    assert.deepEqual(read('10\n'), [[], []], 'a chunk behind the end');
    assert.deepEqual(read('1\n1\n'), [[1], []]);
  });

  it('knows which chunks were synced, also when others finished meanwhile', () => {
    assert.deepEqual(read('5\n1\n3\nsynced 2\n'), [
      [1, 3, 5],
      [1, 5],
    ]);
    assert.deepEqual(read('1\nsynced 2\n3\n'), [[1], []], 'more than there are');
  });

  it('is nothing without a whole header', () => {
    for (const text of ['', header.trimEnd(), '{}\n', 'x\n', header.replace('"format":1', '"format":2'), header.replace('100', '0')])
      assert.equal(parseJournal(text), undefined, text);
  });

  it('takes any bytes, cut anywhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(200), (junk, cut) => {
        parseJournal(junk);
        parseJournal(header + junk);
        const found = parseJournal(`${header}0\n5\nsynced 2\n9\n`.slice(0, cut));
        assert.ok((found?.chunks.length ?? 0) <= 3);
      }),
    );
  });
});
