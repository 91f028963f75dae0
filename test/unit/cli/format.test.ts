import assert from 'node:assert/strict';
import fc from 'fast-check';
import { termsOf } from '../../../src/cli/commands/session.ts';
import { formatCor, parseCor, parseDuration } from '../../../src/cli/cor.ts';
import { cliError } from '../../../src/cli/errors.ts';
import { EXIT_CODES, exitCodeOf } from '../../../src/cli/exit.ts';
import { fields, table } from '../../../src/cli/output.ts';
import { utilError } from '../../../src/util/errors.ts';

describe('cli/cor', () => {
  it('formats and parses every amount without loss', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 37n }), (wei) => assert.equal(parseCor(formatCor(wei), 'x'), wei)));
  });

  it('shows no zeros that mean nothing', () => {
    assert.deepEqual([0n, 1n, 10n ** 18n, 15n * 10n ** 17n, -(10n ** 17n)].map(formatCor), [
      '0',
      '0.000000000000000001',
      '1',
      '1.5',
      '-0.1',
    ]);
  });

  it('CLI_USAGE for what is no amount or duration', () => {
    for (const text of ['', '-1', '1,5', '1e3', '.5', '0x1', `1.${'0'.repeat(19)}`])
      assert.throws(() => parseCor(text, 'x'), { code: 'CLI_USAGE' }, text);
    for (const text of ['', '0', '-1s', '5w', 'h']) assert.throws(() => parseDuration(text, 'x'), { code: 'CLI_USAGE' }, text);
    assert.deepEqual(
      ['90', '90s', '15m', '24h', '30d'].map((text) => parseDuration(text, 'x')),
      [90, 90, 900, 86_400, 2_592_000],
    );
  });

  it('turns the options of `session create` into terms in wei', () => {
    const terms = termsOf({ deposit: '1.5', promptPriceMax: '0.001', expires: '2h' });
    assert.deepEqual([terms.deposit, terms.promptPriceMax, terms.expiresInSeconds], ['1500000000000000000', '1000000000000000', 7_200]);
  });
});

describe('cli/output', () => {
  it('aligns columns, numbers to the right', () => {
    assert.equal(
      table(
        ['a', 'n'],
        [
          ['long', 5],
          ['x', 12],
        ],
      ),
      'a      n\nlong   5\nx     12\n',
    );
  });

  it('leaves absent fields out', () => {
    assert.equal(
      fields([
        ['a', 'x'],
        ['bc', undefined],
        ['def', 1],
      ]),
      'a    x\ndef  1\n',
    );
  });
});

describe('cli/exit', () => {
  it('follows the definition, 1 otherwise', () => {
    assert.equal(exitCodeOf(cliError('CLI_USAGE', 'x')), 2);
    assert.equal(exitCodeOf(utilError('TIMEOUT', 'x')), 1);
    assert.equal(exitCodeOf(utilError('CANCELLED', 'x')), 130);
    assert.ok(Object.keys(EXIT_CODES).includes('70'));
  });
});
