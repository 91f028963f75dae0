/** A FIFO with a hard bound that can be iterated by one consumer. `tryPush` never waits: the producer decides what a full queue means. */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly bound: number;
  #items: T[] = [];
  #wake: (() => void) | undefined;
  #closed = false;
  #error: unknown;

  constructor(bound: number) {
    this.bound = bound;
  }

  get depth(): number {
    return this.#items.length;
  }

  /** False when the queue is at its bound or closed; the item was not taken then. */
  tryPush(item: T): boolean {
    if (this.#closed || this.#items.length >= this.bound) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** Ends the iteration after the items that are in the queue; with an error, iteration throws it after them. */
  close(error?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    try {
      for (;;) {
        while (this.#items.length > 0) yield this.#items.shift() as T;
        if (this.#closed) {
          if (this.#error !== undefined) throw this.#error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      this.#closed = true;
      this.#items = [];
    }
  }
}
