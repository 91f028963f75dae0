import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkGrammar } from '../../../../src/inference/grammar/grammar.ts';
import { JSON_OBJECT_GRAMMAR, schemaGrammar } from '../../../../src/inference/grammar/text.ts';
import { isCoded } from '../../../../src/util/errors.ts';
import { seededRandom } from '../../../bench/random.ts';
import { fits } from './reference.ts';
import { accepts, grammarOf, longest, walk } from './support.ts';

/** A schema with a value that fits it, keys in the schema's order. */
interface Sample {
  readonly schema: unknown;
  readonly value: unknown;
}

const NAMES = ['name', 'a', 'ab', 'é', '"q"', '😀', 'x y'];
const text = fc.string({ unit: 'binary', maxLength: 6 }).filter((value) => value.isWellFormed());
const scalar: fc.Arbitrary<Sample> = fc.oneof(
  text.map((value) => ({ schema: { type: 'string' }, value })),
  fc.tuple(text, fc.nat({ max: 3 }), fc.nat({ max: 3 })).map(([value, less, more]): Sample => {
    const length = [...value].length;
    return { schema: { type: 'string', minLength: Math.max(0, length - less), maxLength: length + more }, value };
  }),
  fc.tuple(fc.integer(), fc.nat({ max: 2_000 }), fc.nat({ max: 2_000 })).map(
    ([value, less, more]): Sample => ({
      schema: { type: 'integer', minimum: value - less, maximum: value + more },
      value,
    }),
  ),
  fc
    .double({ noNaN: true, min: -1e6, max: 1e6 })
    .map((value) => ({ schema: { type: ['number', 'null'] }, value: Number(value.toFixed(4)) })),
  fc
    .constantFrom<unknown>(true, false, null, 'x', 5)
    .map((value) => ({ schema: { type: ['boolean', 'null', 'string', 'integer'] }, value })),
  fc
    .tuple(fc.uniqueArray(text, { minLength: 1, maxLength: 5 }), fc.nat())
    .map(([list, at]) => ({ schema: { enum: list }, value: list[at % list.length] })),
  fc
    .jsonValue({ maxDepth: 1 })
    .map((value) => ({ schema: { const: JSON.parse(JSON.stringify(value)) }, value: JSON.parse(JSON.stringify(value)) })),
);
const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc
      .tuple(
        fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), tie('sample'), fc.boolean(), fc.boolean()), {
          maxLength: 4,
          selector: ([name]) => name,
        }),
        fc.boolean(),
      )
      .map(
        ([list, isOpen]): Sample => ({
          schema: {
            type: 'object',
            properties: Object.fromEntries(list.map(([name, { schema }]) => [name, schema])),
            required: list.filter(([, , isRequired]) => isRequired).map(([name]) => name),
            ...(isOpen ? {} : { additionalProperties: false }),
          },
          value: Object.fromEntries(
            list.filter(([, , isRequired, isThere]) => isRequired || isThere).map(([name, { value }]) => [name, value]),
          ),
        }),
      ),
    fc.tuple(tie('sample'), fc.nat({ max: 3 }), fc.nat({ max: 2 }), fc.nat({ max: 2 })).map(
      ([{ schema, value }, length, less, more]): Sample => ({
        schema: { type: 'array', items: schema, minItems: Math.max(0, length - less), maxItems: length + more },
        value: Array.from({ length }, () => value),
      }),
    ),
    fc
      .tuple(tie('sample'), tie('sample'))
      .map(([a, b]): Sample => ({ schema: { type: 'array', prefixItems: [a.schema, b.schema], items: false }, value: [a.value, b.value] })),
    fc.tuple(tie('sample'), tie('sample')).map(([a, b]): Sample => ({ schema: { anyOf: [a.schema, b.schema] }, value: b.value })),
  ),
}));

const TREE = {
  $ref: '#/$defs/node',
  $defs: {
    node: {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
      required: ['name', 'children'],
      additionalProperties: false,
    },
  },
};

describe('grammar of a JSON Schema', function () {
  this.timeout(30_000);

  it('leads any walk to a value that JSON.parse reads and the schema holds', () => {
    fc.assert(
      fc.property(sample, fc.nat(), ({ schema }, seed) => {
        const written = walk(grammarOf(schema).matcher(), seededRandom(seed));
        assert.ok(fits(JSON.parse(written), schema), `${JSON.stringify(schema)} gave ${written}`);
      }),
      { numRuns: 150 },
    );
  });

  it('takes any value that fits, byte by byte and in long tokens', () => {
    fc.assert(
      fc.property(sample, ({ schema, value }) => {
        const written = JSON.stringify(value);
        assert.ok(fits(value, schema));
        const grammar = grammarOf(schema);
        assert.ok(accepts(grammar, written), `${JSON.stringify(schema)} refuses ${written}`);
        assert.ok(accepts(grammar, written, longest));
      }),
      { numRuns: 300 },
    );
  });

  it('takes any JSON value without a schema, and refuses what is none', () => {
    const grammar = grammarOf(true);
    fc.assert(
      fc.property(fc.json(), (json) => {
        const written = JSON.stringify(JSON.parse(json), (_, value) =>
          typeof value === 'number' ? Math.round((value % 1e9) * 100) / 100 : value,
        );
        assert.ok(accepts(grammar, written), written);
      }),
    );
    for (const wrong of ['', '{', '[1,]', '{"a"}', '01', '+1', '"\t"', 'tru', '"\\x"', '{"a":1,}', '1 ', ' 1', "'a'"]) {
      assert.ok(!accepts(grammar, wrong), wrong);
    }
  });

  it('takes surrogates in pairs only, and UTF-8 that is valid', () => {
    const grammar = grammarOf({ type: 'string' });
    for (const good of ['"\\ud83d\\ude00"', '"\\uD83D\\uDE00"', '"\\u00e9\\ufffd"', '"\\ud7ff\\ue000"'])
      assert.ok(accepts(grammar, good), good);
    for (const bad of ['"\\ud83d"', '"\\ude00"', '"\\ud83d\\u0041"', '"\\ud83dx"', '"\\u12"']) assert.ok(!accepts(grammar, bad), bad);
    const { allowed, push } = bind(grammar.matcher());
    push(0x22);
    for (const byte of [0x80, 0xc0, 0xc1, 0xf5, 0xff, 0x1f]) assert.ok(!allowed(byte));
    push(0xed);
    assert.ok(allowed(0x9f) && !allowed(0xa0));
  });

  const cases: readonly [name: string, schema: unknown, good: readonly string[], bad: readonly string[]][] = [
    [
      'one space after : and , and none elsewhere',
      { type: 'object', properties: { a: true, b: true } },
      ['{"a": 1, "b": 2}', '{"a":1, "b":2}'],
      ['{ "a":1}', '{"a" :1}', '{"a":  1}', '{"a":1 ,"b":2}'],
    ],
    [
      'properties in the order of the schema, optional ones left out',
      { type: 'object', properties: { a: true, b: true }, required: ['b'], additionalProperties: false },
      ['{"a":1,"b":2}', '{"b":2}'],
      ['{"b":2,"a":1}', '{"a":1}', '{}', '{"b":2,"c":3}', '{"b":2,"b":2}'],
    ],
    [
      'other properties after those of the schema, under other names',
      { type: 'object', properties: { ab: { type: 'null' } }, additionalProperties: { type: 'integer' } },
      ['{}', '{"c":1}', '{"ab":null,"a":1,"abc":2}', '{"":1}'],
      ['{"ab":1}', '{"c":"x"}', '{"\\u0061b":1}', '{"c":1,"ab":null}'],
    ],
    ['required properties that are not declared', { type: 'object', required: ['x'] }, ['{"x":[]}', '{"x":1,"y":2}'], ['{}', '{"y":2}']],
    ['recursion', TREE, ['{"name":"a","children":[{"name":"b","children":[]}]}'], ['{"name":"a"}']],
    [
      'integers between bounds',
      { type: 'integer', minimum: -12, exclusiveMaximum: 105 },
      ['-12', '-1', '0', '9', '99', '104'],
      ['-13', '105', '-0', '007', '1.0', '1e1'],
    ],
    ['patterns', { type: 'string', pattern: '^[a-c]{2,3}(?:-\\d+)?$' }, ['"ab"', '"abc-12"'], ['"a"', '"abcd"', '"ab-"', '"xab"']],
    ['patterns without anchors', { type: 'string', pattern: 'b|^a"$' }, ['"abc"', '"a\\""', '"\\nb"'], ['"ac"', '"a"']],
    ['formats', { type: 'string', format: 'date' }, ['"2024-02-29"', '"2023-12-31"'], ['"2023-02-29"', '"2023-13-01"', '"2023-04-31"']],
    [
      'date and time',
      { type: 'string', format: 'date-time' },
      ['"2024-02-29T23:59:59Z"', '"2023-12-31T00:00:00.5+01:00"'],
      ['"2024-02-29"', '"2023-12-31T24:00:00Z"'],
    ],
    ['uuid', { type: 'string', format: 'uuid' }, ['"123e4567-e89b-12d3-a456-426614174000"'], ['"123e4567e89b12d3a456426614174000"']],
    ['email', { type: 'string', format: 'email' }, ['"a.b@c.org"', '"x@mail.example.com"'], ['"a@b"', '"@c.org"', '"a b@c.org"']],
    ['ipv4', { type: 'string', format: 'ipv4' }, ['"127.0.0.1"', '"255.255.255.255"'], ['"256.0.0.1"', '"1.2.3"', '"01.2.3.4"']],
    ['annotations', { $schema: 's', $id: 'i', title: 't', description: 'd', default: 1, examples: [1], type: 'null' }, ['null'], ['1']],
    ['enum filtered by type', { type: 'string', enum: ['a', 1, null] }, ['"a"'], ['1', 'null']],
    ['enum of objects', { enum: [{ a: [1, 2] }, 'x'] }, ['{"a":[1,2]}', '{"a": [1, 2]}', '"x"'], ['{"a":[1]}']],
  ];
  for (const [name, schema, good, bad] of cases) {
    it(`holds ${name}`, () => {
      const grammar = grammarOf(schema);
      for (const written of good) assert.ok(accepts(grammar, written), `refuses ${written}`);
      for (const written of bad) assert.ok(!accepts(grammar, written), `takes ${written}`);
    });
  }

  it('ends arrays and objects that lie as deep as allowed, whatever the schema asks inside', () => {
    const deep = grammarOf(TREE);
    let draws = 0;
    // Always opens another child where it can.
    const opening = (): number => (draws++ % 2 === 0 ? 0.999 : 0.6);
    const written = walk(deep.matcher(), opening, 4_000);
    assert.ok(fits(JSON.parse(written), TREE));
    assert.ok(!accepts(grammarOf(true), '['.repeat(65) + ']'.repeat(65)));
    assert.ok(accepts(grammarOf(true), '['.repeat(64) + ']'.repeat(64)));
  });

  const refusals: readonly [code: string, schema: unknown, message: RegExp][] = [
    [
      'GRAMMAR_UNSUPPORTED',
      { type: 'object', properties: { a: { type: 'array', uniqueItems: true } } },
      /\/properties\/a: the keyword uniqueItems/,
    ],
    ['GRAMMAR_UNSUPPORTED', { patternProperties: {} }, /patternProperties/],
    ['GRAMMAR_UNSUPPORTED', { not: {} }, /the keyword not/],
    ['GRAMMAR_UNSUPPORTED', { type: 'number', minimum: 1 }, /minimum of numbers/],
    ['GRAMMAR_UNSUPPORTED', { type: 'string', format: 'hostname' }, /the format hostname/],
    ['GRAMMAR_UNSUPPORTED', { type: 'string', format: 'date', maxLength: 3 }, /maxLength beside format/],
    ['GRAMMAR_UNSUPPORTED', { type: 'string', pattern: '(?=a)' }, /\(\?=/],
    ['GRAMMAR_UNSUPPORTED', { type: 'string', pattern: '(a)\\1' }, /\\1/],
    ['GRAMMAR_UNSUPPORTED', { type: 'string', pattern: '\\bx' }, /\\b/],
    ['GRAMMAR_UNSUPPORTED', { type: 'string', pattern: 'a(' }, /no regular expression/],
    ['GRAMMAR_UNSUPPORTED', { allOf: [{}, {}] }, /allOf/],
    ['GRAMMAR_UNSUPPORTED', { anyOf: [{}], type: 'string' }, /type beside anyOf/],
    ['GRAMMAR_UNSUPPORTED', { $ref: 'other.json' }, /\$ref/],
    ['GRAMMAR_INVALID', { $ref: '#/$defs/none' }, /leads nowhere/],
    ['GRAMMAR_INVALID', { type: 'text' }, /"text" is none of/],
    ['GRAMMAR_INVALID', { type: 'string', minLength: -1 }, /minLength/],
    ['GRAMMAR_INVALID', { enum: [] }, /at least one/],
    ['GRAMMAR_INVALID', { type: 'string', minLength: 3, maxLength: 2 }, /minLength is above maxLength/],
    ['GRAMMAR_INVALID', { type: 'array', minItems: 3, maxItems: 2 }, /minItems is above maxItems/],
    ['GRAMMAR_INVALID', { type: 'array', prefixItems: [{}], items: false, minItems: 2 }, /no value/],
    ['GRAMMAR_INVALID', { type: 'string', pattern: '^[^\\s\\S]$' }, /no value/],
    ['GRAMMAR_INVALID', { type: 'integer', minimum: 5, maximum: 4 }, /no value/],
    ['GRAMMAR_INVALID', { type: 'object', required: ['x'], additionalProperties: false }, /no value/],
    ['GRAMMAR_INVALID', { $ref: '#/$defs/a', $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' }, minItems: 1 } } }, /no value/],
    ['GRAMMAR_TOO_LARGE', { $ref: '#' }, /refers to itself/],
    ['GRAMMAR_TOO_LARGE', { type: 'string', pattern: '^((a{1,1000}){1,1000})$' }, /nodes/],
    ['GRAMMAR_TOO_LARGE', { const: 'x'.repeat(70_000) }, /bytes/],
  ];
  for (const [code, schema, message] of refusals) {
    it(`${code} for ${JSON.stringify(schema).slice(0, 70)}`, () => {
      assert.throws(
        () => checkGrammar(schemaGrammar(schema)),
        (error: unknown) => isCoded(error, code) && message.test((error as Error).message),
      );
    });
  }

  it('GRAMMAR_INVALID for a text in another form than the canonical one', () => {
    for (const wrong of [
      '',
      '{}',
      'null',
      '5',
      '{"type": "json_object"}',
      '{"type":"json_schema"}',
      '{"schema":{},"type":"json_schema"}',
    ]) {
      assert.throws(
        () => checkGrammar(wrong),
        (error) => isCoded(error, 'GRAMMAR_INVALID'),
      );
    }
    checkGrammar(JSON_OBJECT_GRAMMAR);
  });
});

function bind(matcher: ReturnType<ReturnType<typeof grammarOf>['matcher']>): {
  allowed(token: number): boolean;
  push(token: number): void;
} {
  return {
    allowed: (token) => (((matcher.allowed()?.[token >>> 5] ?? 0) >>> (token & 31)) & 1) === 1,
    push: (token) => matcher.push(token),
  };
}
