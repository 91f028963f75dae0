import assert from 'node:assert/strict';
import { keccak256 } from 'viem';
import { samplingOf } from '../../../../src/roles/router/sampling.ts';
import type { CompletionRequest } from '../../../../src/roles/router/service.ts';
import { GREEDY, type Hex } from '../../../../src/types/index.ts';

const REQUEST: CompletionRequest = { apiKey: 'k', model: 'm', messages: [] };
const SEED: Hex = `0x${'5a'.repeat(32)}`;

describe('sampling of a request', () => {
  it('is greedy with a drawn seed when nothing is asked for', () => {
    assert.deepEqual(
      samplingOf(REQUEST, 0, () => SEED),
      { ...GREEDY, seed: SEED },
    );
  });

  it('is rounded to thousandths and millionths', () => {
    const request = {
      ...REQUEST,
      temperature: 0.7,
      topP: 0.95,
      topK: 40,
      minP: 0.05,
      presencePenalty: -0.1,
      frequencyPenalty: 0.1,
      repetitionPenalty: 1.15,
    };
    assert.deepEqual(
      samplingOf(request, 0, () => SEED),
      {
        temperatureMilli: 700,
        topPPpm: 950_000,
        topK: 40,
        minPPpm: 50_000,
        presenceMilli: -100,
        frequencyMilli: 100,
        repetitionMilli: 1_150,
        logitBias: [],
        grammar: '',
        seed: SEED,
      },
    );
  });

  it('has the grammar as it is', () => {
    const grammar = '{"type":"json_object"}';
    assert.equal(samplingOf({ ...REQUEST, grammar }, 0, () => SEED).grammar, grammar);
  });

  it('orders biases by token', () => {
    const { logitBias } = samplingOf({ ...REQUEST, logitBias: { 4000000000: 1, 7: -0.5 } }, 0, () => SEED);
    assert.deepEqual(logitBias, [
      { token: 7, biasMilli: -500 },
      { token: 4_000_000_000, biasMilli: 1_000 },
    ]);
  });

  it('takes a negative seed as two’s complement', () => {
    assert.equal(samplingOf({ ...REQUEST, seed: -1 }, 0, () => SEED).seed, `0x${'ff'.repeat(32)}`);
  });

  it('gives the first choice the seed itself and each other one its own, always the same', () => {
    const seedOf = (choice: number): Hex => samplingOf({ ...REQUEST, seed: 1 }, choice, () => SEED).seed;
    const first: Hex = `0x${'01'.padStart(64, '0')}`;
    assert.equal(seedOf(0), first);
    assert.equal(seedOf(3), keccak256(`${first}00000003`));
    assert.equal(samplingOf(REQUEST, 3, () => SEED).seed, SEED);
  });

  it('keeps the tiniest nucleus above 0', () => {
    assert.equal(samplingOf({ ...REQUEST, topP: 1e-9 }, 0, () => SEED).topPPpm, 1);
  });
});
