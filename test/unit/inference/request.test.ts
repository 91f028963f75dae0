import assert from 'node:assert/strict';
import { resolveOptions } from '../../../src/inference/options.ts';
import { checkGenerate, checkVerify } from '../../../src/inference/request.ts';
import type { GenerateRequest } from '../../../src/inference/types.ts';
import { GREEDY, type LogitBias, type ModelId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';

const MODEL = { vocab: 100, contextTokens: 16 };
const REQUEST: GenerateRequest = { model: '0x00' as ModelId, promptIds: Uint32Array.of(1, 2), sampling: GREEDY, maxTokens: 4, stop: [] };

const bias = (...pairs: [number, number][]): LogitBias[] => pairs.map(([token, biasMilli]) => ({ token, biasMilli }));

describe('request checks', () => {
  const wrong: [string, Partial<GenerateRequest>][] = [
    ['REQUEST_INVALID', { cacheScope: 'x'.repeat(257) }],
    ['REQUEST_INVALID', { topLogprobs: 21 }],
    ['REQUEST_INVALID', { topLogprobs: -1 }],
    ['PROMPT_EMPTY', { promptIds: new Uint32Array() }],
    ['PROMPT_TOO_LONG', { promptIds: new Uint32Array(16) }],
    ['TOKEN_OUT_OF_RANGE', { promptIds: Uint32Array.of(100) }],
    ['REQUEST_INVALID', { maxTokens: 0 }],
    ['REQUEST_INVALID', { maxTokens: 1.5 }],
    ['REQUEST_INVALID', { stop: [''] }],
    ['REQUEST_INVALID', { stop: Array.from({ length: 17 }, () => 'x') }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, temperatureMilli: -1 } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, topPPpm: 0 } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, seed: '0x12' } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, minPPpm: 1_000_001 } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, presenceMilli: -2_001 } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, frequencyMilli: 0.5 } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, repetitionMilli: 0 } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, grammar: 'x'.repeat(65_537) } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, logitBias: bias([1, 100_001]) } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, logitBias: bias([2, 1], [2, 1]) } }],
    ['REQUEST_INVALID', { sampling: { ...GREEDY, logitBias: bias([2, 1], [1, 1]) } }],
    ['TOKEN_OUT_OF_RANGE', { sampling: { ...GREEDY, logitBias: bias([100, 1]) } }],
  ];
  for (const [code, change] of wrong) {
    it(`${code} for ${JSON.stringify(change).slice(0, 60)}`, () => {
      assert.throws(
        () => checkGenerate({ ...REQUEST, ...change }, MODEL),
        (error) => isCoded(error, code),
      );
    });
  }

  it('lets a prompt through that leaves room for one token', () => {
    checkGenerate({ ...REQUEST, promptIds: new Uint32Array(15) }, MODEL);
  });

  it('PROMPT_TOO_LONG when prompt and output of a verification exceed the context', () => {
    const request = { ...REQUEST, promptIds: new Uint32Array(10), outputIds: new Uint32Array(7) };
    assert.throws(
      () => checkVerify(request, MODEL),
      (error) => isCoded(error, 'PROMPT_TOO_LONG'),
    );
    checkVerify({ ...request, outputIds: new Uint32Array(6) }, MODEL);
  });

  it('REQUEST_INVALID for an engine option out of range, by name', () => {
    assert.throws(
      () => resolveOptions({ threads: 0 }),
      (error) => isCoded(error, 'REQUEST_INVALID') && error.data.field === 'threads',
    );
  });
});
