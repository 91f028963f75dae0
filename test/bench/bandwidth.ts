import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const COMPARED_BYTES = 256 << 20;

/** Reads two equal arrays, larger than any cache, from end to end, on this thread. */
function readOnce([a, b]: readonly [Buffer, Buffer]): void {
  if (!a.equals(b)) throw new Error('memory is broken');
}

const arrays = (): [Buffer, Buffer] => [Buffer.alloc(COMPARED_BYTES, 1), Buffer.alloc(COMPARED_BYTES, 1)];

/** Reads memory with several threads at once, each its own two arrays. */
export class BandwidthMeter {
  readonly #workers: readonly Worker[];

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  static async open(threads: number): Promise<BandwidthMeter> {
    const workers = Array.from({ length: threads }, () => new Worker(new URL(import.meta.url)));
    await Promise.all(workers.map(answer));
    return new BandwidthMeter(workers);
  }

  /** GB/s over all threads. */
  async measure(): Promise<number> {
    const startedAt = performance.now();
    const done = this.#workers.map(answer);
    for (const worker of this.#workers) worker.postMessage('read');
    await Promise.all(done);
    return (this.#workers.length * 2 * COMPARED_BYTES) / 1e6 / (performance.now() - startedAt);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function answer(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const both = arrays();
  readOnce(both);
  port.on('message', () => {
    readOnce(both);
    port.postMessage('done');
  });
  port.postMessage('ready');
}
