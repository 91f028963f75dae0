/**
 * Bytes of a libp2p stream with real back-pressure. Iterating a stream directly buffers without limit; here reading pauses at a high
 * mark and the sender stops when its window is used up.
 */
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface';
import { Uint8ArrayList } from 'uint8arraylist';

/** Bytes taken from the transport ahead of the consumer. Up to one stream window more may wait below. */
export const READ_AHEAD_BYTES = 256 * 1024;

export class StreamReader implements AsyncIterable<Uint8ArrayList> {
  readonly #stream: Stream;
  readonly #chunks: Uint8ArrayList[] = [];
  #bytes = 0;
  #ended = false;
  #error: unknown;
  #resuming = false;
  #wake: (() => void) | undefined;

  /** Attach it before anything else awaits: data that nobody listens for is not paused and ends the stream at its buffer's bound. */
  constructor(stream: Stream) {
    this.#stream = stream;
    stream.addEventListener('message', this.#onMessage);
    stream.addEventListener('remoteCloseWrite', this.#onEnd);
    stream.addEventListener('close', this.#onClose);
    if (stream.remoteWriteStatus === 'closed') this.#ended = true;
  }

  /** Bytes taken and not yet consumed. */
  get bufferedBytes(): number {
    return this.#bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8ArrayList, void, void> {
    try {
      for (;;) {
        for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
          this.#bytes -= chunk.byteLength;
          if (this.#bytes <= READ_AHEAD_BYTES / 2) this.#resume();
          yield chunk;
        }
        if (this.#error !== undefined) throw this.#error;
        if (this.#ended && this.#stream.readBufferLength === 0) return;
        await this.#more();
      }
    } finally {
      this.#detach();
    }
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    this.#resume();
    if (this.#chunks.length > 0 || (this.#ended && this.#stream.readBufferLength === 0)) resolve();
    await promise;
    this.#wake = undefined;
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    const chunk = event.data instanceof Uint8Array ? new Uint8ArrayList(event.data) : event.data;
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    // A pause from inside resume() would be undone by it.
    if (!this.#resuming) this.#pauseIfFull();
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  readonly #onClose = (event: StreamCloseEvent): void => {
    this.#error ??= event.error;
    this.#onEnd();
  };

  #pauseIfFull(): void {
    if (this.#bytes > READ_AHEAD_BYTES && this.#stream.readStatus === 'readable') this.#stream.pause();
  }

  /** Hands out what waits below, then reopens the window. */
  #resume(): void {
    if (this.#stream.readStatus !== 'paused') return;
    this.#resuming = true;
    try {
      this.#stream.resume();
    } finally {
      this.#resuming = false;
    }
    this.#pauseIfFull();
  }

  #detach(): void {
    this.#stream.removeEventListener('message', this.#onMessage);
    this.#stream.removeEventListener('remoteCloseWrite', this.#onEnd);
    this.#stream.removeEventListener('close', this.#onClose);
  }
}
