import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Between two collections. A network stack makes three to five buffers for each byte that passes. */
const COLLECT_BYTES = 4 << 20;
/**
 * The old generation may double between two collections of the whole heap. V8 counts buffers in it, and where many die it lets it grow by less and less,
 * until it collects everything at every few young collections.
 */
const OLD_GROWTH = '--heap-growing-percent=100';

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

/** V8's own function for it; where there is none, nothing is done. Sets V8's flags of this process. */
function minorCollection(): () => void {
  setFlagsFromString(OLD_GROWTH);
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  return typeof gc === 'function' ? () => gc({ type: 'minor' }) : () => {};
}
