import type { Channel } from '../../protocols/channel.ts';
import type { InferDown, InferUp } from '../../protocols/infer/messages.ts';

type InferChannel = Channel<InferUp, InferDown>;

/** Spare streams are dropped well before the miner's idle timeout (protocols/infer/stream.ts). */
const SPARE_LIFETIME_MS = 60_000;
/** Miners that a spare stream is held to. */
const SPARES_MAX = 64;

interface Spare {
  readonly channel: InferChannel;
  readonly timer: NodeJS.Timeout;
}

/**
 * Keeps one opened, unused stream to each miner that has just answered, so that the next prompt does not wait for one: opening
 * costs a negotiation and peer-store writes on both sides, about 3 ms of the time to the first token.
 */
export class WarmStreams {
  readonly #open: (peerId: string, signal?: AbortSignal) => Promise<InferChannel>;
  readonly #spares = new Map<string, Spare>();
  readonly #opening = new Set<string>();
  #closed = false;

  constructor(open: (peerId: string, signal?: AbortSignal) => Promise<InferChannel>) {
    this.#open = open;
  }

  /** The spare stream when it is still good, else a new one. */
  async take(peerId: string, signal: AbortSignal): Promise<InferChannel> {
    const spare = this.#spares.get(peerId);
    this.#spares.delete(peerId);
    clearTimeout(spare?.timer);
    if (spare !== undefined && !spare.channel.signal.aborted) return spare.channel;
    return this.#open(peerId, signal);
  }

  /** Opens a spare in the background; a failure is left to the next `take`. */
  refill(peerId: string): void {
    if (this.#closed || this.#spares.has(peerId) || this.#opening.has(peerId) || this.#spares.size + this.#opening.size >= SPARES_MAX)
      return;
    this.#opening.add(peerId);
    this.#open(peerId)
      .then((channel) => this.#keep(peerId, channel))
      .catch(() => {})
      .finally(() => this.#opening.delete(peerId));
  }

  close(): void {
    this.#closed = true;
    for (const peerId of [...this.#spares.keys()]) this.#drop(peerId);
  }

  #keep(peerId: string, channel: InferChannel): void {
    if (this.#closed) {
      channel.reset();
      return;
    }
    const timer = setTimeout(() => this.#drop(peerId), SPARE_LIFETIME_MS);
    timer.unref();
    channel.signal.addEventListener('abort', () => this.#spares.get(peerId)?.channel === channel && this.#drop(peerId), { once: true });
    this.#spares.set(peerId, { channel, timer });
  }

  #drop(peerId: string): void {
    const spare = this.#spares.get(peerId);
    this.#spares.delete(peerId);
    clearTimeout(spare?.timer);
    spare?.channel.reset();
  }
}
