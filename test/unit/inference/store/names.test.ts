import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nameFrom, parseModelName } from '../../../../src/inference/store/names.ts';
import { checkTogether, isTraversal, parseListedPath } from '../../../../src/inference/store/paths.ts';
import { isCoded } from '../../../../src/util/errors.ts';

describe('store/names', () => {
  it('takes what is a file name everywhere', () => {
    for (const name of ['a', 'SmolLM2-135M-Instruct', 'q.4_k', '0', 'x'.repeat(96)]) assert.equal(parseModelName(name), name);
  });

  it('STORE_NAME_INVALID for anything else', () => {
    for (const name of ['', '.', '..', 'a/b', '-a', 'a-', 'a b', 'default', 'DEFAULT', 'con', 'NUL.x', 'com1', 'é', 'x'.repeat(97), 'a\n'])
      assert.throws(() => parseModelName(name), { code: 'STORE_NAME_INVALID' }, name);
  });

  it('makes a valid name of any text that has a letter in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const name = nameFrom(`m${text}0`);
        assert.equal(parseModelName(name), name);
      }),
    );
  });
});

describe('store/paths', () => {
  it('takes the paths of repositories', () => {
    for (const path of ['config.json', 'onnx/model_q4.onnx', 'a/b/c-00001-of-00002.gguf', 'Ünïcode.json', '.hidden'])
      assert.equal(parseListedPath(path), path);
  });

  it('STORE_PATH_UNSAFE for a way out, another file on some system, or none', () => {
    const bad = [
      '',
      '/etc/passwd',
      '../x',
      'a/../../x',
      'a/..',
      './x',
      'a//b',
      'a/',
      'C:\\x',
      'c:x',
      'a\\b',
      'a\0b',
      'a\nb',
      'aux',
      'a/nul.txt',
    ];
    bad.push('x.', 'x ', ' x', 'a:b', 'a?', 'x'.repeat(256), `${'a/'.repeat(8)}b`, '\ud800', 'a\u202eb', 'COM¹');
    for (const path of bad) assert.throws(() => parseListedPath(path), { code: 'STORE_PATH_UNSAFE' }, JSON.stringify(path));
  });

  it('never lets a path leave its folder', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '\\', '/', 'c:', 'con'), fc.string({ maxLength: 5, unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const path = parts.join('/');
        try {
          parseListedPath(path);
        } catch (error) {
          assert.ok(isCoded(error, 'STORE_PATH_UNSAFE'));
          return;
        }
        const url = new URL(path.split('/').map(encodeURIComponent).join('/'), 'file:///models/x/');
        assert.ok(url.pathname.startsWith('/models/x/'));
        assert.ok(!isTraversal(path));
      }),
    );
  });

  it('STORE_PATH_UNSAFE for paths that are one file, or file and folder, on some system', () => {
    for (const paths of [
      ['a', 'A'],
      ['a', 'a'],
      ['é', 'e\u0301'],
      ['x/Config.json', 'X/other.json'],
      ['a/b', 'A'],
      ['A', 'a/b'],
      ['ﬁle', 'file'],
    ])
      assert.throws(() => checkTogether(paths), { code: 'STORE_PATH_UNSAFE' }, paths.join());
    checkTogether(['a/b', 'a/c', 'b', 'a.b']);
  });
});
