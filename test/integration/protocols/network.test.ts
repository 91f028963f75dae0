import assert from 'node:assert/strict';
import { attestStream } from '../../../src/protocols/attest/stream.ts';
import type { Channel } from '../../../src/protocols/channel.ts';
import { READ_AHEAD_BYTES } from '../../../src/protocols/engine/reader.ts';
import { evidenceStream } from '../../../src/protocols/evidence/stream.ts';
import type { InferDown, InferUp } from '../../../src/protocols/infer/messages.ts';
import { inferStream } from '../../../src/protocols/infer/stream.ts';
import type { NodeAnnouncement } from '../../../src/protocols/node/messages.ts';
import { nodeTopic } from '../../../src/protocols/node/topic.ts';
import { taskTopic } from '../../../src/protocols/task/topic.ts';
import type { Hex, ModelId, TaskId } from '../../../src/types/index.ts';
import { isCoded } from '../../../src/util/errors.ts';
import { aborted, announcement, CONTRACTS, firstAddress, startHost, type TestHost, temporaryDirectory, until } from './hosts.ts';

const b32 = (byte: string): Hex => `0x${byte.repeat(32)}`;
const TASK = b32('11') as TaskId;
const MODEL = b32('6d') as ModelId;
const code = (expected: string) => (error: unknown) => isCoded(error, expected);
const error = (message: string): InferDown => ({ kind: 'error', code: 'X', message, retryable: false });

describe('protocols/network', () => {
  const hosts: TestHost[] = [];
  const start = async (...args: Parameters<typeof startHost>): Promise<TestHost> => {
    const host = await startHost(...args);
    hosts.push(host);
    return host;
  };
  const pair = async (): Promise<[server: TestHost, client: TestHost]> => {
    const server = await start(1);
    const client = await start(2);
    await client.network.dial(firstAddress(server));
    return [server, client];
  };
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.network.close()));
  });

  describe('discovery', () => {
    it('four hosts find each other through the DHT from one bootstrap address', async () => {
      const first = await start(1);
      const bootstrap = [firstAddress(first)];
      const others = await Promise.all([2, 3, 4].map((n) => start(n, { bootstrap })));
      const peersOf = ({ network }: TestHost): number => new Set(network.peers().map((peer) => peer.peerId)).size;
      await until(() => [first, ...others].every((host) => peersOf(host) === 3));
    });

    it('a model is found through its provider record by a host that never met the provider', async () => {
      const first = await start(1);
      const bootstrap = [firstAddress(first)];
      const miner = await start(2, { bootstrap });
      await until(() => miner.network.peers().length > 0);
      await miner.network.provide(MODEL);
      const router = await start(3, { bootstrap });
      await until(() => router.network.peers().length > 0);
      const found: string[] = [];
      for await (const peerId of router.network.findProviders(MODEL)) found.push(peerId);
      assert.deepEqual(found, [miner.key.peerId]);
      for await (const peerId of router.network.findProviders(b32('99') as ModelId)) assert.fail(peerId);
    });

    it('a host that comes back from its peer store needs no bootstrap address', async () => {
      const directory = await temporaryDirectory();
      try {
        const first = await start(1);
        const second = await startHost(2, { datastoreDir: directory.path });
        await second.network.dial(firstAddress(first));
        await second.network.handle(evidenceStream, async () => {});
        await second.network.close();
        const again = await start(2, { datastoreDir: directory.path });
        assert.equal(again.network.peerId, second.network.peerId);
        const channel = await again.network.open(attestStream, first.key.peerId).catch((cause: unknown) => cause);
        // The peer is reached from its stored address; it just does not speak this protocol.
        assert.ok(
          again.network.peers().some((peer) => peer.peerId === first.key.peerId),
          String(channel),
        );
      } finally {
        await Promise.all(hosts.splice(0).map((host) => host.network.close()));
        await directory.remove();
      }
    });
  });

  describe('gossip', () => {
    /** Publishes until the mesh carries it. */
    const publishUntil = async (from: TestHost, body: () => Promise<NodeAnnouncement>, condition: () => boolean): Promise<void> => {
      while (!condition()) {
        await from.network.publish(nodeTopic, await body());
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
    };

    it('an announcement reaches the other table and subscribers, and the own ones too', async () => {
      const [a, b] = await pair();
      const seen: string[] = [];
      a.network.subscribe(nodeTopic, (message, from) => seen.push(`${message.record.record.peerId} ${from.peerId} ${from.own}`));
      await publishUntil(
        b,
        () => announcement(b, ['miner']),
        () => a.network.nodes.byPeer(b.key.peerId) !== undefined,
      );
      assert.equal(seen[0], `${b.key.peerId} ${b.key.peerId} false`);
      assert.ok(b.network.nodes.byPeer(b.key.peerId));
      assert.equal(a.network.nodes.byOperator(b.operator.address)?.record.operator, b.operator.address.toLowerCase());
    });

    it('RECORD_PEER_MISMATCH: a stolen record is not taken in and costs its sender score', async () => {
      const [a, b] = await pair();
      const thief = await announcement(a, ['miner']);
      const score = (): number => a.network.peers()[0]?.score ?? 0;
      const before = score();
      const rejected = (): boolean => (a.network.verdicts().get('node:RECORD_PEER_MISMATCH') ?? 0) > 0 && score() < 0;
      await publishUntil(b, async () => thief, rejected);
      assert.ok(score() < before);
      assert.equal(a.network.nodes.size, 0);
    });

    it('NOT_REGISTERED: ignored, and costs nothing', async () => {
      const a = await start(1, { registered: () => false });
      const b = await start(2);
      await b.network.dial(firstAddress(a));
      const ignored = (): boolean => (a.network.verdicts().get('node:NOT_REGISTERED') ?? 0) >= 3;
      await publishUntil(b, () => announcement(b, ['miner']), ignored);
      assert.ok((a.network.peers()[0]?.score ?? -1) >= 0);
      assert.equal(a.network.nodes.size, 0);
    });

    it('WIRE_TOO_LARGE: what breaks its cap does not leave the node', async () => {
      const [a] = await pair();
      const models = Array.from({ length: 65 }, () => ({
        id: MODEL,
        promptPrice: 1n,
        completionPrice: 1n,
        tokensPerSecondMilli: 1,
        contextTokens: 1,
      }));
      await assert.rejects(a.network.publish(nodeTopic, await announcement(a, ['miner'], { models })), code('WIRE_TOO_LARGE'));
    });

    it('a relay carries a message between hosts that are not connected', async () => {
      const middle = await start(1);
      const left = await start(2);
      const right = await start(3);
      await left.network.dial(firstAddress(middle));
      await right.network.dial(firstAddress(middle));
      await publishUntil(
        left,
        () => announcement(left, ['router']),
        () => right.network.nodes.byPeer(left.key.peerId) !== undefined,
      );
      const offers: string[] = [];
      for (const host of [middle, right]) host.network.subscribe(taskTopic, (offer) => offers.push(offer.task));
      while (offers.length < 2) {
        await left.network.publish(taskTopic, {
          task: TASK,
          session: b32('51') as never,
          model: MODEL,
          router: left.operator.address,
          promptCommit: b32('01'),
          promptTokens: 3,
          maxTokens: 4,
          promptPriceMax: 1n,
          completionPriceMax: 1n,
          deadline: Date.now() + 60_000,
        });
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      assert.ok(offers.every((task) => task === TASK));
    });
  });

  describe('streams', () => {
    it('messages go both ways in order, and both sides end cleanly', async () => {
      const [server, client] = await pair();
      const ended = Promise.withResolvers<boolean>();
      await server.network.handle(evidenceStream, async (channel, remote) => {
        assert.equal(remote.peerId, client.key.peerId);
        for await (const { task } of channel.receive) await channel.send({ kind: 'error', code: 'ECHO', message: task, retryable: false });
        ended.resolve(channel.signal.aborted);
      });
      const channel = await client.network.open(evidenceStream, server.key.peerId);
      for (const byte of ['01', '02', '03']) {
        await channel.send({ task: b32(byte) as TaskId });
        assert.deepEqual(await channel.next(), { kind: 'error', code: 'ECHO', message: b32(byte), retryable: false });
      }
      await channel.close();
      assert.equal(await channel.next(), undefined);
      assert.equal(await ended.promise, false);
    });

    it('a coded error of the handler arrives as an error frame, an uncoded one without its text', async () => {
      const [server, client] = await pair();
      await server.network.handle(inferStream, async () => {
        throw new Error('a secret path');
      });
      const channel = await client.network.open(inferStream, server.key.peerId);
      assert.deepEqual(await channel.next(), { kind: 'error', code: 'INTERNAL', message: 'internal error', retryable: false });
      channel.reset();
    });

    it('WIRE_TOO_LARGE: a frame above the cap is refused before it is buffered', async () => {
      const [server, client] = await pair();
      const refused = Promise.withResolvers<unknown>();
      await server.network.handle(evidenceStream, async (channel) => {
        await channel.next().catch(refused.resolve);
      });
      // The same protocol name with a larger message: a peer that keeps to no cap.
      const rude = { ...evidenceStream, up: inferStream.down as never };
      const channel: Channel<InferDown, unknown> = await client.network.open(rude, server.key.peerId);
      await channel.send(error('x'.repeat(500)));
      assert.ok(isCoded(await refused.promise, 'WIRE_TOO_LARGE'));
      await aborted(channel.signal);
    });

    it('WIRE_MALFORMED: a frame that is no message ends the stream', async () => {
      const [server, client] = await pair();
      const refused = Promise.withResolvers<unknown>();
      await server.network.handle(evidenceStream, async (channel) => {
        await channel.next().catch(refused.resolve);
      });
      const rude = { ...evidenceStream, up: inferStream.down as never };
      const channel: Channel<InferDown, unknown> = await client.network.open(rude, server.key.peerId);
      await channel.send(error('x'));
      assert.ok(isCoded(await refused.promise, 'WIRE_MALFORMED'));
      await aborted(channel.signal);
    });

    it('a reader that does not read stops the sender after a bounded number of bytes', async () => {
      const [server, client] = await pair();
      let sent = 0;
      const stalled = Promise.withResolvers<void>();
      const frame = { kind: 'chunk', index: 0, tokenIds: new Uint32Array(0), sketches: new Uint8Array(8_192) } as const;
      await server.network.handle(inferStream, async (channel) => {
        for (;;) {
          const slow = setTimeout(stalled.resolve, 1_000);
          await channel.send(frame);
          clearTimeout(slow);
          sent += frame.sketches.length;
        }
      });
      const channel = await client.network.open(inferStream, server.key.peerId);
      await stalled.promise;
      const bound = READ_AHEAD_BYTES + 4 * 1024 * 1024;
      assert.ok(sent > READ_AHEAD_BYTES / 2 && sent < bound, `${sent} bytes left the sender`);
      const before = sent;
      for (let received = 0; received < 2 * before; received += frame.sketches.length) assert.ok(await channel.next());
      assert.ok(sent > before, 'the sender goes on when the reader does');
      channel.reset();
    });

    it('a reset of the client aborts the signal of the handler', async () => {
      const [server, client] = await pair();
      const gone = Promise.withResolvers<unknown>();
      await server.network.handle(inferStream, async (channel) => {
        await channel.send(error('one'));
        await aborted(channel.signal);
        gone.resolve(channel.signal.reason);
      });
      const channel = await client.network.open(inferStream, server.key.peerId);
      assert.equal((await channel.next())?.kind, 'error');
      channel.reset();
      assert.ok(isCoded(await gone.promise, 'STREAM_RESET'));
    });

    it('the signal of a read resets the stream for the peer too', async () => {
      const [server, client] = await pair();
      const gone = Promise.withResolvers<void>();
      await server.network.handle(inferStream, async (channel) => {
        await aborted(channel.signal);
        gone.resolve();
      });
      const channel = await client.network.open(inferStream, server.key.peerId);
      const controller = new AbortController();
      const read = channel.next(controller.signal);
      controller.abort(new Error('enough'));
      await assert.rejects(read, /enough/);
      await gone.promise;
    });

    it('STREAM_IDLE when the peer says nothing, STREAM_TIMEOUT when it never comes to an end', async () => {
      const [server, client] = await pair();
      await server.network.handle(inferStream, (channel) => aborted(channel.signal).then(() => {}));
      const idle = await client.network.open({ ...inferStream, idleTimeoutMs: 50 }, server.key.peerId);
      await assert.rejects(idle.next(), code('STREAM_IDLE'));
      const long = await client.network.open({ ...inferStream, requestTimeoutMs: 50 }, server.key.peerId);
      await assert.rejects(long.next(), code('STREAM_TIMEOUT'));
    });

    it('PEER_QUOTA for one stream more than a peer may open, STREAM_BUSY for one more than the node serves', async () => {
      const [server, client] = await pair();
      const third = await start(3);
      await third.network.dial(firstAddress(server));
      const held: Channel<InferUp, InferDown>[] = [];
      const bounded = { ...inferStream, inboundStreamsPerPeerMax: 2, inboundStreamsMax: 3 };
      await server.network.handle(bounded, async (channel) => {
        await channel.send(error('taken'));
        await aborted(channel.signal);
      });
      const answer = async (host: TestHost): Promise<string> => {
        const channel = await host.network.open(bounded, server.key.peerId);
        held.push(channel);
        const frame = await channel.next();
        return frame?.kind === 'error' ? `${frame.code} ${frame.retryable}` : 'none';
      };
      assert.equal(await answer(client), 'X false');
      assert.equal(await answer(client), 'X false');
      assert.equal(await answer(client), 'PEER_QUOTA true');
      assert.equal(await answer(third), 'X false');
      assert.equal(await answer(third), 'STREAM_BUSY true');
      held[0]?.reset();
      // The place is free once the server has seen the reset.
      while ((await answer(client)) !== 'X false') await new Promise((resolve) => setTimeout(resolve, 20));
    });

    it('PEER_UNREACHABLE for a peer without an address and for one that does not speak the protocol', async () => {
      const [server, client] = await pair();
      await assert.rejects(client.network.open(attestStream, server.key.peerId), code('PEER_UNREACHABLE'));
      const nobody = (await startHost(9)).network;
      await nobody.close();
      await assert.rejects(client.network.open(attestStream, nobody.peerId), code('PEER_UNREACHABLE'));
    });

    it('NETWORK_CLOSED after close, which aborts what is open', async () => {
      const [server, client] = await pair();
      await server.network.handle(inferStream, (channel) => aborted(channel.signal).then(() => {}));
      const channel = await client.network.open(inferStream, server.key.peerId);
      await client.network.close();
      assert.ok(channel.signal.aborted);
      await assert.rejects(client.network.open(inferStream, server.key.peerId), code('NETWORK_CLOSED'));
      assert.equal(CONTRACTS.chainId, 31_337);
    });
  });
});
