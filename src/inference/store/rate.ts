import type { Clock } from '../../util/clock.ts';
import type { StoreProgress } from './events.ts';

const WINDOW_MS = 5_000;
const SAMPLES_MAX = 64;
/** Progress is told this often at most. */
const TELL_MS = 200;

/** Counts bytes over all files of one pull. What is done never goes back, and the total is told only once every size is known. */
export class ProgressMeter {
  readonly #clock: Clock;
  readonly #tell: (progress: StoreProgress) => void;
  readonly #files = new Map<string, number>();
  readonly #unsized: Set<string>;
  readonly #samples: { at: number; bytes: number }[] = [];
  #total: number;
  #done = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    clock: Clock,
    files: readonly { readonly path: string; readonly size?: number | undefined }[],
    tell: (progress: StoreProgress) => void,
  ) {
    this.#clock = clock;
    this.#total = files.reduce((sum, { size = 0 }) => sum + size, 0);
    this.#unsized = new Set(files.filter(({ size }) => size === undefined).map(({ path }) => path));
    this.#tell = tell;
  }

  get done(): number {
    return this.#done;
  }

  /** Undefined while the size of a file is not known. */
  get total(): number | undefined {
    return this.#unsized.size > 0 ? undefined : Math.max(this.#total, this.#done);
  }

  /** A size that was not known before. */
  sized(path: string, bytes: number): void {
    if (this.#unsized.delete(path)) this.#total += bytes;
  }

  /** `bytes` of this file are here. `rated` is false for those that did not come now. */
  set(path: string, bytes: number, rated = true): void {
    const before = this.#files.get(path) ?? 0;
    if (bytes <= before) return;
    this.#files.set(path, bytes);
    const room = this.#unsized.size > 0 ? Number.POSITIVE_INFINITY : Math.max(this.#total - this.#done, 0);
    this.#done += Math.min(bytes - before, room);
    const at = this.#clock.monotonic();
    if (!rated) this.#samples.length = 0;
    if (at - this.#toldAt < TELL_MS && this.#done !== this.total) return;
    this.#tellAt(at);
  }

  #tellAt(at: number): void {
    this.#toldAt = at;
    this.#samples.push({ at, bytes: this.#done });
    while (this.#samples.length > SAMPLES_MAX || (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW_MS))
      this.#samples.shift();
    const first = this.#samples[0];
    const ms = first === undefined ? 0 : at - first.at;
    const bytesPerSecond = first === undefined || ms <= 0 ? 0 : ((this.#done - first.bytes) * 1_000) / ms;
    const { total } = this;
    const etaMs = bytesPerSecond > 0 && total !== undefined ? Math.ceil(((total - this.#done) * 1_000) / bytesPerSecond) : undefined;
    this.#tell({ type: 'progress', bytesDone: this.#done, bytesTotal: total, bytesPerSecond: Math.round(bytesPerSecond), etaMs });
  }
}
