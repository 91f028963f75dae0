import assert from 'node:assert/strict';
import type { Receipt } from '../../../../src/crypto/eip712.ts';
import type { InferDown, InferUp } from '../../../../src/protocols/infer/messages.ts';
import { readAnswer, worthRetrying } from '../../../../src/roles/router/dispatch.ts';
import { routerError } from '../../../../src/roles/router/errors.ts';
import { utilError } from '../../../../src/util/errors.ts';
import { assignmentOf, CONTRACTS, FakeChannel, guards, miner, NOW, OUTPUT, receiptOf, SKETCHES, signedReceipt, word } from '../fixtures.ts';

const ASSIGNMENT = assignmentOf();
const TIMEOUTS = { firstTokenTimeoutMs: 60_000, tokenTimeoutMs: 60_000 };
const chunk = (index: number, count = 1): InferDown => ({
  kind: 'chunk',
  index,
  tokenIds: OUTPUT.slice(index, index + count),
  sketches: Buffer.concat(SKETCHES.slice(index, index + count)),
});
const CHUNKS = [chunk(0), chunk(1, 2)];
const end = async (change: Partial<Receipt> = {}, by = miner): Promise<InferDown> => ({
  kind: 'end',
  receipt: await signedReceipt(receiptOf(ASSIGNMENT, change), by),
  finishReason: 'stop',
});

async function read(frames: readonly InferDown[], assignment = ASSIGNMENT, timeouts = TIMEOUTS, ends = true, topLogprobs?: number) {
  const channel = new FakeChannel<InferUp, InferDown>(frames, ends);
  const answer = readAnswer(channel, assignment, CONTRACTS, timeouts, topLogprobs, new AbortController().signal);
  const streamed: number[] = [];
  for (;;) {
    const step = await answer.next();
    if (step.done) return { streamed, answer: step.value };
    streamed.push(...step.value.tokenIds);
  }
}

describe('router/dispatch', () => {
  it('gives the tokens as they come, then the receipt', async () => {
    const { streamed, answer } = await read([...CHUNKS, await end()]);
    assert.deepEqual(streamed, [...OUTPUT]);
    assert.deepEqual(answer.outputIds, streamed);
    assert.equal(answer.finishReason, 'stop');
  });

  const refusals: readonly [string, () => Promise<readonly InferDown[]>][] = [
    ['a chunk leaves a gap', async () => [chunk(1)]],
    ['a chunk repeats a position', async () => [chunk(0), chunk(0)]],
    ['a sketch is missing', async () => [{ ...(chunk(0) as InferDown & { kind: 'chunk' }), sketches: new Uint8Array(31) }]],
    ['it counts more tokens than were streamed', async () => [...CHUNKS, await end({ completionTokens: 4 })]],
    ['its output root is another', async () => [...CHUNKS, await end({ outputRoot: word(1) })]],
    ['it is for another task', async () => [...CHUNKS, await end({ task: word(9) as Receipt['task'] })]],
    ['it is for another session', async () => [...CHUNKS, await end({ session: word(9) as Receipt['session'] })]],
    ['it is for another prompt', async () => [...CHUNKS, await end({ promptCommit: word(9) })]],
    ['it counts another prompt', async () => [...CHUNKS, await end({ promptTokens: 4 })]],
    ['it bills another price', async () => [...CHUNKS, await end({ completionPrice: 2_001n })]],
    ['it names another sampling', async () => [...CHUNKS, await end({ sampling: word(9) })]],
    ['it ends after the deadline', async () => [...CHUNKS, await end({ endedAt: NOW + 60_001 })]],
    ['it ends before it starts', async () => [...CHUNKS, await end({ endedAt: NOW - 1_001 })]],
  ];
  for (const [why, frames] of refusals) {
    it(`RECEIPT_REFUSED when ${why}`, async () => {
      await assert.rejects(read(await frames()), { code: 'RECEIPT_REFUSED' });
    });
  }

  it('LOGPROBS_REFUSED before the tokens of the chunk are given on', async () => {
    await assert.rejects(read(CHUNKS, ASSIGNMENT, TIMEOUTS, true, 2), { code: 'LOGPROBS_REFUSED' });
  });

  it('MINER_LOST when the stream ends without a receipt', async () => {
    await assert.rejects(read(CHUNKS), { code: 'MINER_LOST' });
  });

  it('RECEIPT_REFUSED when more tokens come than were asked for', async () => {
    await assert.rejects(read([...CHUNKS, await end()], assignmentOf({ maxTokens: 2 })), { code: 'RECEIPT_REFUSED' });
  });

  it('SIGNATURE_WRONG_SIGNER when another than the miner signed', async () => {
    const [stranger] = guards as [typeof miner];
    await assert.rejects(read([...CHUNKS, await end({}, stranger)]), { code: 'SIGNATURE_WRONG_SIGNER' });
  });

  it('MINER_REFUSED with the code that the miner gave', async () => {
    const frame: InferDown = { kind: 'error', code: 'MINER_STOPPING', message: 'stopping', retryable: true };
    await assert.rejects(read([frame]), { code: 'MINER_REFUSED', data: { code: 'MINER_STOPPING' } });
  });

  it('TIMEOUT when no first or no next token comes', async () => {
    await assert.rejects(read([], ASSIGNMENT, { ...TIMEOUTS, firstTokenTimeoutMs: 1 }, false), { code: 'TIMEOUT' });
    await assert.rejects(read([chunk(0)], ASSIGNMENT, { ...TIMEOUTS, tokenTimeoutMs: 1 }, false), { code: 'TIMEOUT' });
  });

  it('another miner is not tried when the client left or the node stops', () => {
    assert.equal(worthRetrying(utilError('CANCELLED', 'left')), false);
    assert.equal(worthRetrying(utilError('STOPPING', 'stopping')), false);
    assert.equal(worthRetrying(utilError('TIMEOUT', 'slow')), true);
    assert.equal(worthRetrying(routerError('MINER_REFUSED', 'busy')), true);
  });
});
