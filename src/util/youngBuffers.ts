import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Between two collections. A network stack makes three to five buffers for each byte that passes. */
const COLLECT_BYTES = 4 << 20;

/**
 * Buffers that die young lie outside V8's heap, and V8 lets 64 MiB of them gather before it collects the whole heap on all cores, which a node
 * that passes blocks on does all the time. A collection of the young generation alone frees them in a millisecond, so it is asked for in time.
 */
export class YoungBuffers {
  readonly #collect: () => void;
  #bytes = 0;

  constructor(collect: () => void = minorCollection()) {
    this.#collect = collect;
  }

  /** So many bytes passed through buffers that nobody holds any more. */
  passed(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < COLLECT_BYTES) return;
    this.#bytes = 0;
    this.#collect();
  }
}

/** V8's own function for it; where there is none, nothing is done. */
function minorCollection(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  return typeof gc === 'function' ? () => gc({ type: 'minor' }) : () => {};
}
