import assert from 'node:assert/strict';
import { inferenceError } from '../../../../src/inference/errors.ts';
import { liesInFiles } from '../../../../src/inference/rehearsal/failures.ts';

describe('failures of rehearsals', () => {
  const crash = (how: string) => inferenceError('MODEL_REHEARSAL_CRASHED', 'it ended', { how }, new Error('last words'));

  it('lie in the files when a loader found them there, or native code crashed', () => {
    for (const code of ['MODEL_INVALID', 'MODEL_UNSUPPORTED', 'ENGINE_NUMERICS'] as const)
      assert.ok(liesInFiles(inferenceError(code, 'x')));
    assert.ok(liesInFiles(crash('SIGSEGV')));
  });

  it('may be the machine’s when they are limits, have a cause below the loaders, or came from outside', () => {
    for (const code of ['MODEL_REHEARSAL_TIMEOUT', 'MODEL_REHEARSAL_MEMORY', 'MODEL_TEXT_LIMIT', 'BACKEND_UNAVAILABLE'] as const)
      assert.ok(!liesInFiles(inferenceError(code, 'x')));
    assert.ok(!liesInFiles(inferenceError('MODEL_INVALID', 'x', {}, new Error('EIO'))));
    for (const how of ['SIGTERM', 'SIGINT', 'SIGABRT', 'exit code 1']) assert.ok(!liesInFiles(crash(how)));
  });
});
