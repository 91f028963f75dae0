import assert from 'node:assert/strict';
import { pino } from 'pino';
import { inferenceError } from '../../../src/inference/errors.ts';
import { Refusals } from '../../../src/node/refusals.ts';

const log = pino({ level: 'silent' });

describe('node/refusals', () => {
  const { signal } = new AbortController();
  const bad = async (): Promise<never> => {
    throw inferenceError('MODEL_INVALID', 'it is damaged');
  };

  it('leaves out what fails, keeps the order of the rest, and remembers why', async () => {
    const refusals = new Refusals(log, signal);
    const served = await refusals.served('miner', ['a', 'b', 'c'], async (model) => (model === 'b' ? bad() : model.toUpperCase()));
    assert.deepEqual(served, ['A', 'C']);
    const { remedy } = inferenceError.definitions.MODEL_INVALID;
    assert.deepEqual(refusals.all, [{ role: 'miner', model: 'b', code: 'MODEL_INVALID', message: 'it is damaged', remedy }]);
  });

  it('NO_MODEL when nothing of what was named is left, with all of it in the message; nothing when none was named', async () => {
    const refusals = new Refusals(log, signal);
    await assert.rejects(refusals.served('guard', ['a', 'b'], bad), (error: Error & { code: string }) => {
      assert.equal(error.code, 'NO_MODEL');
      assert.match(error.message, /guard[\s\S]*a: MODEL_INVALID: it is damaged\. Fetch[\s\S]*b: MODEL_INVALID/);
      return true;
    });
    assert.deepEqual(await refusals.served('router', [], bad), []);
  });

  it('BACKEND_UNAVAILABLE is the machine’s fault: it ends the start, whatever else there is', async () => {
    const refusals = new Refusals(log, signal);
    const use = async (): Promise<never> => {
      throw inferenceError('BACKEND_UNAVAILABLE', 'no backend works');
    };
    await assert.rejects(refusals.served('miner', ['a', 'b'], use), { code: 'BACKEND_UNAVAILABLE' });
    assert.deepEqual(refusals.all, []);
  });

  it('once the start is ended, no model is blamed', async () => {
    const refusals = new Refusals(log, AbortSignal.abort());
    await assert.rejects(refusals.served('miner', ['a', 'b'], bad), { code: 'MODEL_INVALID' });
    assert.deepEqual(refusals.all, []);
  });
});
