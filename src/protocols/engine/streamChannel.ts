/** A Channel over one libp2p stream: varint length prefix and one message a frame. docs/protocols/overview.md §5 */
import type { Stream, StreamCloseEvent } from '@libp2p/interface';
import * as lengthPrefixed from 'it-length-prefixed';
import { pipe } from 'it-pipe';
import { Uint8ArrayList } from 'uint8arraylist';
import { CodedError } from '../../util/errors.ts';
import { YoungBuffers } from '../../util/youngBuffers.ts';
import type { Channel } from '../channel.ts';
import type { Message } from '../codec/message.ts';
import { protocolError } from '../errors.ts';
import { StreamReader } from './reader.ts';

export interface StreamChannelOptions<Out, In> {
  readonly outgoing: Message<Out>;
  readonly incoming: Message<In>;
  readonly peerId: string;
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** How long a stream that is closed on this side waits for the peer's end. */
const LINGER_MS = 10_000;

/** One for all streams of the process. */
const buffers = new YoungBuffers();

export class StreamChannel<Out, In> implements Channel<Out, In> {
  readonly peerId: string;
  readonly receive: AsyncIterable<In>;
  readonly #stream: Stream;
  readonly #options: StreamChannelOptions<Out, In>;
  readonly #frames: AsyncIterator<Uint8ArrayList>;
  readonly #gone = new AbortController();
  readonly #deadline: NodeJS.Timeout;
  #linger: NodeJS.Timeout | undefined;

  constructor(stream: Stream, options: StreamChannelOptions<Out, In>) {
    this.#stream = stream;
    this.#options = options;
    this.peerId = options.peerId;
    const reader = new StreamReader(stream);
    const frames = pipe(reader, (source) => lengthPrefixed.decode(source, { maxDataLength: options.incoming.maxBytes }));
    this.#frames = frames[Symbol.asyncIterator]();
    this.receive = { [Symbol.asyncIterator]: () => ({ next: () => this.#nextResult() }) };
    stream.addEventListener('close', this.#onClose);
    const { requestTimeoutMs } = options;
    this.#deadline = setTimeout(
      () => this.reset(protocolError('STREAM_TIMEOUT', `the stream was open for ${requestTimeoutMs} ms`, { requestTimeoutMs })),
      requestTimeoutMs,
    );
    this.#deadline.unref();
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  async send(message: Out, signal?: AbortSignal): Promise<void> {
    const { outgoing } = this.#options;
    const parts = outgoing.encodeParts?.(message);
    const frame = lengthPrefixed.encode.single(parts === undefined ? outgoing.encode(message) : new Uint8ArrayList(...parts));
    signal?.throwIfAborted();
    this.#throwIfGone();
    buffers.passed(frame.byteLength);
    let fits: boolean;
    try {
      fits = this.#stream.send(frame);
    } catch (cause) {
      throw this.#reset(cause);
    }
    // One window update may be less than what waits: the sender goes on when all of it has left.
    while (!fits) {
      await this.#guarded('the peer reads nothing', signal, drained(this.#stream));
      fits = !this.#stream.writableNeedsDrain;
    }
  }

  async next(signal?: AbortSignal): Promise<In | undefined> {
    this.#throwIfGone();
    const frame = await this.#guarded('the peer sends nothing', signal, this.#frames.next());
    if (frame.done === true) return undefined;
    buffers.passed(frame.value.byteLength);
    try {
      const { incoming } = this.#options;
      return incoming.decodeParts?.(frame.value) ?? incoming.decode(frame.value.subarray());
    } catch (error) {
      this.reset(error instanceof Error ? error : undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#stream.status !== 'open') return;
    this.#linger ??= setTimeout(() => this.reset(), Math.max(LINGER_MS, this.#options.idleTimeoutMs));
    this.#linger.unref();
    try {
      await this.#guarded('the peer reads nothing', undefined, this.#stream.close());
    } catch (error) {
      this.reset(error instanceof Error ? error : undefined);
    }
  }

  reset(reason: Error = protocolError('STREAM_RESET', 'the stream was dropped on this side')): void {
    if (!this.#gone.signal.aborted && this.#stream.status === 'open') this.#gone.abort(reason);
    this.#stream.abort(reason);
  }

  async #nextResult(): Promise<IteratorResult<In>> {
    const value = await this.next();
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  readonly #onClose = (event: StreamCloseEvent): void => {
    clearTimeout(this.#deadline);
    clearTimeout(this.#linger);
    if (event.error !== undefined && !this.#gone.signal.aborted) this.#gone.abort(this.#reset(event.error));
  };

  #throwIfGone(): void {
    if (this.#gone.signal.aborted) throw this.#reset(this.#gone.signal.reason);
  }

  #reset(cause: unknown): CodedError {
    return cause instanceof CodedError ? cause : protocolError('STREAM_RESET', `peer ${this.peerId} ended the stream`, {}, cause);
  }

  /** Waits with the idle timeout and the caller's signal; either one resets the stream, for what it waits for cannot be taken back. */
  async #guarded<T>(what: string, signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
    const { idleTimeoutMs } = this.#options;
    const timer = setTimeout(
      () => this.reset(protocolError('STREAM_IDLE', `${what} for ${idleTimeoutMs} ms`, { idleTimeoutMs })),
      idleTimeoutMs,
    );
    const onAbort = (): void => this.reset(signal?.reason instanceof Error ? signal.reason : undefined);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await work;
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.#failure(cause);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #failure(cause: unknown): CodedError {
    if (this.#gone.signal.aborted) return this.#reset(this.#gone.signal.reason);
    const name = cause instanceof Error ? cause.name : '';
    if (name === 'InvalidDataLengthError' || name === 'InvalidDataLengthLengthError') {
      const max = this.#options.incoming.maxBytes;
      const error = protocolError('WIRE_TOO_LARGE', `a frame is longer than ${max} bytes`, { max }, cause);
      this.reset(error);
      return error;
    }
    if (name === 'UnexpectedEOFError') return protocolError('WIRE_MALFORMED', 'the stream ends inside a frame', {}, cause);
    return this.#reset(cause);
  }
}

/**
 * Resolves when the transport can take more. Not `stream.onDrain()`: in @libp2p/utils 7 its promise is made once, so that after the
 * first drain it holds no sender back and the write buffer grows without a bound.
 */
function drained(stream: Stream): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The stream clears its own flag in a listener that was there before this one.
  const onDrain = (): void => settle(resolve);
  const onClose = (event: StreamCloseEvent): void => settle(() => reject(event.error ?? new Error('the stream is closed')));
  const settle = (how: () => void): void => {
    stream.removeEventListener('drain', onDrain);
    stream.removeEventListener('close', onClose);
    how();
  };
  stream.addEventListener('drain', onDrain);
  stream.addEventListener('close', onClose);
  if (!stream.writableNeedsDrain) onDrain();
  else if (stream.status !== 'open') settle(() => reject(new Error('the stream is closed')));
  return promise;
}
