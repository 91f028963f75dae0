import assert from 'node:assert/strict';
import { hermes } from '../../../../src/inference/tools/hermes.ts';
import { withForcedCalls } from '../../../../src/roles/router/forcedCalls.ts';
import { isCoded } from '../../../../src/util/errors.ts';

const REQUEST = {
  apiKey: 'k',
  model: 'm',
  messages: [{ role: 'user' as const, content: 'x' }],
  grammar: '{"type":"json_object"}',
  tools: [{ name: 'f' }, { name: 'g' }],
};

describe('router: forced calls', () => {
  const grammar = (change: object) => JSON.parse(withForcedCalls({ ...REQUEST, ...change }, hermes).grammar ?? '');

  it('go before another grammar, with as many calls and tools as are wanted', () => {
    assert.equal(withForcedCalls(REQUEST, undefined), REQUEST);
    const names = ({ tools }: { tools: { name: string }[] }) => tools.map(({ name }) => name);
    const any = grammar({ toolChoice: 'required' });
    assert.deepEqual([any.type, any.parallel, names(any)], ['tool_calls', true, ['f', 'g']]);
    assert.equal(grammar({ toolChoice: 'required', parallelToolCalls: false }).parallel, false);
    const one = grammar({ toolChoice: { name: 'g' } });
    assert.deepEqual([one.parallel, names(one)], [false, ['g']]);
  });

  it('GRAMMAR_UNSUPPORTED for a model without a form of calls', () => {
    assert.throws(
      () => withForcedCalls({ ...REQUEST, toolChoice: 'required' }, undefined),
      (error) => isCoded(error, 'GRAMMAR_UNSUPPORTED'),
    );
  });
});
