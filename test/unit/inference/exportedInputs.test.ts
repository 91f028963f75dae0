import assert from 'node:assert/strict';
import { type ExportValue, exportShape } from '../../../src/inference/onnx/exportedInputs.ts';
import { isCoded } from '../../../src/util/errors.ts';

type Value = ExportValue;
const value = (name: string, type: 'int64' | 'int32' | 'bool' | 'float32' | 'float16', shape: (number | string)[]): Value => ({
  name,
  isTensor: true,
  type,
  shape,
});
const cache = (prefix: string): Value[] =>
  [0, 1].flatMap((layer) => ['key', 'value'].map((part) => value(`${prefix}.${layer}.${part}`, 'float32', ['b', 2, 'p', 16])));
const INPUTS = [
  value('input_ids', 'int64', ['b', 's']),
  value('attention_mask', 'int64', ['b', 't']),
  value('position_ids', 'int64', ['b', 's']),
  ...cache('past_key_values'),
];
const OUTPUTS = [value('logits', 'float32', ['b', 's', 320]), ...cache('present')];

describe('inputs of an ONNX export', () => {
  const without = (list: Value[], name: string): Value[] => list.filter((entry) => entry.name !== name);

  it('tell layers and heads, and whether there are mask and positions', () => {
    const shape = {
      layers: 2,
      kvHeads: 2,
      headSize: 16,
      cacheType: 'float32',
      logitsType: 'float32',
      vocab: 320,
      ids: 'int64',
      mask: 'int64',
      positions: 'int64',
      keep: undefined,
      hasCacheBranch: false,
    };
    assert.deepEqual(exportShape(INPUTS, OUTPUTS), shape);
    const bare = exportShape(without(INPUTS, 'position_ids'), OUTPUTS);
    assert.deepEqual(bare, { ...shape, positions: undefined });
  });

  it('tell int32 ids, a branch, and the last positions under either name, scalar or of one number', () => {
    const ids = value('input_ids', 'int32', ['b', 's']);
    const inputs = [ids, ...without(INPUTS, 'input_ids'), value('use_cache_branch', 'bool', [1])];
    for (const [name, type, dims] of [
      ['num_logits_to_keep', 'int64', []],
      ['logits_to_keep', 'int32', [1]],
    ] as const) {
      const found = exportShape([...inputs, value(name, type, [...dims])], OUTPUTS);
      assert.deepEqual([found.ids, found.mask, found.hasCacheBranch, found.keep], ['int32', 'int64', true, { name, type, dims }]);
    }
  });

  const replaced = (list: Value[], entry: Value): Value[] => [...without(list, entry.name), entry];
  const cases: [string, string, Value[], Value[]][] = [
    ['there are no input_ids', 'input_ids', without(INPUTS, 'input_ids'), OUTPUTS],
    ['there is no cache', 'past_key_values.0.key', INPUTS.slice(0, 3), OUTPUTS],
    ['a value is missing', 'past_key_values.1.value', without(INPUTS, 'past_key_values.1.value'), OUTPUTS],
    ['the cache does not come out', 'present.1.key', INPUTS, without(OUTPUTS, 'present.1.key')],
    ['there are no logits', 'logits', INPUTS, without(OUTPUTS, 'logits')],
    ['an input is unknown', 'inputs_embeds', [...INPUTS, value('inputs_embeds', 'float32', [1])], OUTPUTS],
    ['an input has another type', 'use_cache_branch', [...INPUTS, value('use_cache_branch', 'int64', [1])], OUTPUTS],
    [
      'parts of the cache differ in type',
      'past_key_values.0.value',
      replaced(INPUTS, value('past_key_values.0.value', 'float16', ['b', 2, 'p', 16])),
      OUTPUTS,
    ],
    [
      'heads are not counted',
      'past_key_values.0.key',
      replaced(INPUTS, value('past_key_values.0.key', 'float32', ['b', 'h', 'p', 16])),
      OUTPUTS,
    ],
    ['layers differ', 'past_key_values.1.key', replaced(INPUTS, value('past_key_values.1.key', 'float32', ['b', 4, 'p', 16])), OUTPUTS],
  ];
  for (const [what, key, inputMetadata, outputMetadata] of cases) {
    it(`MODEL_UNSUPPORTED names ${key} when ${what}`, () => {
      assert.throws(
        () => exportShape(inputMetadata, outputMetadata),
        (error) => isCoded(error, 'MODEL_UNSUPPORTED') && error.data.key === key,
      );
    });
  }
});
