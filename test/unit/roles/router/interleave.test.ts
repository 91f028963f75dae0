import assert from 'node:assert/strict';
import { type Interleaved, interleave } from '../../../../src/roles/router/interleave.ts';

async function* counting(name: string, count: number): AsyncGenerator<string, number, void> {
  for (let i = 0; i < count; i++) yield `${name}${i}`;
  return count;
}

/** Gives one event, then waits until its signal aborts. */
async function* waiting(signal: AbortSignal, ended: string[]): AsyncGenerator<string, number, void> {
  try {
    yield 'first';
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    return 0;
  } finally {
    ended.push('waiting');
  }
}

async function* failing(): AsyncGenerator<string, number, void> {
  yield 'about to fail';
  throw new Error('failed');
}

async function all<R>(merged: AsyncGenerator<Interleaved<string, R>, readonly R[], void>) {
  const seen: (string | R)[] = [];
  for (let step = await merged.next(); ; step = await merged.next()) {
    if (step.done) return { seen, results: step.value };
    seen.push(step.value.value);
  }
}

describe('router/interleave', () => {
  it('gives every event in its source’s order, by turns, and the results in the order of the sources', async () => {
    let cancelled = 0;
    const { seen, results } = await all(interleave([counting('a', 3), counting('b', 1), counting('c', 3)], () => cancelled++));
    assert.deepEqual(results, [3, 1, 3]);
    assert.equal(cancelled, 1);
    assert.deepEqual(
      seen.filter((event) => String(event).startsWith('a')),
      ['a0', 'a1', 'a2'],
    );
    assert.deepEqual(new Set(seen.slice(0, 3)), new Set(['a0', 'b0', 'c0']));
  });

  it('one that fails cancels the others, and its error comes once they have ended', async () => {
    const cancel = new AbortController();
    const ended: string[] = [];
    const merged = interleave([waiting(cancel.signal, ended), failing()], () => cancel.abort(new Error('cancelled')));
    await assert.rejects(all(merged), /^Error: failed$/);
    assert.deepEqual(ended, ['waiting']);
  });

  it('a consumer that leaves cancels all of them', async () => {
    const cancel = new AbortController();
    const ended: string[] = [];
    const merged = interleave([waiting(cancel.signal, ended), waiting(cancel.signal, ended)], () => cancel.abort(new Error('cancelled')));
    for await (const _ of merged) break;
    assert.deepEqual(ended, ['waiting', 'waiting']);
  });
});
