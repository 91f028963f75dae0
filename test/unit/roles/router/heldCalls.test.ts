import assert from 'node:assert/strict';
import { hermes } from '../../../../src/inference/tools/hermes.ts';
import { withHeldCalls } from '../../../../src/roles/router/heldCalls.ts';
import { isCoded } from '../../../../src/util/errors.ts';

const REQUEST = {
  apiKey: 'k',
  model: 'm',
  messages: [{ role: 'user' as const, content: 'x' }],
  grammar: '{"type":"json_object"}',
  tools: [{ name: 'f' }, { name: 'g' }],
};

describe('router: held calls', () => {
  const grammar = (change: object) => JSON.parse(withHeldCalls({ ...REQUEST, ...change }, hermes).grammar ?? '');

  it('go before another grammar, with as many calls and tools as are wanted', () => {
    assert.equal(withHeldCalls(REQUEST, undefined), REQUEST);
    const names = ({ tools }: { tools: { name: string }[] }) => tools.map(({ name }) => name);
    const any = grammar({ toolChoice: 'required' });
    assert.deepEqual([any.type, any.parallel, names(any)], ['tool_calls', true, ['f', 'g']]);
    assert.equal(grammar({ toolChoice: 'required', parallelToolCalls: false }).parallel, false);
    const one = grammar({ toolChoice: { name: 'g' } });
    assert.deepEqual([one.parallel, names(one)], [false, ['g']]);
  });

  it('are optional where a tool is strict and the model is free: other tools take any arguments', () => {
    const parameters = { type: 'object', properties: { a: { type: 'integer' } } };
    const free = { ...REQUEST, grammar: undefined };
    assert.equal(withHeldCalls({ ...free, tools: [{ name: 'f', parameters }] }, hermes).grammar, undefined);
    const tools = [
      { name: 'f', parameters, strict: true },
      { name: 'g', parameters },
    ];
    const held = grammar({ tools, parallelToolCalls: false });
    const expected = [
      { name: 'f', parameters },
      { name: 'g', parameters: { type: 'object' } },
    ];
    assert.deepEqual([held.type, held.parallel, held.tools], ['optional_tool_calls', false, expected]);
    assert.deepEqual(held.answer, { type: 'object' });
    assert.equal(grammar({ tools, grammar: undefined }).answer, undefined);
    const forced = grammar({ tools, toolChoice: 'required' });
    assert.deepEqual([forced.tools[1], forced.answer], [{ name: 'g', parameters }, undefined]);
  });

  it('GRAMMAR_UNSUPPORTED for a model without a form of calls', () => {
    assert.throws(
      () => withHeldCalls({ ...REQUEST, toolChoice: 'required' }, undefined),
      (error) => isCoded(error, 'GRAMMAR_UNSUPPORTED'),
    );
  });
});
