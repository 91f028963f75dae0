/** Serving a stream protocol: quota per peer, a bound over all, and errors as coded frames. docs/protocols/overview.md §5 */
import type { Connection, Stream } from '@libp2p/interface';
import type { Logger } from 'pino';
import { type CodedError, toCoded } from '../../util/errors.ts';
import type { StreamDescriptor } from '../define.ts';
import { protocolError } from '../errors.ts';
import type { StreamHandler } from '../network.ts';
import { StreamChannel } from './streamChannel.ts';

/** Chars of an error's message that go to a peer. */
const ERROR_CHARS_MAX = 160;

export class StreamServer<Up, Down> {
  readonly #descriptor: StreamDescriptor<Up, Down>;
  readonly #handler: StreamHandler<Up, Down>;
  readonly #log: Logger;
  readonly #active = new Map<string, number>();
  readonly #channels = new Set<StreamChannel<Down, Up>>();

  constructor(components: { readonly log: Logger }, descriptor: StreamDescriptor<Up, Down>, handler: StreamHandler<Up, Down>) {
    this.#descriptor = descriptor;
    this.#handler = handler;
    this.#log = components.log;
  }

  /** Streams in service. */
  get active(): number {
    return this.#channels.size;
  }

  readonly onStream = async (stream: Stream, connection: Connection): Promise<void> => {
    const peerId = connection.remotePeer.toString();
    const { up, down, requestTimeoutMs, idleTimeoutMs } = this.#descriptor;
    const channel = new StreamChannel(stream, { outgoing: down, incoming: up, peerId, requestTimeoutMs, idleTimeoutMs });
    const refusal = this.#refusal(peerId);
    if (refusal !== undefined) return this.#fail(channel, refusal);
    this.#channels.add(channel);
    this.#active.set(peerId, (this.#active.get(peerId) ?? 0) + 1);
    try {
      await this.#handler(channel, { peerId });
      await channel.close();
    } catch (error) {
      await this.#fail(channel, toCoded(error));
    } finally {
      this.#channels.delete(channel);
      const left = (this.#active.get(peerId) ?? 1) - 1;
      if (left > 0) this.#active.set(peerId, left);
      else this.#active.delete(peerId);
    }
  };

  /** Drops every stream in service. */
  stop(): void {
    for (const channel of this.#channels) channel.reset();
  }

  #refusal(peerId: string): CodedError | undefined {
    const { name, inboundStreamsMax, inboundStreamsPerPeerMax } = this.#descriptor;
    const ofPeer = this.#active.get(peerId) ?? 0;
    if (ofPeer >= inboundStreamsPerPeerMax) {
      return protocolError('PEER_QUOTA', `${ofPeer} of ${inboundStreamsPerPeerMax} ${name} streams of this peer are open`);
    }
    if (this.#channels.size >= inboundStreamsMax) return protocolError('STREAM_BUSY', `all ${inboundStreamsMax} ${name} streams are taken`);
    return undefined;
  }

  async #fail(channel: StreamChannel<Down, Up>, error: CodedError): Promise<void> {
    const { name } = this.#descriptor;
    if (channel.signal.aborted) {
      this.#log.debug({ protocol: name, peer: channel.peerId, code: error.code }, 'stream dropped');
      return;
    }
    const internal = error.code === 'INTERNAL';
    this.#log[internal ? 'error' : 'debug'](
      { protocol: name, peer: channel.peerId, code: error.code, err: internal ? error : undefined },
      'stream failed',
    );
    // What went wrong inside is not for peers to read.
    const message = internal ? 'internal error' : error.message.slice(0, ERROR_CHARS_MAX);
    try {
      await channel.send(this.#descriptor.errorFrame({ code: error.code, message, retryable: error.definition.retryable ?? false }));
      await channel.close();
    } catch (cause) {
      channel.reset(cause instanceof Error ? cause : undefined);
    }
  }
}
