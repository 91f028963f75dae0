import type { CID } from 'multiformats/cid';
import type { Clock } from '../../../util/clock.ts';
import { isCoded } from '../../../util/errors.ts';
import { storeError } from '../errors.ts';
import type { StoreEvent } from '../events.ts';
import { type Block, type BlockPeers, type BlockSource, blockLength, type Job } from './ports.ts';
import { Provider } from './provider.ts';

/** Peers that are kept in mind. */
export const PROVIDERS_MAX = 64;
/** Lines to all of them together. */
export const SWARM_LINES_MAX = 16;
/** Without news, things are looked at so often. */
const TICK_MS = 100;
/** Pause between two searches: doubles from the first to the second. */
const SEARCH_MS = 1_000;
const SEARCH_MS_MAX = 30_000;
/** Searches in a row that brought nobody, before a pull gives up: as many with and without peers that failed. */
const SEARCHES_MAX = 3;
/** A pull in which nothing came for so long takes no failed peer back. */
const PATIENCE_MS = 300_000;
/** A peer is relieved when another one would take less than a half of what it still needs, and not in its first second. */
const RELIEF_FACTOR = 2;
const RELIEF_AFTER_MS = 1_000;
/** A relieved peer gets no work for so long. */
const REST_MS = 5_000;

export interface SwarmPorts {
  readonly clock: Clock;
  /** No block for so long while one is due: the line is given up. */
  readonly stallMs: number;
  readonly backoffMs: number;
  readonly tell: (event: StoreEvent) => void;
}

interface Line {
  readonly provider: Provider;
  readonly stop: AbortController;
  /** Asked for and not here; the first one is being received. */
  readonly held: Job[];
  /** Bytes of the first one. */
  got: number;
  since: number;
  heardAt: number;
}

/**
 * The peers that have one content, and the work that they do for it. Each takes the next job when it is done with its last one, so that fast ones
 * do more; one that stalls, or is much slower than one that idles, is relieved of its jobs; one whose bytes are wrong is never asked again.
 */
export class Swarm implements BlockSource, AsyncDisposable {
  readonly #root: CID;
  readonly #peers: BlockPeers;
  readonly #ports: SwarmPorts;
  readonly #stop = new AbortController();
  readonly #providers = new Map<string, Provider>();
  readonly #lines = new Set<Line>();
  readonly #queue: Job[] = [];
  readonly #tasks = new Set<Promise<void>>();
  #news = Promise.withResolvers<void>();
  /** The work under way. */
  #run: { left: number; readonly done: PromiseWithResolvers<void> } | undefined;
  /** Ended since somebody was found or dropped. */
  #searches = 0;
  #goodAt: number;

  constructor(root: CID, peers: BlockPeers, ports: SwarmPorts) {
    this.#root = root;
    this.#peers = peers;
    this.#ports = ports;
    this.#goodAt = ports.clock.monotonic();
    this.#go(this.#search());
    this.#go(this.#watch());
  }

  /**
   * Has all jobs done; one call at a time.
   *
   * @throws STORE_NO_PROVIDERS, STORE_PROVIDERS_LIED; what a job throws that is not its peer's fault; the signal's reason
   */
  async run(jobs: readonly Job[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (jobs.length === 0) return;
    const done = Promise.withResolvers<void>();
    this.#run = { left: jobs.length, done };
    this.#queue.push(...jobs);
    this.#searches = 0;
    const onAbort = (): void => done.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#tell();
    try {
      await done.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#run = undefined;
      this.#queue.length = 0;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(storeError('STORE_DOWNLOAD_FAILED', 'the pull has ended'));
    for (const line of this.#lines) line.stop.abort(this.#stop.signal.reason);
    this.#tell();
    await Promise.all(this.#tasks);
  }

  get #now(): number {
    return this.#ports.clock.monotonic();
  }

  #go(task: Promise<void>): void {
    const settled = task.catch((error) => this.#run?.done.reject(error)).finally(() => this.#tasks.delete(settled));
    this.#tasks.add(settled);
  }

  #tell(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
  }

  /** Until something happened, or `ms` passed. */
  #await(ms: number): Promise<void> {
    return Promise.race([this.#news.promise, this.#ports.clock.sleep(ms, this.#stop.signal).catch(() => {})]);
  }

  async #search(): Promise<void> {
    let pauseMs = SEARCH_MS;
    while (!this.#stop.signal.aborted) {
      await this.#peers.find(this.#root, (peerId) => this.#meet(peerId), this.#stop.signal).catch(() => {});
      this.#searches++;
      this.#tell();
      const until = this.#now + pauseMs;
      pauseMs = Math.min(2 * pauseMs, SEARCH_MS_MAX);
      const soon = this.#now + SEARCH_MS;
      while (!this.#stop.signal.aborted && this.#now < (this.#anyLeft() ? until : Math.min(soon, until))) await this.#await(TICK_MS);
    }
  }

  #meet(peerId: string): void {
    const known = this.#providers.get(peerId);
    if (known?.gone === 'failed' && this.#now - this.#goodAt < PATIENCE_MS) known.revive();
    if (known !== undefined || this.#providers.size >= PROVIDERS_MAX) return;
    this.#providers.set(peerId, new Provider(peerId));
    this.#searches = 0;
    this.#tell();
  }

  #anyLeft(): boolean {
    return [...this.#providers.values()].some(({ gone }) => gone === undefined);
  }

  /** Opens lines while there is work, relieves those that are slow, and gives up when nobody is left. */
  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (this.#run !== undefined) {
        for (const provider of this.#providers.values()) {
          if (this.#queue.length === 0 || this.#lines.size >= SWARM_LINES_MAX) break;
          if (provider.ready(this.#now)) this.#start(provider);
        }
        for (const line of this.#lines) {
          const busy = line.held.length > 0;
          if (busy && this.#now - line.heardAt > this.#ports.stallMs)
            line.stop.abort(storeError('STORE_DOWNLOAD_FAILED', `sent nothing for ${this.#ports.stallMs} ms`));
        }
        if (this.#lines.size === 0 && !this.#anyLeft() && this.#searches >= SEARCHES_MAX) this.#run.done.reject(this.#nobody());
      }
      await this.#await(TICK_MS);
    }
  }

  #nobody(): Error {
    const all = [...this.#providers.values()];
    const data = { cid: this.#root.toString(), asked: all.length };
    if (all.some(({ gone }) => gone === 'lied'))
      return storeError('STORE_PROVIDERS_LIED', `of ${all.length} peers none is left: what they sent was wrong`, data);
    return storeError('STORE_NO_PROVIDERS', `none of ${all.length} peers has ${this.#root}, or none can be reached`, data);
  }

  #start(provider: Provider): void {
    const now = this.#now;
    const line: Line = { provider, stop: new AbortController(), held: [], got: 0, since: now, heardAt: now };
    provider.lines++;
    this.#lines.add(line);
    this.#go(this.#work(line));
  }

  async #work(line: Line): Promise<void> {
    const { provider } = line;
    const { signal } = line.stop;
    let open: Awaited<ReturnType<BlockPeers['open']>> | undefined;
    try {
      open = await this.#peers.open(provider.peerId, signal);
      const { peerId } = provider;
      this.#ports.tell({ type: 'peer', peerId, what: 'joined' });
      const next = async (): Promise<Block> => {
        const block = await (open as NonNullable<typeof open>).next(signal);
        line.got += blockLength(block);
        line.heardAt = this.#now;
        return block;
      };
      while (!signal.aborted) {
        for (let job = this.#queue[0]; job !== undefined && line.held.length < provider.ahead(job.bytes); job = this.#queue[0]) {
          this.#queue.shift();
          if (line.held.push(job) === 1) line.since = line.heardAt = this.#now;
          await open.send(job.request, signal);
        }
        const [job] = line.held;
        if (job === undefined) {
          this.#relieve(line);
          await this.#await(TICK_MS);
          continue;
        }
        await job.receive(next);
        line.held.shift();
        provider.worked(job.bytes, this.#now - line.since);
        line.since = line.heardAt = this.#goodAt = this.#now;
        line.got = 0;
        this.#finished();
      }
    } catch (error) {
      this.#judge(line, signal.aborted ? signal.reason : error);
    } finally {
      open?.close();
      provider.lines--;
      this.#lines.delete(line);
      if (this.#run !== undefined) this.#queue.unshift(...line.held);
      this.#tell();
    }
  }

  #finished(): void {
    if (this.#run === undefined) return;
    this.#run.left--;
    if (this.#run.left === 0) this.#run.done.resolve();
    this.#tell();
  }

  /** Takes the work of a line that needs much longer for it than this one would. */
  #relieve(idle: Line): void {
    const { rate } = idle.provider;
    if (rate === undefined || this.#queue.length > 0) return;
    for (const line of this.#lines) {
      const [job] = line.held;
      const ms = this.#now - line.since;
      if (job === undefined || line.provider === idle.provider || ms < RELIEF_AFTER_MS) continue;
      const leftMs = ((job.bytes - line.got) * ms) / Math.max(line.got, 1);
      if (leftMs < (RELIEF_FACTOR * job.bytes) / rate) continue;
      line.provider.rest(this.#now + REST_MS);
      line.stop.abort(storeError('STORE_RELIEVED', 'another peer is faster'));
      return;
    }
  }

  #judge({ provider }: Line, error: unknown): void {
    if (this.#stop.signal.aborted || provider.gone === 'lied' || isCoded(error, 'STORE_RELIEVED')) return;
    const { peerId } = provider;
    const message = error instanceof Error ? error.message : String(error);
    if (isCoded(error, 'STORE_BLOCK_WRONG')) {
      provider.gone = 'lied';
      this.#ports.tell({ type: 'peer', peerId, what: 'lied', message });
    } else if (isCoded(error, 'STORE_BLOCK_MISSING')) provider.gone = 'lacks';
    else if (!isCoded(error) || error.definition.retryable === true) {
      provider.failed(this.#now, this.#ports.backoffMs);
      this.#ports.tell({ type: 'peer', peerId, what: 'failed', message });
    } else this.#run?.done.reject(error);
    if (provider.gone !== undefined) {
      this.#searches = 0;
      // Other lines to it end as well.
      for (const line of this.#lines) if (line.provider === provider) line.stop.abort(error);
    }
  }
}
