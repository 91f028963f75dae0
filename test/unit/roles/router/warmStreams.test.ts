import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Channel } from '../../../../src/protocols/channel.ts';
import type { InferDown, InferUp } from '../../../../src/protocols/infer/messages.ts';
import { WarmStreams } from '../../../../src/roles/router/warmStreams.ts';

class FakeChannel {
  readonly gone = new AbortController();
  readonly signal = this.gone.signal;
  readonly peerId: string;
  constructor(peerId: string) {
    this.peerId = peerId;
  }
  reset(): void {
    this.gone.abort();
  }
}

function setup() {
  const opened: FakeChannel[] = [];
  const streams = new WarmStreams(async (peerId) => {
    const channel = new FakeChannel(peerId);
    opened.push(channel);
    return channel as unknown as Channel<InferUp, InferDown>;
  });
  return { opened, streams, signal: new AbortController().signal };
}

describe('router/warmStreams', () => {
  it('gives the spare once, then opens anew', async () => {
    const { opened, streams, signal } = setup();
    streams.refill('a');
    streams.refill('a');
    await turn();
    assert.equal(opened.length, 1);
    assert.equal(await streams.take('a', signal), opened[0]);
    assert.equal(await streams.take('a', signal), opened[1]);
  });

  it('never gives a stream that the miner has ended', async () => {
    const { opened, streams, signal } = setup();
    streams.refill('a');
    await turn();
    opened[0]?.reset();
    assert.equal(await streams.take('a', signal), opened[1]);
  });

  it('closing resets every spare, also one that is being opened', async () => {
    const { opened, streams } = setup();
    streams.refill('a');
    await turn();
    streams.refill('b');
    streams.close();
    await turn();
    assert.deepEqual(
      opened.map(({ signal }) => signal.aborted),
      [true, true],
    );
    streams.refill('c');
    assert.equal(opened.length, 2);
  });
});
