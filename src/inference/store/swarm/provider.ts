/** Failures in a row after which a provider is left alone for a while. */
const STRIKES_MAX = 3;
/** Lines to one provider: over long ways one window is less than the way holds. */
const LINES_MAX = 2;
/** Weight of the newest job in a provider's rate. */
const NEWEST = 0.5;
/** A provider that is faster than a job in this time gets the next job before it has answered the last one. */
const AHEAD_MS = 2_000;

/** What is known of one peer that may have the content. */
export class Provider {
  readonly peerId: string;
  /** Lines open or opening. */
  lines = 0;
  /** Why it is not asked any more: a liar never, one without the content not in this pull, one that failed not until it is found again. */
  gone: 'lied' | 'lacks' | 'failed' | undefined;
  /** Bytes a ms; undefined before its first job. */
  rate: number | undefined;
  #strikes = 0;
  #readyAt = 0;

  constructor(peerId: string) {
    this.peerId = peerId;
  }

  ready(now: number): boolean {
    return this.gone === undefined && now >= this.#readyAt && this.lines < (this.rate === undefined ? 1 : LINES_MAX);
  }

  /** Jobs that a line of it may hold at once. */
  ahead(bytes: number): number {
    return (this.rate ?? 0) * AHEAD_MS > bytes ? 2 : 1;
  }

  worked(bytes: number, ms: number): void {
    const rate = bytes / Math.max(ms, 1);
    this.rate = this.rate === undefined ? rate : NEWEST * rate + (1 - NEWEST) * this.rate;
    this.#strikes = 0;
  }

  /** @param backoffMs doubles with each failure in a row */
  failed(now: number, backoffMs: number): void {
    this.#strikes++;
    this.#readyAt = now + backoffMs * 2 ** this.#strikes;
    if (this.#strikes >= STRIKES_MAX) this.gone = 'failed';
  }

  rest(until: number): void {
    this.#readyAt = until;
  }

  /** It was found again. */
  revive(): void {
    if (this.gone !== 'failed') return;
    this.gone = undefined;
    this.#strikes = 0;
  }
}
